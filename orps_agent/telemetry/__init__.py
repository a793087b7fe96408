"""Report a search to OpenTelemetry; without the setting, nothing is reported and no library is imported."""

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
    """Ignore all events of a search: the trace used when telemetry is off."""

    @contextmanager
    def search(self, search: str, problem: str) -> Iterator[Callable[[SearchResult], None]]:
        """Trace one run of the search; the yielded function takes its result."""
        yield _ignore

    @contextmanager
    def stage(self, candidate: str, name: str) -> Iterator[None]:
        """Trace a candidate in one of its stages; the last stage ends the candidate's span."""
        yield

    @contextmanager
    def call(self, model: str, request: ModelRequest) -> Iterator[Callable[[ModelReply], None]]:
        """Trace a model call that is made, not read from the journal; the yielded function takes its reply."""
        yield _ignore

    @contextmanager
    def execution(self, candidate: str, stage: str) -> Iterator[Callable[[object], None]]:
        """Trace a run of a candidate's code; the yielded function takes its result."""
        yield _ignore


def open_trace(settings: Settings) -> Trace:
    """Return a trace for a search; raise MissingExtra when telemetry is on and its library is not installed."""
    return _otel().OtelTrace(settings) if settings.telemetry else Trace()


def record_queue(settings: Settings, queued: int, running: int) -> None:
    """Record the number of queued and running searches of a service, if telemetry is on."""
    if settings.telemetry:
        _otel().record_queue(queued, running)


def _otel() -> ModuleType:
    try:
        from . import spans  # noqa: PLC0415 - not imported when it is off
    except ModuleNotFoundError as error:
        raise MissingExtra("telemetry needs OpenTelemetry: pip install 'orps-agent[otel]'") from error
    return spans


def verdicts(result: object) -> list[str]:
    """Return the verdicts of a test run, one per test; an empty list for any other result."""
    return [each.verdict.value for each in result.results] if isinstance(result, ExecutionReport) else []


def _ignore(_: object) -> None:
    """Discard the value."""
