"""Keep a single copy of the folders that exist both at the top of a checkout and in the package."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import walk_packages


def alias(folder: str) -> None:
    """Make `graphs`, `prompts` or `tools`, imported from the top of a checkout, the package's own modules.

    Otherwise `import tools.executor` would load a second copy of every class of `orps_agent.tools.executor`.
    """
    inside = f"orps_agent.{folder}"
    package = import_module(inside)
    for found in walk_packages(package.__path__, f"{inside}."):
        sys.modules[found.name.removeprefix("orps_agent.")] = import_module(found.name)
    sys.modules[folder] = package
