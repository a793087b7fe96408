"""Find the fenced blocks of the documentation, and the headings that links lead to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.support import ROOT

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *sorted(
        str(path.relative_to(ROOT))
        for folder in ("docs", "docs/decisions", "examples")
        for path in (ROOT / folder).glob("*.md")
    ),
    "perf/README.md",
)
TUTORIAL = "docs/tutorial.md"
"""Page with a test file of its own, so that it runs on another core than the other pages."""
_FENCE = re.compile(r"^(`{3,}|~{3,})(\S*)$")
_NAMED = re.compile(r"`([\w./-]+)`:?$")


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    """Line of the opening fence."""
    language: str
    text: str
    name: str | None
    """The file that the block shows, where the words before it end with a file's name in backquotes."""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """Return the page's blocks in their order; raises AssertionError for one that is never closed."""
    found: list[Block] = []
    fence, language, begun, inside = "", "", 0, list[str]()
    before = ""
    for number, line in enumerate(text_of(page).splitlines(), start=1):
        opening = _FENCE.match(line)
        if fence:
            if line == fence:
                name = _NAMED.search(before)
                found.append(Block(page, begun, language, "".join(inside), name[1] if name else None))
                fence = before = ""
            else:
                inside.append(line + "\n")
        elif opening:
            fence, language = opening.groups()
            begun, inside = number, []
        elif line.strip():
            before = line
    assert not fence, f"{page}:{begun}: this block is never closed"
    return found


def prose(page: str) -> str:
    """Return the page line by line, without the contents of its blocks."""
    lines, fence = [], ""
    for line in text_of(page).splitlines():
        opening = _FENCE.match(line)
        lines.append("" if fence or opening else line)
        if fence:
            fence = "" if line == fence else fence
        elif opening:
            fence = opening[1]
    return "\n".join(lines)


def anchors(page: str) -> set[str]:
    """Return the anchors that links into the page may name, as GitHub makes them from the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
