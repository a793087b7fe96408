"""Read a problem whose statement is Markdown, with tests in a section of it or in a Python file next to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from orps_agent.domain.problem import Problem, TestSuite
from orps_agent.errors import ProblemError

from .assembly import assemble
from .problem_file import read_source, slug
from .python_tests import suite_from_python

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^`]*)$")
_SECTIONS = ("tests", "held back tests", "gold solution")


def load_markdown(path: Path, tests: Path | None = None) -> Problem:
    """Return the problem whose statement is this Markdown file.

    Sections headed "Tests", "Held-back tests" and "Gold solution" hold Python in fenced blocks and are left
    out of the statement. Visible tests may instead be in the file `tests`, or in `test_<stem>.py` or
    `<stem>_test.py` next to the statement; without any, the statement must name what to write. Raises ProblemError.
    """
    source, lines = str(path), read_source(path).split("\n")
    blocks = dict(_blocks(lines))
    headings = list(_headings(lines, blocks))
    sections = _sections(headings, len(lines), source)
    code = {name: _python(lines, blocks, span, f"{source}: section {name!r}") for name, span in sections.items()}
    hidden = {number for span in sections.values() for number in span}
    title = next((title for _, level, title in headings if level == 1), "")
    held_back, gold = code.get("held back tests"), code.get("gold solution")
    return assemble(
        source,
        id=slug(title or path.stem),
        statement="\n".join(line for number, line in enumerate(lines) if number not in hidden).strip(),
        tests=_visible(path, tests or _adjacent_tests(path), code.get("tests")),
        held_back=suite_from_python(held_back, source, "held-back test", (path.stem,)) if held_back else None,
        gold=gold and gold.strip("\n") + "\n",
    )


def _visible(path: Path, tests: Path | None, section: str | None) -> TestSuite:
    """Return the visible tests, from the tests file or from the section; raise ProblemError if there are both."""
    if tests and section:
        raise ProblemError(f"{path}: has a section Tests and the tests file {tests}; keep one of them")
    if tests:
        return suite_from_python(read_source(tests), str(tests), likely=(path.stem,))
    if section:
        return suite_from_python(section, str(path), likely=(path.stem,))
    return TestSuite()


def _adjacent_tests(path: Path) -> Path | None:
    adjacent = (path.with_name(f"test_{path.stem}.py"), path.with_name(f"{path.stem}_test.py"))
    return next((each for each in adjacent if each.exists()), None)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, tuple[int, str]]]:
    """Yield the fenced blocks: index of the opening fence, index of the closing one, language."""
    opened, fence, language = 0, "", ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and not fence:
            opened, fence, language = number, mark[1], mark[2].strip().lower()
        elif mark and mark[1].startswith(fence) and not mark[2]:
            yield opened, (number, language)
            fence = ""
    if fence:
        yield opened, (len(lines), language)


def _headings(lines: Sequence[str], blocks: dict[int, tuple[int, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield index, level and text of every heading, in either of Markdown's styles, outside fenced blocks."""
    fenced = {number for start, (end, _) in blocks.items() for number in range(start, end + 1)}
    for number, line in enumerate(lines):
        if number in fenced:
            continue
        following = _UNDERLINE.match(lines[number + 1]) if number + 1 < len(lines) else None
        if mark := _HEADING.match(line):
            yield number, len(mark[1]), mark[2]
        elif following and line.strip():
            yield number, 1 if following[1][0] == "=" else 2, line.strip()


def _sections(headings: Sequence[tuple[int, int, str]], end: int, source: str) -> dict[str, range]:
    """Return the lines of each section that is not part of the statement."""
    sections: dict[str, range] = {}
    for position, (start, level, title) in enumerate(headings):
        name = _plain(title)
        if name in sections:
            raise ProblemError(f"{source}, line {start + 1}: has a second section {title!r}; merge the two")
        if name in _SECTIONS:
            after = (at for at, depth, text in headings[position + 1 :] if depth <= level or _plain(text) in _SECTIONS)
            sections[name] = range(start, next(after, end))
    return sections


def _plain(title: str) -> str:
    return re.sub(r"[^a-z]+", " ", title.lower()).strip()


def _python(lines: Sequence[str], blocks: dict[int, tuple[int, str]], span: range, place: str) -> str:
    """Return the Python of a section, each line at its place in the file, so that errors show the file's numbers."""
    code = {
        number
        for start, (end, language) in blocks.items()
        if start in span and language in {"", "py", "python"}
        for number in range(start + 1, end)
    }
    if not code:
        raise ProblemError(f"{place}: holds no code; put it between ```python and ```")
    return "\n".join(line if number in code else "" for number, line in enumerate(lines))
