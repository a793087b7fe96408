"""Send any bytes in place of a candidate's answers: no hang, no exception, and never a pass.

ORPS_FUZZ_EXAMPLES sets how many answers are made up (100 by default; 10,000 take some minutes).
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orps_agent.domain.artifact import Program
from orps_agent.domain.problem import Limits, SnippetTest, TestSuite
from orps_agent.tools.executor import Executor

EXAMPLES = int(os.environ.get("ORPS_FUZZ_EXAMPLES", "100"))
LIMITS = Limits(test_seconds=0.3, candidate_seconds=1.0, memory_mb=128)
EXPECTED = "3b1f9c0a-no-one-guesses-this"
SUITE = TestSuite(
    tests=(
        SnippetTest(name="plain", code=f"assert f([1], {{'a': 2}}) == {EXPECTED!r}"),
        SnippetTest(name="callback", code=f"answer = f(lambda n: n)\nassert list(answer)[:3] == {list(EXPECTED)!r}"),
    )
)
TAGS = [
    "l",
    "t",
    "s",
    "f",
    "d",
    "od",
    "ct",
    "dd",
    "dq",
    "b",
    "ba",
    "c",
    "rg",
    "sl",
    "y",
    "n",
    "dc",
    "fr",
    "dt",
    "da",
    "tm",
]
TAGS += ["td", "i", "r", "h", "m", "na", "no", "ns", "nd", "pf", "ps", "pi", "pm", "pr", "pt", "pd", "pn", "?"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
NODES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.builds(lambda tag, items: [tag, *items], st.sampled_from(TAGS), st.lists(inner, max_size=4))
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
        | st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)
OPERATIONS = st.sampled_from(["call", "getattr", "next", "load", "eval", "judge", "setattr", "len", "?"])
MESSAGES = st.one_of(
    st.builds(lambda node, changes: ["ok", node, changes], NODES, st.lists(st.tuples(NODES, NODES), max_size=2)),
    st.builds(lambda error, changes: ["raise", error, changes], st.lists(NODES, min_size=5, max_size=7), NODES),
    st.builds(lambda name, items: ["op", name, items, {}], OPERATIONS, st.lists(NODES, max_size=3)),
    NODES,
)


def framed(message: Any) -> bytes:
    body = json.dumps(message).encode()
    return struct.pack(">I", len(body)) + body


def deep(opening: bytes, depth: int) -> bytes:
    body = opening * depth
    return struct.pack(">I", len(body)) + body


ANSWERS = st.one_of(
    st.lists(MESSAGES, min_size=1, max_size=3).map(lambda messages: b"".join(map(framed, messages))),
    st.builds(lambda message, cut: framed(message)[:cut], MESSAGES, st.integers(0, 40)),
    st.builds(lambda length, rest: struct.pack(">I", length) + rest, st.integers(0, 2**32 - 1), st.binary(max_size=64)),
    st.builds(deep, st.sampled_from([b"[", b'["l",', b'{"a":', b'["ok",["t",']), st.integers(1, 100_000)),
    st.binary(max_size=64),
)
THEN = st.sampled_from(["return n", "os._exit(0)", "os.close(3)", "os.write(3, ANSWER)\n    return n"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor(make_executor: Callable[..., Executor]) -> AsyncIterator[Executor]:
    async with make_executor(slots=1, short_seconds=0.1, max_timeouts=1) as running:
        yield running


@pytest.mark.asyncio(loop_scope="module")
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES == 100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answer=ANSWERS, then=THEN)
async def test_made_up_answers_never_pass(executor: Executor, answer: bytes, then: str) -> None:
    code = f"import os\nANSWER = {answer!r}\ndef f(n, m=None):\n    os.write(3, ANSWER)\n    {then}\n"
    report = await executor.run(Program(code), SUITE, entry_points=("f",), limits=LIMITS)
    assert [result.name for result in report.results] == ["plain", "callback"]
    assert report.passed == 0
