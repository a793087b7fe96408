"""The built wheel, installed into an empty environment and used there, alone and with a package that adds to it."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script


def run(*command: object, cwd: Path | None = None, **environment: str) -> str:
    told = [str(part) for part in command]
    known = {**os.environ, **environment}
    done = subprocess.run(told, capture_output=True, text=True, check=False, cwd=cwd, env=known)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", name="wheels")
def _wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels of orps and of the example that adds to it, built from a copy."""
    folder = tmp_path_factory.mktemp("wheels")
    example = folder / "example"
    shutil.copytree(ROOT / "examples/plugin", example, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, example)
    return folder


@pytest.fixture(scope="module", name="wheel")
def _wheel(wheels: Path) -> Path:
    return next(wheels.glob("orps_agent-*.whl"))


@pytest.fixture(scope="module", name="home")
def _home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with orps and what it needs, and nothing else."""
    home = tmp_path_factory.mktemp("home") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", home)
    install(home, wheel)
    return home


def install(home: Path, *what: object) -> None:
    """Our pip fills the environment; what is imported in it is compiled when it is, not all that there is."""
    pip = (sys.executable, "-m", "pip", "--python", home / "bin/python", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-compile", *what)


def test_the_wheel_puts_one_name_into_site_packages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"orps_agent"}
    for part in (
        "py.typed",
        "graphs/search_graph.py",
        "tools/executor/base.py",
        "prompts/hints.toml",
        "page/page.html",
        "page/page.css",
        "page/colours.css",
        "page/common.css",
        "bench/formats/report.css",
        "bench/formats/report.html",
        "page/main.js",
        "budget/prices.toml",
        "prompts/compact/problem.j2",
    ):
        assert f"orps_agent/{part}" in names
    assert any(name.startswith("orps_agent/demos/") for name in names)


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
    wheels: Path, home: Path, tmp_path: Path
) -> None:
    orps = home / "bin/orps"
    install(home, "--no-deps", next(wheels.glob("orps_greedy-*.whl")))
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
    assert "logged can be started" in told["sandbox"]
