"""Refuse to build where the links inside orps_agent are no folders; everything else is in pyproject.toml."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import setup

for folder in ("graphs", "prompts", "tools"):
    if not (Path(__file__).parent / "orps_agent" / folder).is_dir():
        sys.exit(
            f"error: orps_agent/{folder} is not a folder: it is a symbolic link in the repository, and this copy was"
            " made without symbolic links. Run `git config core.symlinks true && git checkout -- orps_agent`."
        )

setup()
