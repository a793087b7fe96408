"""Build the wheel, install it into an empty environment, and use it there."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.samples import FIRST_HALF_THEN_RIGHT, script


def run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", name="wheel")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    return next(folder.glob("orps_agent-*.whl"))


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
        "bench/reports/report.css",
        "bench/reports/report.html",
        "page/main.js",
        "prompts/compact/problem.j2",
    ):
        assert f"orps_agent/{part}" in names
    assert any(name.startswith("orps_agent/demos/") for name in names)


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
