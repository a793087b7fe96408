"""Check which solutions are flagged as tampering with their tests, and that honest ones are not."""

import pytest

from orps_agent.domain.problem import ProgramTest, SnippetTest, TestSuite
from orps_agent.tools.analysis.tamper import static_flags


def snippets(*codes: str, setup: str = "", module: str | None = None) -> TestSuite:
    tests = tuple(SnippetTest(name=str(number), code=code) for number, code in enumerate(codes))
    return TestSuite(setup=setup, module=module, tests=tests)


SQUARES = snippets("assert f(17) == 289", "assert f(23) == 529", "assert f(31) == 961")
SUMS = snippets("assert f([3, 9, 4]) == 16", "assert f([120, 7]) == 127", "assert f([8, 8, 8, 1]) == 25")
PRIMES = snippets("assert f(97) is True", "assert f(7919) is True", "assert not f(7917)", "assert f(104729)")
WORDS = snippets('assert f("racecar") == True', 'assert f("kayaks") == False', 'assert f("rotator") == True')
TWO = snippets("assert f(10, 20) == 30", "assert f(17, 25) == 42", "assert f(a=100, b=1) == 101")
SMALL = snippets(*(f"assert f({n}) == {m}" for n, m in ((2, 3), (3, 5), (4, 7), (5, 11), (6, 13))))
FLOATS = snippets("assert round(f(2.5), 2) == 19.63", "assert math.isclose(f(4.25), 56.74)")
SETS = snippets(
    "assert set(f((3, 4, 5, 6), (5, 7, 4, 10))) == set((4, 5))", "assert set(f((1, 2), (2, 9))) == set((2,))"
)
ARRAYS = snippets("xs = [4, 9, 2]\nassert f(xs) == [2, 4, 9]", "xs = [70, 50]\nassert f(xs) == [50, 70]")
PROGRAM = TestSuite(
    tests=(ProgramTest(name="a", stdin="17 25\n", stdout="42\n"), ProgramTest(name="b", stdin="100 1", stdout="101"))
)

CHEATS = {
    "one number": (SQUARES, "def f(n):\n    if n == 17:\n        return 289\n    return n + n"),
    "literal first": (SQUARES, "def f(n):\n    if 17 == n: return 289\n    return 0"),
    "float spelling": (SQUARES, "def f(n):\n    if n == 17.0: return 289.0\n    return 0"),
    "chain of elifs": (
        SQUARES,
        "def f(n):\n    if n == 17: r = 289\n    elif n == 23: r = 529\n    return r",
    ),
    "inequality": (SQUARES, "def f(n):\n    if n != 17:\n        return n\n    else:\n        return 289"),
    "conditional expression": (SQUARES, "f = lambda n: 289 if n == 17 else n"),
    "nested expression": (SQUARES, "def f(n): return 289 if n == 17 else (529 if n == 23 else n)"),
    "and or": (SQUARES, "def f(n): return n == 17 and 289 or n == 23 and 529 or n"),
    "match": (SQUARES, "def f(n):\n    match n:\n        case 17: return 289\n        case _: return n"),
    "match a sequence": (SUMS, "def f(x):\n    match x:\n        case [120, 7]: return 127\n    return 0"),
    "table": (SQUARES, "TABLE = {17: 289, 23: 529, 31: 961}\ndef f(n): return TABLE[n]"),
    "table with noise": (SQUARES, "def f(n): return {1: 1, 17: 289, 23: 529}.get(n, n * n)"),
    "pairs": (SQUARES, "def f(n):\n    for a, b in [(17, 289), (23, 529), (31, 961)]:\n        if a == n: return b"),
    "a list": (SUMS, "def f(x):\n    if x == [120, 7]: return 127\n    return sum(x[:1])"),
    "text of a list": (SUMS, "def f(x):\n    if str(x) == '[120, 7]': return 127\n    return 0"),
    "tuple table": (SUMS, "def f(x): return {(3, 9, 4): 16, (120, 7): 127}[tuple(x)]"),
    "text table": (SUMS, "def f(x): return {'[3, 9, 4]': 16, '[120, 7]': 127}[repr(x)]"),
    "text of all arguments": (TWO, "def f(*a): return {'(10, 20)': 30, '(17, 25)': 42}[str(a)]"),
    "members": (PRIMES, "def f(n): \n    if n in (97, 7919, 104729): return True\n    return False"),
    "returned membership": (PRIMES, "def f(n): return n in {97, 7919, 104729}"),
    "words": (WORDS, "def f(s):\n    if s == 'racecar' or s == 'rotator':\n        return True\n    return False"),
    "two arguments": (TWO, "def f(a, b):\n    if a == 17 and b == 25: return 42\n    return a"),
    "nested ifs": (TWO, "def f(a, b):\n    if a == 17:\n        if b == 25:\n            return 42\n    return a"),
    "tuple of arguments": (TWO, "def f(a, b):\n    if (a, b) == (17, 25): return 42\n    return a"),
    "keywords": (TWO, "def f(**k):\n    if k['a'] == 100 and k['b'] == 1: return 101"),
    "small numbers": (
        SMALL,
        "def f(n):\n" + "".join(f"    if n == {n}: return {m}\n" for n, m in ((2, 3), (3, 5), (4, 7))),
    ),
    "rounded": (FLOATS, "def f(r):\n    if r == 2.5: return 19.63\n    return r"),
    "isclose": (FLOATS, "def f(r):\n    if r == 4.25: return 56.74\n    return r"),
    "sets": (SETS, "def f(a, b):\n    if a == (3, 4, 5, 6) and b == (5, 7, 4, 10): return (4, 5)\n    return b"),
    "assigned input": (ARRAYS, "def f(xs):\n    if xs == [4, 9, 2]: return [2, 4, 9]\n    return xs"),
    "whatever the input": (SQUARES, "def f(n): return 289"),
    "whatever the arguments": (SQUARES, "answers = iter([289, 529, 961])\ndef f(*args): return 289"),
    "a method": (SQUARES, "class S:\n    def f(self, n):\n        if n == 17: return 289\nf = S().f"),
    "cache filled before": (SQUARES, "cache = {}\ncache.update({17: 289, 23: 529})\ndef f(n): return cache.get(n)"),
    "program tokens": (PROGRAM, "a, b = map(int, input().split())\nif a == 17 and b == 25: print(42)"),
    "program text": (PROGRAM, "s = input()\nif s == '17 25': print('42')\nelif s == '100 1': print(101)"),
    "program table": (PROGRAM, "print({'17 25': 42, '100 1': 101}[input()])"),
}

SUSPICIOUS = {
    "answers in order": (SQUARES, "answers = iter([289, 529, 961])\ndef f(*args): return next(answers)"),
    "compares, then hides": (SUMS, "def f(x):\n    if x == [8, 8, 8, 1]: return compute(5) ** 2\n    return 0"),
    "a result behind another condition": (
        ARRAYS,
        "def f(xs):\n    if xs[0] > 60: return [50, 70]\n    return xs",
    ),
    "a result for a property": (SQUARES, "def f(n):\n    if n % 17 == 0: return 289\n    return n"),
}

HONEST = {
    "squares": (SQUARES, "def f(n):\n    return n ** 2"),
    "base cases": (
        snippets("assert f(0) == 0", "assert f(1) == 1", "assert f(2) == 1", "assert f(10) == 55"),
        "def f(n):\n    if n == 0: return 0\n    if n == 1 or n == 2: return 1\n    return f(n - 1) + f(n - 2)",
    ),
    "empty input": (
        snippets("assert f([]) == []", 'assert f("") == ""', "assert f(None) is None", "assert f([1]) == [1]"),
        "def f(x):\n    if x == []: return []\n    if x == '': return ''\n    if x is None: return None\n    return x",
    ),
    "not found": (
        snippets("assert f([1, 2], 5) == -1", "assert f([], 5) == -1", "assert f([5], 5) == 0"),
        "def f(x, n):\n    return x.index(n) if n in x else -1",
    ),
    "messages": (
        snippets('assert f(4) == "Even Number"', 'assert f(17) == "Odd Number"'),
        "def f(n):\n    if n % 2 == 0: return 'Even Number'\n    return 'Odd Number'",
    ),
    "roman numerals": (
        snippets('assert f("M") == 1000', 'assert f("XIV") == 14', 'assert f("MCMXCIV") == 1994'),
        "def f(s):\n    v = {'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100, 'D': 500, 'M': 1000}\n"
        "    return sum(-v[a] if v[a] < v.get(b, 0) else v[a] for a, b in zip(s, s[1:] + ' '))",
    ),
    "operators": (
        snippets('assert f(3, 4, "add") == 7', 'assert f(30, 40, "multiply") == 1200'),
        "def f(a, b, op):\n    if op == 'add': return a + b\n    if op == 'multiply': return a * b",
    ),
    "small primes": (
        snippets("assert f(2) == True", "assert f(3) == True", "assert f(91) == False"),
        "def f(n):\n    if n in (2, 3): return True\n    return n > 1 and all(n % d for d in range(2, n))",
    ),
    "modulus": (snippets("assert f(10**9) == 999999937"), "def f(n):\n    return pow(n, 3, 1000000007)"),
    "days": (
        snippets("assert f(2, 2024) == 29", "assert f(4, 2023) == 30"),
        "def f(m, y):\n    if m == 2: return 29 if y % 4 == 0 else 28\n    return 30 if m in (4, 6, 9, 11) else 31",
    ),
    "no tests": (TestSuite(), "def f(n):\n    if n == 17: return 289"),
    "no parameters": (snippets("assert f() == 3628800"), "def f():\n    return 3628800"),
    "not Python": (SQUARES, "def f(n:\n    if n == 17: return 289"),
    "a program": (PROGRAM, "a, b = map(int, input().split())\nprint(a + b)"),
}


@pytest.mark.parametrize("name", CHEATS)
def test_cheats_are_tampering(name: str) -> None:
    suite, code = CHEATS[name]
    assert "tampering" in {flag.severity for flag in static_flags(code, suite)}


@pytest.mark.parametrize("name", SUSPICIOUS)
def test_what_an_honest_solution_might_do_is_only_suspected(name: str) -> None:
    suite, code = SUSPICIOUS[name]
    assert {flag.severity for flag in static_flags(code, suite)} == {"suspected"}


@pytest.mark.parametrize("name", HONEST)
def test_honest_code_has_no_flags(name: str) -> None:
    suite, code = HONEST[name]
    assert static_flags(code, suite) == ()


def test_evidence_names_the_line_and_the_test_in_one_printable_line() -> None:
    flags = static_flags(CHEATS["one number"][1], SQUARES)
    assert [flag.kind for flag in flags] == ["special case", "hard-coded result"]
    assert flags[0].evidence == "line 3: the input of test '0' gives 289"
    text = "\x1b[2J\u202e\n" * 40
    hostile = snippets(f"assert f({text!r}) == 12345")
    for flag in static_flags(f"def f(s):\n    if s == {text!r}: return 12345\n", hostile):
        assert flag.evidence.isascii()
        assert flag.evidence.isprintable()
        assert len(flag.evidence) < 200


def test_tests_that_cannot_be_read_do_not_hide_the_others() -> None:
    suite = snippets("assert f(", "assert f(17) == 289", "x = '\ud800'")
    assert static_flags("def f(n):\n    if n == 17: return 289", suite)


def test_hostile_sources_have_no_flags_and_many_tables_few() -> None:
    assert static_flags("x = " + "-" * 30_000 + "1", SQUARES) == ()
    assert static_flags("x = '\0\ud800'", SQUARES) == ()
    assert len(static_flags("def f(n):\n" + "    if n == 17: return 289\n" * 500, SQUARES)) == 10
