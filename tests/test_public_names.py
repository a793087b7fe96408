"""The public surface: what is in it, and that every name of it can be had."""

import subprocess
import sys

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


def test_help_loads_nothing_that_is_slow_to_load() -> None:
    look = "import sys, orps_agent.cli; print([n for n in ('langgraph', 'openai', 'xllamacpp') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout == "[]\n"
