"""Parse model replies: the programmer's thoughts and code, the critic's thoughts and score.

All functions are pure, never raise and run in time linear in the text. A missing part is None: prose is never
returned as code, and a score is never inferred from the tone of a critique.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from orps_agent.domain.artifact import Artifact, Program

from .code_blocks import find_code

_THINK = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)
_GOOD = re.compile(r"<\|\s{0,3}good\s{0,3}\|>", re.IGNORECASE)
_GOOD_AT_END = re.compile(_GOOD.pattern + r"[ \t*_`.!)\]\"']{0,6}$", re.IGNORECASE | re.MULTILINE)

_NUMBER = r"(?P<number>-?\d{1,4}(?:\.\d{1,3})?)(?:[ *_`]{0,3}(?:/|out[ ]of)[ *_`]{0,3}(?P<of>\d{1,4}))?"
_ALONE = r"(?![\d.]*\d|%|[ ]{0,2}(?:-|–|to|or|and|\||/|out[ ]of)[ ]{0,2}\d)"  # neither a range nor a share
_MARKED = re.compile(
    r"(?P<before>^[ \t>#*_`-]{0,8}|[.!?;:)][ \n]{1,3}[*_`]{0,3})"
    r"(?:(?:final|overall|process)[ -])?(?:score|rating|reward)"
    r"[ *_`\"']{0,5}(?:\([^()\n]{0,16}\)[ *_`]{0,5})?"
    r"(?:[:=][ *_`\"'(\[]{0,6}|\n{1,2}(?=[*_`]{0,3}\d[^\n]{0,9}$)[*_`]{0,3})" + _NUMBER + _ALONE + r"[*_`\])]{0,4}",
    re.IGNORECASE | re.MULTILINE,
)
_IN_PROSE = re.compile(
    r"\b(?:(?:score|rating|reward)[ ](?:of|is|as|at|be|would[ ]be)(?:[ ]an?)?"
    r"|(?:give|rate|score|assign|award)s?(?:[ ](?:it|this|that|the|an?|as|at|with|to|of|score|rating|reward"
    r"|code|solution|one|answer|candidate|attempt)){1,6})"
    r"[ ][*_`]{0,3}" + _NUMBER + _ALONE + r"[*_`]{0,3}"
    r"(?=[ ]{0,3}$|[.,;:!?)\]\"']|[ ](?:because|since|as|for|but)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_BARE = re.compile(r"[\s*_`]{0,9}" + _NUMBER + r"[\s*_`.]{0,9}")


@dataclass(frozen=True)
class Turn:
    """Hold a parsed reply of the programmer: its thoughts, and its solution if it has one."""

    thoughts: str
    solution: Artifact | None
    """Source that compiles; if no block of the reply compiles, the last fenced block unchanged."""


@dataclass(frozen=True)
class CriticTurn:
    """Hold a parsed reply of the critic: thoughts, process reward (1 to 5, or None) and the `good` marker.

    `good` is True when the critic marked the solution as needing no further improvement.
    """

    thoughts: str
    score: int | None
    good: bool


def parse_turn(text: str, reasoning: str | None = None, *, entry_points: tuple[str, ...] = ()) -> Turn:
    """Return the thoughts and the solution of a programmer's reply.

    `reasoning` is the text of the reply's separate reasoning field; it and the `<think>` sections count as thoughts.
    If a reply was cut off inside its thoughts, the solution is searched for there.
    """
    inner, answer = split_thinking(clean(text))
    thinking = _joined(reasoning, inner)
    prose, code = find_code(answer, entry_points)
    if code is None and not answer.strip():
        _, code = find_code(thinking, entry_points)
    return Turn(thoughts=_joined(thinking, prose), solution=None if code is None else Program(code))


def parse_critique(text: str, reasoning: str | None = None) -> CriticTurn:
    """Return the thoughts and the score of a critic's reply.

    A marked score (`SCORE: 4`, or `"score"` in a JSON object) takes precedence over one stated in prose ("I would
    give it a 4 out of 5"). Only whole numbers are accepted, out of 5 where the scale is named; a number from 0 to 10
    outside 1 to 5 is clamped to the nearer end. Anything else is None: fractions, percentages, ranges, other scales
    ("8/10"), or two scores that differ. `<|good|>` counts only at the end of a line, not where the critic mentions it.
    """
    thinking, answer = split_thinking(clean(text))
    fields = _json_critique(answer)
    good = False
    if fields:
        thoughts, scores, good = fields
        marks = f"{thoughts}\n{answer}"
    else:
        marks = answer
        bare = _BARE.fullmatch(answer)
        thoughts = "" if bare else _MARKED.sub(r"\g<before>", answer)
        scores = {_on_scale(bare)} if bare else _scores(_MARKED, answer) or _scores(_IN_PROSE, answer)
    score = scores.pop() if len(scores) == 1 else None
    good = good or bool(_GOOD_AT_END.search(marks))
    return CriticTurn(_joined(reasoning, thinking, _GOOD.sub("", thoughts)), score, good)


def split_thinking(text: str) -> tuple[str, str]:
    """Split a text into its `<think>` sections and the rest; some models send the closing tag alone."""
    thinking: list[str] = []
    answer: list[str] = []
    position, inside = 0, False
    for tag in _THINK.finditer(text):
        closes = tag[0].startswith("</")
        (thinking if inside or closes else answer).append(text[position : tag.start()])
        position, inside = tag.end(), not closes
    (thinking if inside else answer).append(text[position:])
    return "".join(thinking).strip(), "".join(answer).strip("\n")


def clean(text: str) -> str:
    """Normalize line ends to Unix and remove NULs and lone surrogates, which SQLite and Python reject."""
    return text.replace("\r\n", "\n").replace("\0", "").encode(errors="replace").decode()


def _joined(*parts: str | None) -> str:
    return "\n\n".join(stripped for part in parts if part and (stripped := clean(part).strip()))


def _scores(pattern: re.Pattern[str], answer: str) -> set[int | None]:
    return {_on_scale(match) for match in pattern.finditer(answer)}


def _on_scale(match: re.Match[str] | None) -> int | None:
    """Convert a matched number to a process reward; return None if its scale or value is unclear."""
    if match is None:
        return None
    value = float(match["number"])
    if match["of"] not in (None, "5") or not value.is_integer() or not 0 <= value <= 10:
        return None
    return min(max(int(value), 1), 5)


def _json_critique(answer: str) -> tuple[str, set[int | None], bool] | None:
    """Return thoughts, score and `good` of the first JSON object that has a score."""
    for found in _json_objects(answer):
        fields = {str(key).lower(): value for key, value in found.items()}
        if "score" in fields:
            thoughts = next((fields[key] for key in ("thoughts", "critique") if key in fields), "")
            return str(thoughts), {_on_scale(_BARE.fullmatch(str(fields["score"])))}, fields.get("good") is True
    return None


def _json_objects(text: str) -> Iterator[dict[object, object]]:
    decoder = json.JSONDecoder(strict=False)
    starts = [match.start() for match in re.finditer(r"\{\s{0,9}\"", text)]
    for start in starts[:8]:
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):  # not JSON after all, or nested too deeply to be ours
            continue
        if isinstance(found, dict):
            yield found
