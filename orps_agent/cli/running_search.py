"""Track the progress of a running search from its events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from orps_agent.domain.calibration import Calibration, Pair
from orps_agent.domain.candidate import Status
from orps_agent.domain.events import (
    AnyEvent,
    CallFinished,
    CallStarted,
    CandidateExecuted,
    CandidateFinished,
    RoundClosed,
    RoundStarted,
    SearchStarted,
    TestsWritten,
)
from orps_agent.util.text import safe


@dataclass
class RunningRound:
    """Count the candidates of one round, and keep the events of those that were executed or have ended, by id."""

    planned: int
    executed: dict[str, CandidateExecuted] = field(default_factory=dict)
    ended: dict[str, CandidateFinished] = field(default_factory=dict)

    @property
    def finished(self) -> int:
        """Return how many candidates have gone through all their stages."""
        return len(self.ended)

    @property
    def solved(self) -> int:
        """Return how many candidates passed every test."""
        return sum(each.passed == each.tests for each in self.executed.values())

    @property
    def failed(self) -> int:
        """Return how many candidates failed because the model gave no usable reply."""
        return sum(each.status is Status.FAILED for each in self.ended.values())

    @property
    def pass_rate(self) -> float:
        """Return the mean share of tests passed."""
        rates = [each.passed / each.tests for each in self.executed.values()]
        return sum(rates) / len(rates) if rates else 0.0


@dataclass
class RunningSearch:
    """Hold the counts of a running search, its best candidate so far, and the data to estimate its remaining time."""

    started: float = field(default_factory=time.monotonic)
    id: str = ""
    problem: str = ""
    resumed: bool = False
    at_most: int = 0
    written: TestsWritten | None = None
    rounds: dict[int, RunningRound] = field(default_factory=dict)
    calls_in_flight: int = 0
    calls: int = 0
    reused: int = 0
    tokens: int = 0
    tokens_known: bool = True
    fresh: int = 0
    cost: float | None = 0.0
    """Cost of this run's calls so far, in USD; None when the price of a call is unknown."""
    calibration: Calibration | None = None
    """Agreement of the critic's scores with the tests, up to the last closed round; None below two scores."""
    best: CandidateExecuted | None = None
    last_error: str | None = None

    def apply(self, event: AnyEvent) -> None:
        """Update everything that an event changes."""
        match event:
            case SearchStarted():
                self.id, self.problem = event.search, event.problem
                self.resumed, self.at_most = event.resumed, event.at_most
            case TestsWritten():
                self.written = event
            case RoundStarted():
                self.rounds.setdefault(event.round, RunningRound(event.candidates))
            case CallStarted():
                self.calls_in_flight += 1
            case CallFinished():
                self._call_finished(event)
            case CandidateExecuted():
                self._executed(event)
            case CandidateFinished():
                self._finished(event)
            case RoundClosed():
                pairs = list(self._pairs())
                self.calibration = Calibration.of_pairs(pairs) if len(pairs) > 1 else None
            case _:
                pass

    @property
    def elapsed(self) -> float:
        """Return the seconds since this object was created, before the first event."""
        return time.monotonic() - self.started

    @property
    def remaining(self) -> float | None:
        """Estimate the seconds left if no branch closes early; None before the first candidate was executed."""
        if not self.fresh:
            return None
        finished = sum(each.finished for each in self.rounds.values())
        return self.elapsed / self.fresh * max(0, self.at_most - finished)

    def _call_finished(self, event: CallFinished) -> None:
        self.calls += 1
        if event.error:
            self.last_error = event.error
        if event.reused:
            self.reused += 1
            return
        self.calls_in_flight -= 1
        if event.error is None and event.completion_tokens is None:
            self.tokens_known = False
        if event.error is None:
            self.cost = None if self.cost is None or event.cost is None else self.cost + event.cost
        self.tokens += (event.prompt_tokens or 0) + (event.completion_tokens or 0)

    def _pairs(self) -> Iterator[Pair]:
        for each in self.rounds.values():
            for candidate, ended in each.ended.items():
                ran = each.executed.get(candidate)
                if ran is not None and ended.process is not None:
                    yield ended.process, ran.passed / ran.tests

    def _executed(self, event: CandidateExecuted) -> None:
        self.fresh += not event.reused
        self.rounds[event.round].executed[event.candidate] = event
        if self.best is None or (event.passed, event.omega) > (self.best.passed, self.best.omega):
            self.best = event

    def _finished(self, event: CandidateFinished) -> None:
        self.rounds[event.round].ended[event.candidate] = event
        if event.status is Status.FAILED:
            self.last_error = event.error


def written_words(event: TestsWritten) -> str:
    """Return a line such as `m wrote 10 tests, as the problem has none`."""
    count = len(event.tests)
    return safe(f"{event.model} wrote {count} {'test' if count == 1 else 'tests'}, as the problem has none")
