"""Search for correct and fast code instead of sampling it once: a coding agent.

    import orps_agent

    problem = orps_agent.problem_from_words("Write f(n): twice n.", tests=["f(2) == 4"])
    print(orps_agent.solve(problem).code)

The names below are the public ones. They are loaded when first used, so that a command that needs none of the heavy
ones starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .agent import Agent, solve
    from .archive import Archive
    from .budget.account import Budget
    from .domain.candidate import Candidate, Tree
    from .domain.problem import Limits, Problem, ProgramTest, SnippetTest, TestSuite
    from .domain.result import SearchResult, Usage
    from .errors import OrpsError
    from .integrations.langgraph import as_tool, build_search
    from .problems import load_problem, problem_from_words
    from .settings import SearchConfig, Settings, load_settings

_HOMES = {
    "agent": ("Agent", "solve"),
    "archive": ("Archive",),
    "budget": ("Budget",),
    "domain.candidate": ("Candidate", "Tree"),
    "integrations.langgraph": ("as_tool", "build_search"),
    "errors": ("OrpsError",),
    "problems": ("load_problem", "problem_from_words"),
    "domain.problem": ("Limits", "Problem", "ProgramTest", "SnippetTest", "TestSuite"),
    "domain.result": ("SearchResult", "Usage"),
    "settings": ("SearchConfig", "Settings", "load_settings"),
}

__all__ = [
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


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".{home}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
