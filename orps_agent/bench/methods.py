"""Configure methods for an equal budget: derive each strategy's numbers from the model calls allowed a problem."""

from __future__ import annotations

from collections.abc import Sequence

from orps_agent.errors import SettingsError
from orps_agent.settings import SearchConfig, changed
from orps_agent.strategies import STRATEGIES, settled

GOLD = "gold"
"""The method without a search: the gold solution stands in for the winner, to show the noise of relative measures."""
_WITHOUT_CRITIC = ("cot", "best-of-n")
"""Strategies in which a critic would decide nothing, so all calls go to the programmer."""


def known_methods(names: Sequence[str]) -> tuple[str, ...]:
    """Check the names of methods and return them without duplicates; raises SettingsError for an unknown name."""
    for name in names:
        if name not in STRATEGIES and name != GOLD:
            known = ", ".join(STRATEGIES.names())
            raise SettingsError(f"--methods: there is no method {name!r}; use {known} or {GOLD}")
    return tuple(dict.fromkeys(names))


def method_config(method: str, base: SearchConfig, calls: int | None) -> SearchConfig:
    """Derive a method's config from `base`; `calls` sets the samples and rounds that so many model calls allow.

    A candidate takes two calls, the programmer's and the critic's, or one where the critic decides nothing. Rounds
    and beam stay the base's, and the samples follow from them: ORPS asks for N + (R - 1) K N candidates, the tree
    strategies for N R, Reflexion for R. The budget is still enforced during the search: repair turns count as well.
    """
    if method == GOLD:
        return base
    changes: dict[str, object] = {"strategy": method}
    if method in _WITHOUT_CRITIC:
        changes["process_reward"] = False
    config = settled(changed(base, changes))
    if calls is None:
        return config
    numbers = _numbers(config, calls if not config.process_reward else calls // 2)
    return settled(changed(config, {**numbers, "budget.calls": calls}))


def _numbers(config: SearchConfig, candidates: int) -> dict[str, object]:
    at_most = max(1, candidates)
    match config.strategy:
        case "cot":
            return {}
        case "best-of-n":
            return {"samples": at_most}
        case "reflexion":
            return {"rounds": at_most}
    rounds = min(config.rounds, at_most)
    beam = config.beam if config.strategy == "orps" else 1
    return {"rounds": rounds, "samples": max(1, at_most // (1 + (rounds - 1) * beam))}
