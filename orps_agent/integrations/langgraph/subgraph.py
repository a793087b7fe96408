"""Build a LangGraph graph that runs one search, by itself or as a node of another graph.

    begin -> approve -> search -> review -> END
                 |         ^         |
                END        +- fork <-+

The state holds plain JSON. Everything a search produces is in the SQLite file, under an id that is part of the state,
so that a parent graph that resumes from its checkpoint continues the same search and repeats nothing finished.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Checkpointer, Command, interrupt

from orps_agent.agent import Agent
from orps_agent.budget.account import Budget
from orps_agent.errors import SearchCancelled
from orps_agent.integrations.shared_agent import SharedAgent
from orps_agent.search.forecast import Forecast
from orps_agent.settings import Settings

from .request import SearchOutcome, SearchRequest, config_of, outcome_of, problem_of

Review = Literal["never", "unsolved", "always"]


class _State(SearchRequest, SearchOutcome):
    """Hold the state of one search; `critique` is a human's, from which a fork continues."""

    critique: str | None


class _Nodes:
    """Implement the nodes of the graph over one shared agent."""

    def __init__(self, shared: SharedAgent, ask_above: Budget | None, review: Review) -> None:
        self._shared = shared
        self._ask_above = ask_above
        self._review = review

    async def begin(self, state: _State, runtime: Runtime[None]) -> dict[str, Any]:
        """Check the request before anything is spent, and assign the search's id.

        The id is a function of the thread and this task's place in it: a parent graph that was killed before its
        checkpoint was written computes the same id again.
        """
        problem_of(state)
        config_of(state, self._shared.agent.settings)
        info = runtime.execution_info
        place = f"{info and info.thread_id}/{info and info.checkpoint_ns}"
        search = hashlib.sha256(place.encode()).hexdigest()[:12]
        return {"search": search, "code": None, "solved": False, "summary": "", "critique": None}

    async def approve(self, state: _State) -> Command[str]:
        """Interrupt for a human's approval of a search that is likely to spend more than the threshold."""
        if self._ask_above is None:
            return Command(goto="search")
        agent = self._shared.agent
        expected = agent.forecast(problem_of(state), config_of(state, agent.settings))
        above = _exceeded_limit(expected, self._ask_above)
        if above is None:
            return Command(goto="search")
        question = {
            "kind": "spending",
            "search": state["search"],
            "question": f"The search is likely to take {above}. Shall it begin?",
            "forecast": expected.model_dump(mode="json"),
        }
        answer = interrupt(question)
        if isinstance(answer, dict):  # a changed budget approves the search
            return Command(update={"budget": {**(state.get("budget") or {}), **answer}}, goto="search")
        if answer is True:
            return Command(goto="search")
        return Command(update={"summary": f"Not started: it was likely to take {above}."}, goto=END)

    async def search(self, state: _State) -> SearchOutcome:
        """Run or continue the search, and emit its events in the graph's custom stream."""
        emit = get_stream_writer()
        async with self._shared.use() as agent:
            problem, config = problem_of(state), config_of(state, agent.settings)
            try:
                async with agent.stream(problem, config, search=state["search"]) as events:
                    async for event in events:
                        emit(event.model_dump(mode="json"))
            except SearchCancelled:  # a cancelled search still has an outcome: the best code so far
                pass
            return outcome_of(await agent.archive.result(state["search"]))

    async def review(self, state: _State) -> Command[str]:
        """Interrupt for a human's critique of the best candidate; without a critique, the search is over."""
        wanted = self._review == "always" or (self._review == "unsolved" and not state["solved"])
        if not wanted or state["code"] is None:
            return Command(goto=END)
        question = {
            "kind": "critique",
            "search": state["search"],
            "question": "What should be better? An empty answer accepts the code as it is.",
            "code": state["code"],
            "solved": state["solved"],
            "summary": state["summary"],
        }
        answer = interrupt(question)
        if isinstance(answer, str) and answer.strip():
            return Command(update={"critique": answer}, goto="fork")
        return Command(goto=END)

    async def fork(self, state: _State) -> dict[str, Any]:
        """Start a search from the best candidate, with the human's critique in place of the critic's."""
        async with self._shared.use() as agent:
            return {"search": await _fork_best(agent, state["search"], state["critique"] or ""), "critique": None}


def build_search(
    agent: Agent | None = None,
    *,
    settings: Settings | None = None,
    checkpointer: Checkpointer = None,
    ask_above: Budget | None = None,
    review: Review = "never",
) -> CompiledStateGraph[Any, None, SearchRequest, SearchOutcome]:
    """Build a compiled graph that takes a SearchRequest and returns a SearchOutcome.

        search = build_search(checkpointer=InMemorySaver())
        found = await search.ainvoke(
            {"statement": "Write f(n): twice n.", "tests": ["f(2) == 4"]}, {"configurable": {"thread_id": "1"}}
        )

    Without a `checkpointer` it inherits that of the graph in which it is a node. A given `agent` must be open while
    the graph runs; without one the graph opens an agent of its own, with `settings`, while a search runs.

    `ask_above` interrupts before a search whose likely forecast exceeds one of these limits, or whose cost is unknown
    while a cost limit is set; resume with True, False, or a dict of other limits. `review` interrupts when a search
    has ended; resume with a critique, from which the search continues at the best candidate, or with an empty string
    to accept the code. Both need a checkpointer.
    """
    nodes = _Nodes(SharedAgent(agent, settings), ask_above, review)
    graph = StateGraph(_State, input_schema=SearchRequest, output_schema=SearchOutcome)
    graph.add_node("begin", nodes.begin)
    graph.add_node("approve", nodes.approve, destinations=("search", END))
    graph.add_node("search", nodes.search)
    graph.add_node("review", nodes.review, destinations=("fork", END))
    graph.add_node("fork", nodes.fork)
    graph.add_edge(START, "begin")
    graph.add_edge("begin", "approve")
    graph.add_edge("search", "review")
    graph.add_edge("fork", "search")
    return graph.compile(checkpointer=checkpointer, name="orps")


def _exceeded_limit(expected: Forecast, limits: Budget) -> str | None:
    """Return a description of the limit that the likely case exceeds, or None if it exceeds none."""
    likely = expected.likely
    if limits.cost is not None and likely.cost is None:
        return f"an unknown amount of money: {', '.join(expected.unpriced)} has no price"
    if limits.cost is not None and likely.cost is not None and likely.cost > limits.cost:
        return f"${likely.cost:.2f}, more than ${limits.cost:.2f}"
    if limits.calls is not None and likely.calls > limits.calls:
        return f"{likely.calls:,} model calls, more than {limits.calls:,}"
    if limits.tokens is not None and likely.tokens > limits.tokens:
        return f"{likely.tokens:,} tokens, more than {limits.tokens:,}"
    return None


async def _fork_best(agent: Agent, search: str, critique: str) -> str:
    """Fork a search at its best candidate, with at least one more round, and return the id of the fork.

    The id is a function of the search and the critique, so that a parent graph that was killed before its checkpoint
    was written finds its fork.
    """
    new = hashlib.sha256(f"{search} {critique}".encode()).hexdigest()[:12]
    if await agent.store.has_search(new):
        return new
    result = await agent.archive.result(search)
    row = await agent.archive.search(search)
    best = result.winner
    if best is None:  # a review takes place only where there is code
        return search
    rounds = max(row.config.rounds, best.round + 2)
    fork = await agent.archive.fork(row.id, best.id, critique=critique, changes={"rounds": rounds}, new=new)
    return fork.id
