"""Set up the log and OpenTelemetry for a command that runs searches."""

from __future__ import annotations

from orps_agent.settings import Settings
from orps_agent.telemetry.exporter import export
from orps_agent.util.logs import configure


def set_up_observability(settings: Settings, *, console: bool) -> Settings:
    """Set up the log as the settings say, and switch telemetry on where the environment names a collector.

    Return the settings with telemetry switched on or left as it was; telemetry that the settings switch off stays
    off. Raises SettingsError.
    """
    configure(console=console, file=settings.log)
    off = "telemetry" in settings.model_fields_set and not settings.telemetry
    return settings if off or not export() else settings.model_copy(update={"telemetry": True})
