"""The search as a state machine: have tests, select, fan out to candidates, select again, judge the winner.

The state holds ids and the strategy's light value, nothing else: texts are in the store, and clients, limits and
the store itself travel in the runtime context.
"""

from __future__ import annotations

import operator
from collections.abc import Container
from functools import cache
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite, Send
from pydantic import BaseModel

from orps_agent.budget.account import OUT_OF_BUDGET
from orps_agent.domain.calibration import Calibration
from orps_agent.domain.candidate import Candidate, Outline, Status
from orps_agent.domain.events import RoundClosed, RoundStarted
from orps_agent.domain.execution import ExecutionReport
from orps_agent.store import SearchChanges
from orps_agent.store.choice import choice
from orps_agent.strategies import Expansion, Score, StrategyState

from .candidate_graph import build_candidate
from .context import SearchContext, SearchInput
from .tester import write_tests

_CONFIRMED = 2
"""How many solutions have to agree before a written test is trusted while the search goes on."""


class SearchState(SearchInput):
    """Where a search stands: ids, the strategy's state as JSON, and how it ended. All of it follows from the rows."""

    strategy: dict[str, Any]
    finished: Annotated[list[str], operator.add]
    budget: str | None
    """Which limit of the budget ended the search, in words."""
    winner: str | None


async def select(state: SearchState, runtime: Runtime[SearchContext]) -> Command[str]:
    """Tell the strategy what came in, and send out what it asks for; with nothing to send, have the winner judged.

    This is the only barrier of the search, and its entry. A resumed search begins here: rounds that an earlier run
    finished are told from their rows, and only candidates that have not ended are sent out. A round that the budget
    halted stays open, so that a resume with a larger one can complete it.
    """
    context = runtime.context
    position = context.state(state.get("strategy"))
    finished = [(await context.candidate(each)).outline for each in state.get("finished", [])]
    while not any(each.status is Status.HALTED for each in finished):
        told = await _scores(context, finished)
        before, position = position, context.strategy.tell(position, told)
        expansions = context.strategy.ask(position)
        known = await context.recall(each.id for each in expansions)
        opened = bool(known) and context.begun
        if told and not opened:
            await _close_round(context, finished, context.strategy.pruned(before, position), expansions)
        context.forget(each.id for each in finished if each.status is not Status.OPEN)
        exhausted = None if opened or not expansions else context.account.exhausted()
        if exhausted or not expansions:
            return _ended(position, exhausted)
        if not opened:
            await _open_round(context, expansions, known)
        finished = [each for each in known.values() if each.status is not Status.RUNNING]
        if len(finished) < len(expansions):
            return _sent(position, expansions, [each.id for each in finished])
    return _ended(position, context.account.exhausted() or "reached")


def _sent(position: StrategyState, expansions: list[Expansion], finished: list[str]) -> Command[str]:
    """Send out a round's candidates that are not finished, each to its own run of the candidate's graph."""
    update = {"strategy": position.model_dump(mode="json"), "finished": Overwrite(finished)}
    unfinished = [each.id for each in expansions if each.id not in finished]
    return Command(update=update, goto=[Send("candidate", {"candidate": each}) for each in unfinished])


def _ended(position: StrategyState, exhausted: str | None) -> Command[str]:
    """Have the winner judged; `exhausted` is the limit of the budget that ended the search, in words."""
    return Command(update={"strategy": position.model_dump(mode="json"), "budget": exhausted}, goto="judge")


async def judge(state: SearchState, runtime: Runtime[SearchContext]) -> dict[str, str | None]:
    """Take the winner over the whole tree and measure it once on the held-back tests."""
    context = runtime.context
    row = context.row
    exhausted = state.get("budget")
    told: SearchChanges = {
        "reason": f"{OUT_OF_BUDGET}{exhausted}" if exhausted else context.state(state["strategy"]).ended
    }
    if row.winner is not None:  # stored by a run that was killed before it could say that it is finished
        await context.store.update_search(row.id, **told)
        return {"winner": row.winner}
    tree = await context.store.outline(row.id)
    won = (await choice(context.store, row, tree)).winner
    if won is None:
        await context.store.update_search(row.id, **told)
        return {"winner": None}
    best, first = await context.candidate(won.id), await context.candidate(tree[0].id)
    told |= {
        "winner": best.id,
        "verification": await _verify(context, best),
        "comparison": await _contest(context, best, first),
    }
    await context.store.update_search(row.id, settled=context.journal.settled(best, ("judge", "contest")), **told)
    return {"winner": best.id}


async def _verify(context: SearchContext, best: Candidate) -> ExecutionReport | None:
    """The winner on the held-back tests."""
    solution, problem = best.solution, context.row.problem
    held_back = problem.held_back
    if not solution or held_back is None:
        return None
    return await context.execute(
        context.effect(best.id, "judge"),
        ExecutionReport,
        lambda: context.executor.run(solution, held_back, entry_points=problem.entry_points, limits=problem.limits),
    )


class _Contest(BaseModel):
    words: str | None


async def _contest(context: SearchContext, best: Candidate, first: Candidate) -> str | None:
    """What the finalist gained in speed over the first sample, in words."""
    ours, theirs = best.solution, first.solution
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

    return (await context.execute(context.effect(best.id, "contest"), _Contest, measure)).words


def _passed(candidate: Candidate) -> set[str]:
    return {result.name for result in candidate.report.results if result.passed} if candidate.report else set()


async def _scores(context: SearchContext, finished: list[Outline]) -> list[Score]:
    config = context.row.config
    believed = not config.order_without_rho or not finished or await _rho_informs(context, finished[0].round)
    solved = await _solved(context, finished)
    return [Score.of(each, config, believed=believed, solved=each.id in solved) for each in finished]


async def _rho_informs(context: SearchContext, round_: int) -> bool:
    """Whether the critic's scores up to this round said something about the verdicts."""
    return Calibration.of_outlines(await _known(context, round_)).informative


async def _solved(context: SearchContext, finished: list[Outline]) -> set[str]:
    """Which of a round's candidates pass every test that is to be trusted.

    Tests that were given are. Of those that a model wrote it is, by agreement so far, those of the largest consensus
    set, once two solutions are in it: one solution alone confirms nothing.
    """
    row = context.row
    if row.tests_by is None or row.selector == "order" or not finished:
        return {each.id for each in finished if each.solved}
    agreement = (await choice(context.store, row, await _known(context, finished[0].round))).agreement
    if agreement is None or not agreement.tests or len(agreement.solutions) < _CONFIRMED:
        return set()
    trusted = set(agreement.tests)
    return {each.id for each in finished if _passed(await context.candidate(each.id)) >= trusted}


async def _known(context: SearchContext, round_: int) -> list[Outline]:
    """Return all candidates up to a round."""
    # Of later rounds nothing may be known here: a search that is walked again must come to the same beam.
    return [each for each in await context.store.outline(context.id) if each.round <= round_]


async def _open_round(context: SearchContext, expansions: list[Expansion], known: Container[str]) -> None:
    """Store the round's candidates, but for those that a fork began with."""
    await context.plan(Candidate(**dict(each)) for each in expansions if each.id not in known)
    await context.emit(RoundStarted(search=context.id, round=expansions[0].round, candidates=len(expansions)))


async def _close_round(
    context: SearchContext, finished: list[Outline], pruned: list[str], next_: list[Expansion]
) -> None:
    given_up = [each for each in pruned if (await context.candidate(each)).status is Status.OPEN]
    await context.store.set_status(context.id, given_up, Status.PRUNED)
    context.forget(pruned)
    beam = tuple(dict.fromkeys(each.parent for each in next_))
    await context.emit(RoundClosed(search=context.id, round=finished[0].round, beam=beam))


@cache
def build_machine() -> CompiledStateGraph[SearchState, SearchContext, SearchInput, SearchState]:
    """Compile the graph; one serves all searches, as it holds nothing of any.

    Compiled without a checkpointer: the rows of the store are the checkpoint. A search that is resumed is walked from
    its start, where `select` skips all rounds that are stored in full.
    """
    graph = StateGraph(SearchState, SearchContext, input_schema=SearchInput)
    graph.add_node("tests", write_tests, destinations=("select", "judge"))
    graph.add_node("select", select, destinations=("candidate", "judge"))
    graph.add_node("candidate", build_candidate())
    graph.add_node("judge", judge)
    graph.add_edge(START, "tests")
    graph.add_edge("candidate", "select")
    graph.add_edge("judge", END)
    return graph.compile()


def recursion_limit(context: SearchContext) -> int:
    """LangGraph's limit on steps, far enough away: every round has a candidate, and takes two steps."""
    return 2 * context.strategy.at_most(context.state()) + 10
