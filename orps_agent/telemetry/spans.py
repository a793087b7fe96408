"""Record spans and metrics of a search by OpenTelemetry's semantic conventions for generative AI (version 1.37).

    search > candidate > stage > model call or execution

Attributes are ids, numbers and names of models: never a prompt, a reply, code, a test or a key, and of an error only
its type, because its message may quote any of these.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import Counter, Histogram
from opentelemetry.metrics import _Gauge as Gauge
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from orps_agent.domain.result import SearchResult
from orps_agent.llm.base import ModelReply, ModelRequest
from orps_agent.settings import Settings
from orps_agent.telemetry import Trace, verdicts

from .providers import provider_of

_NAME = "orps_agent"
_LAST = "critique"
Attributes = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class _Instruments:
    calls: Histogram
    tokens: Histogram
    executions: Histogram
    verdicts: Counter
    searches: Histogram
    queue: Gauge


@cache
def _instruments() -> _Instruments:
    meter = metrics.get_meter(_NAME)
    return _Instruments(
        calls=meter.create_histogram("gen_ai.client.operation.duration", "s", "Duration of model calls"),
        tokens=meter.create_histogram("gen_ai.client.token.usage", "{token}", "Tokens of model calls"),
        executions=meter.create_histogram("orps.execution.duration", "s", "Duration of candidates' runs"),
        verdicts=meter.create_counter("orps.test.verdicts", "{test}", "Verdicts on the tests of candidates"),
        searches=meter.create_histogram("orps.search.duration", "s", "Duration of searches' runs"),
        queue=meter.create_gauge("orps.queue.length", "{search}", "Searches of a service that wait, or run"),
    )


class OtelTrace(Trace):
    """Trace one search with the tracer and meter providers of the process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tracer = trace.get_tracer(_NAME)
        self._metrics = _instruments()
        self._search: Context | None = None
        self._id = ""
        self._candidates: dict[str, Span] = {}

    @contextmanager
    def search(self, search: str, problem: str) -> Iterator[Callable[[SearchResult], None]]:
        """Record a span `search`, a child of the caller's current span."""
        self._id = search
        begun = time.monotonic()
        ended: Attributes = {"orps.solved": False}
        with self._span("search", {"orps.search.id": search, "orps.problem.id": problem}) as span:
            self._search = trace.set_span_in_context(span)

            def found(result: SearchResult) -> None:
                ended["orps.solved"] = result.solved
                span.set_attributes({**ended, "orps.candidates": result.candidates})

            try:
                yield found
            finally:
                for each in self._candidates.values():  # those that an interruption left unfinished
                    each.end()
                self._candidates.clear()
                self._metrics.searches.record(time.monotonic() - begun, ended)

    @contextmanager
    def stage(self, candidate: str, name: str) -> Iterator[None]:
        """Record a span with the stage's name below the candidate's."""
        if candidate not in self._candidates:
            about: Attributes = {"orps.search.id": self._id, "orps.candidate.id": candidate}
            self._candidates[candidate] = self._tracer.start_span("candidate", self._search, attributes=about)
        whole = self._candidates[candidate]
        with self._span(name, {"orps.candidate.id": candidate}, trace.set_span_in_context(whole)):
            yield
        if name == _LAST:
            self._candidates.pop(candidate).end()

    @contextmanager
    def call(self, model: str, request: ModelRequest) -> Iterator[Callable[[ModelReply], None]]:
        """Record a span `chat MODEL`, with its duration and its tokens as metrics."""
        common: Attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": model,
            **provider_of(self._settings, model, request.role),
        }
        about: Attributes = {
            **common,
            "gen_ai.request.temperature": request.temperature,
            "gen_ai.request.max_tokens": request.max_tokens,
            "gen_ai.request.seed": request.seed,
            "orps.role": request.role,
        }
        with (
            self._timed(self._metrics.calls, common),
            self._span(f"chat {model}", about, kind=SpanKind.CLIENT) as span,
        ):

            def replied(reply: ModelReply) -> None:
                span.set_attribute("gen_ai.response.model", reply.model)
                span.set_attribute("gen_ai.response.finish_reasons", [reply.finish])
                for kind, count in (("input", reply.prompt_tokens), ("output", reply.completion_tokens)):
                    if count is not None:
                        span.set_attribute(f"gen_ai.usage.{kind}_tokens", count)
                        self._metrics.tokens.record(count, {**common, "gen_ai.token.type": kind})

            yield replied

    @contextmanager
    def execution(self, candidate: str, stage: str) -> Iterator[Callable[[object], None]]:
        """Record a span `run STAGE`, with its duration and the tests' verdicts as metrics."""
        purpose: Attributes = {"orps.execution.purpose": stage}
        with (
            self._timed(self._metrics.executions, purpose),
            self._span(f"run {stage}", {**purpose, "orps.candidate.id": candidate}) as span,
        ):

            def ran(result: object) -> None:
                found = verdicts(result)
                for verdict in found if stage == "execute" else ():
                    self._metrics.verdicts.add(1, {"orps.verdict": verdict})
                span.set_attributes({"orps.tests": len(found), "orps.tests.passed": found.count("pass")})

            yield ran

    @contextmanager
    def _span(
        self, name: str, about: Attributes, parent: Context | None = None, kind: SpanKind = SpanKind.INTERNAL
    ) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name, parent, kind, attributes=about, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    @contextmanager
    def _timed(self, duration: Histogram, about: Attributes) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        except BaseException as error:
            duration.record(time.monotonic() - begun, {**about, "error.type": type(error).__qualname__})
            raise
        duration.record(time.monotonic() - begun, about)


def record_queue(queued: int, running: int) -> None:
    """Record the current length of a service's queue."""
    for state, count in (("queued", queued), ("running", running)):
        _instruments().queue.set(count, {"orps.queue.state": state})
