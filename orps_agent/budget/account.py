"""Define the budget of a search, and the account that enforces it."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import anyio
from pydantic import BaseModel, ConfigDict, Field

from orps_agent.errors import BudgetReached

from .clock import Stopwatch

BY_THE_BATCH = ", by the whole batch"
"""Suffix of the reason for a search's end when its batch's budget was exhausted."""
OUT_OF_BUDGET = "budget: "
"""Prefix of the reason for a search's end when a budget was exhausted."""


class Budget(BaseModel):
    """Limit what all runs of a search, or all searches of a batch, may spend; None: without limit."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    calls: int | None = Field(default=None, gt=0)
    """Model calls, failed ones included."""
    tokens: int | None = Field(default=None, gt=0)
    """Tokens of prompts and completions together."""
    cost: float | None = Field(default=None, gt=0)
    """USD, by the price table."""
    seconds: float | None = Field(default=None, gt=0)
    """Wall time while the search is running."""
    working_seconds: float | None = Field(default=None, gt=0)
    """Working time: wall time without the time in which the search only waited on an endpoint's limit."""


@dataclass(frozen=True)
class Spent:
    """Hold the amounts that were spent, or the maximum amounts of one call.

    USD of a model without a price count as 0 here, which is safe: under a limit on money no such model is called.
    """

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    """Wall time of earlier runs."""
    waited: float = 0.0
    """Seconds of it in which the search only waited on an endpoint's limit; of one call, the seconds that it waited."""

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.calls + other.calls,
            self.tokens + other.tokens,
            self.cost + other.cost,
            self.seconds + other.seconds,
            self.waited + other.waited,
        )

    def __sub__(self, other: Spent) -> Spent:
        return Spent(
            self.calls - other.calls,
            self.tokens - other.tokens,
            self.cost - other.cost,
            self.seconds - other.seconds,
            self.waited - other.waited,
        )


def estimated_tokens(texts: Iterable[str]) -> int:
    """Estimate the number of tokens of texts: a quarter of their characters, which fits English and code."""
    return math.ceil(sum(len(text) for text in texts) / 4)


class Account:
    """Keep a search within its budget and, through its parent account, a batch of searches within theirs.

        async with account.call(worst) as charge:
            charge(worst)
            reply = await model.complete(request)
            charge(Spent(calls=1, tokens=reply.tokens))

    The worst case of a call is reserved before it is made, so that no number of concurrent calls exceeds the budget;
    a mean would let a burst of long replies through. As the worst case is far above the usual one, a call that does
    not fit together with those in flight waits for them; only one that does not fit on top of what is really spent
    is refused.
    """

    def __init__(
        self,
        budget: Budget,
        *,
        parent: Account | None = None,
        spent: Spent = Spent(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.budget = budget
        self.spent = spent
        """Amounts charged so far, over all runs."""
        self._chain: tuple[Account, ...] = (self, *(parent._chain if parent else ()))
        self._held = Spent()
        self._time = Stopwatch(clock, seconds=spent.seconds, waited=spent.waited)
        self._ended_by: str | None = None
        # One call of a search waits for room, the others for their turn, so that a charge wakes one task per search.
        self._turn = anyio.Lock()
        self._charged = anyio.Event()

    def allow(self, budget: Budget) -> None:
        """Replace the budget; the new one also covers what is already spent."""
        if budget != self.budget:
            self.budget, self._ended_by = budget, None

    def exhausted(self) -> str | None:
        """Return the first limit that was reached, in words, or None; a search's own precedes its batch's."""
        for account in self._chain:
            account._ended_by = account._ended_by or account._reached()
            if account._ended_by:
                return account._ended_by + ("" if account is self else BY_THE_BATCH)
        return None

    @asynccontextmanager
    async def call(self, worst: Spent) -> AsyncIterator[Callable[[Spent], None]]:
        """Reserve the worst case of a call; the block makes the call and charges its actual amounts.

        Only the last charge counts: first the worst case, as no more is known of a call that does not return.
        Raises BudgetReached when the budget has no room for it.
        """
        async with self._turn:
            while full := self._full_account(worst):
                await full._charged.wait()
            for account in self._chain:
                account._held += worst
        charged = Spent()

        def charge(actual: Spent) -> None:
            nonlocal charged
            charged = actual

        calls = [account._time.begin_call() for account in self._chain]
        try:
            yield charge
        finally:
            for account, call in zip(self._chain, calls, strict=True):
                account._time.end_call(call, charged.waited)
                account._settle(worst, charged)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count the block as working time, even if calls wait at the same time."""
        begun = [account._time.begin_work() for account in self._chain]
        try:
            yield
        finally:
            for account, work in zip(self._chain, begun, strict=True):
                account._time.end_work(work)

    def _full_account(self, worst: Spent) -> Account | None:
        """Return the account without room for this call until another is charged; None when there is room."""
        for account in self._chain:
            if reason := account._refusal(worst):
                account._ended_by = account._ended_by or reason
                raise BudgetReached(f"{OUT_OF_BUDGET}{reason}")
        return next((account for account in self._chain if account._over(account._held + worst)), None)

    def _refusal(self, worst: Spent) -> str | None:
        """Return the reason why the call will not fit even if those in flight cost nothing; None if it may fit."""
        # Calls in flight are calls already; only of their tokens and their money a part may become free again.
        return self._reached() or self._over(Spent(self._held.calls) + worst)

    def _over(self, more: Spent) -> str | None:
        total, budget = self.spent + more, self.budget
        return self._reason(
            calls=budget.calls is not None and total.calls > budget.calls,
            tokens=budget.tokens is not None and total.tokens > budget.tokens,
            cost=budget.cost is not None and total.cost > budget.cost,
        )

    def _reached(self) -> str | None:
        spent, budget = self.spent, self.budget
        if budget.seconds is not None and self._time.seconds >= budget.seconds:
            return f"{budget.seconds:g} s have passed"
        if budget.working_seconds is not None and self._time.working >= budget.working_seconds:
            return f"{budget.working_seconds:g} s of working time have passed"
        return self._reason(
            calls=budget.calls is not None and spent.calls >= budget.calls,
            tokens=budget.tokens is not None and spent.tokens >= budget.tokens,
            cost=budget.cost is not None and spent.cost >= budget.cost,
        )

    def _reason(self, *, calls: bool, tokens: bool, cost: bool) -> str | None:
        if calls:
            return "1 model call" if self.budget.calls == 1 else f"{self.budget.calls:,} model calls"
        if tokens:
            return f"{self.spent.tokens:,} of {self.budget.tokens:,} tokens, with no room for another call"
        if cost:
            return f"${self.spent.cost:.4f} of ${self.budget.cost}, with no room for another call"
        return None

    def _settle(self, worst: Spent, charged: Spent) -> None:
        # Reset to zero when nothing is held, so that rounding errors of many small amounts hold nothing back.
        self._held = self._held - worst if self._held.calls > worst.calls else Spent()
        self.spent += charged
        self._charged.set()
        self._charged = anyio.Event()
