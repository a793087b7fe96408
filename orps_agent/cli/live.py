"""Show a running search: a live panel in a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from orps_agent.domain.events import AnyEvent, CandidateExecuted, RoundClosed, RoundStarted, SearchStarted, TestsWritten
from orps_agent.util.text import duration, money, safe

from .output import err
from .running_search import RunningSearch, written_words

MOST_ROUNDS = 12
"""Number of rounds that the panel shows, the latest ones: a strategy with one candidate per step has many rounds."""


class View(Protocol):
    """Show the events of a running search, and messages to the user."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def handle(self, event: AnyEvent) -> None:
        """Process an event."""
        ...

    def show_message(self, message: str) -> None:
        """Show a message to the user."""
        ...


class SilentView:
    """Show messages only, no events."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def handle(self, event: AnyEvent) -> None:
        """Ignore the event."""

    def show_message(self, message: str) -> None:
        """Print the message on stderr."""
        err.print(safe(message), markup=False)


class PlainView(SilentView):
    """Print one line per important event, for logs, pipes and terminals that cannot be redrawn."""

    def __init__(self) -> None:
        self._search = RunningSearch()

    def handle(self, event: AnyEvent) -> None:
        """Print a line for a start, a new best and a closed round."""
        best = self._search.best
        self._search.apply(event)
        match event:
            case SearchStarted():
                verb = "continues" if event.resumed else "starts"
                self.show_message(f"search {event.search} {verb}: {event.problem}, at most {event.at_most} candidates")
            case TestsWritten():
                self.show_message(written_words(event))
            case RoundStarted():
                self.show_message(f"round {event.round}: {event.candidates} candidates")
            case CandidateExecuted() if self._search.best is not best:
                self.show_message(f"best so far: {_best(self._search)}")
            case RoundClosed():
                self.show_message(f"round {event.round} closed: {_round_words(self._search, event.round)}")
                if self._search.rounds[event.round].failed and self._search.last_error:
                    self.show_message(self._search.last_error)
                if self._search.calibration and self._search.calibration.pairs > 1:
                    self.show_message(self._search.calibration.words)
            case _:
                pass


class LiveView:
    """Show a panel that is redrawn in place four times a second."""

    def __init__(self) -> None:
        self._search = RunningSearch()
        self._message = ""
        self._live = Live(console=err, get_renderable=self._render, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def handle(self, event: AnyEvent) -> None:
        """Process an event; the next redraw shows it."""
        self._search.apply(event)

    def show_message(self, message: str) -> None:
        """Show the message under the panel."""
        self._message = message

    def _render(self) -> RenderableType:
        search = self._search
        head = Text(
            f"search {search.id}  {safe(search.problem)}",
            style="bold",
            overflow="ellipsis",
            no_wrap=True,
        )
        rounds = Table.grid(padding=(0, 1))
        rounds.add_column(no_wrap=True)
        rounds.add_column(width=16)
        rounds.add_column()
        for number, each in [*search.rounds.items()][-MOST_ROUNDS:]:
            bar = ProgressBar(total=each.planned, completed=each.finished, width=16)
            rounds.add_row(f"round {number}", bar, _round_words(search, number))
        lines: list[RenderableType] = [head, rounds]
        if search.written:
            lines.append(Text(written_words(search.written), style="dim"))
        if search.best:
            lines.append(Text(f"best: {_best(search)}", style="green"))
        if search.calibration:
            lines.append(Text(search.calibration.words, style="dim"))
        lines.append(Text(_status(search), style="dim"))
        if search.last_error:
            lines.append(Text(safe(search.last_error), style="yellow", overflow="ellipsis", no_wrap=True))
        if self._message:
            lines.append(Text(safe(self._message), style="bold yellow"))
        return Group(*lines)


def choose_view(*, quiet: bool, verbose: bool) -> View:
    """Return the live view in a terminal, the plain one elsewhere or if the log is on stderr, a silent one if quiet."""
    if quiet:
        return SilentView()
    return LiveView() if err.is_terminal and not verbose else PlainView()


def _best(search: RunningSearch) -> str:
    best = search.best
    if best is None:
        return ""
    return f"{best.candidate} ({best.hint}) passes {best.passed}/{best.tests}, reward {50 * best.omega:.0f}%"


def _round_words(search: RunningSearch, number: int) -> str:
    each = search.rounds[number]
    words = f"{each.finished}/{each.planned}, {each.solved} solved, {each.pass_rate:.0%} of tests"
    return f"{words}, {each.failed} failed" if each.failed else words


def _status(search: RunningSearch) -> str:
    tokens = f"{search.tokens:,} tokens" if search.tokens_known else f"more than {search.tokens:,} tokens"
    parts = [f"{search.calls_in_flight} calls in flight", f"{search.calls} done", tokens]
    if search.cost:
        parts.append(money(search.cost))
    if search.reused:
        parts.append(f"{search.reused} reused")
    parts.append(duration(search.elapsed))
    if search.remaining is not None:
        parts.append(f"at most {duration(search.remaining)} left")
    return " · ".join(parts)
