"""Build the source distribution and the wheel, install the wheel into an empty environment, and use it there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script

LINKS = ("graphs", "prompts", "tools")


def run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names_in(wheel: Path) -> set[str]:
    return {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


class Builder:
    """Call the build backend without the environment of its own that pip makes for every build."""

    def __init__(self, backend: Path) -> None:
        required = ("setuptools>=77",)
        run(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", backend, *required)
        self._environment = os.environ | {"PYTHONPATH": str(backend)}

    def build(self, what: str, source: Path) -> subprocess.CompletedProcess[str]:
        """Build `sdist` or `wheel` into the source's folder `dist`."""
        code = f"from setuptools import build_meta; build_meta.build_{what}('dist')"
        command = [sys.executable, "-c", code]
        return subprocess.run(command, cwd=source, env=self._environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", name="builder")
def _builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("backend"))


@pytest.fixture(scope="module", name="checkout")
def _checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout's files without what earlier builds and runs have left in it."""
    folder = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("orps_agent", *LINKS):
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    for name in ("LICENSE", "README.md", "pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module", name="sdist")
def _sdist(builder: Builder, checkout: Path) -> Path:
    built = builder.build("sdist", checkout)
    assert built.returncode == 0, built.stderr
    return next((checkout / "dist").glob("*.tar.gz"))


@pytest.fixture(scope="module", name="wheel")
def _wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution by pip."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, sdist)
    return next(folder.glob("orps_agent-*.whl"))


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path, checkout: Path) -> None:
    folders = [checkout / "orps_agent", *(checkout / name for name in LINKS)]
    inside = checkout / "orps_agent"
    there = {
        str(Path("orps_agent") / path.relative_to(inside if folder == inside else checkout))
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert names_in(wheel) == there


def test_a_wheel_from_a_checkout_holds_the_same_files(builder: Builder, checkout: Path, wheel: Path) -> None:
    built = builder.build("wheel", checkout)
    assert built.returncode == 0, built.stderr
    assert names_in(next((checkout / "dist").glob("*.whl"))) == names_in(wheel)


def test_the_source_distribution_needs_no_symbolic_links(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        assert [member.name for member in archive if not (member.isfile() or member.isdir())] == []


def test_a_checkout_without_symbolic_links_is_refused_with_what_to_do(builder: Builder, tmp_path: Path) -> None:
    for name in ("pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in LINKS:  # as git writes a link where core.symlinks is false
        (tmp_path / "orps_agent").mkdir(exist_ok=True)
        (tmp_path / "orps_agent" / name).write_text(f"../{name}")
    refused = builder.build("wheel", tmp_path)
    assert refused.returncode != 0
    assert refused.stderr.startswith("error: orps_agent/graphs is not a folder")
    assert "git config core.symlinks true" in refused.stderr


def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", home)
    # Our pip fills it; what orps imports is compiled when it is, not all that there is.
    pip = (sys.executable, "-m", "pip", "--python", home / "bin/python", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-compile", wheel)
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    task = ("Write double(n): twice n.", "--test", "double(2) == 4", "--test", "double(5) == 10")
    flags = ("-n", "3", "-r", "2", "-k", "1", "--model", model, "--db", tmp_path / "orps.db", "--json")
    result = json.loads(run(home / "bin/orps", "solve", *task, *flags, cwd=tmp_path))
    assert result["winner"]["code"] == "def double(n):\n    return n + n\n"
    assert "winner" in run(home / "bin/orps", "show", "--db", tmp_path / "orps.db", cwd=tmp_path)
