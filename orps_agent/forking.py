"""Forks: a new search that shares a branch of another one, and goes on from there with something changed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

from .candidate import Candidate, Status
from .errors import SettingsError, UsageError
from .settings import SearchConfig, changed
from .store import SearchRow, Store
from .strategies import Expansion, OrpsState


async def fork(
    store: Store,
    search: str,
    at: str,
    *,
    critique: str | None = None,
    code: str | None = None,
    changes: Mapping[str, object] | None = None,
) -> SearchRow:
    """Store a search that begins with the branch down to candidate `at` of another one, and return its row.

    Nothing of the branch is asked or run again, but for a candidate that was given other `code`: that one is run,
    profiled and criticised anew before it is expanded. `critique` replaces the critic's words on it. Raises
    UnknownSearch, UnknownCandidate, UsageError, or SettingsError when `changes` of the SearchConfig do not fit.
    """
    if critique is not None and code is not None:
        raise UsageError("a fork changes the critique or the code, not both: new code gets a new critique")
    source = await store.search(search)
    last = await store.candidate(source.id, at)
    if last.outcome is None and code is None:
        raise UsageError(
            f"candidate {at} of search {source.id} was never executed: fork at its parent, or give it code"
        )
    config = _config(source.config, changes or {}, last)
    row = SearchRow(
        id=secrets.token_hex(4),
        created_at=time.time(),
        status="interrupted",
        problem=source.problem,
        config=config,
        programmer=source.programmer,
        critic=source.critic,
        tester=source.tester,
        forked_from=source.id,
        forked_at=at,
        start=_start(last, rerun=code is not None).model_dump(mode="json"),
    )
    await store.add_fork(row, last.branch, _edits(critique, code))
    return row


def _config(config: SearchConfig, changes: Mapping[str, object], at: Candidate) -> SearchConfig:
    wanted = changed(config, changes)
    if at.round + 1 >= wanted.rounds:
        raise SettingsError(
            f"candidate {at.id} is in the last of {wanted.rounds} rounds: give the fork more of them, "
            f"as with --set rounds={at.round + 2}"
        )
    return wanted


def _start(at: Candidate, *, rerun: bool) -> OrpsState:
    if rerun:
        return OrpsState(round=at.round, given=(Expansion(id=at.id, round=at.round, hint=at.hint),))
    return OrpsState(round=at.round + 1, parents=(at.id,))


def _edits(critique: str | None, code: str | None) -> dict[str, object]:
    """The columns of the last candidate of the branch that are not as they were."""
    if code is None:
        return {"status": Status.OPEN} | ({} if critique is None else {"critique": critique})
    learned = ("passed", "tests", "omega", "process", "report", "metrics", "flags", "analysis", "critique", "error")
    return {"status": Status.RUNNING, "code": code} | dict.fromkeys(learned)
