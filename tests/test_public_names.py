"""Check the public names, and that a command imports nothing slow that it does not need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import orps_agent


def test_the_public_names_are_these() -> None:
    assert sorted(orps_agent.__all__) == [
        "Agent",
        "Archive",
        "Budget",
        "Candidate",
        "Limits",
        "OrpsError",
        "Problem",
        "ProgramTest",
        "SearchConfig",
        "SearchResult",
        "Settings",
        "SnippetTest",
        "TestSuite",
        "Tree",
        "Usage",
        "as_tool",
        "build_search",
        "load_problem",
        "load_settings",
        "problem_from_words",
        "solve",
    ]
    for name in orps_agent.__all__:
        assert getattr(orps_agent, name).__name__ == name


@pytest.mark.parametrize(
    ("arguments", "slow"),
    [
        (["--help"], ("langgraph", "openai", "xllamacpp")),
        (
            ["list"],
            ("langgraph", "openai", "xllamacpp", "structlog", "httpx", "orps_agent.bench", "orps_agent.cli.bench"),
        ),
    ],
)
def test_a_command_loads_nothing_slow_that_it_does_not_need(
    tmp_path: Path, arguments: list[str], slow: tuple[str, ...]
) -> None:
    look = (
        "import atexit, sys; from orps_agent.cli import app;"
        f"atexit.register(lambda: print([n for n in {slow} if n in sys.modules]))\n"
        f"app({arguments})"
    )
    environment = os.environ | {"ORPS_DB": str(tmp_path / "orps.db")}
    done = subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
