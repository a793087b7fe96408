"""Describe the problem that a search works on: what to write, how it is judged, and within which limits."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from .artifact import ArtifactText


class Limits(BaseModel):
    """Limit the resources of one candidate; crossing a limit fails the test that crossed it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    test_seconds: float = Field(default=5.0, gt=0, allow_inf_nan=False)
    """Wall time that one test may take (the paper allows 5 s)."""
    candidate_seconds: float = Field(default=20.0, gt=0, allow_inf_nan=False)
    """Wall time that all tests of one candidate may take together."""
    memory_mb: int = Field(default=512, ge=64)
    """Address space of the candidate's process, in MiB."""
    output_kb: int = Field(default=64, ge=1)
    """Size up to which stdout and stderr are each kept, in KiB; the middle of longer output is dropped."""
    file_mb: int = Field(default=16, ge=0)
    """Size up to which the candidate may write to its own scratch directory, in MiB."""


class SnippetTest(BaseModel):
    """Hold a piece of Python that raises unless the solution is right, usually one `assert f(x) == y`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["snippet"] = "snippet"
    name: str
    code: str


class ProgramTest(BaseModel):
    """Describe a run of the whole solution as a program: its stdin and the output that it must print."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["program"] = "program"
    name: str
    stdin: str = ""
    stdout: str
    compare: Literal["exact", "tokens", "floats"] = "tokens"
    """`exact` up to trailing white space, `tokens` split at white space, `floats` tokens within 1e-6."""


class TestSuite(BaseModel):
    """Hold tests in the order in which they are reported, and the setup that runs before each of them."""

    __test__: ClassVar[bool] = False  # not a test class, whatever pytest makes of the name
    model_config = ConfigDict(extra="forbid", frozen=True)

    setup: str = ""
    """Python run before every snippet: imports, helpers, fixtures."""
    module: str | None = None
    """The name from which the setup imports the solution (LBPP: `code`); None: its names need no import."""
    tests: tuple[SnippetTest | ProgramTest, ...] = ()

    def __len__(self) -> int:
        return len(self.tests)


class Problem(BaseModel):
    """Describe the problem that a search has to solve, and how solutions are judged.

        Problem(
            id="double",
            statement="Write a function f(n) that returns twice n.",
            entry_points=("f",),
            tests=TestSuite(tests=(SnippetTest(name="1", code="assert f(2) == 4"),)),
        )

    `load_problem` and `problem_from_words` build and check a problem from a file or a text of the user's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=200)
    statement: str = Field(min_length=1)
    """The task in words, as the model reads it."""
    entry_points: tuple[str, ...] = ()
    """The names that the tests call; empty for a program judged on stdin and stdout."""
    tests: TestSuite
    """Visible tests: every candidate is run on these during the search."""
    held_back: TestSuite | None = None
    """Tests that only the winner is run on, once, at the end."""
    limits: Limits = Limits()
    gold: ArtifactText | None = None
    """A reference solution, where one is known; never shown to a model."""

    @property
    def signatures(self) -> tuple[str, ...]:
        """Return the `def` lines of the gold solution's entry points; empty without a gold solution."""
        return () if self.gold is None else _signatures(self.gold.source, self.entry_points)


@lru_cache(maxsize=256)  # not a cached property, which a copy of the problem with another solution would keep
def _signatures(source: str, entry_points: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"def {node.name}({ast.unparse(node.args)})"
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name in entry_points
    )
