"""What a search will ask for, before anything is spent: calls, tokens and money, each as a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from .budget import estimated_tokens
from .candidate import Candidate
from .llm.base import Message
from .prices import PriceTable
from .problem import Problem
from .prompting import Prompts
from .report import ExecutionReport, TestResult, Verdict
from .settings import SearchConfig
from .strategies import strategy_of

_REPLIES = {"low": 1 / 8, "likely": 1 / 3, "high": 1.0}
"""How much of its `max_tokens` a reply takes."""


class Load(BaseModel):
    """One model's share of a search."""

    model_config = ConfigDict(frozen=True)

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Load) -> Load:
        return Load(
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


class Case(BaseModel):
    """What a search comes to under one assumption."""

    model_config = ConfigDict(frozen=True)

    candidates: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    """USD; None when the price of a model is not known."""

    @property
    def tokens(self) -> int:
        """Of prompts and replies together."""
        return self.prompt_tokens + self.completion_tokens


class Forecast(BaseModel):
    """Three cases of a search without a budget. Tokens are estimates: four characters count as one.

    Low: the search ends after its first round, with short replies. Likely: it goes through all rounds, with replies of
    a third of their limit. High: every reply is as long as it may be, and every one needs a repair turn.
    """

    model_config = ConfigDict(frozen=True)

    low: Case
    likely: Case
    high: Case
    unpriced: tuple[str, ...]
    """Models whose price is not known."""


@dataclass(frozen=True)
class _Assumption:
    share: float
    sizes: Sequence[int]
    """Candidates by depth."""
    repairs: bool = False


def forecast(
    problem: Problem, config: SearchConfig, prompts: Prompts, prices: PriceTable, *, programmer: str, critic: str
) -> Forecast:
    """What a search with these numbers and models will ask for."""
    outlook = strategy_of(config, [hint.name for hint in prompts.hints]).outlook()
    assumptions = {
        "low": _Assumption(_REPLIES["low"], outlook.least),
        "likely": _Assumption(_REPLIES["likely"], outlook.likely),
        "high": _Assumption(_REPLIES["high"], outlook.most, repairs=True),
    }
    cases = {}
    for name, assumption in assumptions.items():
        loads = _loads(problem, config, prompts, assumption)
        costs = [
            prices.cost(model, load.prompt_tokens, load.completion_tokens)
            for model, load in zip((programmer, critic), loads, strict=True)
        ]
        total = loads[0] + loads[1]
        known = [cost for cost in costs if cost is not None]
        cases[name] = Case(
            candidates=sum(assumption.sizes), **dict(total), cost=sum(known) if len(known) == len(costs) else None
        )
    unpriced = tuple(model for model in dict.fromkeys((programmer, critic)) if prices.price(model) is None)
    return Forecast(**cases, unpriced=unpriced)


def _loads(problem: Problem, config: SearchConfig, prompts: Prompts, assumption: _Assumption) -> tuple[Load, Load]:
    """The programmer's share and the critic's."""
    written, judged = (max(1, round(assumption.share * limit)) for limit in (config.max_tokens, config.critic_tokens))
    ancestors: list[Candidate] = []
    programmer, critic = Load(), Load()
    for number, size in enumerate(assumption.sizes):
        candidate = _stand_in(problem, number, written, judged)
        asked = prompts.programmer(problem, ancestors, prompts.hints[0].name)
        turns = [asked]
        if config.reasoning == "split":
            turns.append(prompts.solution(asked, candidate.reasoning or ""))
        if assumption.repairs:
            turns.append(prompts.repair(turns[-1], candidate.turn, "code"))
        programmer += _load(turns, written, size)
        judgements = [prompts.critic(problem, [*ancestors, candidate])]
        if assumption.repairs:
            judgements.append(prompts.repair(judgements[-1], candidate.critique or "", "score"))
        critic += _load(judgements, judged, size)
        ancestors.append(candidate)
    return programmer, critic


def _load(turns: Sequence[Sequence[Message]], reply: int, candidates: int) -> Load:
    return Load(
        calls=len(turns) * candidates,
        prompt_tokens=sum(estimated_tokens(each.content for each in turn) for turn in turns) * candidates,
        completion_tokens=reply * len(turns) * candidates,
    )


def _stand_in(problem: Problem, number: int, written: int, judged: int) -> Candidate:
    """A candidate whose turn, failures and critique are about as long as real ones."""
    failures = tuple(
        TestResult(name=test.name, verdict=Verdict.FAIL, error="AssertionError", expected="0", actual="1")
        for test in problem.tests.tests
    )
    return Candidate(
        id=".".join(["0"] * (number + 1)),
        round=number,
        hint="",
        reasoning="word " * (written * 2 // 5),
        code="word " * (written * 2 // 5),
        report=ExecutionReport(results=failures),
        critique="word " * (judged * 4 // 5),
        process=3,
    )
