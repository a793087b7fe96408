"""Load problems from TOML, YAML, Markdown with tests, Python stubs with doctests, or the words of a command line."""

from __future__ import annotations

from pathlib import Path

from orps_agent.domain.problem import Problem
from orps_agent.errors import ProblemError

from .checks import check_problem, check_testable
from .dump import dump_problem
from .from_words import problem_from_words
from .markdown_file import load_markdown
from .python_stub import load_stub
from .toml_yaml import load_data, problem_from_yaml

__all__ = [
    "check_problem",
    "check_testable",
    "dump_problem",
    "load_problem",
    "problem_from_words",
    "problem_from_yaml",
]


def load_problem(path: str | Path, tests: str | Path | None = None) -> Problem:
    """Load the problem from a file, in the format given by its suffix; `tests` belongs to a Markdown statement.

    Raises ProblemError with one line that names the file and the place in it.
    """
    path, tests = Path(path), None if tests is None else Path(tests)
    suffix = path.suffix.lower()
    if tests is not None and suffix not in {".md", ".markdown"}:
        raise ProblemError(f"{path}: has its own tests; a tests file is only used with a Markdown statement")
    match suffix:
        case ".toml" | ".yaml" | ".yml":
            return load_data(path)
        case ".md" | ".markdown":
            return load_markdown(path, tests)
        case ".py":
            return load_stub(path)
    raise ProblemError(f"{path}: unknown kind of problem; use .toml, .yaml, .md or .py")
