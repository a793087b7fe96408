"""What a command that runs searches tells beside its output: its log, and OpenTelemetry's collector."""

from __future__ import annotations

from orps_agent.settings import Settings
from orps_agent.telemetry.exporter import export
from orps_agent.util.logs import configure


def observed(settings: Settings, *, console: bool) -> Settings:
    """The settings, with the log going where they say, and telemetry on where the environment names a collector.

    Telemetry that is switched off in the settings stays off. Raises SettingsError.
    """
    configure(console=console, file=settings.log)
    off = "telemetry" in settings.model_fields_set and not settings.telemetry
    return settings if off or not export() else settings.model_copy(update={"telemetry": True})
