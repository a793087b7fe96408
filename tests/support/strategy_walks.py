"""Make strategies and scores, and run strategies to their end on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from orps_agent.settings import SearchConfig
from orps_agent.settings.presets import StrategyName
from orps_agent.strategies import AnyStrategy, Expansion, Score, StrategyState, strategy_of

HINTS = ("verbose", "efficient", "concise")


def made(name: StrategyName, **numbers: object) -> AnyStrategy:
    """A strategy with 3 samples, 3 rounds and a beam of 2, unless other numbers are given."""
    given = {"strategy": name, "samples": 3, "rounds": 3, "beam": 2} | numbers
    return strategy_of(SearchConfig.model_validate(given), HINTS)


def score(
    id_: str,
    process: int | None = 1,
    omega: float | None = 0.0,
    *,
    expandable: bool = True,
    solved: bool = False,
) -> Score:
    return Score(id=id_, process=process, omega=omega, expandable=expandable, solved=solved)


def valued(id_: str, value: float) -> Score:
    """A candidate that is worth this much by its outcome only."""
    return score(id_, None, 2 * value)


def ids(expansions: Iterable[Expansion]) -> list[str]:
    return [each.id for each in expansions]


def walked(
    strategy: AnyStrategy, judge: Callable[[Expansion], Score], state: StrategyState | None = None
) -> tuple[list[Expansion], StrategyState]:
    """A search to its end: all candidates in the order in which they were asked for, and the last state."""
    state = state or strategy.start()
    asked: list[Expansion] = []
    while expansions := strategy.ask(state):
        asked += expansions
        state = strategy.tell(state, [judge(each) for each in expansions])
    return asked, state
