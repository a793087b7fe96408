"""Fork searches: a new search shares a branch of another one and continues from there with something changed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.candidate import Candidate, Status
from orps_agent.domain.search import Search
from orps_agent.errors import SettingsError, UsageError
from orps_agent.settings import SearchConfig, changed
from orps_agent.store import QueueEntry, Store
from orps_agent.strategies import Expansion, Score, StrategyState, fixed_numbers, settled, strategy_of


async def fork(
    store: Store,
    search: str,
    at: str,
    *,
    critique: str | None = None,
    solution: Artifact | None = None,
    changes: Mapping[str, object] | None = None,
    new: str | None = None,
    entry: QueueEntry | None = None,
) -> Search:
    """Store a search that begins with the branch down to candidate `at` of another one, and return its row.

    Nothing of the branch is asked or run again, but for a candidate that was given another `solution`: that one is run,
    profiled and criticised anew before it is expanded. `critique` replaces the critic's words on it. `new` is the
    fork's id, `entry` puts it into the service's queue at once. Raises UnknownSearch, UnknownCandidate, UsageError,
    or SettingsError when `changes` of the SearchConfig do not fit.
    """
    if critique is not None and solution is not None:
        raise UsageError("a fork changes the critique or the code, not both: new code gets a new critique")
    source = await store.search(search)
    last = await store.candidate(source.id, at)
    if last.outcome is None and solution is None:
        raise UsageError(
            f"candidate {at} of search {source.id} was never executed: fork at its parent, or give it code"
        )
    config = settled(changed(source.config, changes or {}))
    start = beginning(config, last, rerun=solution is not None)
    row = Search(
        id=new or secrets.token_hex(4),
        created_at=time.time(),
        status="created" if entry is None else "queued",
        problem=source.problem,
        config=config,
        programmer=source.programmer,
        critic=source.critic,
        tester=source.tester,
        tests_by=source.tests_by,
        forked_from=source.id,
        forked_at=at,
        start=start.model_dump(mode="json"),
    )
    await store.add_fork(row, last.branch, _edits(critique, solution), entry=entry)
    return row


def shared(row: Search, first: Sequence[Expansion]) -> int:
    """Count the candidates that a search has from the one that it was forked from, given its first expansions."""
    if row.forked_at is None:
        return 0
    return row.forked_at.count(".") + 1 - any(each.id == row.forked_at for each in first)


def beginning(config: SearchConfig, at: Candidate, *, rerun: bool) -> StrategyState:
    """Return the state in which the fork's strategy begins; raise SettingsError when nothing is left to expand."""
    strategy = strategy_of(config, [at.hint])
    given = Expansion(id=at.id, round=at.round, hint=at.hint)
    score = Score.of(at, config).model_copy(update={"expandable": True, "solved": False})
    goes_on: StrategyState = strategy.fork(given, score)
    if goes_on.ended:
        fixed = "rounds" in fixed_numbers(config.strategy)
        more = "another strategy, as with" if fixed else "more of them, as with"
        change = "strategy=reflexion" if fixed else f"rounds={at.round + 2}"
        raise SettingsError(
            f"candidate {at.id} is in the last of {config.rounds} rounds: give the fork {more} --set {change}"
        )
    return strategy.fork(given, None) if rerun else goes_on


def _edits(critique: str | None, solution: Artifact | None) -> dict[str, object]:
    """Return the attributes of the last candidate of the branch that differ from the copied ones."""
    if solution is None:
        return {"status": Status.OPEN} | ({} if critique is None else {"critique": critique})
    learned = ("report", "analysis", "outcome", "critique", "process", "error")
    return {"status": Status.RUNNING, "solution": solution} | dict.fromkeys(learned)
