"""Define the solution as a value: extracted from a model's reply, then executed, compared and shown."""

from __future__ import annotations

import difflib
import hashlib
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator
from pydantic_core import PydanticCustomError

from .language import PYTHON, language_of


@dataclass(frozen=True)
class Program:
    """Hold one source text in one programming language; false when the text is empty.

        Program("def double(n):\\n    return 2 * n\\n").diff(Program("def double(n):\\n    return n + n\\n"))

    Raises ProblemError for a language that is not known.
    """

    source: str
    language: str = PYTHON.name

    def __post_init__(self) -> None:
        language_of(self.language)

    def __bool__(self) -> bool:
        return bool(self.source)

    @property
    def text(self) -> str:
        """Return the program in a fenced block, as prompts quote it; an empty text for an empty program."""
        return f"```{self.fence}\n{self.source}\n```" if self else ""

    @property
    def fence(self) -> str:
        """Return the label of the fenced block, which is also the name of the language's syntax highlighter."""
        return language_of(self.language).fence

    @property
    def fingerprint(self) -> str:
        """Return a SHA-256 digest of language and source; programs with equal digests are executed only once."""
        # A source that came as JSON may hold lone surrogates.
        whole = f"{self.language}\0{self.source}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(whole).hexdigest()

    def diff(self, other: Artifact) -> str:
        """Return the unified diff that turns this program into another one; empty when the sources are equal."""
        before, after = (language_of(each.language).file_name for each in (self, other))
        found = difflib.unified_diff(_lines(self.source), _lines(other.source), before, after)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found)


Artifact = Program
"""Any kind of solution that a search can produce. Signatures use this name where any kind of solution is accepted, and
`Program` where it has to be a source text."""


def _from_json(value: object) -> Artifact:
    if isinstance(value, Program):
        return value
    if isinstance(value, str):
        return Program(value)
    raise PydanticCustomError("string_type", "Input should be a valid string")


def _to_json(artifact: Artifact) -> str:
    return artifact.source


ArtifactText = Annotated[
    Artifact,
    PlainValidator(_from_json, json_schema_input_type=str),
    PlainSerializer(_to_json, return_type=str),
]
"""An artifact that is its bare source in JSON, as documents, problem files and databases have it."""


def _lines(source: str) -> list[str]:
    # Not `splitlines`, which also splits at form feeds and other characters that end no line in a diff.
    return re.findall(r"[^\n]*\n|[^\n]+", source)
