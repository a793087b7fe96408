"""Runs a search for a command: shows it, winds it down on a signal, reports, and says how it went as exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import anyio

from orps_agent.agent import Agent
from orps_agent.budget.account import Budget
from orps_agent.domain.events import SearchFinished
from orps_agent.domain.result import SearchResult
from orps_agent.errors import SearchInterrupted
from orps_agent.search.plan import SearchPlan
from orps_agent.settings import Settings
from orps_agent.util.tasks import background_tasks

from .live import View, choose_view
from .output import err, out
from .result_text import print_report


@dataclass
class Signalled:
    """Which signal came first; 0: none."""

    number: int = 0


class Chosen(NamedTuple):
    """The search that a command runs."""

    what: SearchPlan | str
    """A plan to begin, or the id of a stored search to go on with."""
    search: str | None = None
    """The id of a stored search that asks what the plan asks: it goes on, and none is begun."""
    budget: Budget | None = None
    """In place of the stored search's own."""


Choose = Callable[[Agent, View], Awaitable[Chosen]]
"""Finds or plans a command's search once the agent is open, so that the database is opened once."""


def run_search(
    settings: Settings, choose: Choose, *, as_json: bool = False, quiet: bool = False, verbose: bool = False
) -> int:
    """Run or resume a search and print what it found; the exit code says whether all tests pass."""
    signalled = Signalled()
    view = choose_view(quiet=quiet or as_json, verbose=verbose)
    try:
        result = anyio.run(_run, settings, choose, view, signalled)
    except SearchInterrupted as interrupted:
        if not signalled.number:
            raise
        err.print(str(interrupted), markup=False)
        return 128 + signalled.number
    print_result(result, as_json=as_json, quiet=quiet)
    return 0 if result.solved else 1


def print_result(result: SearchResult, *, as_json: bool, quiet: bool) -> None:
    """One JSON document, the bare code, or the report."""
    if as_json:
        print(result.model_dump_json(indent=2))  # noqa: T201 - the document, unwrapped
    elif quiet:
        print(result.code or "", end="")  # noqa: T201 - the code as it is, fit for a file
    else:
        print_report(out, result)


async def _run(settings: Settings, choose: Choose, view: View, signalled: Signalled) -> SearchResult:
    result: SearchResult | None = None
    async with (
        Agent(settings) as agent,
        background_tasks(
            partial(watch_signals, partial(_stop, agent), view, signalled, "`orps resume --last` goes on")
        ),
    ):
        what, search, budget = await choose(agent, view)
        with view:
            async with agent.stream(what, search=search, budget=budget) as events:
                async for event in events:
                    view.tell(event)
                    if isinstance(event, SearchFinished):
                        result = event.result
    if result is None:
        raise SearchInterrupted("the search ended without a result: `orps resume --last` goes on with it")
    return result


class Sayer(Protocol):
    """Tells whoever watches a sentence."""

    def say(self, words: str) -> None:
        """The sentence."""
        ...


def _stop(agent: Agent) -> None:
    if not agent.stop():
        raise SearchInterrupted("stopped before the search began")


async def watch_signals(stop: Callable[[], None], view: Sayer, signalled: Signalled, goes_on: str) -> None:
    """Wind down on the first signal, end at once on the second; `goes_on` says what goes on from there."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for number in signals:
            if signalled.number:
                # Everything finished is committed already; whatever still runs is given up.
                err.print(f"stopped at once: {goes_on}", markup=False, soft_wrap=True)
                os._exit(128 + number)
            signalled.number = number
            view.say("stopping: finishing what is in flight; once more to stop at once")
            stop()
