"""Take one candidate from a hint to a scored tree node: reason, code, execute, profile, critique.

Every stage reads the candidate's row, does its effects through the journal, writes its columns and passes on the id.
A stage whose row says `failed` or `halted` does nothing, so a candidate that cannot be had never stops the others.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from functools import cache, wraps
from typing import Any, Protocol, TypedDict, TypeVar

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from orps_agent.domain.artifact import Artifact, Program
from orps_agent.domain.candidate import Candidate, Status
from orps_agent.domain.events import CandidateExecuted, CandidateFinished
from orps_agent.domain.execution import ExecutionReport, TestResult, Verdict
from orps_agent.domain.rewards import outcome_reward
from orps_agent.errors import BudgetReached, ReplyError
from orps_agent.llm.replies.parser import parse_critique, parse_turn
from orps_agent.tools.analysis.complexity import analyse
from orps_agent.tools.analysis.tamper import suspicions

from .context import SearchContext
from .model_calls import ask_critic, ask_programmer, ask_repair, ask_rest, programmer_reply

Output_co = TypeVar("Output_co", covariant=True)


class Stage(Protocol[Output_co]):
    """Define the signature of a node of the candidate's graph."""

    def __call__(self, state: CandidateState, runtime: Runtime[SearchContext]) -> Awaitable[Output_co]:
        """Take a candidate through the stage."""
        ...


class CandidateState(TypedDict):
    """Hold the candidate's id; its texts are in its row."""

    candidate: str


class CandidateOutput(TypedDict):
    """Hold the ids of finished candidates, which the outer graph collects."""

    finished: list[str]


async def reason(state: CandidateState, runtime: Runtime[SearchContext]) -> None:
    """Call the programmer: for the whole turn when reasoning and code come together, else for the reasoning."""
    context = runtime.context
    candidate = await context.candidate(state["candidate"])
    if candidate.status is not Status.RUNNING or candidate.solution is not None or candidate.reasoning is not None:
        return
    try:
        reply = await ask_programmer(context, candidate)
    except ReplyError as error:
        await _fail(context, candidate, error)
        return
    if context.row.config.reasoning == "split":
        turn = parse_turn(reply.text, reply.reasoning, entry_points=context.row.problem.entry_points)
        await context.write(candidate.id, "reason", reasoning=turn.thoughts or reply.text)


async def code(state: CandidateState, runtime: Runtime[SearchContext]) -> None:
    """Parse reasoning and solution from the reply, with a repair turn if it contains no solution."""
    context = runtime.context
    candidate = await context.candidate(state["candidate"])
    if candidate.status is not Status.RUNNING or candidate.solution is not None:
        return
    names = context.row.problem.entry_points
    split = context.row.config.reasoning == "split"
    try:
        reply = await (ask_programmer(context, candidate) if split else programmer_reply(context, candidate))
        reply = await ask_rest(context, candidate, reply)
        turn = parse_turn(reply.text, reply.reasoning, entry_points=names)
        if turn.solution is None:
            repaired = await ask_repair(context, candidate, "code", reply)
            turn = replace(turn, solution=parse_turn(repaired.text, entry_points=names).solution)
    except ReplyError as error:
        await _fail(context, candidate, error)
        return
    thoughts = candidate.reasoning if split else turn.thoughts
    # An empty one where there is none: the stage is done all the same.
    solution = turn.solution or Program("")
    await context.write(candidate.id, "reason", "code", reasoning=thoughts, solution=solution)


async def execute(state: CandidateState, runtime: Runtime[SearchContext]) -> None:
    """Run the solution on the visible tests."""
    context = runtime.context
    candidate = await context.candidate(state["candidate"])
    if candidate.status is not Status.RUNNING or candidate.report is not None:
        return
    await context.write(candidate.id, report=await _run(context, candidate))


async def profile(state: CandidateState, runtime: Runtime[SearchContext]) -> None:
    """Measure what passed, analyse the solution, and compute the outcome reward."""
    context = runtime.context
    candidate = await context.candidate(state["candidate"])
    if candidate.status is not Status.RUNNING or candidate.outcome is not None:
        return
    effect = context.effect(candidate.id, "profile")
    reused = context.journal.is_finished(effect)
    # From the journal: until it is settled here, only the execution's own result holds the measurements.
    report = await _run(context, candidate)
    solution = candidate.solution or Program("")
    if report.passed:
        report = await context.execute(effect, ExecutionReport, lambda: _measure(context, solution, report))
    analysis = await analyse(solution)
    flags = (*report.flags, *await suspicions(solution, context.row.problem.tests))
    report = report.model_copy(update={"flags": tuple(dict.fromkeys(flags))})
    outcome = outcome_reward(report, analysis)
    measured = await context.write(
        candidate.id, "execute", "profile", report=report, analysis=analysis, outcome=outcome
    )
    await context.emit(CandidateExecuted.of(context.id, measured, reused=reused))


async def critique(state: CandidateState, runtime: Runtime[SearchContext]) -> CandidateOutput:
    """Call the critic; a critique without a readable score leaves ρ null."""
    context = runtime.context
    candidate = await context.candidate(state["candidate"])
    if candidate.status is Status.RUNNING and not context.row.config.process_reward:
        candidate = await context.write(candidate.id, status=Status.OPEN)
    if candidate.status is Status.RUNNING:
        columns: dict[str, object]
        try:
            reply = await ask_critic(context, candidate)
            judged = parse_critique(reply.text, reply.reasoning)
            if judged.score is None:
                repaired = await ask_repair(context, candidate, "score", reply)
                judged = replace(judged, score=parse_critique(repaired.text).score)
            columns = {"critique": judged.thoughts, "process": judged.score}
            status = Status.CLOSED if judged.good else Status.OPEN
        except BudgetReached as error:
            columns, status = {"error": str(error)}, Status.HALTED
        except ReplyError as error:
            # The programmer's part is paid for and executed: the node stays, ranked by ω alone.
            columns, status = {"error": f"no critique: {error}"}, Status.OPEN
        candidate = await context.write(candidate.id, "critique", **columns, status=status)
    await context.emit(CandidateFinished.of(context.id, candidate))
    return {"finished": [candidate.id]}


async def _run(context: SearchContext, candidate: Candidate) -> ExecutionReport:
    problem = context.row.problem
    solution = candidate.solution
    if not solution:
        missing = [
            TestResult(name=test.name, verdict=Verdict.NOT_RUN, error="the reply held no Python")
            for test in problem.tests.tests
        ]
        return ExecutionReport(results=tuple(missing))
    return await context.execute(
        context.effect(candidate.id, "execute"),
        ExecutionReport,
        lambda: context.executor.run(solution, problem.tests, entry_points=problem.entry_points, limits=problem.limits),
    )


async def _measure(context: SearchContext, solution: Artifact, report: ExecutionReport) -> ExecutionReport:
    problem = context.row.problem
    return await context.executor.profile(
        solution,
        problem.tests,
        report,
        entry_points=problem.entry_points,
        limits=problem.limits,
    )


async def _fail(context: SearchContext, candidate: Candidate, error: ReplyError) -> None:
    status = Status.HALTED if isinstance(error, BudgetReached) else Status.FAILED
    await context.write(candidate.id, status=status, error=str(error))


def _traced(name: str, stage: Stage[Output_co]) -> Stage[Output_co]:
    @wraps(stage)
    async def run(state: CandidateState, runtime: Runtime[SearchContext]) -> Output_co:
        with runtime.context.trace.stage(state["candidate"], name):
            return await stage(state, runtime)

    return run


@cache
def build_candidate() -> CompiledStateGraph[CandidateState, SearchContext, CandidateState, CandidateOutput]:
    """Compile the five stages in a row, once: the graph holds nothing of any search.

    Compiled without a checkpointer: the journal is what makes a stage safe to enter again, and a checkpoint after
    every stage of every candidate would only cost time and space.
    """
    graph = StateGraph(CandidateState, SearchContext, output_schema=CandidateOutput)
    stages: dict[str, Stage[Any]] = {
        "reason": reason,
        "code": code,
        "execute": execute,
        "profile": profile,
        "critique": critique,
    }
    previous = START
    for name, stage in stages.items():
        graph.add_node(name, _traced(name, stage))
        graph.add_edge(previous, name)
        previous = name
    graph.add_edge(previous, END)
    return graph.compile(checkpointer=False)
