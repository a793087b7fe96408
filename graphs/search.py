"""The search as a state machine: select, fan out to candidates, select again, judge the winner.

The state holds ids and the strategy's light value, nothing else: texts are in the store, and clients, limits and
the store itself travel in the runtime context.
"""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Checkpointer, Command, Overwrite, Send
from pydantic import BaseModel

from orps_agent.candidate import Candidate, Status
from orps_agent.events import RoundClosed, RoundStarted
from orps_agent.report import ExecutionReport
from orps_agent.rewards import winner
from orps_agent.strategies import Expansion, OrpsState, Score

from .candidate import build_candidate
from .context import SearchContext


class SearchInput(TypedDict):
    """The id of a search that the store knows."""

    search: str


class SearchState(SearchInput):
    """What a checkpoint holds."""

    strategy: dict[str, Any]
    finished: Annotated[list[str], operator.add]
    winner: str | None


async def select(state: SearchState, runtime: Runtime[SearchContext]) -> Command[str]:
    """Tell the strategy what came in, and send out what it asks for; with nothing to send, have the winner judged.

    This is the only barrier of the search, and its entry.
    """
    context = runtime.context
    told = await _scores(context, state.get("finished", []))
    before = OrpsState.model_validate(state.get("strategy") or {})
    after = context.strategy.tell(before, told)
    if told:
        await _close_round(context, before, after)
    expansions = context.strategy.ask(after)
    update = {"strategy": after.model_dump(mode="json"), "finished": Overwrite([])}
    if not expansions:
        return Command(update=update, goto="judge")
    await _open_round(context, expansions)
    return Command(update=update, goto=[Send("candidate", {"candidate": each.id}) for each in expansions])


async def judge(state: SearchState, runtime: Runtime[SearchContext]) -> dict[str, str | None]:
    """Take the winner over the whole tree and measure it once on the held-back tests."""
    context = runtime.context
    row = context.row
    tree = await context.store.tree(row.id)
    best = winner(tree, row.config.winner_order, tampering_may_win=row.config.tampering_may_win)
    held_back = row.problem.held_back
    if best is not None and best.code and held_back is not None:
        source = best.code
        report = await context.once(
            context.effect(best.id, "judge"),
            "execution",
            ExecutionReport,
            lambda: context.executor.run(
                source, held_back, entry_points=row.problem.entry_points, limits=row.problem.limits
            ),
        )
        await context.store.update_search(row.id, verification=report)
    first = next(iter(tree), None)
    if best is not None and first is not None:
        await context.store.update_search(row.id, comparison=await _contest(context, best, first))
    ended = OrpsState.model_validate(state["strategy"]).ended
    await context.store.update_search(row.id, winner=best.id if best else None, reason=ended)
    return {"winner": best.id if best else None}


class _Contest(BaseModel):
    words: str | None


async def _contest(context: SearchContext, best: Candidate, first: Candidate) -> str | None:
    """What the finalist gained in speed over the first sample, in words."""
    ours, theirs = best.code, first.code
    problem = context.row.problem
    # Only what both pass: a test on which one of them runs into its limit would do so in every turn.
    common = _passed(best) & _passed(first)
    if not ours or not theirs or ours == theirs or not common:
        return None
    tests = tuple(test for test in problem.tests.tests if test.name in common)
    suite = problem.tests.model_copy(update={"tests": tests})

    async def measure() -> _Contest:
        comparison = await context.executor.contest(
            ours, theirs, suite, entry_points=problem.entry_points, limits=problem.limits
        )
        return _Contest(words=comparison and str(comparison))

    return (await context.once(context.effect(best.id, "contest"), "execution", _Contest, measure)).words


def _passed(candidate: Candidate) -> set[str]:
    return {result.name for result in candidate.report.results if result.passed} if candidate.report else set()


async def _scores(context: SearchContext, finished: list[str]) -> list[Score]:
    return [_score(await context.store.candidate(context.id, each)) for each in finished]


def _score(candidate: Candidate) -> Score:
    return Score(
        id=candidate.id,
        process=candidate.process,
        omega=candidate.omega,
        expandable=candidate.status is Status.OPEN,
        solved=candidate.solved,
    )


async def _open_round(context: SearchContext, expansions: list[Expansion]) -> None:
    await context.store.add_candidates(
        context.id, (Candidate(id=each.id, round=each.round, hint=each.hint) for each in expansions)
    )
    await context.emit(RoundStarted(search=context.id, round=expansions[0].round, candidates=len(expansions)))


async def _close_round(context: SearchContext, before: OrpsState, after: OrpsState) -> None:
    tree = await context.store.tree(context.id)
    passed_over = [
        each.id
        for each in tree
        if each.round == before.round and each.status is Status.OPEN and each.id not in after.parents
    ]
    await context.store.set_status(context.id, passed_over, Status.PRUNED)
    await context.emit(RoundClosed(search=context.id, round=before.round, beam=after.parents))


def build_search(
    checkpointer: Checkpointer = None,
) -> CompiledStateGraph[SearchState, SearchContext, SearchInput, SearchState]:
    """The compiled graph; without a checkpointer it inherits that of the graph it becomes a node of."""
    graph = StateGraph(SearchState, SearchContext, input_schema=SearchInput)
    graph.add_node("select", select, destinations=("candidate", "judge"))
    graph.add_node("candidate", build_candidate())
    graph.add_node("judge", judge)
    graph.add_edge(START, "select")
    graph.add_edge("candidate", "select")
    graph.add_edge("judge", END)
    return graph.compile(checkpointer=checkpointer)
