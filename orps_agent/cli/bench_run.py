"""What `orps bench` does once everything is known: forecast, or run and show how far it is."""

from __future__ import annotations

import shlex
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial

import anyio
from rich.live import Live
from rich.text import Text

from orps_agent.agent import Agent
from orps_agent.bench.methods import GOLD
from orps_agent.bench.plan import Entry
from orps_agent.bench.record import Record
from orps_agent.bench.runner import Outcome, run_bench
from orps_agent.budget.account import Budget
from orps_agent.llm.registry import name_of_tester
from orps_agent.prompts.messages import Prompts
from orps_agent.search.forecast import forecast
from orps_agent.search.ledger import load_prices
from orps_agent.settings import Settings
from orps_agent.util.tasks import background_tasks
from orps_agent.util.text import money, safe

from .output import err, out
from .run_search import Signalled, watch_signals


class _Progress:
    """One line that says how much is done and how much of it is solved, by method."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._total = len(entries)
        self._done: Counter[str] = Counter()
        self._solved: Counter[str] = Counter()
        self._live = Live(console=err, refresh_per_second=4, transient=True)
        self._words = ""

    def __enter__(self) -> _Progress:
        if err.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    async def tell(self, record: Record) -> None:
        """One more search is done."""
        self._done[record.method] += 1
        self._solved[record.method] += record.solved
        self._draw()

    def say(self, words: str) -> None:
        """What happens beside the counting."""
        self._words = f"; {words}"
        self._draw()
        if not err.is_terminal:
            err.print(words, markup=False)

    def _draw(self) -> None:
        if err.is_terminal:
            methods = ", ".join(f"{safe(name)} {self._solved[name]} of {done}" for name, done in self._done.items())
            self._live.update(Text(f"{self._done.total()} of {self._total} searches, solved: {methods}{self._words}"))


def run_bench_command(
    settings: Settings, entries: Sequence[Entry], *, budget: Budget, at_once: int
) -> tuple[Outcome, int]:
    """Run what is left of a bench; what it came to, and the signal that stopped it, or 0."""
    signalled = Signalled()

    async def run() -> Outcome:
        progress, stopping = _Progress(entries), anyio.Event()
        async with (
            Agent(settings, budget=budget) as agent,
            background_tasks(partial(watch_signals, stopping.set, progress, signalled, f"`{this_command()}` goes on")),
        ):
            with progress:
                return await run_bench(agent, entries, at_once=at_once, tell=progress.tell, stopping=stopping)

    try:
        return anyio.run(run), signalled.number
    except KeyboardInterrupt:  # before the signals were watched, so that nothing had begun
        return Outcome((), len(entries)), signal.SIGINT


def say_what_is_left(outcome: Outcome) -> None:
    """Which searches are not through, and the command that goes on with them."""
    cut_short = sum(record.cut_short for record in outcome.records)
    if outcome.left:
        err.print(f"{_searches(outcome.left)} not finished", markup=False)
    if cut_short:
        err.print(f"{_searches(cut_short)} ended by the limits of the batch, which count for a run", markup=False)
    if outcome.left or cut_short:
        err.print(f"to go on: {this_command()}", markup=False, soft_wrap=True)


def _searches(count: int) -> str:
    return "1 search is" if count == 1 else f"{count} searches are"


def this_command() -> str:
    """What was typed to come here, fit to be typed again."""
    return shlex.join(["orps", *sys.argv[1:]])


def forecast_bench(settings: Settings, entries: Sequence[Entry]) -> None:
    """What all searches together will ask for, if all rounds are used; nothing is asked or stored."""
    prices, tester = load_prices(settings), name_of_tester(settings)
    calls = tokens = 0
    cost: float | None = 0.0
    for entry in entries:
        if entry.method == GOLD:
            continue
        prompts = Prompts(entry.config, settings.prompts)
        problem = entry.task.problem(entry.regime)
        found = forecast(
            problem, entry.config, prompts, prices, programmer=entry.programmer, critic=entry.critic, tester=tester
        )
        calls += found.likely.calls
        tokens += found.likely.tokens
        cost = None if cost is None or found.likely.cost is None else cost + found.likely.cost
    price = "at an unknown price" if cost is None else f"for {money(cost)}"
    out.print(f"{len(entries)} searches: about {calls:,} model calls, {tokens:,} tokens, {price}", markup=False)
    out.print("Nothing was asked or stored.")
