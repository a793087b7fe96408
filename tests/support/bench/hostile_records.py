"""Make up a bench run whose every text tries to break out of its report."""

from __future__ import annotations

from orps_agent.bench.record import Costs, Record
from tests.support.page.hostile import HOSTILE

from .made_up_records import GOLD, SOURCES, run

NAMES = (
    HOSTILE,
    "=HYPERLINK(1)",
    "1. $\\frac{1}{0}$ | `a` *b* [c](http://d.e) www.d.e a@d.e\n# f\n| g |",
    "- \ufffe\uffff 日本 :skull: [bold] \U0001f600" + "long" * 40,
)


def hostile() -> list[Record]:
    """Return records of four methods on some problems, with names as hostile as possible."""
    sources = dict.fromkeys(SOURCES, HOSTILE)
    measured = Costs(values=GOLD, sources=sources)
    texts = dict.fromkeys(("dataset", "programmer", "critic", "budget", "search", "reason"), HOSTILE)
    return [
        each.model_copy(
            update={
                **texts,
                "method": name,
                "problem": each.problem + HOSTILE,
                "winner": measured,
                "gold": measured,
                "cost": None,
            }
        )
        for method, name in zip(("best-of-n", "cot", "orps", "reflexion"), NAMES, strict=True)
        for each in run(7, methods=(method,))
    ]
