"""Check what the reader of the pages accepts as equal output, and what it refuses."""

from pathlib import Path

import pytest

from tests.support.docs.shell import Command, Shell, commands, expected


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a ... d", "a b c d", True),
        ("a\n...\nb", "a\nb", True),
        ("in 0.7 s", "in 12 s", True),
        ("ω 1.75", "ω 0.3", True),
        ("one  line", "one\nline", True),
        ("4 of 4", "3 of 4", False),
        ("search 1234abcd ends: 1234abcd", "search 0000ffff ends: 0000ffff", True),
        ("search 1234abcd ends: 1234abcd", "search 0000ffff ends: eeeeffff", False),
        ("search 1234abcd", "search none", False),
    ],
)
def test_what_is_the_same(shown: str, printed: str, same: bool) -> None:
    assert bool(expected(shown, {}).search(printed)) is same


def test_a_block_is_taken_apart() -> None:
    block = "$ first \\\n    --flag\nits output\n$ false\n$ echo $?\n1\n$ last\n^C\n"
    found = commands(block, prompted=True)
    assert [(each.text, each.shown, each.may_fail, each.interrupted) for each in found] == [
        ("first \\\n    --flag", "its output", False, False),
        ("false", "", True, False),
        ("echo $?", "1", False, False),
        ("last", "^C", False, True),
    ]


def test_commands_share_variables_and_ids_and_are_held_to_what_is_shown(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {"PATH": "/usr/bin:/bin", "ORPS_DB": "unused"})
    shell.run(Command("NAME=0000ffff", "", may_fail=False))
    shell.run(Command("echo search $NAME", "search 1234abcd", may_fail=False))
    shell.run(Command("echo again 1234abcd", "again 1234abcd", may_fail=False))
    assert shell.ids == {"1234abcd": "0000ffff"}
    shell.run(Command("(exit 3)", "", may_fail=True))
    shell.run(Command("echo $?", "3", may_fail=False))
    with pytest.raises(AssertionError, match="the page shows"):
        shell.run(Command("echo 3 of 4", "4 of 4", may_fail=False))
    with pytest.raises(AssertionError, match="ended with 1"):
        shell.run(Command("false", "", may_fail=False))
