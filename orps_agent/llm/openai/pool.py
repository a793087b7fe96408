"""Serve a model from one or several endpoints: select the endpoint, repeat failed requests, and give calls up."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import anyio

from orps_agent.errors import EndpointError, ReplyError
from orps_agent.llm.base import ModelReply, ModelRequest, OnPiece
from orps_agent.settings.endpoints import CallPolicy, RoleSettings
from orps_agent.util.logs import log

from .breaker import Breaker
from .endpoint import Endpoint
from .faults import RequestFault, backoff
from .shared_requests import CallOutcome, PendingCall, RequestBatcher, Take

_CHECK_VALID_SECONDS = 5.0
"""Seconds for which a successful check of the endpoints stays valid."""
_POLL_SECONDS = 0.25
"""Longest interval in seconds at which a waiting call looks for an endpoint that has come back."""


class EndpointModel:
    """Distribute the calls of one model over its endpoints; the healthiest with most room gets the next call.

        async with EndpointModel("qwen3", [Endpoint(settings, "qwen3")]) as model:
            await model.check()
            reply = await model.complete(request)

    A call is repeated, at another endpoint if there is one, when its fault is temporary. It raises ReplyError when
    its retries or its deadline are used up although the endpoint answers other calls; EndpointError when no endpoint
    answers any call and `patience_seconds` have passed, or when none ever will. Without retries, the first fault ends
    the call.

    Calls that differ only in their seed share a request where an endpoint takes several samples in one. When a shared
    request fails, each of its calls is sent on its own.
    """

    def __init__(
        self,
        name: str,
        endpoints: Sequence[Endpoint],
        *,
        policy: CallPolicy | None = None,
        role: RoleSettings | None = None,
        seed: int | None = None,
    ) -> None:
        self.name = name
        self.endpoints = tuple(endpoints)
        self._policy = policy or CallPolicy()
        self._role = role or RoleSettings()
        self._chance = random.Random(seed)  # noqa: S311 - it spreads repeats, no secret depends on it
        self._batcher = RequestBatcher(self._send)
        self._checking = anyio.Lock()
        self._checked_until = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        for endpoint in self.endpoints:
            await endpoint.close()

    async def check(self) -> None:
        """Raise the error of an endpoint that cannot be used, before anything is spent; reset earlier permanent faults.

        Searches that begin together share one check, so that a hundred of them do not send a hundred probes at once.
        """
        async with self._checking:
            permanent = any(each.breaker.permanent for each in self.endpoints)
            if time.monotonic() < self._checked_until and not permanent:
                return
            for endpoint in self.endpoints:
                await endpoint.check()
                if endpoint.breaker.permanent:
                    endpoint.breaker = Breaker()
            self._checked_until = time.monotonic() + _CHECK_VALID_SECONDS

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        """Return one reply; its `requests` and `waited` report the requests sent and the seconds waited."""
        call = PendingCall(request, on_piece)
        while True:
            endpoint, outcome = await self._ask(call)
            if isinstance(outcome, ModelReply):
                if call.suspect is endpoint:
                    endpoint.refuses("n")
                waited = time.monotonic() - call.started - call.request_seconds
                return outcome.model_copy(update={"requests": call.attempts, "waited": round(max(0.0, waited), 6)})
            await self._wait_to_repeat(outcome, endpoint, call)

    async def _ask(self, call: PendingCall) -> CallOutcome:
        """Send the call, in a shared request where possible, and return its outcome."""
        # Without a temperature all samples are the same, and some servers refuse to draw several.
        while not call.single and call.request.temperature > 0 and (most := self._samples()) > 1:
            if outcome := await self._batcher.ask(call, most):
                return outcome
        return (await self._send(lambda _: [call], call.refused))[call]

    def _samples(self) -> int:
        return max(each.samples for each in self.endpoints)

    async def _send(self, take: Take, refused: Mapping[Endpoint, EndpointError] = {}) -> dict[PendingCall, CallOutcome]:
        """Send one request, once a slot is free, and return the outcomes of the calls in it."""
        endpoint = await self._admitted(refused)
        try:
            calls = take(endpoint.samples)
            outcomes = await self._attempt(endpoint, calls)
        finally:
            endpoint.limit.release()
        return {call: (endpoint, outcome) for call, outcome in zip(calls, outcomes, strict=True)}

    async def _attempt(self, endpoint: Endpoint, calls: Sequence[PendingCall]) -> list[ModelReply | RequestFault]:
        """Send one request, and record its result for the endpoint's breaker and limit."""
        left = self._policy.deadline_seconds - max(each.request_seconds for each in calls)
        seconds = min(endpoint.settings.timeout_seconds, left)
        breaker = endpoint.breaker
        probe = breaker.begin()
        for each in calls:
            each.begin(shared=len(calls) > 1)
        sent = calls[0].sent
        try:
            listeners = [each.tell for each in calls]
            outcomes = await endpoint.attempt(calls[0].request, self._role, seconds, listeners)
        finally:
            for each in calls:
                each.request_seconds += time.monotonic() - sent
            breaker.end(probe=probe)
        best = next((each for each in outcomes if isinstance(each, ModelReply)), outcomes[0])
        self._record(endpoint, best, sent, probe=probe)
        return outcomes

    def _record(self, endpoint: Endpoint, outcome: ModelReply | RequestFault, sent: float, *, probe: bool) -> None:
        breaker, limit = endpoint.breaker, endpoint.limit
        if isinstance(outcome, ModelReply):
            breaker.succeeded()
            limit.succeeded()
            return
        error = outcome.error
        log.debug("model_fault", endpoint=endpoint.faults.place, fault=outcome.kind, error=str(error))
        match outcome.kind:
            case "permanent":
                breaker.trip(error, permanent=True)
            case "unavailable":
                breaker.failed(error, probe=probe)
                if breaker.open_since is not None:
                    limit.restart()
            case "busy":
                long = outcome.pause is not None and outcome.pause > self._policy.patience_seconds
                limit.refused(sent, None if long else outcome.pause)
                if long:
                    breaker.trip(error, seconds=outcome.pause)
                elif probe:
                    breaker.failed(error, probe=True)
            case _:
                breaker.succeeded()

    async def _wait_to_repeat(self, fault: RequestFault, endpoint: Endpoint, call: PendingCall) -> None:
        """Wait as long as required before the call is repeated, or raise the error that ends it."""
        if fault.kind in ("adapted", "permanent"):  # without the parameter, or at another endpoint
            return
        call.single = call.single or fault.kind != "busy"
        if fault.kind == "refused":  # repeat on its own, or elsewhere
            if call.shared:
                call.suspect = endpoint
            else:
                call.refused[endpoint] = fault.error
            return
        if not self._policy.retries:
            raise fault.error
        if call.request_seconds >= self._policy.deadline_seconds:
            raise ReplyError(f"{fault.error} (given up: deadline_seconds is {self._policy.deadline_seconds:g})")
        answered = endpoint.breaker.answered_at
        answering = answered is not None and answered >= call.previous
        if fault.kind == "busy" and answering:
            call.refusals += 1  # the endpoint works, it only gets too many calls
        elif endpoint.breaker.open_since is None:
            call.repeats += 1
            if call.repeats > self._policy.retries:
                self._give_up(fault, endpoint, answering=answering)
        await anyio.sleep(backoff(call.repeats + call.refusals - 1, self._policy.backoff_seconds, self._chance))

    def _give_up(self, fault: RequestFault, endpoint: Endpoint, *, answering: bool) -> None:
        """End the call if others are answered; otherwise mark the endpoint as unavailable."""
        if answering or isinstance(fault.error, ReplyError):
            raise ReplyError(f"{fault.error} (given up after {self._policy.retries} retries)")
        endpoint.breaker.trip(fault.error)
        endpoint.limit.restart()

    async def _admitted(self, refused: Mapping[Endpoint, EndpointError]) -> Endpoint:
        """Return an endpoint with a slot acquired on it; raise the last refusal if every available one has refused."""
        while True:
            admitting = [each for each in self.endpoints if each.breaker.admits() and each not in refused]
            if not admitting and refused:
                raise next(reversed(list(refused.values())))
            if not admitting:
                await self._wait_for_endpoint()
                continue
            endpoint = min(admitting, key=_load_order)
            await endpoint.limit.acquire()
            if endpoint.breaker.admits():
                return endpoint
            endpoint.limit.release()  # it became unavailable while this call waited

    async def _wait_for_endpoint(self) -> None:
        """Wait a little for an endpoint to come back; raise EndpointError when the patience is exhausted."""
        now = time.monotonic()
        patience = self._policy.patience_seconds
        gone = [each.breaker for each in self.endpoints if not each.breaker.permanent]
        since = max((each.open_since or now for each in gone), default=now)
        soonest = min((each.retry_at for each in gone), default=now)
        if not gone or now - since >= patience or soonest - now > patience:
            last = max((each.breaker for each in self.endpoints), key=lambda each: each.open_since or 0.0)
            raise last.fault or EndpointError(f"no endpoint of model {self.name} answers: try again later")
        await anyio.sleep(min(max(soonest - now, 0.01), _POLL_SECONDS))


def _load_order(endpoint: Endpoint) -> tuple[bool, float]:
    """Return the sort key of endpoints: those in a requested pause last, then by load divided by health."""
    paused = endpoint.limit.paused_until > time.monotonic()
    return paused, (endpoint.limit.load + 0.01) / max(endpoint.breaker.health, 0.01)
