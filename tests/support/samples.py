"""Provide a small problem, models that solve it in known ways, and settings that keep everything in one folder."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import yaml

from orps_agent.domain.problem import Limits, Problem, SnippetTest, TestSuite
from orps_agent.domain.search import Search
from orps_agent.llm.base import Message, ModelRequest
from orps_agent.settings import SearchConfig, Settings, load_settings

RIGHT = "Twice is a sum.\n```python\ndef double(n):\n    return n + n\n```"
HALF = "Add two.\n```python\ndef double(n):\n    return n + 2\n```"
WRONG = "Nothing.\n```python\ndef double(n):\n    return None\n```"

DOUBLE = Problem(
    id="double",
    statement="Write double(n): twice n.",
    entry_points=("double",),
    tests=TestSuite(
        tests=(
            SnippetTest(name="1", code="assert double(2) == 4"),
            SnippetTest(name="2", code="assert double(5) == 10"),
        )
    ),
    held_back=TestSuite(tests=(SnippetTest(name="h", code="assert double(-1) == -2"),)),
    limits=Limits(test_seconds=2, candidate_seconds=5),
)

SMALL = SearchConfig(samples=3, rounds=2, beam=1)

CRITIC: list[dict[str, object]] = [
    {"role": "critic", "contains": "2 of 2 tests passed", "reply": "Right.\nSCORE: 5"},
    {"role": "critic", "contains": "1 of 2 tests passed", "reply": "Half.\nSCORE: 3"},
    {"role": "critic", "reply": "Wrong.\nSCORE: 1"},
]


def a_search(id_: str = "abcd") -> Search:
    """Return a search without an owner."""
    config = SearchConfig(samples=2, history=1)
    return Search(id=id_, created_at=time.time(), problem=DOUBLE, config=config, programmer="m", critic="m")


def a_request(*texts: str, seed: int = 0) -> ModelRequest:
    """Return a request to the programmer with these messages of the user."""
    messages = tuple(Message(role="user", content=text) for text in texts)
    return ModelRequest(role="programmer", messages=messages, temperature=0.5, max_tokens=100, seed=seed)


def script(folder: Path, *rules: dict[str, object], critic: Iterable[dict[str, object]] = CRITIC) -> str:
    """Write a script and return the model's name for it."""
    path = folder / "script.yaml"
    path.write_text(yaml.safe_dump({"rules": [*rules, *critic]}))
    return f"scripted:{path}"


def settings(folder: Path, **given: object) -> Settings:
    """Return settings whose files are all in the folder; one slot and one profile repeat suffice for most tests."""
    own = {"db": folder / "orps.db", "cache": folder / "cache", "executor": {"slots": 1, "profile_repeats": 1}}
    return load_settings(**(own | given))


FIRST_HALF_THEN_RIGHT = (
    {"role": "programmer", "contains": "# Execution", "reply": RIGHT},
    {"role": "programmer", "hint": "Strategy", "replies": [HALF, WRONG]},
)
"""Rules: half right at best in the first round, right as soon as there is feedback."""
