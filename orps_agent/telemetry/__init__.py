"""What a search tells OpenTelemetry; nothing, and nothing is imported for it, unless the settings want it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

from orps_agent.domain.execution import ExecutionReport
from orps_agent.domain.result import SearchResult
from orps_agent.errors import MissingExtra
from orps_agent.llm.base import ModelReply, ModelRequest
from orps_agent.settings import Settings


class Trace:
    """The trace of one search that nobody wants to have: each of its contexts does nothing."""

    @contextmanager
    def search(self, search: str, problem: str) -> Iterator[Callable[[SearchResult], None]]:
        """One run of the search, and at its end what it found."""
        yield _ignore

    @contextmanager
    def stage(self, candidate: str, name: str) -> Iterator[None]:
        """A candidate in one of its stages; the last one ends the candidate."""
        yield

    @contextmanager
    def call(self, model: str, request: ModelRequest) -> Iterator[Callable[[ModelReply], None]]:
        """A model call that is made, not read back, and its reply."""
        yield _ignore

    @contextmanager
    def execution(self, candidate: str, stage: str) -> Iterator[Callable[[object], None]]:
        """A run of a candidate's code, and its result."""
        yield _ignore


def open_trace(settings: Settings) -> Trace:
    """A trace for a search; raises MissingExtra when telemetry is wanted and its library is not there."""
    return _otel().OtelTrace(settings) if settings.telemetry else Trace()


def tell_queue(settings: Settings, queued: int, running: int) -> None:
    """How many searches of a service wait and run; nobody is told unless the settings want it."""
    if settings.telemetry:
        _otel().tell_queue(queued, running)


def _otel() -> ModuleType:
    try:
        from . import spans  # noqa: PLC0415 - not imported when it is off
    except ModuleNotFoundError as error:
        raise MissingExtra("telemetry needs OpenTelemetry: pip install 'orps-agent[otel]'") from error
    return spans


def verdicts(result: object) -> list[str]:
    """The verdicts of a run, one a test; of what is no run of tests, none."""
    return [each.verdict.value for each in result.results] if isinstance(result, ExecutionReport) else []


def _ignore(_: object) -> None:
    """Nobody wants to know."""
