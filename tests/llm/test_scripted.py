"""Test the scripted model: which rule answers, and what a wrong script is refused with."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from orps_agent.errors import EndpointError, ReplyError, SettingsError
from orps_agent.llm.base import Message, ModelRequest
from orps_agent.llm.scripted import Rule, ScriptedModel


def asking(*messages: str, role: Literal["programmer", "critic"] = "programmer", seed: int = 0) -> ModelRequest:
    told = tuple(Message(role="user", content=text) for text in messages)
    return ModelRequest(role=role, messages=told, temperature=0.5, max_tokens=9, seed=seed)


async def test_the_first_rule_that_fits_answers() -> None:
    model = ScriptedModel(
        [
            Rule(role="critic", reply="SCORE: 3"),
            Rule(contains=("sum", "list"), hint="recursive", reply="a b c"),
            Rule(contains="sum", reply="second"),
        ]
    )
    assert (await model.complete(asking("sum of a list", "be recursive"))).text == "a b c"
    assert (await model.complete(asking("be recursive", "sum of a list"))).text == "second"
    assert (await model.complete(asking("sum", role="critic"))).text == "SCORE: 3"
    reply = await model.complete(asking("sum of a list", "be recursive"))
    assert (reply.prompt_tokens, reply.completion_tokens) == (6, 3)


async def test_the_choice_depends_on_the_request_alone() -> None:
    model = ScriptedModel([Rule(replies=("a", "b", "c", "d"))])
    asked = [asking("x", seed=seed) for seed in range(40)]
    forwards = [(await model.complete(each)).text for each in asked]
    backwards = [(await model.complete(each)).text for each in reversed(asked)]
    assert forwards == backwards[::-1]
    assert set(forwards) == {"a", "b", "c", "d"}


async def test_a_request_without_a_rule_says_what_was_asked() -> None:
    with pytest.raises(ReplyError, match="programmer's request 'sort it'"):
        await ScriptedModel([Rule(contains="sum", reply="x")]).complete(asking("sort\nit"))


async def test_failures_can_be_scripted() -> None:
    model = ScriptedModel([Rule(contains="one", fail="reply"), Rule(fail="endpoint")])
    with pytest.raises(ReplyError):
        await model.complete(asking("one"))
    with pytest.raises(EndpointError) as caught:
        await model.complete(asking("two"))
    assert not isinstance(caught.value, ReplyError)


async def test_yaml_and_toml_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("rules:\n  - {role: critic, contains: x, replies: [a, a]}\n  - reply: b\n")
    (tmp_path / "s.toml").write_text(
        '[[rules]]\nrole = "critic"\ncontains = ["x"]\nreplies = ["a", "a"]\n[[rules]]\nreply = "b"\n'
    )
    for name in ("s.yaml", "s.toml"):
        model = ScriptedModel.load(tmp_path / name)
        assert (await model.complete(asking("x", role="critic"))).text == "a"
        assert (await model.complete(asking("x"))).text == "b"


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("s.yaml", "rules:\n  - reply: [\n", "line 3"),
        ("s.yaml", "rules:\n  - {reply: a, fail: reply}\n", "rules.0: .*exactly one"),
        ("s.yaml", "rules:\n  - {reply: a, rolle: critic}\n", "rules.0.rolle"),
        ("s.yaml", "rules: []\n", "rules"),
        ("s.yaml", "", "valid dictionary"),
        ("s.toml", "a = 1\nrules = x", "line 2"),
        ("s.yaml", "\0", "s.yaml"),
    ],
)
def test_a_broken_script_names_file_and_place(tmp_path: Path, name: str, text: str, place: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SettingsError, match=f"{name}: .*{place}|{place}") as caught:
        ScriptedModel.load(path)
    assert "\n" not in str(caught.value)


def test_a_missing_script_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml: No such file"):
        ScriptedModel.load(tmp_path / "none.yaml")
