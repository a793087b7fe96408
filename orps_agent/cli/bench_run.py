"""Execute a planned bench run for `orps bench`: forecast it, or run it and show its progress."""

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
from .run_search import ReceivedSignal, watch_signals


class _Progress:
    """Show one line with the number of finished searches, and of solved ones per method."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._total = len(entries)
        self._done: Counter[str] = Counter()
        self._solved: Counter[str] = Counter()
        self._live = Live(console=err, refresh_per_second=4, transient=True)
        self._message = ""

    def __enter__(self) -> _Progress:
        if err.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    async def count(self, record: Record) -> None:
        """Count one more finished search."""
        self._done[record.method] += 1
        self._solved[record.method] += record.solved
        self._draw()

    def show_message(self, message: str) -> None:
        """Append a message to the line; print it on stderr where the line cannot be redrawn."""
        self._message = f"; {message}"
        self._draw()
        if not err.is_terminal:
            err.print(message, markup=False)

    def _draw(self) -> None:
        if err.is_terminal:
            methods = ", ".join(f"{safe(name)} {self._solved[name]} of {done}" for name, done in self._done.items())
            self._live.update(Text(f"{self._done.total()} of {self._total} searches, solved: {methods}{self._message}"))


def run_bench_command(
    settings: Settings, entries: Sequence[Entry], *, budget: Budget, at_once: int
) -> tuple[Outcome, int]:
    """Run the unfinished searches of a bench; return the outcome and the signal that stopped it, or 0."""
    received = ReceivedSignal()

    async def run() -> Outcome:
        progress, stopping = _Progress(entries), anyio.Event()
        async with (
            Agent(settings, budget=budget) as agent,
            background_tasks(
                partial(watch_signals, stopping.set, progress, received, f"`{this_command()}` continues it")
            ),
        ):
            with progress:
                return await run_bench(agent, entries, at_once=at_once, tell=progress.count, stopping=stopping)

    try:
        return anyio.run(run), received.number
    except KeyboardInterrupt:  # before the signals were watched, so that nothing had started
        return Outcome((), len(entries)), signal.SIGINT


def print_unfinished(outcome: Outcome) -> None:
    """Print how many searches are unfinished, and the command that continues them."""
    cut_short = sum(record.cut_short for record in outcome.records)
    if outcome.left:
        err.print(f"{_searches(outcome.left)} not finished", markup=False)
    if cut_short:
        err.print(f"{_searches(cut_short)} stopped by the limits of this run", markup=False)
    if outcome.left or cut_short:
        err.print(f"to continue: {this_command()}", markup=False, soft_wrap=True)


def _searches(count: int) -> str:
    return "1 search is" if count == 1 else f"{count} searches are"


def this_command() -> str:
    """Return the command line of this process, quoted for a shell."""
    return shlex.join(["orps", *sys.argv[1:]])


def forecast_bench(settings: Settings, entries: Sequence[Entry]) -> None:
    """Print the calls, tokens and cost of all searches if all rounds are used; call no model and store nothing."""
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
    out.print("No model was called and nothing was stored.")
