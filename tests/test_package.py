"""Build the source distribution and the wheel, install the wheel into an empty environment, and use it there.

Use it alone, and together with a package that adds a strategy and an executor.
"""

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


def run(*command: object, cwd: Path | None = None, **environment: str) -> str:
    told = [str(part) for part in command]
    known = {**os.environ, **environment}
    done = subprocess.run(told, capture_output=True, text=True, check=False, cwd=cwd, env=known)
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
    """Copy a checkout's files without what earlier builds and runs have left in it."""
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


@pytest.fixture(scope="module", name="home")
def _home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment with orps and its dependencies, and nothing else."""
    home = tmp_path_factory.mktemp("home") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", home)
    install(home, wheel)
    return home


@pytest.fixture(scope="module", name="example")
def _example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of the example that adds to orps, from a copy."""
    folder = tmp_path_factory.mktemp("example")
    source = folder / "source"
    shutil.copytree(ROOT / "examples/plugin", source, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source)
    return next(folder.glob("orps_greedy-*.whl"))


def install(home: Path, *what: object) -> None:
    """Fill the environment with our pip; modules are compiled when they are imported, not all of them."""
    pip = (sys.executable, "-m", "pip", "--python", home / "bin/python", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-compile", *what)


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


def task(folder: Path) -> tuple[object, ...]:
    """Arguments of `orps` for a small search in the folder."""
    words = ("solve", "Write double(n): twice n.", "--test", "double(2) == 4", "--test", "double(5) == 10")
    model = script(folder, *FIRST_HALF_THEN_RIGHT)
    return *words, "-n", "3", "-r", "2", "-k", "1", "--model", model, "--db", folder / "orps.db", "--json"


def test_the_wheel_works_in_an_empty_environment(home: Path, tmp_path: Path) -> None:
    result = json.loads(run(home / "bin/orps", *task(tmp_path), cwd=tmp_path))
    assert result["winner"]["code"] == "def double(n):\n    return n + n\n"
    assert "winner" in run(home / "bin/orps", "show", "--db", tmp_path / "orps.db", cwd=tmp_path)


def test_a_package_that_is_installed_beside_it_adds_a_strategy_and_an_executor(
    example: Path, home: Path, tmp_path: Path
) -> None:
    orps = home / "bin/orps"
    install(home, "--no-deps", example)
    executor = {"ORPS_EXECUTOR__KIND": "logged", "ORPS_EXECUTOR__OPTIONS": '{"log": "runs.jsonl"}'}
    result = json.loads(run(orps, *task(tmp_path), "--strategy", "greedy", cwd=tmp_path, **executor))
    assert result["winner"]["code"] == "def double(n):\n    return n + n\n"
    runs = [json.loads(line) for line in (tmp_path / "runs.jsonl").read_text().splitlines()]
    assert {each["passed"] for each in runs} == {0, 1, 2}
    assert result["candidates"] == 6
    found = json.loads(run(orps, "doctor", "--json", *task(tmp_path)[-5:-1], cwd=tmp_path, **executor))
    told = {each["name"]: each["words"] for each in found}
    assert told["strategies"].endswith(", greedy (orps-greedy 0.1.0)")
    assert told["executors"] == "sandboxed, logged (orps-greedy 0.1.0)"
    assert "the executor logged starts" in told["sandbox"]
