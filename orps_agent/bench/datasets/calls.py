"""Build the tests of contest problems from inputs and outputs: runs of a program, or calls of a function or method."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from orps_agent.domain.problem import ProgramTest, SnippetTest
from orps_agent.errors import ProblemError
from orps_agent.problems.python_stub import completion_statement

from .snippets import oracle_source

_FRACTION = re.compile(r"(?<!\S)[-+]?\d*\.\d+(?:[eE][-+]?\d+)?(?!\S)")
_PROGRAM = "Write a program that reads standard input and writes the answer to standard output."
_IMPORTS = """\
import bisect, collections, copy, functools, heapq, itertools, math, operator, re, string
from bisect import bisect_left, bisect_right, insort
from collections import Counter, OrderedDict, defaultdict, deque
from functools import cache, cmp_to_key, lru_cache, reduce
from heapq import heapify, heappop, heappush, heappushpop, heapreplace, nlargest, nsmallest
from itertools import accumulate, chain, combinations, count, cycle, groupby, pairwise, permutations, product
from math import ceil, comb, factorial, floor, gcd, inf, isqrt, lcm, log, log2, sqrt
from typing import Any, Callable, Dict, Iterable, List, Optional, Set, Tuple, Union
"""
"""Imports that the contests' own harnesses provide; starter code relies on them."""


def program_test(number: int, stdin: str, stdout: str) -> ProgramTest:
    """Build a test that runs the solution as a program; numbers with a fraction in the output may be off by 1e-6."""
    compare = "floats" if _FRACTION.search(stdout) else "tokens"
    return ProgramTest(name=str(number), stdin=stdin, stdout=stdout, compare=compare)


def program_statement(question: str) -> str:
    """Append the rule that the solution is judged as a program to the question."""
    return f"{question.strip()}\n\n{_PROGRAM}"


class Callee:
    """Describe the function that the tests call, or the method of a class `Solution` as on LeetCode."""

    def __init__(self, name: str, starter: str, gold: str | None) -> None:
        if not name.isidentifier():
            raise ProblemError(f"{name!r:.40} is not the name of a function")
        self.name = name
        self._starter = starter
        self._in_class = any(_has_method(code, name) for code in (starter, gold) if code)
        self.entry_points = ("Solution",) if self._in_class else (name,)
        self.setup = f"{_IMPORTS}{oracle_source()}"

    def test(self, number: int, arguments: Sequence[Any], *wanted: Any) -> SnippetTest:
        """Build a test that calls the solution and accepts any of the `wanted` values."""
        called = f"Solution().{self.name}" if self._in_class else self.name
        given, values = (", ".join(map(repr, each)) for each in (arguments, wanted))
        return SnippetTest(name=str(number), code=f"assert {called}({given}) == like({values})")

    def statement(self, question: str) -> str:
        """Append the starter code to the question, or else the name that the tests call."""
        if self._starter.strip():
            return f"{question.strip()}\n\n{completion_statement(self._starter, list(self.entry_points))}"
        what = "a class `Solution` with a method" if self._in_class else "a function"
        return f"{question.strip()}\n\nWrite {what} `{self.name}`."


def _has_method(code: str, name: str) -> bool:
    return (
        re.search(r"^class Solution\b", code, re.MULTILINE) is not None
        and re.search(rf"\bdef {name}\b", code) is not None
    )
