"""Write tests for a problem without any, before the search's first candidate."""

from __future__ import annotations

from langgraph.runtime import Runtime
from langgraph.types import Command

from orps_agent.domain.events import TestsWritten
from orps_agent.domain.problem import TestSuite
from orps_agent.errors import BudgetReached, NoUsableTest, ReplyError
from orps_agent.llm.base import ModelReply
from orps_agent.llm.replies.written_tests import parse_tests

from .context import SearchContext, SearchInput
from .model_calls import BEFORE, Conversation, ask_tester


async def write_tests(state: SearchInput, runtime: Runtime[SearchContext]) -> Command[str]:
    """Call the tester for the tests of a problem without any, and store them as the problem's own.

    Raises NoUsableTest when there is none to be had; a resume asks anew.
    """
    context = runtime.context
    problem = context.row.problem
    if len(problem.tests):
        return Command(goto="select")
    reused = context.journal.is_finished(context.effect(BEFORE, "tests"))
    try:
        tests = await _written(context)
    except BudgetReached:
        return Command(update={"budget": context.account.exhausted() or "reached"}, goto="judge")
    except ReplyError as error:
        raise NoUsableTest(f"{_nothing(context)}: {error}") from error
    author = context.row.tester or context.row.programmer
    posed = problem.model_copy(update={"tests": tests})
    await context.store.update_search(context.id, problem=posed, tests_by=author)
    context.row = context.row.model_copy(update={"problem": posed, "tests_by": author})
    await context.emit(TestsWritten.of(context.id, author, tests, reused=reused))
    return Command(goto="select")


async def _written(context: SearchContext) -> TestSuite:
    """Return the tests of the first reply that has some: of a first turn, a repair turn, or those of a later run."""
    asked = context.prompts.tests(context.row.problem)
    attempt, fresh = 0, False
    while not fresh:
        reply, fresh = await _reply(context, attempt, asked)
        tests = _tests(context, reply)
        if not len(tests):
            repair = context.prompts.tests_repair(asked, reply.text, context.row.problem)
            reply, fresh = await _reply(context, attempt + 1, repair)
            tests = _tests(context, reply)
        if len(tests):
            return tests
        attempt += 2  # with another seed: what these two were answered is known to be of no use
    raise NoUsableTest(
        f"{_nothing(context)}: `orps resume {context.id}` asks again; or give the problem tests, or another model the"
        " role of the tester"
    )


async def _reply(context: SearchContext, attempt: int, asked: Conversation) -> tuple[ModelReply, bool]:
    """Return the tester's reply, and True when it is a new one."""
    fresh = not context.journal.is_finished(context.effect(BEFORE, "tests", attempt))
    return await ask_tester(context, attempt, asked), fresh


def _tests(context: SearchContext, reply: ModelReply) -> TestSuite:
    return parse_tests(reply.text, context.row.problem, context.row.config.written_tests)


def _nothing(context: SearchContext) -> str:
    return f"problem {context.row.problem.id!r} has no tests, and {context.tester.name} wrote none that can be used"
