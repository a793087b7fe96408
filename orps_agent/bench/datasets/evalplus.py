"""Read HumanEval+ and MBPP+ in EvalPlus' own JSONL.

Columns: prompt, entry_point, canonical_solution, base_input, plus_input, atol.

There are inputs and no results: the canonical solution's return values are right. The tests run it in the tester, far
from the solution that they judge, and compare the way EvalPlus does. The base inputs are the weak tests; as in
EvalPlus, a solution is judged on base and plus inputs together.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from orps_agent.domain.artifact import Program
from orps_agent.domain.problem import TestSuite
from orps_agent.errors import ProblemError
from orps_agent.problems.problem_file import parse_python
from orps_agent.problems.python_stub import completion_statement

from .base import Fields
from .fields import identifier, items, text
from .humaneval import surroundings
from .loops import loop_tests
from .shapes import Shape, example_shapes, restored
from .snippets import numbered, oracle_source
from .task import Task, check_task

NEEDS = ("task_id", "prompt", "entry_point", "canonical_solution", "base_input")


def evalplus_task(fields: Fields) -> Task:
    """Read the task in a row; raises ProblemError when the row holds none."""
    prompt, name = text(fields, "prompt"), text(fields, "entry_point")
    solution, words = text(fields, "canonical_solution"), _words(prompt)
    gold = prompt + solution if words is None else solution
    shapes = example_shapes(text(fields, "assertion", "") or _asserts(words or ""), name)
    base, plus = ([_restored(given, shapes) for given in _inputs(fields, key)] for key in ("base_input", "plus_input"))
    id_ = identifier(fields, "task_id", prefix="Mbpp" if words else "HumanEval")
    setup = _setup(gold, name, _atol(fields), mbpp=id_.lower().startswith("mbpp/"))
    task = Task(
        id=id_,
        statement=words or completion_statement(prompt, [name]),
        entry_points=(name,),
        weak=TestSuite(setup=setup, tests=numbered(_tests(base, name))),
        real=TestSuite(setup=setup, tests=numbered([*_tests(base, name), *_tests(plus, name)])),
        gold=Program(gold),
    )
    check_task(task, tests=1)
    return task


def _words(prompt: str) -> str | None:
    """Return the text of a prompt that is a single string, as in MBPP+; None for HumanEval+'s function head."""
    tree = _parsed(prompt)
    match tree.body if tree else []:
        case [ast.Expr(value=ast.Constant(value=str(words)))]:
            return words.strip()
    return None


def _asserts(words: str) -> str:
    """Return the asserts in a prompt that stand on lines of their own."""
    return "\n".join(line for line in words.splitlines() if line.startswith("assert ") and _parsed(line))


def _parsed(code: str) -> ast.Module | None:
    try:
        return parse_python(code, "prompt")
    except ProblemError:
        return None


def _inputs(fields: Fields, key: str) -> list[Sequence[Any]]:
    return [items(given, f"an input in {key}") for given in items(fields.get(key) or [], key)]


def _atol(fields: Fields) -> float:
    atol = fields.get("atol") or 0
    if not isinstance(atol, (int, float)):
        raise ProblemError(f"atol is not a number but {atol!r:.40}")
    return float(atol)


def _restored(given: Sequence[Any], shapes: Sequence[Shape]) -> tuple[Any, ...]:
    try:
        return restored(given, shapes)
    except TypeError as error:  # a value that must be a set contains lists
        raise ProblemError(f"an input is not like the examples: {error}") from error


def _tests(inputs: Sequence[tuple[Any, ...]], name: str) -> list[str]:
    return loop_tests("given", list(map(repr, inputs)), f"wanted = expected(given)\nassert {name}(*given) == wanted")


def _setup(gold: str, name: str, atol: float, *, mbpp: bool) -> str:
    expected = f"expected = expected_from({gold!r}, {name!r}, {atol!r}, {mbpp!r})"
    return "\n".join(filter(None, [surroundings(gold, name), oracle_source(), expected]))
