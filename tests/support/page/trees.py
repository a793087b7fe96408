"""Make up search documents, shaped like those of real searches and the same for the same numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator

from orps_agent.domain.artifact import Program
from orps_agent.domain.candidate import Candidate, OutcomeReward, RewardPart, Status
from orps_agent.domain.document import Call, ExplainedSearch, SearchDocument
from orps_agent.domain.execution import (
    ExecutionReport,
    Metric,
    Metrics,
    StaticAnalysis,
    TamperFlag,
    TestResult,
    Verdict,
)
from orps_agent.domain.problem import Problem, SnippetTest, TestSuite
from orps_agent.settings import SearchConfig

START = 1_795_000_000.0
HINTS = ("verbose", "efficient", "concise", "recursive", "iterative", "one-liner", "pythonic", "robust")

PROBLEM = Problem(
    id="running_max",
    statement="Write running_max(xs), which returns the list of the maxima of the prefixes of xs.",
    entry_points=("running_max",),
    tests=TestSuite(
        tests=tuple(
            SnippetTest(name=str(place), code=f"assert running_max({xs}) == {ys}")
            for place, (xs, ys) in enumerate(
                (
                    ("[1, 3, 2]", "[1, 3, 3]"),
                    ("[]", "[]"),
                    ("[5]", "[5]"),
                    ("[-2, -1, -5]", "[-2, -1, -1]"),
                    ("[2, 2]", "[2, 2]"),
                )
            )
        )
    ),
    held_back=TestSuite(tests=(SnippetTest(name="h", code="assert running_max([0, 0, 1]) == [0, 0, 1]"),)),
)

CODES = (
    '''\
def running_max(xs):
    """The maxima of the prefixes of xs."""
    maxima = []
    for end in range(len(xs)):
        best = xs[0]
        for x in xs[: end + 1]:
            if x > best:
                best = x  # a new maximum
        maxima.append(best)
    return maxima
''',
    '''\
from itertools import accumulate


def running_max(xs):
    """The maxima of the prefixes of xs."""
    return list(accumulate(xs, max))
''',
    '''\
def running_max(xs):
    """The maxima of the prefixes of xs."""
    maxima = []
    best = float("-inf")
    for x in xs:
        best = max(best, x)
        maxima.append(best)
    return maxima
''',
    """\
def running_max(xs):
    return [max(xs[:n + 1]) for n in range(len(xs))] if xs else None
""",
)


def grown(samples: int, rounds: int, beam: int, *, seed: int = 0) -> SearchDocument:
    """Return a finished beam search of samples * (1 + beam * (rounds - 1)) candidates."""
    chance = random.Random(seed)
    candidates: list[Candidate] = []
    parents = [""]
    for number in range(rounds):
        family = [f"{parent}.{n}".strip(".") for parent in parents for n in range(samples)]
        born = [_candidate(each, number, chance) for each in family]
        ranked = sorted(born, key=lambda each: (each.process or 0, each.omega), reverse=True)
        kept = (
            {each.id for each in ranked if each.status is Status.OPEN}
            if number == rounds - 1
            else {each.id for each in [each for each in ranked if each.status is Status.OPEN][:beam]}
        )
        candidates += [
            _passed_over(each) if each.status is Status.OPEN and each.id not in kept else each for each in born
        ]
        parents = sorted(kept)
    return finished(candidates, calls=[call for each in candidates for call in _calls(each, chance)])


def finished(candidates: list[Candidate], *, calls: list[Call] | None = None) -> SearchDocument:
    """Return a finished search of these candidates, won by the one with the highest ω."""
    best = max(candidates, key=lambda each: (each.pass_rate, each.omega), default=None)
    search = ExplainedSearch(
        id="7c1e5a",
        created_at=START,
        finished_at=START + 900,
        status="finished",
        reason="rounds",
        problem=PROBLEM,
        config=SearchConfig(),
        programmer="gpt-4.1-mini",
        critic="gpt-4.1-mini",
        winner=best and best.id,
        why="passes 5 of 5 tests, as 12 others also did; chosen among these by the shorter time",
        verification=ExecutionReport(results=(TestResult(name="h", verdict=Verdict.PASS),), tier=1),
        comparison="2.4x faster (1.9 to 2.8)",
    )
    return SearchDocument.of(search, candidates, calls or [])


def _candidate(name: str, number: int, chance: random.Random) -> Candidate:
    hint = HINTS[int(name.rpartition(".")[2]) % len(HINTS)]
    if chance.random() < 0.02:
        return Candidate(id=name, round=number, hint=hint, status=Status.FAILED, error="no usable reply: HTTP 500")
    skill = min(1.0, chance.random() * 0.75 + 0.1 * number)
    results = tuple(_result(place, chance.random() < skill, chance) for place in range(5))
    flags = (
        (TamperFlag(kind="lookup table", severity="tampering", evidence="line 3: known inputs"),)
        if chance.random() < 0.02
        else ()
    )
    report = ExecutionReport(results=results, tier=1, flags=flags, stdout="three\n" if chance.random() < 0.1 else "")
    score = max(1, min(5, round(1 + 4 * report.pass_rate + chance.uniform(-1, 1))))
    dynamic = chance.uniform(0.4, 1.0)
    parts = tuple(
        RewardPart(name=each, group="static", raw=20.0, score=0.7, weight=0.5) for each in ("lines", "ast_nodes")
    )
    return Candidate(
        id=name,
        round=number,
        hint=hint,
        status=Status.CLOSED if report.all_passed and score == 5 and chance.random() < 0.2 else Status.OPEN,
        reasoning="A running maximum only ever needs the one before it, so a single pass is enough. "
        * chance.randint(1, 4),
        solution=Program(f"{chance.choice(CODES)}\n\n# take {name}\n"),
        report=report,
        analysis=StaticAnalysis(
            lines=chance.randint(3, 14),
            ast_nodes=chance.randint(20, 90),
            cyclomatic=chance.randint(1, 5),
            cognitive=chance.randint(0, 6),
        ),
        outcome=OutcomeReward(
            value=report.pass_rate * (1 + dynamic), pass_rate=report.pass_rate, static=0.7, dynamic=dynamic, parts=parts
        ),
        critique="The empty list is handled. The slice makes it quadratic: keep the best so far instead.",
        process=score,
    )


def _result(place: int, passed: bool, chance: random.Random) -> TestResult:
    metrics = Metrics(
        cpu_ns=Metric(value=chance.uniform(2e3, 9e4), source="clock"),
        page_faults=Metric(value=chance.randint(0, 30), source="rusage"),
    )
    if passed:
        return TestResult(name=str(place), verdict=Verdict.PASS, trust="split", metrics=metrics)
    return TestResult(
        name=str(place),
        verdict=Verdict.FAIL,
        error="AssertionError",
        expected="[1, 3, 3]",
        actual="[1, 3, 2]",
        trust="split",
    )


def _passed_over(candidate: Candidate) -> Candidate:
    return candidate.model_copy(update={"status": Status.PRUNED})


def _calls(candidate: Candidate, chance: random.Random) -> Iterator[Call]:
    began = START + 180 * candidate.round + chance.uniform(0, 120)
    for stage, role in (("code", "programmer"), ("critique", "critic")):
        took = chance.lognormvariate(1.5, 0.6)
        yield Call(
            candidate=candidate.id,
            stage=stage,
            role=role,
            started_at=began,
            seconds=took,
            prompt_tokens=chance.randint(300, 2500),
            completion_tokens=chance.randint(80, 900),
            cost=chance.uniform(0.0002, 0.002),
        )
        began += took
