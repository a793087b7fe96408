"""Make up records as a bench run would write them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from orps_agent.bench import render, summarise_records
from orps_agent.bench.formats import REPORTS
from orps_agent.bench.record import DYNAMIC, Costs, Point, Record, Sample

GOLD = {
    "cpu_ns": 40_000.0,
    "instructions": 250_000.0,
    "branch_misses": 700.0,
    "page_faults": 3.0,
    "lines": 9.0,
    "ast_nodes": 70.0,
    "cyclomatic": 3.0,
    "cognitive": 4.0,
}
SOURCES = {
    "cpu_ns": "thread clock",
    "instructions": "perf_event",
    "branch_misses": "perf_event",
    "page_faults": "rusage",
}


def costs(factor: float = 1.0, *, sources: dict[str, str] | None = None, **values: float) -> Costs:
    """Return the gold's costs times the factor, with some of them replaced as given."""
    return Costs(
        values={name: value * factor for name, value in GOLD.items()} | values,
        sources=SOURCES | (sources or {}),
        spreads=dict.fromkeys(("cpu_ns",), 0.04),
    )


def record(**changes: object) -> Record:
    """Return the record of a solved problem whose winner costs as much as the gold, with these changes."""
    plain: dict[str, object] = {
        "dataset": "lbpp",
        "problem": "lbpp/1",
        "method": "orps",
        "regime": "weak",
        "seed": 0,
        "programmer": "smollm2-135m",
        "critic": "smollm2-135m",
        "budget": "40 calls",
        "search": "a1",
        "reason": "rounds",
        "passed": 4,
        "tests": 4,
        "valid": True,
        "winner": costs(),
        "gold": costs(),
        "tier": 1,
        "calls": 40,
        "prompt_tokens": 20_000,
        "completion_tokens": 6_000,
        "cost": 0.01,
        "seconds": 70.0,
    }
    return Record.model_validate(plain | changes)


SKILLS = {"cot": (1, 0.22, 1.5), "best-of-n": (40, 0.22, 1.4), "reflexion": (40, 0.26, 1.25), "orps": (40, 0.3, 0.95)}
"""Made-up methods: model calls, probability that one candidate is right, the winner's time relative to the gold's."""


def run(
    problems: int = 60,
    seeds: Sequence[int] = (0, 1),
    methods: Sequence[str] = tuple(SKILLS),
    **changes: object,
) -> list[Record]:
    """Return the records of a whole bench run."""
    return [
        _search(f"{changes.get('dataset', 'lbpp')}/{problem}", seed, method, changes)
        for method in methods
        for seed in seeds
        for problem in range(problems)
    ]


def _search(problem: str, seed: int, method: str, changes: dict[str, object]) -> Record:
    luck = Random(f"{problem} {seed} {method}")
    ease = Random(problem).random() ** 1.5
    calls, skill, time = SKILLS[method]
    tests = 3 + Random(problem).randrange(5)
    samples, curve, best = [], [], (0.0, 0)
    for at in range(max(1, calls // 4)):
        right = luck.random() < skill * 2 * ease
        passed = tests if right else min(tests - 1, int(luck.random() * ease * tests * 1.3))
        visible = min(1.0, max(0.0, passed / tests + luck.gauss(0, 0.1)))
        score = min(5, max(1, round(1 + 4 * passed / tests + luck.gauss(0, 1.2))))
        samples.append(
            Sample(
                candidate=str(at),
                round=0 if method == "best-of-n" or at < 4 else at // 4,
                visible=visible,
                passed=passed,
                process=score if method in {"orps", "reflexion"} else None,
                omega=visible,
            )
        )
        best = max(best, (visible, passed))
        curve.append(Point(candidates=at + 1, calls=min(calls, 4 * (at + 1)), passed=best[1]))
    _, passed = best
    solved = passed == tests
    gold = None if Random(problem + "gold").random() < 0.05 else costs()
    factor = time * math.exp(luck.gauss(0, 0.35))
    return record(
        **{
            "problem": problem,
            "method": method,
            "seed": seed,
            "search": f"{luck.getrandbits(32):08x}",
            "passed": passed,
            "tests": tests,
            "valid": passed > 0 or luck.random() < 0.8,
            "winner": costs(factor) if passed else costs(factor, sources=None, **dict.fromkeys(DYNAMIC, 0.0)),
            "gold": gold,
            "calls": calls,
            "prompt_tokens": 500 * calls,
            "completion_tokens": 150 * calls + luck.randrange(500),
            "cost": None if method == "reflexion" and luck.random() < 0.02 else 0.0003 * calls,
            "seconds": 1.6 * calls * math.exp(luck.gauss(0, 0.3)),
            "samples": tuple(samples),
            "curve": tuple(curve),
            "reason": "solved" if solved else "rounds",
        }
        | changes
    )


FORMATS = tuple(REPORTS.built_in)


def written() -> bytes:
    """Return a small report in all formats, its records in an order that differs between processes."""
    records = sorted(run(7, seeds=(0,), methods=("cot", "orps")), key=lambda record: hash(record.problem))
    report = summarise_records(records)
    return "".join(render(report, each) for each in FORMATS).encode()
