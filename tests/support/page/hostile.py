"""Make a search whose every text tries to break out of the page."""

from __future__ import annotations

from orps_agent.domain.candidate import Candidate, OutcomeReward, RewardPart, Status
from orps_agent.domain.document import Call, SearchDocument
from orps_agent.domain.execution import ExecutionReport, StaticAnalysis, TamperFlag, TestResult, Verdict
from orps_agent.domain.problem import SnippetTest, TestSuite

from .trees import PROBLEM, START, finished

MARKUP = (
    "</script><script>alert(1)</script><!--<script><img src=x onerror=alert(2)>"
    "<svg/onload=alert(3)>]]>\u2028&lt;b&gt;${alert(4)}"
)
ESCAPES = "\x1b[31mred\x1b]0;title\x07\x00\x9b\u202edesrever\u202c\u2066\u200b\ufeff"
HOSTILE = MARKUP + ESCAPES
SHOWN = MARKUP.replace("\u2028", "\\u2028") + (
    r"\x1b[31mred\x1b]0;title\x07\x00\x9b\u202edesrever\u202c\u2066\u200b\ufeff"
)


def hostile() -> SearchDocument:
    """Return two candidates, the second a child of the first, with nothing but hostile text."""
    report = ExecutionReport(
        results=(TestResult(name=HOSTILE, verdict=Verdict.FAIL, error=HOSTILE, expected=HOSTILE, actual=HOSTILE),),
        stdout=HOSTILE,
        stderr=HOSTILE,
        flags=(TamperFlag(kind=HOSTILE, severity="tampering", evidence=HOSTILE),),
    )
    part = RewardPart(name=HOSTILE, group=HOSTILE, raw=1.0, score=0.5, weight=1.0)
    candidates = [
        Candidate(
            id=name,
            round=number,
            hint=HOSTILE,
            status=Status.OPEN,
            reasoning=HOSTILE,
            code=f"{HOSTILE}\n'''{HOSTILE}'''\n# {HOSTILE}\n{name}",
            report=report,
            analysis=StaticAnalysis(lines=1, ast_nodes=1, cyclomatic=1, cognitive=1),
            outcome=OutcomeReward(value=0.5, pass_rate=0.5, parts=(part,)),
            critique=HOSTILE,
            process=3,
            error=HOSTILE,
        )
        for number, name in enumerate(("0", "0.0"))
    ]
    call = Call(
        candidate="0.0",
        stage=HOSTILE,
        role="programmer",
        started_at=START,
        messages=(("user", HOSTILE), (HOSTILE, HOSTILE)),
        reply=HOSTILE,
    )
    document = finished(candidates, calls=[call])
    tests = TestSuite(tests=(SnippetTest(name=HOSTILE, code=HOSTILE),))
    problem = PROBLEM.model_copy(update={"id": HOSTILE, "statement": HOSTILE, "tests": tests, "held_back": tests})
    facts = {"id": HOSTILE, "problem": problem, "programmer": HOSTILE, "critic": HOSTILE, "why": HOSTILE}
    more = {"reason": HOSTILE, "comparison": HOSTILE, "verification": report, "forked_from": HOSTILE}
    return document.model_copy(update={"search": document.search.model_copy(update=facts | more)})
