"""The paper's baselines, which are the same search with other numbers (section 4.1)."""

from __future__ import annotations

from orps_agent.errors import SettingsError

BASELINES: dict[str, dict[str, object]] = {
    "orps": {},
    "cot": {"samples": 1, "rounds": 1},
    "best-of-n": {"rounds": 1},
    "reflexion": {"samples": 1, "beam": 1},
}
"""What a method changes of a SearchConfig: one sample; samples without feedback; one branch, told what happened."""


def numbers(strategy: str) -> dict[str, object]:
    """The numbers that make a search this strategy; raises SettingsError for a name that is none."""
    try:
        return BASELINES[strategy]
    except KeyError:
        raise SettingsError(f"strategy {strategy!r} is unknown: take one of {', '.join(BASELINES)}") from None
