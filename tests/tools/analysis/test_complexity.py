"""Measure the complexity of solutions, and refuse those that cannot be analysed."""

import ast
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orps_agent.domain.artifact import Program
from orps_agent.domain.execution import ClassMetrics, NotAnalysable, StaticAnalysis
from orps_agent.tools.analysis.complexity import analyse, analyse_source, plain_source
from orps_agent.tools.analysis.source import MAX_CHARS

COMMENTED = '''"""A module docstring."""

# a comment
class Stack:
    """Last in,
    first out."""

    size = 0
    kind: str

    def __init__(self) -> None:
        self.items, self.top = [], None  # two attributes

    def push(self, item):
        "Not a comment, but a docstring."

    async def drain(self):
        while self.items:
            if self.items[-1] and self.top:
                yield self.items.pop()


def walk(node):
    def inner(n):
        return [x for x in n if x]
    found = inner(node)
    return walk(found) if node else []
'''

BARE = """class Stack:
    size = 0
    kind: str

    def __init__(self) -> None:
        (self.items, self.top) = ([], None)

    def push(self, item):
        pass

    async def drain(self):
        while self.items:
            if self.items[-1] and self.top:
                yield self.items.pop()

def walk(node):

    def inner(n):
        return [x for x in n if x]
    found = inner(node)
    return walk(found) if node else []"""


def analysed(code: str) -> StaticAnalysis:
    analysis = analyse_source(code)
    assert isinstance(analysis, StaticAnalysis)
    return analysis


def test_plain_source_drops_comments_and_docstrings_and_nothing_else() -> None:
    plain = plain_source(COMMENTED)
    assert isinstance(plain, str)
    assert ast.dump(ast.parse(plain)) == ast.dump(ast.parse(BARE))
    assert "comment" not in plain


def test_comments_docstrings_and_layout_change_no_measure() -> None:
    assert analysed(COMMENTED) == analysed(BARE)
    assert analysed("a = 1; b = [1,\n2]") == analysed("a = 1\nb = [1, 2]\n\n")


async def test_measures_are_the_means_of_the_functions() -> None:
    analysis = await analyse(Program(COMMENTED))
    assert isinstance(analysis, StaticAnalysis)
    assert analysis.lines == len([line for line in BARE.splitlines() if line])
    assert analysis.ast_nodes == len(list(ast.walk(ast.parse(BARE))))
    measured = {each.name: (each.cyclomatic, each.cognitive) for each in analysis.functions}
    assert measured == {
        "Stack.__init__": (1, 0),
        "Stack.push": (1, 0),
        "Stack.drain": (4, 4),
        "walk": (2, 2),
        "walk.inner": (3, 0),
    }
    assert (analysis.cyclomatic, analysis.cognitive) == (11 / 5, 6 / 5)
    assert analysis.classes == (ClassMetrics(name="Stack", methods=3, attributes=4, wmc=6),)


def test_functions_of_one_name_all_count() -> None:
    code = "class A:\n  @property\n  def x(self): return 1\n  @x.setter\n  def x(self, v): self._x = v if v else 0\n"
    assert [each.cyclomatic for each in analysed(code).functions] == [1, 2]


@pytest.mark.parametrize(
    ("code", "lines", "cyclomatic"),
    [
        ("", 0, 1),
        ("# nothing\n", 0, 1),
        ('"""Only a docstring."""', 0, 1),
        ("f = lambda x: 1 if x else 2", 1, 2),
        ("for i in range(3):\n    if i: print(i)", 3, 3),
        ("async def f():\n    '''Only this.'''", 2, 1),
        ("class A:\n    '''Only this.'''", 2, 1),
        ("r = '\\d'", 1, 1),
    ],
)
def test_code_without_an_ordinary_function_is_analysed_too(code: str, lines: int, cyclomatic: float) -> None:
    analysis = analysed(code)
    assert (analysis.lines, analysis.cyclomatic) == (lines, cyclomatic)
    assert analysis.ast_nodes >= 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(:\n    pass", "SyntaxError: invalid syntax (line 1)"),
        ("x = '\0'", "null bytes"),
        ("x = '\ud800'", "UnicodeEncodeError"),
        ("x = " + "9" * 50_000, "4300"),
        ("x = 0x" + "f" * 50_000, "4300"),
        ("x = " + "-" * 30_000 + "1", ""),
        ("x = " + "(" * 30_000, "too many nested parentheses"),
        ("x = 1" + " + 1" * 10_000, "Recursion"),
        ("x = a" + ".a" * 20_000, "Recursion"),
        ("if a: pass\n" + "elif a: pass\n" * 5_000, ""),
        ("".join(" " * n + "if a:\n" for n in range(120)) + " " * 120 + "pass", "IndentationError"),
        ("".join(" " * n + "def f():\n" for n in range(50)) + " " * 50 + "pass", "nested more than"),
        ("x = 1\n" * MAX_CHARS, "more than"),
        ("9" * 10**7, "more than"),
    ],
    ids=lambda value: repr(value[:20]),
)
async def test_hostile_sources_are_not_analysable_and_say_why(code: str, reason: str) -> None:
    analysis = await analyse(Program(code))
    assert isinstance(analysis, NotAnalysable)
    assert reason in analysis.reason
    assert "\n" not in analysis.reason
    assert analysis.reason.isascii()
    assert isinstance(plain_source(code), str | NotAnalysable)


def test_constant_expressions_are_not_computed() -> None:
    assert analysed("x = 9 ** 9 ** 9").lines == 1


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the syntax is known there")
def test_syntax_of_a_later_python_is_not_analysable() -> None:
    assert isinstance(analyse_source("type A = int"), NotAnalysable)


def test_a_warning_of_the_parser_stays_with_us_in_every_thread(capfd: pytest.CaptureFixture[str]) -> None:
    threads = [threading.Thread(target=analyse_source, args=("r = '\\d' is 1",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert capfd.readouterr().err == ""


@settings(max_examples=40, deadline=None, database=None)
@given(st.lists(st.sampled_from("([{:=-*,'\"\n \\@f1a"), max_size=80).map("".join))
def test_any_text_has_an_outcome(code: str) -> None:
    assert isinstance(analyse_source(code), StaticAnalysis | NotAnalysable)
