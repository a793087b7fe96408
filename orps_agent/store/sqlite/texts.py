"""Store texts that quote one another, each once.

A reply repeats what becomes the candidate's columns, and every prompt repeats the columns of a whole branch. So a text
is stored as pieces: text of its own, the hash of a text that other prompts share, or a column of a candidate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from orps_agent.domain.candidate import Candidate
from orps_agent.store.effects import digest

QUOTED_COLUMNS: tuple[Literal["reasoning", "code", "critique"], ...] = ("code", "reasoning", "critique")
WORTH_A_REFERENCE = 100
"""Number of characters below which a reference would take about as much room as the text."""


class Quote(TypedDict):
    """Refer to the text of a candidate's column."""

    candidate: str
    column: Literal["reasoning", "code", "critique"]


class SharedText(TypedDict):
    """Refer to a text that other prompts contain as well, by its hash."""

    text: str


Piece = str | Quote | SharedText


@dataclass
class Folded:
    """Hold a text as pieces, and the shared texts that the pieces name, by hash."""

    pieces: list[Piece]
    shared: dict[str, str] = field(default_factory=dict)

    @property
    def stored(self) -> str:
        """Return the pieces as they are stored in a column."""
        return json.dumps(self.pieces, ensure_ascii=False, separators=(",", ":"))


class Recent:
    """Remember the hashes of the texts that were stored last, which need not be stored again."""

    def __init__(self, at_most: int = 4096) -> None:
        self._names: dict[str, None] = {}
        self._at_most = at_most

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> bool:
        """Remember a hash; return True when it is new."""
        new = name not in self._names
        self._names[name] = None
        if len(self._names) > self._at_most:
            del self._names[next(iter(self._names))]
        return new

    def clear(self) -> None:
        """Forget all hashes, when it is unknown which texts are stored."""
        self._names.clear()


def fold(text: str, quoted: Iterable[Candidate], *, share: bool = False) -> Folded:
    """Split the text into pieces that refer to the columns of the candidates it quotes.

    With `share`, the rest of the text is split before its last paragraph, which is where prompts with the same
    history differ, and its longer parts become texts of their own.
    """
    pieces: list[Piece] = [text]
    for quote, words in _quotable(quoted):
        pieces = [each for piece in pieces for each in _cut(piece, words, quote)]
    folded = Folded(pieces)
    if share:
        folded.pieces = [each for piece in pieces for each in _shared(piece, folded.shared)]
    return folded


def unfold(stored: str, column: Callable[[Quote], str], shared: Mapping[str, str]) -> str:
    """Join the pieces to the whole text; raises KeyError when a text that they refer to is missing."""
    return "".join(
        piece if isinstance(piece, str) else shared[piece["text"]] if "text" in piece else column(piece)
        for piece in json.loads(stored)
    )


def references(stored: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the shared texts, by hash, and the candidates, by id, that these stored texts refer to."""
    pieces = [piece for each in stored for piece in json.loads(each) if not isinstance(piece, str)]
    return {each["text"] for each in pieces if "text" in each}, {
        each["candidate"] for each in pieces if "text" not in each
    }


def _quotable(candidates: Iterable[Candidate]) -> list[tuple[Quote, str]]:
    found: list[tuple[Quote, str]] = []
    for each in candidates:
        for column in QUOTED_COLUMNS:
            words = getattr(each, column)
            if words and len(words) >= WORTH_A_REFERENCE:
                found.append(({"candidate": each.id, "column": column}, words))
    # Longest first: a text may be a part of another one.
    return sorted(found, key=lambda each: -len(each[1]))


def _cut(piece: Piece, words: str, quote: Quote) -> Sequence[Piece]:
    if not isinstance(piece, str) or words not in piece:
        return (piece,)
    before, _, after = piece.partition(words)
    return [each for each in (before, quote, *_cut(after, words, quote)) if each]


def _shared(piece: Piece, shared: dict[str, str]) -> Iterator[Piece]:
    if not isinstance(piece, str):
        yield piece
        return
    head, gap, tail = piece.rpartition("\n\n")
    for part in (head + gap, tail):
        if len(part) < WORTH_A_REFERENCE:
            if part:
                yield part
        else:
            name = digest(part)
            shared[name] = part
            yield {"text": name}
