"""Run a search for a command: show it, stop it gracefully on a signal, print the report, return the exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import anyio

from orps_agent.agent import Agent
from orps_agent.archive import Archive
from orps_agent.budget.account import Budget
from orps_agent.domain.events import SearchFinished
from orps_agent.domain.result import SearchResult
from orps_agent.errors import SearchInterrupted
from orps_agent.search.search_plan import SearchPlan
from orps_agent.settings import Settings
from orps_agent.util.tasks import background_tasks

from .live import View, choose_view
from .output import err, out
from .result_text import print_report


@dataclass
class ReceivedSignal:
    """Hold the number of the first signal that was received; 0 when there was none."""

    number: int = 0


class Chosen(NamedTuple):
    """Hold the search that a command runs."""

    what: SearchPlan | str
    """Plan of a new search, or id of a stored search to continue."""
    search: str | None = None
    """Id of a stored search with the same problem and settings, which is continued in place of the plan."""
    budget: Budget | None = None
    """Budget that replaces the stored search's own."""


Choose = Callable[[Agent, View], Awaitable[Chosen]]
"""Function that finds or plans a command's search; the agent's store is open, its sandbox and models are not yet."""


def run_search(
    settings: Settings, choose: Choose, *, as_json: bool = False, quiet: bool = False, verbose: bool = False
) -> int:
    """Run or resume a search, print what it found, and return the exit code.

    The code is 0 when all tests pass, 1 when they do not, and 128 plus the signal's number when a signal stopped the
    search.
    """
    received = ReceivedSignal()
    view = choose_view(quiet=quiet or as_json, verbose=verbose)
    try:
        result = anyio.run(_run, settings, choose, view, received)
    except SearchInterrupted as interrupted:
        if not received.number:
            raise
        err.print(str(interrupted), markup=False)
        return 128 + received.number
    print_result(result, as_json=as_json, quiet=quiet)
    return 0 if result.solved else 1


def print_result(result: SearchResult, *, as_json: bool, quiet: bool) -> None:
    """Print one JSON document, the bare code, or the report."""
    if as_json:
        print(result.model_dump_json(indent=2))  # noqa: T201 - the document, unwrapped
    elif quiet:
        print(result.code or "", end="")  # noqa: T201 - the code as it is, fit for a file
    else:
        print_report(out, result)


async def _run(settings: Settings, choose: Choose, view: View, received: ReceivedSignal) -> SearchResult:
    result: SearchResult | None = None
    async with Archive(settings) as archive:
        agent = Agent(settings, store=archive.store)
        what, search, budget = await choose(agent, view)  # before a sandbox starts for a search that is not there
        signals = partial(watch_signals, partial(_stop, agent), view, received, "`orps resume --last` continues it")
        async with agent, background_tasks(signals):
            with view:
                async with agent.stream(what, search=search, budget=budget) as events:
                    async for event in events:
                        view.handle(event)
                        if isinstance(event, SearchFinished):
                            result = event.result
    if result is None:
        raise SearchInterrupted("the search ended without a result: `orps resume --last` continues it")
    return result


class MessageView(Protocol):
    """Show messages to the user."""

    def show_message(self, message: str) -> None:
        """Show a message."""
        ...


def _stop(agent: Agent) -> None:
    if not agent.stop():
        raise SearchInterrupted("stopped before the search started")


async def watch_signals(
    stop: Callable[[], None], view: MessageView, received: ReceivedSignal, how_to_continue: str
) -> None:
    """Call `stop` on the first signal; exit at once on the second and print `how_to_continue`."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for number in signals:
            if received.number:
                # Everything finished is committed already; calls in flight are abandoned.
                err.print(f"stopped at once: {how_to_continue}", markup=False, soft_wrap=True)
                os._exit(128 + number)
            received.number = number
            view.show_message("stopping: finishing the calls in flight; interrupt again to stop at once")
            stop()
