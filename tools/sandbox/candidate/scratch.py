"""Empty the one folder that a solution may write to, after every test."""

from __future__ import annotations

import os
from pathlib import Path

_MAX_LEFTOVERS = 5000
"""Files that a test may leave behind before it is cheaper to throw the whole sandbox away."""


class TooMuch(Exception):
    """Signal that there is too much to remove within the time."""


def empty(folder: Path) -> None:
    """Remove everything in the folder, so that the next solution learns nothing; raise TooMuch when that takes long.

    Folders in it are emptied by moving their entries up, because a path through thousands of them is too long.
    """
    removed = 0
    while names := _names(folder):
        for name in names:
            removed += 1
            if removed > _MAX_LEFTOVERS:
                raise TooMuch(f"more than {_MAX_LEFTOVERS} files")
            entry = folder / name
            if entry.is_symlink() or not entry.is_dir():
                entry.unlink()
            else:
                _flatten(entry, folder, f".emptied-{removed}")


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - of the two, the one that is quick for an empty folder
    except PermissionError:
        folder.chmod(0o777)  # where there are no namespaces, the solution owns the folder and can close it
        return os.listdir(folder)  # noqa: PTH208


def _flatten(folder: Path, target: Path, prefix: str) -> None:
    folder.chmod(0o700)
    for number, inner in enumerate(list(folder.iterdir())):
        if inner.is_dir() and not inner.is_symlink():
            inner.chmod(0o700)  # a folder that may not be written to cannot be moved
        inner.rename(target / f"{prefix}-{number}")
    folder.rmdir()
