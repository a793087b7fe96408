"""Read code, scores and critiques from models' replies."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orps_agent.domain.artifact import Program
from orps_agent.llm.replies.parser import clean, parse_critique, parse_turn, split_thinking

DOUBLE = "def double(n):\n    return 2 * n\n"


def fenced(code: str, label: str = "python") -> str:
    return f"```{label}\n{code}```"


def defines(solution: Program | None, *names: str) -> dict[str, object]:
    """Return what the solution defines once it ran; that it runs is half of the assertion."""
    assert solution is not None
    space: dict[str, object] = {}
    exec(compile(solution.source, "<solution>", "exec"), space)
    assert set(names) <= set(space)
    return space


@pytest.mark.parametrize("label", ["python", "py", "Python3", "text", "", "PYTHON", "python title=x"])
def test_a_fenced_solution_is_found_whatever_its_label(label: str) -> None:
    turn = parse_turn(f"I double it.\n\n{fenced(DOUBLE, label)}\nThat is all.", entry_points=("double",))
    assert turn.solution == Program(DOUBLE)
    assert turn.thoughts == "I double it.\n\nThat is all."


@pytest.mark.parametrize(
    "text",
    [
        DOUBLE,
        f"Sure!\n\n{DOUBLE}\nThis function doubles its argument.",
        f"{DOUBLE}```\nThe prompt had opened the fence already.",
        f"```python\n{DOUBLE}",
        f"Here it is: \n~~~python\n{DOUBLE}~~~",
        "1. First:\n   ```python\n" + textwrap.indent(DOUBLE, "   ") + "   ```\n",
        "```python\ndef double(n):\n    return 2 * n```",
        "```python\n>>> def double(n):\n...     return 2 * n\n...\n>>> double(4)\n8\n```",
        f"{DOUBLE}\n>>> double(4)\n8\n",
        f"```python\n{DOUBLE}\nExample usage:\n    print(double(4))\n",
        f"```python\n{DOUBLE}\n```python\n# the same\n{DOUBLE}```\n```",
        f"{fenced(DOUBLE)}\n\n{fenced('assert double(2) == 4' + chr(10))}",
        f"{fenced('pip install double' + chr(10), 'bash')}\n{fenced(DOUBLE)}\n{fenced('8', '')}",
        f"{fenced(DOUBLE)}\n\nUse it like this:\n\n{fenced('double(2' + chr(10))}",
        f"```\nfor example\n```\n{DOUBLE}",
        DOUBLE.replace("\n", "\r\n"),
        f"```python\n{DOUBLE}\nif __name__ == '__main__':\n    print(double(",
        f"```python\n{DOUBLE}\nDone\n```",
        f"import the idea of doubling\n\n{DOUBLE}",
    ],
)
def test_messy_replies_still_give_the_function(text: str) -> None:
    space = defines(parse_turn(text, entry_points=("double",)).solution, "double")
    assert space["double"](21) == 42  # type: ignore[operator]


def test_a_reply_cut_off_inside_the_function_keeps_its_complete_statements() -> None:
    turn = parse_turn("```python\ndef f(n):\n    if n:\n        return 1\n    return (n +", entry_points=("f",))
    assert turn.solution == Program("def f(n):\n    if n:\n        return 1\n")


def test_the_block_that_defines_the_entry_point_is_preferred_to_later_ones() -> None:
    text = f"{fenced(DOUBLE)}\nThen a helper:\n{fenced('def other():' + chr(10) + '    return 1' + chr(10))}"
    assert parse_turn(text, entry_points=("double",)).solution == Program(DOUBLE)
    assert "other" in str(parse_turn(text).solution)


def test_the_last_of_several_versions_wins() -> None:
    text = f"{fenced('def double(n):' + chr(10) + '    return n + n' + chr(10))}\nFaster:\n{fenced(DOUBLE)}"
    assert parse_turn(text, entry_points=("double",)).solution == Program(DOUBLE)


def test_a_solution_brings_the_blocks_that_define_what_it_uses() -> None:
    helper = fenced("def twice(n):\n    return n + n\n")
    user = fenced("def double(n):\n    return twice(n)\n")
    found = parse_turn(f"{helper}\nand\n{user}", entry_points=("double",)).solution
    assert defines(found, "double")["double"](3) == 6  # type: ignore[operator]


def test_entry_points_spread_over_blocks_are_joined() -> None:
    text = fenced("def push(x):\n    pass\n") + "\n" + fenced("def pop():\n    pass\n")
    defines(parse_turn(text, entry_points=("push", "pop")).solution, "push", "pop")


def test_a_fence_inside_a_docstring_does_not_end_the_block() -> None:
    code = 'def double(n):\n    """Doubles.\n\n    ```\n    double(2)\n    ```\n    """\n    return 2 * n\n'
    assert parse_turn(fenced(code), entry_points=("double",)).solution == Program(code)


def test_code_that_does_not_compile_is_handed_on_so_that_its_error_can_be_shown() -> None:
    broken = "def double(n:\n    return 2 * n\n"
    assert parse_turn(fenced(broken), entry_points=("double",)).solution == Program(broken)


@pytest.mark.parametrize("text", ["", "I cannot do that.", "Use `double`.", "```\n42\n```", "for each item, add it"])
def test_prose_has_no_code(text: str) -> None:
    assert parse_turn(text, entry_points=("double",)).solution is None


def test_a_program_without_entry_points_is_taken_as_a_whole() -> None:
    program = "n = int(input())\nprint(2 * n)\n"
    for text in (
        program,
        fenced(program),
        f"Reads a number.\n{fenced(program)}\nSample:\n{fenced('3' + chr(10), '')}",
    ):
        assert parse_turn(text).solution == Program(program)


def test_thinking_is_thoughts_and_its_drafts_are_not_the_solution() -> None:
    draft = fenced("def double(n):\n    return n\n")
    turn = parse_turn(f"<think>hm\n{draft}</think>Done.\n{fenced(DOUBLE)}", "first", entry_points=("double",))
    assert turn.solution == Program(DOUBLE)
    assert turn.thoughts.startswith("first\n\nhm\n")
    assert turn.thoughts.endswith("Done.")


def test_a_reply_cut_off_while_thinking_gives_its_draft() -> None:
    assert parse_turn(f"<think>maybe\n{fenced(DOUBLE)}\nor", entry_points=("double",)).solution == Program(DOUBLE)


def test_a_closing_tag_alone_ends_the_thinking() -> None:
    assert split_thinking("hm</think>\nyes") == ("hm", "yes")


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("Good work.\nSCORE: 4", 4),
        ("Score: 4/5", 4),
        ("**Score:** 4", 4),
        ("**Score: 4**", 4),
        ("### Score\n\n4", 4),
        ("- Final score = 2 out of 5", 2),
        ("It works. Score: 5", 5),
        ("Process reward: [3]", 3),
        ("Score (1-5): 3", 3),
        ("SCORE: 4.0", 4),
        ("SCORE: 4\nSCORE: 4", 4),
        ('{"thoughts": "slow", "score": 4}', 4),
        ('```json\n{"thoughts": "slow", "Score": "4/5"}\n```', 4),
        ('Here: {"score": 2, "thoughts": "a \n b"} as asked', 2),
        ("I would give it a 4 out of 5.", 4),
        ("I'd rate this solution as a 3/5 because it is slow", 3),
        ("A score of 2 seems fair, so a score of 2.", 2),
        ("4", 4),
        ("SCORE: 0", 1),
        ("SCORE: 6", 5),
        ("SCORE: 9/5", 5),
        ("I would give it a 3 out of 5, but\nSCORE: 4", 4),
    ],
)
def test_a_score_is_read(text: str, score: int) -> None:
    assert parse_critique(text).score == score


def test_structured_output_says_all_there_is_to_say() -> None:
    turn = parse_critique('{"thoughts": "Sound.", "score": 5, "good": true}')
    assert (turn.thoughts, turn.score, turn.good) == ("Sound.", 5, True)
    assert not parse_critique('{"thoughts": "Sound.", "score": 5, "good": "no"}').good


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Very good.",
        "It passes 3/5 tests.",
        "3 out of 5 tests pass. Given 4 inputs, give it 2 seconds.",
        "SCORE: 8/10",
        "SCORE: 4 out of 10",
        "SCORE: 85",
        "SCORE: 85%",
        "SCORE: -3",
        "SCORE: 3.5",
        "SCORE: 1-5",
        "SCORE: 1 to 5",
        "SCORE: <1-5>",
        "SCORE: 3\nSCORE: 4",
        "I would give it a 3 out of 5. I would give it a 4 out of 5.",
        '{"thoughts": "slow", "score": null}',
        '{"thoughts": "slow", "score": true}',
        '{"score": [4]}',
        "<think>SCORE: 4</think>I am not sure.",
        "It underscore: 4",
    ],
)
def test_an_unclear_score_is_none(text: str) -> None:
    assert parse_critique(text).score is None


def test_a_critique_has_thoughts_without_its_score() -> None:
    assert parse_critique("Too slow: use a set.\n\nSCORE: 4 <|good|>").thoughts == "Too slow: use a set."
    assert parse_critique('{"thoughts": "Use a set.", "score": 4}', "hm").thoughts == "hm\n\nUse a set."


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("SCORE: 5 <|good|>", True),
        ("SCORE: 5\n<|GOOD|>.", True),
        ('{"thoughts": "fine <|good|>", "score": 5}', True),
        ("I do not add <|good|> as it is slow. SCORE: 3", False),
        ("Good. SCORE: 5", False),
        ("<think><|good|></think>SCORE: 3", False),
    ],
)
def test_good_is_said_at_the_end_of_a_line(text: str, good: bool) -> None:
    assert parse_critique(text).good is good


PIECES = st.sampled_from(
    ["```", "```python\n", "~~~", "\n", "def f(x):\n", "    return x\n", "import a\n", ">>> ", "... ", '"""', "\\",
     "*", " ", "(", "[", "{", '{"score":', "}", "<think>", "</think>", "SCORE:", "score of ", "4", "/5", "<|good|>",
     "\0", "\ud800"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=60).map("".join)))
def test_nothing_that_a_model_writes_raises(text: str) -> None:
    turn, critique = parse_turn(text, entry_points=("f",)), parse_critique(text)
    for told in (turn.thoughts, turn.solution.source if turn.solution else "", critique.thoughts):
        assert told == clean(told)
    assert critique.score in {None, 1, 2, 3, 4, 5}
