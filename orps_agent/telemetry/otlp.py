"""Set up OpenTelemetry's SDK with its OTLP/HTTP exporters, which read their own environment variables."""

from __future__ import annotations

from importlib.metadata import version

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def export_spans() -> None:
    """Export the spans of this process in batches, the remaining ones when it ends."""
    provider = TracerProvider(resource=_resource())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def export_metrics() -> None:
    """Export the metrics of this process periodically, and when it ends."""
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    metrics.set_meter_provider(MeterProvider([reader], resource=_resource()))


def _resource() -> Resource:
    """Describe this process; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence over our defaults."""
    ours = Resource({"service.name": "orps", "service.version": version("orps-agent")})
    theirs = Resource.create()
    named = {key: each for key, each in theirs.attributes.items() if not str(each).startswith("unknown_service")}
    return ours.merge(Resource(named))
