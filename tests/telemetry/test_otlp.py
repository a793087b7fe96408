"""Check what `orps` exports to a collector: a real receiver of OTLP over HTTP on loopback."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from orps_agent.cli.observability import set_up_observability
from orps_agent.errors import SettingsError
from orps_agent.settings import load_settings
from orps_agent.telemetry.exporter import export
from tests.support.processes import orps
from tests.support.runs import Run
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script

SOLVE = ("solve", "Write double(n): twice n.", "--test", "double(2) == 4", "-n", "1", "-r", "1", "-k", "1", "-q")


class Collector(ThreadingHTTPServer):
    """Keeps the bodies by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: dict[str, list[bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.setdefault(self.path, []).append(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def collector() -> Iterator[Collector]:
    with Collector() as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield server
        finally:
            server.shutdown()
            serving.join()


def solve(folder: Path, **environment: str) -> Run:
    return orps(folder, *SOLVE, "--model", script(folder, *FIRST_HALF_THEN_RIGHT), **environment)


def test_a_collector_that_the_environment_names_gets_spans_and_metrics(tmp_path: Path) -> None:
    with collector() as server:
        done = solve(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.url, OTEL_RESOURCE_ATTRIBUTES="team=blue")
    assert (done.returncode, done.stderr) == (0, "")
    (spans,) = [
        each for body in server.got["/v1/traces"] for each in ExportTraceServiceRequest.FromString(body).resource_spans
    ]
    about = {each.key: each.value.string_value for each in spans.resource.attributes}
    assert (about["service.name"], about["team"]) == ("orps", "blue")
    named = [each for scope in spans.scope_spans for each in scope.spans]
    assert {each.name for each in named} >= {"search", "candidate", "execute", "chat scripted:script.yaml"}
    call = next(each for each in named if each.name.startswith("chat"))
    told = {each.key: each.value.string_value for each in call.attributes}
    assert told["gen_ai.provider.name"] == "orps.scripted"
    metrics = [
        metric.name
        for body in server.got["/v1/metrics"]
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]
    assert {"gen_ai.client.operation.duration", "orps.test.verdicts"} <= {*metrics}


def test_telemetry_that_the_settings_switch_off_stays_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1")
    monkeypatch.setenv("ORPS_TELEMETRY", "false")
    assert not set_up_observability(load_settings(), console=False).telemetry
    assert "orps_agent.telemetry.otlp" not in sys.modules


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1", "OTEL_SDK_DISABLED": "true"},
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1",
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "console",
        },
    ],
)
def test_without_a_collector_nothing_is_set_up(monkeypatch: pytest.MonkeyPatch, named: dict[str, str]) -> None:
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert not export()


def test_a_protocol_that_is_not_spoken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_PROTOCOL=grpc: only http/protobuf"):
        export()
