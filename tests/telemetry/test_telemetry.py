"""Check spans and metrics with OpenTelemetry's own in-memory exporter and reader."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from orps_agent import Agent
from orps_agent.errors import EndpointError
from orps_agent.serve.schemas import Submission
from orps_agent.serve.service import Service
from orps_agent.telemetry.providers import provider_of
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, SMALL, script, settings

EXPORTER, READER = InMemorySpanExporter(), InMemoryMetricReader()


@pytest.fixture(scope="module", autouse=True)
def _providers() -> None:
    """Set the providers, which a process can do once."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([READER]))


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    EXPORTER.clear()
    yield
    READER.get_metrics_data()


def parents(spans: tuple[ReadableSpan, ...]) -> Counter[tuple[str, str]]:
    """Count how often a span of one name is the child of one of another."""
    names = {span.context.span_id: span.name for span in spans if span.context}
    return Counter((names[span.parent.span_id] if span.parent else "", span.name) for span in spans)


def told() -> dict[str, list[tuple[dict[str, object], int]]]:
    """Return the points of every metric: attributes, and how many were recorded or what they add up to."""
    data = READER.get_metrics_data()  # None before the first measurement of this process
    found: dict[str, list[tuple[dict[str, object], int]]] = {}
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                found[metric.name] = [
                    (dict(point.attributes or {}), getattr(point, "count", None) or getattr(point, "value", 0))
                    for point in metric.data.data_points
                ]
    return found


async def test_a_search_is_a_tree_of_spans(tmp_path: Path) -> None:
    given = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT), telemetry=True)
    async with Agent(given) as agent:
        with trace.get_tracer("host").start_as_current_span("host"):
            result = await agent.solve(DOUBLE, SMALL)
    spans = EXPORTER.get_finished_spans()
    model = "chat scripted:script.yaml"
    assert parents(spans) == {
        ("", "host"): 1,
        ("host", "search"): 1,
        ("search", "candidate"): 6,
        **{("candidate", stage): 6 for stage in ("reason", "code", "execute", "profile", "critique")},
        ("reason", model): 6,
        ("critique", model): 6,
        ("execute", "run execute"): 6,
        ("profile", "run profile"): sum(each.name == "run profile" for each in spans),
        ("search", "run judge"): 1,
        **({("search", "run contest"): 1} if result.comparison else {}),
    }
    (search,) = (each for each in spans if each.name == "search")
    attributes = dict(search.attributes or {})
    assert (attributes["orps.search.id"], attributes["orps.solved"], attributes["orps.candidates"]) == (
        result.search,
        True,
        6,
    )
    call = dict(next(each for each in spans if each.name == model).attributes or {})
    assert call["gen_ai.operation.name"] == "chat"
    assert call["gen_ai.request.model"] == "scripted:script.yaml"
    assert call["gen_ai.request.max_tokens"] == SMALL.max_tokens
    assert isinstance(call["gen_ai.usage.input_tokens"], int)
    assert isinstance(call["gen_ai.usage.output_tokens"], int)
    assert call["gen_ai.response.finish_reasons"] == ("stop",)


async def test_latency_tokens_and_verdicts_are_metrics(tmp_path: Path) -> None:
    before = told()
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT), telemetry=True)) as agent:
        tree = await agent.store.tree((await agent.solve(DOUBLE, SMALL)).search)
    after = told()

    def grown(name: str, **about: object) -> int:
        def total(points: list[tuple[dict[str, object], int]]) -> int:
            return sum(count for attributes, count in points if about.items() <= attributes.items())

        return total(after[name]) - total(before.get(name, []))

    passed = sum(each.report.passed for each in tree if each.report)
    assert grown("gen_ai.client.operation.duration") == 12
    assert grown("gen_ai.client.token.usage", **{"gen_ai.token.type": "input"}) == 12
    assert grown("orps.test.verdicts", **{"orps.verdict": "pass"}) == passed
    assert grown("orps.test.verdicts") == 12
    assert grown("orps.search.duration", **{"orps.solved": True}) == 1
    assert grown("orps.execution.duration", **{"orps.execution.purpose": "execute"}) == 6


@pytest.mark.parametrize(
    ("model", "urls", "told"),
    [
        ("embedded", [], {"gen_ai.provider.name": "orps.embedded"}),
        ("recorded:/replies.jsonl", ["https://api.openai.com/v1"], {"gen_ai.provider.name": "orps.recorded"}),
        (
            "gpt",
            [None],
            {"gen_ai.provider.name": "openai", "server.address": "api.openai.com", "server.port": 443},
        ),
        (
            "gpt",
            ["https://ours.openai.azure.com/v1"],
            {
                "gen_ai.provider.name": "azure.ai.openai",
                "server.address": "ours.openai.azure.com",
                "server.port": 443,
            },
        ),
        (
            "qwen",
            ["http://localhost:8000/v1"],
            {"gen_ai.provider.name": "openai_compatible", "server.address": "localhost", "server.port": 8000},
        ),
        ("qwen", ["https://api.groq.com/v1", "https://api.groq.com/v2"], {"gen_ai.provider.name": "groq"}),
        ("qwen", ["https://api.groq.com/v1", "http://localhost/v1"], {"gen_ai.provider.name": "openai_compatible"}),
    ],
)
def test_the_provider_is_whoever_answers(
    tmp_path: Path, model: str, urls: list[str | None], told: dict[str, object]
) -> None:
    endpoints = {str(place): {"base_url": url} for place, url in enumerate(urls)}
    given = settings(tmp_path, endpoints=endpoints, roles={"programmer": {"endpoints": list(endpoints)}})
    assert provider_of(given, model, "critic") == told


async def test_the_queue_of_a_service_is_a_metric(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with Service(settings(tmp_path, model=model, telemetry=True)) as service:
        view, _ = await service.submit(Submission(problem=DOUBLE, config=SMALL), "ann")
        async for _ in service.feed.watch(view.id, 0):
            pass
    assert {attributes["orps.queue.state"] for attributes, _ in told()["orps.queue.length"]} == {"queued", "running"}


async def test_neither_texts_nor_code_nor_messages_of_errors_are_told(tmp_path: Path) -> None:
    down = {"role": "critic", "contains": "2 of 2 tests passed", "fail": "endpoint"}
    async with Agent(settings(tmp_path, model=script(tmp_path, down, *FIRST_HALF_THEN_RIGHT), telemetry=True)) as agent:
        with pytest.raises(EndpointError):
            await agent.solve(DOUBLE, SMALL)
    spans = EXPORTER.get_finished_spans()
    everything = " ".join(span.to_json() for span in spans)
    assert not any(text in everything for text in ("twice", "return n", "assert", "on purpose", "SCORE"))
    failed = [dict(span.attributes or {}).get("error.type") for span in spans if span.name == "search"]
    assert failed == ["EndpointError"]
    assert {"candidate", "search"} <= {span.name for span in spans}


async def test_what_a_resume_reads_back_is_no_call_and_no_execution(tmp_path: Path) -> None:
    given = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT), telemetry=True)
    async with Agent(given) as agent:
        done = await agent.solve(DOUBLE, SMALL)
        EXPORTER.clear()
        await agent.resume(done.search)
    assert [span.name for span in EXPORTER.get_finished_spans()] == ["search"]


async def test_nothing_is_told_unless_wanted(tmp_path: Path) -> None:
    async with Agent(settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))) as agent:
        await agent.solve(DOUBLE, SMALL)
    assert not EXPORTER.get_finished_spans()


def test_our_part_of_it_is_not_imported_when_it_is_off() -> None:
    look = "import sys, orps_agent.agent; print('orps_agent.telemetry.spans' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout == "False\n"
