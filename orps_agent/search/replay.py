"""Replay a stored search from its record: without a model or a sandbox, through the same state machine.

With the recorded settings the tree must come out as it is stored, bit for bit. With other settings it tells what they
would have found, as far as the recorded search happened to ask for what they ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from orps_agent.domain.candidate import Candidate, Status, Tree
from orps_agent.domain.events import AnyEvent
from orps_agent.domain.search import Search
from orps_agent.graphs.context import SearchContext
from orps_agent.prompts.messages import Prompts
from orps_agent.settings import SearchConfig, changed
from orps_agent.store import Store
from orps_agent.store.memory import MemoryStore
from orps_agent.strategies import settled, strategy_of

from .fork import beginning
from .replay_journal import Recording
from .replay_parts import UnaskedModel, UnusedExecutor
from .runner import run_graph


class Replay(BaseModel):
    """Hold the result of replaying a search."""

    model_config = ConfigDict(frozen=True)

    search: str
    exact: bool
    """The settings were the recorded ones, so that the trees could be compared."""
    differences: tuple[str, ...]
    """Where the new tree is not the stored one, a line each; empty for an exact replay that rebuilt it."""
    candidates: tuple[Candidate, ...]
    winner: str | None
    recorded_winner: str | None
    calls: int
    """Model calls that were answered from the record."""
    missing: tuple[str, ...]
    """Candidates that the recorded search never asked for, or never finished: their results are unknown."""


async def replay(
    store: Store, search: str, *, changes: Mapping[str, object] | None = None, prompts: Path | None = None
) -> Replay:
    """Walk a search again, with `changes` of its SearchConfig; `prompts` is the folder of the user's templates.

    Raises UnknownSearch, SettingsError when the changes do not fit, or StoreError when the record cannot be read.
    """
    row = await store.search(search)
    config = settled(changed(row.config, changes)) if changes else row.config
    recording = Recording(store, row, exact=config == row.config)
    await recording.load()
    async with MemoryStore() as scratch:
        # Without the recorded winner: with it, `judge` would take the search for ended.
        begun = row.model_copy(update={"config": config, "start": _start(row, config, recording), "winner": None})
        tree, winner = await _walk(scratch, begun, recording, prompts)
    recorded = await store.tree(row.id)
    differences = [*recording.differences, *_differences(row, recorded, tree)] if recording.exact else []
    if recording.exact and row.status == "finished" and winner != row.winner:
        differences.append(f"the winner is {winner}, not {row.winner}")
    return Replay(
        search=row.id,
        exact=recording.exact,
        differences=tuple(differences),
        candidates=tuple(tree),
        winner=winner,
        recorded_winner=row.winner,
        calls=recording.answered,
        missing=tuple(recording.missing),
    )


def _start(row: Search, config: SearchConfig, recording: Recording) -> dict[str, Any] | None:
    """Return the state in which the search begins with these settings; a fork may have another strategy or numbers."""
    if row.start is None or row.forked_at is None or recording.exact:
        return row.start
    recorded = strategy_of(row.config, [""])
    rerun = any(each.id == row.forked_at for each in recorded.ask(recorded.load(row.start)))
    return beginning(config, recording.tree[row.forked_at], rerun=rerun).model_dump(mode="json")


async def _walk(scratch: Store, row: Search, recording: Recording, folder: Path | None) -> tuple[Tree, str | None]:
    known = row.problem.tests
    if not len(known):
        return Tree(()), None  # it ended before it had tests
    # Neither the held-back tests nor a race decide anything about the tree.
    row = row.model_copy(update={"problem": row.problem.model_copy(update={"held_back": None})})
    if recording.exact and row.tests_by is not None and row.forked_from is None:
        # What the tester said is read again, where it is in this search's own record.
        row = row.model_copy(update={"problem": row.posed, "tests_by": None})
    await scratch.add_search(row)
    prompts = Prompts(row.config, folder)

    async def unheard(event: AnyEvent) -> None:
        """Nobody watches a replay."""

    context = SearchContext(
        row=row,
        store=scratch,
        journal=recording,
        programmer=UnaskedModel(row.programmer),
        critic=UnaskedModel(row.critic),
        tester=UnaskedModel(row.tester or row.programmer),
        executor=UnusedExecutor(),
        prompts=prompts,
        strategy=strategy_of(row.config, prompts.hint_names),
        emit=unheard,
    )
    await _lay_out(scratch, row, context, recording)
    ended = await run_graph(context)
    if context.row.problem.tests != known:
        recording.differences.append("the written tests differ")
    return await scratch.tree(row.id), ended["winner"]


async def _lay_out(scratch: Store, row: Search, context: SearchContext, recording: Recording) -> None:
    """Store the branch that a fork began with, its last candidate without the results that were to be made anew."""
    if row.start is None or row.forked_at is None:
        return
    anew = {each.id for each in context.strategy.ask(context.state())}
    last = recording.tree[row.forked_at]
    for id_ in last.branch:
        each = recording.tree[id_]
        known = dict(each) | {"status": Status.OPEN}
        if id_ in anew:
            known = {"status": Status.RUNNING, "reasoning": each.reasoning, "solution": each.solution}
        await scratch.add_candidates(row.id, [each])
        await scratch.update_candidate(row.id, id_, known)


def _differences(row: Search, recorded: Tree, tree: Tree) -> list[str]:
    found = []
    for each in recorded:
        if each.status in {Status.RUNNING, Status.HALTED}:
            continue
        if each.id not in tree:
            found.append(f"candidate {each.id} is not reached")
            continue
        # A round that was not closed yet has pruned no candidate.
        skipped = set() if row.status == "finished" else {"status"}
        names = [
            name
            for name in Candidate.model_fields
            if name not in skipped and getattr(each, name) != getattr(tree[each.id], name)
        ]
        if names:
            found.append(f"candidate {each.id} differs in {', '.join(names)}")
    if row.status == "finished":
        begun = (each for each in tree if each.status is not Status.HALTED)
        found += [f"candidate {each.id} was not there" for each in begun if each.id not in recorded]
    return found
