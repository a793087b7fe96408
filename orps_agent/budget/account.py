"""What a search may spend, and the account that keeps it within that."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import anyio
from pydantic import BaseModel, ConfigDict, Field

from orps_agent.errors import BudgetReached

from .clock import Timekeeper

BY_THE_BATCH = ", by the whole batch"
"""How the words for a limit end that was not a search's own."""
OUT_OF_BUDGET = "budget: "
"""How the reason begins why a search has ended, where its budget ended it."""


class Budget(BaseModel):
    """What may be spent over all runs of a search, or by all searches of a batch; None: without limit."""

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
    """Wall time without that in which the search did nothing but wait on an endpoint's limit."""


@dataclass(frozen=True)
class Spent:
    """What was spent, or what one call may come to.

    USD of a model without a price count as 0 here, which is safe: no such model is asked under a limit on money.
    """

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    """Wall time of earlier runs."""
    waited: float = 0.0
    """How much of it was nothing but waiting on an endpoint's limit; of one call, how long it waited."""

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
    """About how many tokens these texts are: a quarter of their characters, which holds for English and for code."""
    return math.ceil(sum(len(text) for text in texts) / 4)


class Account:
    """Keeps a search within its budget and, as its parent's child, a batch of searches within theirs.

        async with account.call(worst) as charge:
            charge(worst)
            reply = await model.complete(request)
            charge(Spent(calls=1, tokens=reply.tokens))

    Room is reserved before a call is made, so that no number of concurrent calls spends more than the budget: for
    tokens and money the worst case, because a mean would let a burst of long replies through. As the worst case is
    far above the usual, a call that does not fit beside those in flight waits for them, and only one that would not
    fit beside what is really spent is refused.
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
        """Charged so far, over all runs."""
        self._chain: tuple[Account, ...] = (self, *(parent._chain if parent else ()))
        self._held = Spent()
        self._time = Timekeeper(clock, seconds=spent.seconds, waited=spent.waited)
        self._ended_by: str | None = None
        # One call of a search waits for room and the others for their turn, so that a charge wakes one task a search.
        self._turn = anyio.Lock()
        self._charged = anyio.Event()

    def allow(self, budget: Budget) -> None:
        """Have another budget from now on, which holds for what is spent already as well."""
        if budget != self.budget:
            self.budget, self._ended_by = budget, None

    def exhausted(self) -> str | None:
        """The first limit that was reached, in words, or None; a search's own comes before its batch's."""
        for account in self._chain:
            account._ended_by = account._ended_by or account._reached()
            if account._ended_by:
                return account._ended_by + ("" if account is self else BY_THE_BATCH)
        return None

    @asynccontextmanager
    async def call(self, worst: Spent) -> AsyncIterator[Callable[[Spent], None]]:
        """Reserve the worst case of a call; the block makes the call and charges what it comes to.

        The last charge counts: first the worst case, as that is what is known of a call that does not come back.
        Raises BudgetReached when the budget has no room for it.
        """
        async with self._turn:
            while full := self._full_for_now(worst):
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
        """Work of our own goes on in the block, whatever calls wait beside it."""
        begun = [account._time.begin_work() for account in self._chain]
        try:
            yield
        finally:
            for account, work in zip(self._chain, begun, strict=True):
                account._time.end_work(work)

    def _full_for_now(self, worst: Spent) -> Account | None:
        """The account in which this call has no room before another one is charged; None: there is room for it."""
        for account in self._chain:
            if reason := account._refusal(worst):
                account._ended_by = account._ended_by or reason
                raise BudgetReached(f"{OUT_OF_BUDGET}{reason}")
        return next((account for account in self._chain if account._over(account._held + worst)), None)

    def _refusal(self, worst: Spent) -> str | None:
        """Why the call will not fit, whatever those in flight come to."""
        # Calls in flight are calls already; only of their tokens and their money a part may become free again.
        return self._reached() or self._over(Spent(self._held.calls) + worst)

    def _over(self, more: Spent) -> str | None:
        total, budget = self.spent + more, self.budget
        return self._words(
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
        return self._words(
            calls=budget.calls is not None and spent.calls >= budget.calls,
            tokens=budget.tokens is not None and spent.tokens >= budget.tokens,
            cost=budget.cost is not None and spent.cost >= budget.cost,
        )

    def _words(self, *, calls: bool, tokens: bool, cost: bool) -> str | None:
        if calls:
            return "1 model call" if self.budget.calls == 1 else f"{self.budget.calls:,} model calls"
        if tokens:
            return f"{self.spent.tokens:,} of {self.budget.tokens:,} tokens, with no room for another call"
        if cost:
            return f"${self.spent.cost:.4f} of ${self.budget.cost}, with no room for another call"
        return None

    def _settle(self, worst: Spent, charged: Spent) -> None:
        # From the start again when nothing is held, lest the rounding of many small sums of money be waited for.
        self._held = self._held - worst if self._held.calls > worst.calls else Spent()
        self.spent += charged
        self._charged.set()
        self._charged = anyio.Event()
