"""Download the file of the embedded model with a progress bar before a command needs it."""

from __future__ import annotations

from pathlib import Path

import anyio
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from orps_agent.llm import weights
from orps_agent.settings import Settings

from .output import err


def ensure_weights(settings: Settings, *, quiet: bool) -> None:
    """Download the embedded model if the settings use it and it is not in the cache."""
    from orps_agent.llm.registry import uses_embedded

    if not uses_embedded(settings) or weights.find(settings.cache) is not None:
        return
    if not quiet:
        err.print("The search uses the embedded model: downloading it once (about 90 MB).")
    pull(settings.cache, weights.EMBEDDED, quiet=quiet)


def pull(cache: Path, name: str, *, quiet: bool) -> Path:
    """Download, verify and unpack the file of a model; return its path."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True, disable=quiet) as bar:
        task = bar.add_task(name, total=None)

        def progress(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        async def run() -> Path:
            return await weights.pull(cache, name, progress=progress)

        return anyio.run(run)
