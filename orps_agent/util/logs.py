"""Write structured logs: every line is an event with fields, the ids of search and candidate among them.

The library only writes to the standard logger `orps_agent`; the program decides where the lines go. The CLI does so
with `configure`.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import structlog

from orps_agent.errors import SettingsError

_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]

_stdlib = logging.getLogger("orps_agent")
_stdlib.addHandler(logging.NullHandler())

log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
    _stdlib,
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
)


def configure(*, console: bool, file: Path | None) -> None:
    """Send the log to stderr as text, to a file as JSON lines, to both, or nowhere.

    Raises SettingsError when the file cannot be written.
    """
    handlers: list[tuple[logging.Handler, structlog.typing.Processor]] = []
    if console:
        colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        # as Python literals: texts of a model may contain control sequences of a terminal
        renderer = structlog.dev.ConsoleRenderer(colors=colours, repr_native_str=True)
        handlers.append((logging.StreamHandler(), renderer))
    if file:
        try:
            handlers.append((logging.FileHandler(file, encoding="utf-8"), structlog.processors.JSONRenderer()))
        except OSError as error:
            raise SettingsError(f"log: cannot write {file}: {error.strerror}; name another file") from error
    for handler, written in handlers:
        formatter = structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, written]
        )
        handler.setFormatter(formatter)
        _stdlib.addHandler(handler)
    if handlers:
        _stdlib.setLevel(logging.DEBUG)
        _stdlib.propagate = False
