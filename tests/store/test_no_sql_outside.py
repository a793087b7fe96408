"""Check that SQL is inside the store alone: all other code calls its methods."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM|SELECT\s\w+\(|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|PRAGMA\s|VACUUM\b"
    r"|(CREATE|ALTER|DROP)\s+(TEMP\s+)?(TABLE|VIEW|INDEX|TRIGGER|UNIQUE)\s|BEGIN\s+IMMEDIATE|WITH\s.+\sAS\s.*\(\s*SELECT)",
    re.DOTALL,
)
DRIVERS = {"sqlite3", "aiosqlite"}


def outside() -> list[Path]:
    files = [*(ROOT / "orps_agent").rglob("*.py"), *(ROOT / "perf").glob("*.py")]
    files += [file for room in ("graphs", "prompts", "tools") for file in (ROOT / room).rglob("*.py")]
    return [file for file in files if ROOT / "orps_agent" / "store" not in file.parents]


def spoken(source: str) -> Iterator[str]:
    """Find what in a module is SQL, or imports a driver of it."""
    for node in ast.walk(ast.parse(source)):
        if SQL.match(text := text_of(node)):
            yield text
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] in DRIVERS)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in DRIVERS:
            yield node.module or ""


def text_of(node: ast.AST) -> str:
    """Return the text of a string; an f-string's with a word in place of its values."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "name" for each in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_nobody_outside_the_store_speaks_sql() -> None:
    files = outside()
    assert len(files) > 200
    found = {str(file.relative_to(ROOT)): told for file in files if (told := [*spoken(file.read_text())])}
    assert found == {}


def test_the_store_itself_would_be_found() -> None:
    tables = (ROOT / "orps_agent" / "store" / "sqlite").glob("*_table*.py")
    assert all([*spoken(file.read_text())] for file in tables)


@pytest.mark.parametrize(
    "source",
    [
        "import sqlite3",
        "from sqlite3 import connect",
        'rows = f"SELECT {names} FROM searches"',
        'found = "UPDATE searches SET status = 1"',
        'found = "DELETE FROM searches"',
        'found = "PRAGMA page_size"',
    ],
)
def test_sql_is_recognised(source: str) -> None:
    assert [*spoken(source)]


def test_words_are_no_sql() -> None:
    assert [*spoken('words = "Select a candidate"\nmore = "Update the settings"')] == []
