"""Make scores for a strategy, and run whole searches with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from orps_agent.settings import SearchConfig
from orps_agent.strategies import AnyStrategy, Expansion, Score, StrategyState, strategy_of

HINTS = ("verbose", "efficient", "concise")


def made(name: str, **numbers: object) -> AnyStrategy:
    """Return a strategy with 3 samples, 3 rounds and a beam of 2, unless other numbers are given."""
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
    """Return the score of a candidate with this value, from its outcome alone."""
    return score(id_, None, 2 * value)


def ids(expansions: Iterable[Expansion]) -> list[str]:
    return [each.id for each in expansions]


def walked(
    strategy: AnyStrategy, judge: Callable[[Expansion], Score], state: StrategyState | None = None
) -> tuple[list[Expansion], StrategyState]:
    """Run a search to its end; return all candidates in the order of `ask`, and the last state."""
    state = state or strategy.start()
    asked: list[Expansion] = []
    while expansions := strategy.ask(state):
        asked += expansions
        state = strategy.tell(state, [judge(each) for each in expansions])
    return asked, state
