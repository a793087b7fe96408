"""Run, load or query every block of every page, from top to bottom."""

import re
from collections.abc import Callable

import pytest

from orps_agent.problems import load_problem
from tests.support.docs.blocks import PAGES, ROOT, TUTORIAL, blocks
from tests.support.docs.reader import NOT_RUN
from tests.support.docs.shell import commands

PROBLEMS = [page for page in PAGES if page.startswith("examples/")]


@pytest.mark.parametrize("page", [page for page in PAGES if page not in (*PROBLEMS, TUTORIAL)])
def test_what_the_page_says_works(read: Callable[..., None], page: str) -> None:
    read(page)


@pytest.mark.parametrize("page", PROBLEMS)
def test_the_blocks_of_a_problem_are_its_tests_and_its_solution(page: str) -> None:
    problem = load_problem(ROOT / page)
    assert problem.held_back
    assert problem.gold
    tests = [each.code for each in problem.held_back.tests if each.kind == "snippet"]
    told = "\n".join([problem.held_back.setup, *tests])
    for block in blocks(page):
        for line in block.text.splitlines():
            assert line.strip() in f"{told}\n{problem.gold.source}", f"{block.place}: {line}"


def test_what_is_not_run_is_there_all_the_same() -> None:
    told = [
        command.text
        for page in PAGES
        for block in blocks(page)
        if block.language in ("console", "sh")
        for command in commands(block.text, prompted=block.language == "console")
    ]
    assert [pattern for pattern in NOT_RUN if not any(re.match(pattern, text) for text in told)] == []
    for name in re.findall(r"python (?:-m )?perf[./](\w+)", "\n".join(told)):
        assert (ROOT / "perf" / f"{name}.py").exists()
