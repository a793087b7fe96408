"""Count events of searches and requests to the service for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from orps_agent.domain.events import AnyEvent, CallFinished, CandidateExecuted

_SECONDS = (0.1, 0.3, 1, 3, 10, 30, 100, 300)


class ServiceMetrics:
    """Hold the metrics of one service since it was started."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        to = self.registry
        self.queued = Gauge("orps_queued_searches", "Submitted searches that wait in the queue", registry=to)
        self.running = Gauge("orps_running_searches", "Searches that are running", registry=to)
        self.watchers = Gauge("orps_watchers", "Open event streams", registry=to)
        self.requests = Counter("orps_requests", "Requests answered", ("method", "route", "status"), registry=to)
        self._calls = Counter("orps_model_calls", "Model calls", ("role", "outcome"), registry=to)
        self._seconds = Histogram(
            "orps_model_call_seconds", "Duration of answered model calls", ("role",), buckets=_SECONDS, registry=to
        )
        self._tokens = Counter("orps_tokens", "Tokens of answered model calls", ("kind",), registry=to)
        self._cost = Counter("orps_cost_usd", "USD for model calls whose price is known", registry=to)
        self._verdicts = Counter(
            "orps_executed_candidates", "Candidates executed, by tests passed", ("passed",), registry=to
        )

    def count(self, event: AnyEvent) -> None:
        """Count one event; results reused from an earlier run are not counted again."""
        match event:
            case CallFinished(reused=False):
                self._call(event)
            case CandidateExecuted(reused=False):
                passed = "all" if event.passed == event.tests else "some" if event.passed else "none"
                self._verdicts.labels(passed).inc()
            case _:
                pass

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _call(self, event: CallFinished) -> None:
        self._calls.labels(event.role, "failed" if event.error else "answered").inc()
        if event.error:
            return
        self._seconds.labels(event.role).observe(event.seconds)
        self._tokens.labels("prompt").inc(event.prompt_tokens or 0)
        self._tokens.labels("completion").inc(event.completion_tokens or 0)
        self._cost.inc(event.cost or 0)
