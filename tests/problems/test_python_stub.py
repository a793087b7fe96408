"""Load problems from Python stubs with doctests."""

import doctest
import types

import pytest

from orps_agent.domain.problem import Problem

TRACEBACK = "    >>> f(0)\n    Traceback (most recent call last):\n"
LOOSE = "  # doctest: +IGNORE_EXCEPTION_DETAIL\n"
HEAD = '"""A module."""\nimport math\nclass Odd(ValueError): pass\n'


def stub(docstring: str, signature: str = "f(x)") -> str:
    return f'{HEAD}def {signature}:\n    r"""Do it.\n\n{docstring}\n    """\n    raise NotImplementedError("later")\n'


def verdicts(problem: Problem, solution: str) -> list[bool]:
    """Return which of the problem's tests pass, judged here: the code is ours."""
    passed = []
    for test in problem.tests.tests:
        namespace: dict[str, object] = {}
        exec(solution, namespace)
        exec(problem.tests.setup, namespace)
        try:
            exec(test.code, namespace)
        except Exception:  # noqa: BLE001 - whatever the solution raises
            passed.append(False)
        else:
            passed.append(True)
    return passed


def doctest_says(text: str, solution: str) -> bool:
    """Return True when the standard library's doctest accepts the solution too."""
    module = types.ModuleType("m")
    exec(text.replace('raise NotImplementedError("later")', solution), module.__dict__)
    test = doctest.DocTestFinder().find(module.__dict__["f"], "f", module=module, globs=module.__dict__)[0]
    return doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None).failed == 0


@pytest.mark.parametrize(
    ("docstring", "good", "bad"),
    [
        ("    >>> f(2)\n    4", "return 4", "return 4.0"),
        ("    >>> f('a')\n    'a'", "return 'a'", "return 'b'"),
        ("    >>> print(f(2))\n    4", "return 4", "return 5"),
        ("    >>> print(f(2), 1)\n    4 1", "return 4", "return 5"),
        ("    >>> f(2)\n    Hello, you!", "print('Hello, you!')", "return 'Hello, you!'"),
        ("    >>> f(2)\n    nan", "return math.nan", "return 1.0"),
        ("    >>> for i in range(2):\n    ...     print(f(i))\n    0\n    1", "return x", "return 0"),
        ("    >>> print(f(1))\n    a\n    <BLANKLINE>\n    b", "return 'a\\n\\nb'", "return 'a\\nb'"),
        (TRACEBACK + "      ...\n    ValueError: no: 0", "raise ValueError('no: 0')", "raise ValueError('no')"),
        (TRACEBACK + "    KeyError", "raise KeyError", "return 1"),
        (TRACEBACK + "    m.Odd: 0", "raise Odd(0)", "raise ValueError(0)"),
        (TRACEBACK.replace("\n", LOOSE, 1) + "    ValueError: x", "raise ValueError(0)", "raise KeyError"),
        ("    >>> f(0)  # doctest: +ELLIPSIS\n    [0, ..., 9]", "return list(range(10))", "return list(range(9))"),
        ("    >>> f(0)  # doctest: +ELLIPSIS\n    <object object at 0x...>", "return object()", "return 1"),
        ("    >>> f(0)  # doctest: +NORMALIZE_WHITESPACE\n    [0,\n        1]", "return [0, 1]", "return [0, 2]"),
        ("    >>> f(0)\n    'a...'", "return 'a...'", "return 'ab'"),
        ("    >>> xs = [2, 1]\n    >>> f(xs)\n    >>> xs\n    [1, 2]", "x.sort()", "x"),
        ("    >>> f(0) # doctest: +SKIP\n    7\n    >>> f(1)\n    8", "return 8", "return 7"),
        ("    >>> f('''a\n    ... b''')\n    'a\\nb'", "return x", "return ''"),
    ],
)  # fmt: skip
def test_examples_are_judged_as_doctest_judges_them(load, docstring: str, good: str, bad: str) -> None:
    text = stub(docstring)
    problem = load("m.py", text)
    for body, right in ((good, True), (bad, False)):
        assert all(verdicts(problem, f"{HEAD}def f(x):\n    {body}\n")) is right
        assert doctest_says(text, body) is right


def test_a_later_example_sees_what_earlier_ones_did_to_a_name(load) -> None:
    text = stub("    >>> xs = [1, 2]\n    >>> f(xs)\n    2\n    >>> f(xs)\n    1\n    >>> f([5])\n    5")
    problem = load("m.py", text)
    assert [test.name for test in problem.tests.tests] == ["f, line 8", "f, line 10", "f, line 12"]
    assert verdicts(problem, "def f(x):\n    return x.pop()") == [True, True, True]
    assert "f(xs)\nf(xs)" in problem.tests.tests[2].code.replace("assert repr(f(xs))", "f(xs)")


def test_the_statement_is_the_stub_and_the_rest_is_set_up(load) -> None:
    text = stub("    >>> f(1)\n    1") + "def g(): ...\nif __name__ == '__main__':\n    print(f(1))\n"
    problem = load("m.py", text)
    assert (problem.id, problem.entry_points) == ("m", ("f", "g"))
    assert text.strip() in problem.statement
    assert problem.tests.setup == "import math\nclass Odd(ValueError): pass"


def test_a_class_is_a_stub_when_all_its_methods_are(load) -> None:
    text = 'class C:\n    def m(self):\n        """\n        >>> C().m()\n        3\n        """\n'
    problem = load("m.py", text)
    assert problem.entry_points == ("C",)
    assert [test.name for test in problem.tests.tests] == ["C.m, line 4"]


def test_importing_the_stub_itself_is_left_out(load) -> None:
    problem = load("m.py", stub("    >>> from m import f\n    >>> f(1)\n    1"))
    assert problem.tests.module is None
    assert problem.tests.tests[0].code == "assert repr(f(1)) == '1'"


def test_a_fence_in_the_stub_does_not_end_the_statement(load) -> None:
    assert "````python" in load("m.py", stub("    ```\n    >>> f(1)\n    1\n\n    ```")).statement


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'def f(x):\n    """\n    >>> f(1)\n    1\n    """\n    return x',
            "m.py, line 1: f is not a stub; leave its body `...`",
        ),
        ("def f(x):\n    return x", "m.py: has no stub; leave `...` as the body of each function to write"),
        ("def f(x:", "m.py, line 1: is not valid Python"),
        (stub("    >>>f(1)\n    1"), "m.py, line 5: line 3 of the docstring for f lacks blank after >>>"),
        (stub("    >>> f(1\n    1"), "m.py: example at line 7, line 1: is not valid Python"),
        (stub("    >>> 1 + 1\n    2"), "m.py: test 'f, line 7': never calls the solution (f)"),
    ],
)
def test_stubs_that_are_refused(refused, text: str, message: str) -> None:
    assert message in refused("m.py", text)
