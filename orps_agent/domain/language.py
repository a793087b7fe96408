"""List the programming languages that a solution may be written in, one entry each."""

from __future__ import annotations

from dataclasses import dataclass

from orps_agent.errors import ProblemError


@dataclass(frozen=True)
class Language:
    """Describe a programming language for prompts, diffs and the command line."""

    name: str
    fence: str
    """The label of a fenced block, which is also the name of the language's highlighter."""
    file_name: str
    """File name of a solution in this language, as diffs show it."""


PYTHON = Language(name="python", fence="python", file_name="solution.py")
LANGUAGES = {each.name: each for each in (PYTHON,)}


def language_of(name: str) -> Language:
    """Return the language of this name; raises ProblemError when there is none."""
    if name not in LANGUAGES:
        raise ProblemError(f"language {name!r} is not known: use one of {', '.join(sorted(LANGUAGES))}")
    return LANGUAGES[name]
