"""Make packages that extend orps, as they look once they are installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def install(folder: Path, package: str, added: Mapping[str, Mapping[str, str]], version: str = "1.2") -> None:
    """Write a package's metadata into a folder of `sys.path`, with its entry points by group and name."""
    metadata = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    groups = (
        "\n".join([f"[{group}]", *(f"{name} = {place}" for name, place in places.items())])
        for group, places in added.items()
    )
    (metadata / "entry_points.txt").write_text("\n\n".join(groups) + "\n")
