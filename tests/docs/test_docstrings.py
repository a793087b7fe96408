"""Check how docstrings begin: with a verb, so that a reader learns at once what is done."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

FOLDERS = ("orps_agent", "graphs", "tools", "prompts", "perf", "docs/generate", "examples", "tests/support")
NO_VERBS = frozenset(
    [
        "what",
        "whether",
        "how",
        "where",
        "which",
        "who",
        "when",
        "why",
        "the",
        "a",
        "an",
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "they",
        "one",
        "two",
        "all",
        "every",
        "each",
        "some",
        "any",
        "no",
        "none",
        "nothing",
        "of",
        "from",
        "to",
        "in",
        "on",
        "at",
        "by",
        "with",
        "without",
        "for",
        "as",
        "after",
        "before",
        "between",
        "under",
        "over",
        "behind",
        "if",
        "and",
        "or",
        "both",
        "either",
        "such",
        "there",
        "here",
        "not",
        "only",
        "more",
        "most",
        "many",
        "another",
        "other",
        "others",
        "our",
        "ours",
        "somebody",
        "everything",
        "everybody",
        "whoever",
        "whatever",
        "until",
        "once",
    ]
)
TESTS_OF_BENCHMARKS = ROOT / "orps_agent/bench/datasets/oracle.py"
"""Its source is a part of stored problems: a docstring that changes would make them others."""
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every docstring of a file with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
            yield getattr(node, "lineno", 1), text


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_docstring_begins_with_a_verb(folder: str) -> None:
    paths = sorted((ROOT / folder).rglob("*.py"))  # links to folders are not followed: each file is read once
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]}"
        for path in paths
        if path != TESTS_OF_BENCHMARKS
        for line, text in docstrings(path)
        if (word := text.split()[0].strip("`,.:;()\"'").lower()) in NO_VERBS or not word.isalpha()
    ]
    assert paths
    assert found == []
