"""Export telemetry to a collector that the environment names in OpenTelemetry's own variables."""

from __future__ import annotations

import os

from orps_agent.errors import SettingsError

_PREFIX = "OTEL_EXPORTER_OTLP"


def export() -> bool:
    """Configure this process to export over OTLP/HTTP; return False when nothing is to be exported, or can be.

    A signal is exported when an endpoint is set for it, or its exporter is `otlp`. Needs the extra `otel`. Raises
    SettingsError for an unsupported protocol.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    spans, points = _enabled("TRACES"), _enabled("METRICS")
    if not (spans or points):
        return False
    try:
        from . import otlp  # noqa: PLC0415 - not imported when it is off
    except ModuleNotFoundError:
        return False
    if spans:
        otlp.export_spans()
    if points:
        otlp.export_metrics()
    return True


def _enabled(signal: str) -> bool:
    exporter = os.environ.get(f"OTEL_{signal}_EXPORTER", "").strip().lower()
    named = os.environ.get(f"{_PREFIX}_{signal}_ENDPOINT") or os.environ.get(f"{_PREFIX}_ENDPOINT")
    if exporter not in ("", "otlp") or not (named or exporter):
        return False
    own = f"{_PREFIX}_{signal}_PROTOCOL"
    name = own if os.environ.get(own) else f"{_PREFIX}_PROTOCOL"
    protocol = os.environ.get(name) or "http/protobuf"
    if protocol != "http/protobuf":
        raise SettingsError(f"{name}={protocol}: only http/protobuf is supported; set that, or leave it out")
    return True
