"""Build a problem from the words of a command line."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

from orps_agent.domain.problem import Limits, Problem, SnippetTest

from .assembly import assemble, make_suite
from .problem_file import parse_python, slug


def problem_from_words(
    statement: str,
    tests: Sequence[str] = (),
    held_back: Sequence[str] = (),
    *,
    entry_points: Sequence[str] | None = None,
    limits: Limits | None = None,
    source: str = "command line",
) -> Problem:
    """Return a problem from a statement and tests such as `assert f(2) == 4` or, shorter, `f(2) == 4`.

    Without tests, a model writes them; then the statement must name what to write, as in `f(n)`, or `entry_points`
    must. The id consists of the statement's first words. Raises ProblemError that names the `source`.
    """
    suite = make_suite(snippets(tests, source), source)
    extra = snippets(held_back, source, "held-back test")
    return assemble(
        source,
        id=slug(statement),
        statement=statement,
        tests=suite,
        held_back=make_suite(extra, source, "held-back test") if extra else None,
        entry_points=entry_points,
        limits=limits,
    )


def snippets(codes: Sequence[str], source: str, label: str = "test") -> list[SnippetTest]:
    """Return one test for each piece of code, named by its number."""
    return [
        SnippetTest(name=str(number), code=asserting(code, f"{source}: {label} '{number}'"))
        for number, code in enumerate(codes, start=1)
    ]


def asserting(code: str, place: str) -> str:
    """Return the code with `assert` before its last statement, if that is a bare comparison."""
    code = textwrap.dedent(code.replace("\r\n", "\n").replace("\r", "\n")).strip()
    match parse_python(code, place).body:
        case [*_, ast.Expr(value=ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not())) as last]:
            lines = code.split("\n")
            line = lines[last.lineno - 1].encode()  # ast counts columns in bytes
            lines[last.lineno - 1] = (line[: last.col_offset] + b"assert " + line[last.col_offset :]).decode()
            return "\n".join(lines)
    return code
