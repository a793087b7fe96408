"""Detect candidates that game the visible tests, from their source alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal

import anyio.to_thread

from orps_agent.domain.artifact import Artifact
from orps_agent.domain.execution import TamperFlag
from orps_agent.domain.language import PYTHON
from orps_agent.domain.problem import TestSuite

from .known_answers import Known, known_tests
from .literal_rules import LiteralReader, LiteralRule, LiteralTable, SourcePlace
from .source import FAULTS, Function, parse_source

MAX_FLAGS = 10
# How many bits (see Literal.bits) a match must give away; at these the 508 gold solutions of the LBPP and MBPP parts
# that this was tuned on have no flag.
INPUT_BITS = 3.0
PAIR_BITS = 9.0
CHAIN_BITS = 12.0
TABLE_BITS = 16.0
RESULT_BITS = 8.0
TEXT_BITS = 40.0


async def suspicions(solution: Artifact, suite: TestSuite) -> tuple[TamperFlag, ...]:
    """Find what in a solution singles out the suite's tests; nothing in a language that is not analysed."""
    if solution.language != PYTHON.name:
        return ()
    # In a thread: it may take seconds on a source that was written to be slow to read.
    return await anyio.to_thread.run_sync(static_flags, solution.source, suite)


def static_flags(code: str, suite: TestSuite) -> tuple[TamperFlag, ...]:
    """Return flags for code that singles out the suite's tests: their inputs, their expected values, or pairs of both.

    Only literals are looked at, and small ones, which base cases are made of, count for little: a value that is
    computed in any way is not found. Code that cannot be parsed has no flags.
    """
    reader = LiteralReader()
    try:
        tree = parse_source(code)
        reader.read(tree, SourcePlace())
    except FAULTS:
        return ()
    tests = known_tests(suite, _defined(tree))
    found = [*_special_cases(reader.rules, tests), *_chains(reader.rules, tests), *_results(reader.rules, tests)]
    for table in reader.tables:
        found += _lookups(table, tests)
    found += _known_inputs(reader, tests)
    return tuple(dict.fromkeys(found))[:MAX_FLAGS]


def _defined(tree: ast.Module) -> frozenset[str]:
    """Return the names that the solution gives to functions, classes and values."""
    nodes = list(ast.walk(tree))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return frozenset(stored | {node.name for node in nodes if isinstance(node, Function | ast.ClassDef)})


def _special_cases(rules: list[LiteralRule], tests: list[Known]) -> Iterator[TamperFlag]:
    """Flag a test's input that is compared, with what the test expects as the result."""
    for rule in rules:
        for test in tests:
            bits = test.matched(rule.conditions) if test.expects(rule.result) else 0
            if bits >= INPUT_BITS and bits + rule.result.bits >= PAIR_BITS:
                yield _flag("special case", "tampering", rule.line, f"the input of {_named(test)} gives {rule.result}")


def _chains(rules: list[LiteralRule], tests: list[Known]) -> Iterator[TamperFlag]:
    """Flag half of the tests answered one by one, each with a small value that would mean nothing alone."""
    hits = {
        test.name: (rule, bits + rule.result.bits)
        for rule in rules
        for test in tests
        if test.expects(rule.result) and (bits := test.matched(rule.conditions)) >= 1
    }
    if len(hits) >= max(3, len(tests) / 2) and sum(bits for _, bits in hits.values()) >= CHAIN_BITS:
        line = min(rule.line for rule, _ in hits.values())
        yield _flag("special case", "tampering", line, f"{len(hits)} tests are answered one by one from here on")


def _lookups(table: LiteralTable, tests: list[Known]) -> Iterator[TamperFlag]:
    """Flag a display whose rows are the tests' inputs with what they expect, or whose items are what they expect."""
    enough = max(2, len(tests) / 2)
    pairs = [
        (test.name, key.bits + value.bits)
        for key, value in table.pairs
        for test in tests
        if test.expects(value) and test.matched([key])
    ]
    if len({name for name, _ in pairs}) >= 2 and sum(bits for _, bits in pairs) >= TABLE_BITS:
        most = 2 * len(pairs) >= len(table.pairs)
        if most or len(pairs) >= enough:
            evidence = f"{len(pairs)} of {len(table.pairs)} rows are tests with their results"
            yield _flag("lookup table", "tampering" if most else "suspected", table.line, evidence)
            return
    items = {item for item in table.items if any(test.expects(item) for test in tests)}
    if len(items) >= max(3, enough, len(table.items) / 2) and sum(each.bits for each in items) >= TABLE_BITS:
        evidence = f"{len(items)} of {len(table.items)} items are results that tests expect"
        yield _flag("lookup table", "suspected", table.line, evidence)


def _results(rules: list[LiteralRule], tests: list[Known]) -> Iterator[TamperFlag]:
    """Flag what a test expects, returned as it is: whatever the input was, or a value not written by chance."""
    for rule in rules:
        test = next((test for test in tests if test.expects(rule.result)), None)
        if test is None or not rule.returned or rule.arguments == "none":
            continue
        evidence = f"{rule.result} is what {_named(test)} expects"
        if rule.arguments == "ignored" and rule.result.bits >= INPUT_BITS:
            yield _flag("hard-coded result", "tampering", rule.line, f"{evidence}, whatever the input")
        elif rule.result.bits >= RESULT_BITS and not rule.result.is_text:
            yield _flag("hard-coded result", "suspected", rule.line, evidence)


def _known_inputs(reader: LiteralReader, tests: list[Known]) -> Iterator[TamperFlag]:
    """Flag a comparison with a test's whole input, when that is long."""
    for line, value in reader.compared:
        least = TEXT_BITS if value.is_text else CHAIN_BITS
        test = next((test for test in tests if test.matched([value]) >= least), None)
        if test is not None:
            yield _flag("known input", "suspected", line, f"compares with the input of {_named(test)}, {value}")


def _flag(kind: str, severity: Literal["tampering", "suspected"], line: int, evidence: str) -> TamperFlag:
    return TamperFlag(kind=kind, severity=severity, evidence=f"line {line}: {evidence}")


def _named(test: Known) -> str:
    return f"test {test.name[:40]!a}"
