"""Forecast calls, tokens and money of a search before anything is spent, each as a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from orps_agent.budget.account import estimated_tokens
from orps_agent.budget.prices import PriceTable
from orps_agent.domain.artifact import Program
from orps_agent.domain.candidate import Candidate
from orps_agent.domain.execution import ExecutionReport, TestResult, Verdict
from orps_agent.domain.problem import Problem, SnippetTest, TestSuite
from orps_agent.llm.base import Message
from orps_agent.prompts.messages import Prompts
from orps_agent.settings import SearchConfig
from orps_agent.strategies import strategy_of

_REPLIES = {"low": 1 / 8, "likely": 1 / 3, "high": 1.0}
"""Share of its `max_tokens` that a reply takes."""
_RENDERED = 6
"""Depths of the tree whose prompts are rendered; those of the others are reckoned from them."""


class Load(BaseModel):
    """Hold one model's share of a search."""

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

    def times(self, candidates: int) -> Load:
        """Return the share of this many candidates."""
        return Load(
            calls=self.calls * candidates,
            prompt_tokens=self.prompt_tokens * candidates,
            completion_tokens=self.completion_tokens * candidates,
        )


class Case(BaseModel):
    """Hold the forecast of a search under one assumption."""

    model_config = ConfigDict(frozen=True)

    candidates: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    """USD; None when the price of a model is not known."""

    @property
    def tokens(self) -> int:
        """Return the tokens of prompts and replies together."""
        return self.prompt_tokens + self.completion_tokens


class Forecast(BaseModel):
    """Hold three cases of a search without a budget. Tokens are estimates: four characters count as one.

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
    attempts: int
    """Number of earlier attempts that the prompts show, all together."""
    repairs: bool = False


def forecast(
    problem: Problem,
    config: SearchConfig,
    prompts: Prompts,
    prices: PriceTable,
    *,
    programmer: str,
    critic: str,
    tester: str | None = None,
) -> Forecast:
    """Forecast a search with these numbers and models; without a `tester` the programmer is the tester."""
    outlook = strategy_of(config, prompts.hint_names).outlook()
    assumptions = {
        "low": _Assumption(_REPLIES["low"], outlook.least, 0),
        "likely": _Assumption(_REPLIES["likely"], outlook.likely, outlook.attempts),
        "high": _Assumption(_REPLIES["high"], outlook.most, outlook.attempts, repairs=True),
    }
    untested = not len(problem.tests)
    posed = _tested(problem, config) if untested else problem
    cases = {}
    models: list[str] = []
    for name, assumption in assumptions.items():
        loads = dict(zip(("programmer", "critic"), _loads(posed, config, prompts, assumption), strict=True))
        asked = {"programmer": programmer} | ({"critic": critic} if config.process_reward else {})
        if untested:
            loads["tester"] = _writing(problem, config, prompts, assumption)
            asked["tester"] = tester or programmer
        costs = [
            prices.cost(model, loads[role].prompt_tokens, loads[role].completion_tokens)
            for role, model in asked.items()
        ]
        models = list(asked.values())
        known = [cost for cost in costs if cost is not None]
        cases[name] = Case(
            candidates=sum(assumption.sizes),
            **dict(sum(loads.values(), Load())),
            cost=sum(known) if len(known) == len(costs) else None,
        )
    unpriced = tuple(model for model in dict.fromkeys(models) if prices.price(model) is None)
    return Forecast(**cases, unpriced=unpriced)


def _tested(problem: Problem, config: SearchConfig) -> Problem:
    """Return the problem with tests about as long as those that a model will write."""
    call = f"assert {problem.entry_points[0]}(1, 2, 3) == 4"
    tests = tuple(SnippetTest(name=str(number), code=call) for number in range(1, config.written_tests + 1))
    return problem.model_copy(update={"tests": TestSuite(tests=tests)})


def _writing(problem: Problem, config: SearchConfig, prompts: Prompts, assumption: _Assumption) -> Load:
    """Return the tester's share."""
    written = max(1, round(assumption.share * config.sampling("tester")[1]))
    turns = [prompts.tests(problem)]
    if assumption.repairs:
        turns.append(prompts.tests_repair(turns[0], "word " * (written * 4 // 5), problem))
    return _load(turns, written)


def _loads(problem: Problem, config: SearchConfig, prompts: Prompts, assumption: _Assumption) -> tuple[Load, Load]:
    """Return the programmer's share and the critic's."""
    programmer, critic = Load(), Load()
    loads: list[tuple[Load, Load]] = []
    for depth, size in enumerate(assumption.sizes):
        if depth < _RENDERED:
            loads.append(_at_depth(problem, config, prompts, assumption, depth))
        elif config.history is None or depth <= config.history:
            loads.append((_continued(*(each[0] for each in loads[-2:])), _continued(*(each[1] for each in loads[-2:]))))
        del loads[:-2]
        programmer += loads[-1][0].times(size)
        critic += loads[-1][1].times(size)
    without, with_ = (_at_depth(problem, config, prompts, assumption, 0, attempts)[0] for attempts in (0, 1))
    longer = with_.prompt_tokens - without.prompt_tokens
    return programmer + Load(prompt_tokens=longer * assumption.attempts), critic


def _at_depth(
    problem: Problem, config: SearchConfig, prompts: Prompts, assumption: _Assumption, depth: int, attempts: int = 0
) -> tuple[Load, Load]:
    """Return what one candidate at this depth takes of the programmer and of the critic."""
    written, judged = (max(1, round(assumption.share * limit)) for limit in (config.max_tokens, config.critic_tokens))
    *ancestors, candidate = [_stand_in(problem, config, number, written, judged) for number in range(depth + 1)]
    turns = [prompts.programmer(problem, ancestors, prompts.hints[0].name, [candidate] * attempts)]
    if config.reasoning == "split":
        turns.append(prompts.solution(turns[0], candidate.reasoning or ""))
    if assumption.repairs:
        turns.append(prompts.repair(turns[-1], candidate.turn, "code"))
    if not config.process_reward:
        return _load(turns, written), Load()
    judgements = [prompts.critic(problem, [*ancestors, candidate])]
    if assumption.repairs:
        judgements.append(prompts.repair(judgements[-1], candidate.critique or "", "score"))
    return _load(turns, written), _load(judgements, judged)


def _continued(before: Load, last: Load) -> Load:
    """Extrapolate by one step: prompts grow by the same amount for each ancestor."""
    return last.model_copy(update={"prompt_tokens": 2 * last.prompt_tokens - before.prompt_tokens})


def _load(turns: Sequence[Sequence[Message]], reply: int) -> Load:
    return Load(
        calls=len(turns),
        prompt_tokens=sum(estimated_tokens(each.content for each in turn) for turn in turns),
        completion_tokens=reply * len(turns),
    )


def _stand_in(problem: Problem, config: SearchConfig, number: int, written: int, judged: int) -> Candidate:
    """Make a candidate whose turn, failures and critique are about as long as real ones."""
    failures = tuple(
        TestResult(name=test.name, verdict=Verdict.FAIL, error="AssertionError", expected="0", actual="1")
        for test in problem.tests.tests
    )
    return Candidate(
        id=".".join(["0"] * (number + 1)),
        round=number,
        hint="",
        reasoning="word " * (written * 2 // 5),
        solution=Program("word " * max(1, written * 2 // 5)),
        report=ExecutionReport(results=failures),
        critique="word " * (judged * 4 // 5) if config.process_reward else None,
        process=3 if config.process_reward else None,
    )
