"""Shows a running search: a live panel in a terminal, plain lines elsewhere, or nothing."""

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
from .progress import Progress, written_words

MOST_ROUNDS = 12
"""How many rounds the panel shows, the latest ones: a strategy that asks for one candidate at a time has many."""


class View(Protocol):
    """Is told every event, and a word now and then."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def tell(self, event: AnyEvent) -> None:
        """Take an event in."""
        ...

    def say(self, words: str) -> None:
        """Tell the user something beside the events."""
        ...


class SilentView:
    """Shows nothing but what is said."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def tell(self, event: AnyEvent) -> None:
        """Ignore it."""

    def say(self, words: str) -> None:
        """Print the words on stderr."""
        err.print(safe(words), markup=False)


class PlainView(SilentView):
    """One line for what matters, for logs, pipes and terminals that cannot be drawn in."""

    def __init__(self) -> None:
        self._progress = Progress()

    def tell(self, event: AnyEvent) -> None:
        """Print a line for a start, a new best and a closed round."""
        best = self._progress.best
        self._progress.tell(event)
        match event:
            case SearchStarted():
                verb = "goes on" if event.resumed else "starts"
                self.say(f"search {event.search} {verb}: {event.problem}, at most {event.at_most} candidates")
            case TestsWritten():
                self.say(written_words(event))
            case RoundStarted():
                self.say(f"round {event.round}: {event.candidates} candidates")
            case CandidateExecuted() if self._progress.best is not best:
                self.say(f"best so far: {_best(self._progress)}")
            case RoundClosed():
                self.say(f"round {event.round} closed: {_round_words(self._progress, event.round)}")
                if self._progress.rounds[event.round].failed and self._progress.last_error:
                    self.say(self._progress.last_error)
                if self._progress.calibration and self._progress.calibration.pairs > 1:
                    self.say(self._progress.calibration.words)
            case _:
                pass


class LiveView:
    """A panel that is redrawn in place four times a second."""

    def __init__(self) -> None:
        self._progress = Progress()
        self._words = ""
        self._live = Live(console=err, get_renderable=self._render, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def tell(self, event: AnyEvent) -> None:
        """Take an event in; the next redraw shows it."""
        self._progress.tell(event)

    def say(self, words: str) -> None:
        """Show the words under the panel."""
        self._words = words

    def _render(self) -> RenderableType:
        progress = self._progress
        head = Text(
            f"search {progress.search}  {safe(progress.problem)}",
            style="bold",
            overflow="ellipsis",
            no_wrap=True,
        )
        rounds = Table.grid(padding=(0, 1))
        rounds.add_column(no_wrap=True)
        rounds.add_column(width=16)
        rounds.add_column()
        for number, each in [*progress.rounds.items()][-MOST_ROUNDS:]:
            bar = ProgressBar(total=each.planned, completed=each.finished, width=16)
            rounds.add_row(f"round {number}", bar, _round_words(progress, number))
        lines: list[RenderableType] = [head, rounds]
        if progress.written:
            lines.append(Text(written_words(progress.written), style="dim"))
        if progress.best:
            lines.append(Text(f"best: {_best(progress)}", style="green"))
        if progress.calibration:
            lines.append(Text(progress.calibration.words, style="dim"))
        lines.append(Text(_status(progress), style="dim"))
        if progress.last_error:
            lines.append(Text(safe(progress.last_error), style="yellow", overflow="ellipsis", no_wrap=True))
        if self._words:
            lines.append(Text(safe(self._words), style="bold yellow"))
        return Group(*lines)


def choose_view(*, quiet: bool, verbose: bool) -> View:
    """Live in a terminal; plain without one, or when the log shares stderr; nothing but errors when quiet."""
    if quiet:
        return SilentView()
    return LiveView() if err.is_terminal and not verbose else PlainView()


def _best(progress: Progress) -> str:
    best = progress.best
    if best is None:
        return ""
    return f"{best.candidate} ({best.hint}) passes {best.passed}/{best.tests}, reward {50 * best.omega:.0f}%"


def _round_words(progress: Progress, number: int) -> str:
    each = progress.rounds[number]
    words = f"{each.finished}/{each.planned}, {each.solved} solved, {each.pass_rate:.0%} of tests"
    return f"{words}, {each.failed} failed" if each.failed else words


def _status(progress: Progress) -> str:
    tokens = f"{progress.tokens:,} tokens" if progress.tokens_known else f"more than {progress.tokens:,} tokens"
    parts = [f"{progress.calls_in_flight} calls in flight", f"{progress.calls} done", tokens]
    if progress.cost:
        parts.append(money(progress.cost))
    if progress.reused:
        parts.append(f"{progress.reused} reused")
    parts.append(duration(progress.elapsed))
    if progress.remaining is not None:
        parts.append(f"at most {duration(progress.remaining)} left")
    return " · ".join(parts)
