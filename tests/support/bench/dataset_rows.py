"""Provide rows in the format of every benchmark that is read, about problems of our own."""

from __future__ import annotations

import base64
import csv
import gzip
import json
import pickle
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Fields = dict[str, Any]

LBPP: Fields = {
    "task_id": "lbpp/1",
    "language": "python",
    "title": "tally",
    "instruction": 'Write a NamedTuple "Vote" with a name,\nand tally(votes), a dictionary from names to counts.',
    "completion": (
        "from collections import namedtuple\n\nVote = namedtuple('Vote', ['name'])\n\n\n"
        "def tally(votes):\n    return {vote.name: votes.count(vote) for vote in votes}"
    ),
    "test_setup": "from code import tally, Vote\n\nnobody = []\n",
    "test_list": repr(
        [
            "votes = [Vote('a'), Vote('b'), Vote('a')]\nassert tally(votes) == {'a': 2, 'b': 1}",
            "assert not tally(nobody)",
        ]
    ),
    "signature": "def tally(votes: list[Vote]) -> dict[str, int]:",
    "categories": "['hashing']",
}
ORPS_MBPP: Fields = {
    "task_id": "mbpp/126",
    "instruction": "Write a function to find the sum of the common divisors of two numbers.",
    "completion": "def sum(a, b):\n    total = 0\n    for i in range(1, min(a, b) + 1):\n"
    "        if a % i == b % i == 0:\n            total += i\n    return total",
    "test_setup": "",
    "test_list": repr(repr(["assert sum(10, 15) == 6", "assert sum(100, 150) == 93"])),
}
MBPP: Fields = {
    "task_id": 9,
    "text": "Write a function to find the distance of two points.",
    "code": "from math import sqrt\ndef span(p, q):\n    return sqrt((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2)",
    "test_list": ["assert span((0, 0), (3, 4)) == 5", "assert math.isclose(span((0, 0), (1, 1)), sqrt(2))"],
    "test_setup_code": "from math import sqrt",
    "challenge_test_list": ["assert span((0, 0), (0, 0)) == 1"],
}
SANITIZED: Fields = {
    "source_file": "Benchmark Questions Verification V2.ipynb",
    "task_id": 10,
    "prompt": "Write a function to find the area of a circle.",
    "code": "def area(r):\n    return math.pi * r * r",
    "test_imports": ["import math"],
    "test_list": ["assert area(1) == math.pi"],
}
MBPP_PLUS_ON_HUB: Fields = {
    **SANITIZED,
    "task_id": 11,
    "test": (
        "import numpy as np\nimport math\n\n"
        "def assertion(out, exp, atol):\n    assert out == exp or np.allclose(out, exp, atol=atol or 1e-6)\n\n"
        "inputs = [[1], [2], [0]]\nresults = [3.141592653, 12.566370614, 0.0]\n"
        "for i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(area(*inp), exp, 0)\n"
    ),
}
HUMANEVAL: Fields = {
    "task_id": "HumanEval/900",
    "prompt": (
        "from typing import List\n\n\ndef shift(text: str) -> str:\n    return text[1:] + text[:1]\n\n\n"
        'def unshift(text: str) -> str:\n    """ Undo shift.\n    >>> unshift("bca")\n    \'abc\'\n    """\n'
    ),
    "entry_point": "unshift",
    "canonical_solution": "    return text[-1:] + text[:-1]\n",
    "test": (
        "\n\nMETADATA = {\n    'author': 'jt',\n}\n\n\ndef check(candidate):\n"
        "    for text in ['abc', '', 'x']:\n        assert candidate(shift(text)) == text\n"
        "    words: List[str] = []\n    words.append(candidate('ba'))\n    assert words == ['ab'], 'two letters'\n"
        "    assert True, 'This prints if this assert fails'\n"
        "    assert candidate('bca') == 'abc'\n"
    ),
}
HUMANEVAL_PLUS_ON_HUB: Fields = {
    **HUMANEVAL,
    "task_id": "HumanEval/901",
    "test": (
        "def assertion(out, exp, atol):\n    assert out == exp\n\ndef check(candidate):\n"
        "    inputs = [['bca'], [''], ['x']]\n    results = ['abc', '', 'x']\n"
        "    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assertion(candidate(*inp), exp, 0)\n"
    ),
}
EVALPLUS_HUMANEVAL: Fields = {
    **{key: HUMANEVAL[key] for key in ("prompt", "entry_point", "canonical_solution")},
    "task_id": "HumanEval/902",
    "contract": '\n    assert isinstance(text, str), "invalid inputs" # $_CONTRACT_$\n',
    "base_input": [["bca"], [""]],
    "plus_input": [["x"], ["zxy"], ["é" * 50]],
    "atol": 0,
}
EVALPLUS_MBPP: Fields = {
    "task_id": "Mbpp/903",
    "prompt": '"""\nWrite a function to scale every point.\nassert scale([(1, 2)], 2.0) == [(2.0, 4.0)]\n"""\n',
    "entry_point": "scale",
    "canonical_solution": "\ndef scale(points, by):\n    assert all(type(point) is tuple for point in points)\n"
    "    return [(x * by, y * by) for x, y in points]\n",
    "base_input": [[[[1, 2]], 2.0]],
    "plus_input": [[[[3, 4], [5, 6]], 0.1], [[], 1.0], [[[0.1, 0.2]], 3.0]],
    "contract": "",
    "atol": 1e-6,
    "assertion": "\nassert scale([(1, 2)], 2.0) == [(2.0, 4.0)]\n",
}
APPS: Fields = {
    "id": 904,
    "question": "Print the sum and the mean of two numbers.\n\n-----Input-----\n\nTwo numbers.\n",
    "solutions": json.dumps(["print 1", "a, b = map(int, input().split())\nprint(a + b)\nprint((a + b) / 2)"]),
    "input_output": json.dumps({"inputs": ["3 4\n", ["5 5"]], "outputs": ["7\n3.5000001\n", ["10", "5.0"]]}),
    "difficulty": "introductory",
    "url": "",
    "starter_code": "",
}
APPS_CALLS: Fields = {
    **APPS,
    "id": 905,
    "question": "Count the words of each length.",
    "solutions": json.dumps(
        ["def lengths(words):\n    return {n: list(map(len, words)).count(n) for n in map(len, words)}"]
    ),
    "input_output": json.dumps(
        {"fn_name": "lengths", "inputs": [[["a", "bc", "d"]], [[]]], "outputs": [[{"1": 2, "2": 1}], [{}]]}
    ),
    "starter_code": "def lengths(words):\n\t",
}
APPS_METHOD: Fields = {
    **APPS,
    "id": 906,
    "solutions": json.dumps(
        ["class Solution:\n    def both(self, xs: List[int], x: int) -> List[int]:\n        return (x, max(xs))"]
    ),
    "input_output": json.dumps({"fn_name": "both", "inputs": [[[1, 2], 3], [[5], 4]], "outputs": [[3, 2], [4, 5]]}),
    "starter_code": "class Solution:\n    def both(self, xs: List[int], x: int) -> List[int]:\n        ",
}


def packed(value: object) -> str:
    """Pack a value as the benchmarks do."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(value)))).decode()


def _cases(kind: str, *pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"input": given, "output": wanted, "testtype": kind} for given, wanted in pairs]


LIVECODEBENCH: Fields = {
    "question_title": "A. Twice",
    "question_content": "Given n, print 2n for each of t cases.",
    "platform": "codeforces",
    "question_id": "1907_A",
    "contest_id": "1907",
    "contest_date": "2023-12-05T00:00:00",
    "starter_code": "",
    "difficulty": "easy",
    "public_test_cases": json.dumps(_cases("stdin", ("2\n1\n5\n", "2\n10\n"))),
    "private_test_cases": packed(_cases("stdin", ("1\n0\n", "0\n"), ("1\n-7", "-14"))),
    "metadata": "{}",
}
LIVECODEBENCH_CALLS: Fields = {
    **LIVECODEBENCH,
    "question_content": "Return the indices of the two numbers that add up to the target.",
    "question_id": "2892",
    "starter_code": "class Solution:\n    def pair(self, xs: List[int], target: int) -> List[int]:\n        ",
    "public_test_cases": json.dumps(_cases("functional", ("[1, 2, 3]\n5", "[1, 2]"))),
    "private_test_cases": json.dumps(_cases("functional", ("[4, 4]\n8", "[0, 1]"), ("[0, 7, 0]\n0", "[0, 2]"))),
    "metadata": json.dumps({"func_name": "pair"}),
}
PAIR = (
    "class Solution:\n    def pair(self, xs: List[int], target: int) -> List[int]:\n"
    "        return next(p for p in combinations(range(len(xs)), 2) if sum(xs[i] for i in p) == target)"
)

ALL: dict[str, Fields] = {
    "LBPP": LBPP,
    "ORPS": ORPS_MBPP,
    "MBPP": MBPP,
    "sanitized MBPP": SANITIZED,
    "MBPP+ on the hub": MBPP_PLUS_ON_HUB,
    "HumanEval": HUMANEVAL,
    "HumanEval+ on the hub": HUMANEVAL_PLUS_ON_HUB,
    "HumanEval+": EVALPLUS_HUMANEVAL,
    "MBPP+": EVALPLUS_MBPP,
    "APPS": APPS,
    "APPS, calls": APPS_CALLS,
    "APPS, methods": APPS_METHOD,
    "LiveCodeBench": LIVECODEBENCH,
    "LiveCodeBench, calls": LIVECODEBENCH_CALLS,
}
SOLUTIONS = {
    "LiveCodeBench": "for _ in range(int(input())):\n    print(2 * int(input()))",
    "LiveCodeBench, calls": PAIR,
}
"""Solutions of the problems that have no gold solution."""


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path: Path, rows: Iterable[object]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path
