"""A model behind one endpoint or several: which of them is asked, how often, and when a call is given up."""

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
from .faults import Fault, backoff
from .shared_requests import Call, Gathering, Outcome, Take

_SOUND_SECONDS = 5.0
"""For how long endpoints that were found sound are believed to be so."""
_LOOK_SECONDS = 0.25
"""How often a call that waits for an endpoint to come back looks whether it has."""


class EndpointModel:
    """A model that endpoints share the calls of; the healthiest with most room is asked next.

        async with EndpointModel("qwen3", [Endpoint(settings, "qwen3")]) as model:
            await model.check()
            reply = await model.complete(request)

    A call is repeated, elsewhere if there is an elsewhere, when its fault is a passing one. It raises ReplyError when
    its retries or its deadline are used up although the endpoint answers others; EndpointError when no endpoint
    answers anybody and `patience_seconds` have passed, or when none ever will. With no retries at all, the first
    fault ends it.

    Calls that differ in nothing but their seed share a request where an endpoint takes several samples in one. When
    that comes to nothing, each of them goes on by itself.
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
        self._chance = random.Random(seed)  # noqa: S311 - it spreads repeats, it keeps no secret
        self._gathering = Gathering(self._send)
        self._looking = anyio.Lock()
        self._sound_until = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        for endpoint in self.endpoints:
            await endpoint.close()

    async def check(self) -> None:
        """Raise what is wrong with any of the endpoints, before anything is spent; forget what was wrong before.

        Searches that begin together look together: a hundred of them at once would be a burst of a hundred looks.
        """
        async with self._looking:
            hopeless = any(each.breaker.hopeless for each in self.endpoints)
            if time.monotonic() < self._sound_until and not hopeless:
                return
            for endpoint in self.endpoints:
                await endpoint.check()
                if endpoint.breaker.hopeless:
                    endpoint.breaker = Breaker()
            self._sound_until = time.monotonic() + _SOUND_SECONDS

    async def complete(self, request: ModelRequest, on_piece: OnPiece | None = None) -> ModelReply:
        """One reply; `requests` and `waited` of it say what it took."""
        call = Call(request, on_piece)
        while True:
            endpoint, outcome = await self._ask(call)
            if isinstance(outcome, ModelReply):
                if call.doubted is endpoint:
                    endpoint.refuses("n")
                waited = time.monotonic() - call.started - call.worked
                return outcome.model_copy(update={"requests": call.attempts, "waited": round(max(0.0, waited), 6)})
            await self._after(outcome, endpoint, call)

    async def _ask(self, call: Call) -> Outcome:
        """A request, shared where that can be."""
        # Without a temperature all samples are the same, and some servers refuse to draw several.
        while not call.alone and call.request.temperature > 0 and (most := self._samples()) > 1:
            if outcome := await self._gathering.ask(call, most):
                return outcome
        return (await self._send(lambda _: [call], call.refused))[call]

    def _samples(self) -> int:
        return max(each.samples for each in self.endpoints)

    async def _send(self, take: Take, refused: Mapping[Endpoint, EndpointError] = {}) -> dict[Call, Outcome]:
        """One request, once there is a slot for it, and what becomes of the calls that it was for."""
        endpoint = await self._admitted(refused)
        try:
            calls = take(endpoint.samples)
            outcomes = await self._attempt(endpoint, calls)
        finally:
            endpoint.limit.release()
        return {call: (endpoint, outcome) for call, outcome in zip(calls, outcomes, strict=True)}

    async def _attempt(self, endpoint: Endpoint, calls: Sequence[Call]) -> list[ModelReply | Fault]:
        """One request, and what it teaches about the endpoint."""
        left = self._policy.deadline_seconds - max(each.worked for each in calls)
        seconds = min(endpoint.settings.timeout_seconds, left)
        breaker = endpoint.breaker
        looked = breaker.begin()
        for each in calls:
            each.begin(shared=len(calls) > 1)
        sent = calls[0].sent
        try:
            tellers = [each.tell for each in calls]
            outcomes = await endpoint.attempt(calls[0].request, self._role, seconds, tellers)
        finally:
            for each in calls:
                each.worked += time.monotonic() - sent
            breaker.end(looked=looked)
        best = next((each for each in outcomes if isinstance(each, ModelReply)), outcomes[0])
        self._learn(endpoint, best, sent, looked=looked)
        return outcomes

    def _learn(self, endpoint: Endpoint, outcome: ModelReply | Fault, sent: float, *, looked: bool) -> None:
        breaker, limit = endpoint.breaker, endpoint.limit
        if isinstance(outcome, ModelReply):
            breaker.succeeded()
            limit.succeeded()
            return
        error = outcome.error
        log.debug("model_fault", endpoint=endpoint.complaints.place, fault=outcome.kind, error=str(error))
        match outcome.kind:
            case "hopeless":
                breaker.trip(error, hopeless=True)
            case "sick":
                breaker.failed(error, looked=looked)
                if breaker.open_since is not None:
                    limit.restart()
            case "busy":
                long = outcome.pause is not None and outcome.pause > self._policy.patience_seconds
                limit.refused(sent, None if long else outcome.pause)
                if long:
                    breaker.trip(error, seconds=outcome.pause)
                elif looked:
                    breaker.failed(error, looked=True)
            case _:
                breaker.succeeded()

    async def _after(self, fault: Fault, endpoint: Endpoint, call: Call) -> None:
        """Wait for as long as is due before the call is repeated, or raise what ends it."""
        if fault.kind in ("adapted", "hopeless"):  # without the parameter, or at another endpoint
            return
        call.alone = call.alone or fault.kind != "busy"
        if fault.kind == "refused":  # singly, or elsewhere
            if call.shared:
                call.doubted = endpoint
            else:
                call.refused[endpoint] = fault.error
            return
        if not self._policy.retries:
            raise fault.error
        if call.worked >= self._policy.deadline_seconds:
            raise ReplyError(f"{fault.error} (given up: deadline_seconds is {self._policy.deadline_seconds:g})")
        answered = endpoint.breaker.answered_at
        answering = answered is not None and answered >= call.previous
        if fault.kind == "busy" and answering:
            call.refusals += 1  # the endpoint works, there are only too many of us
        elif endpoint.breaker.open_since is None:
            call.repeats += 1
            if call.repeats > self._policy.retries:
                self._give_up(fault, endpoint, answering=answering)
        await anyio.sleep(backoff(call.repeats + call.refusals - 1, self._policy.backoff_seconds, self._chance))

    def _give_up(self, fault: Fault, endpoint: Endpoint, *, answering: bool) -> None:
        """End the call if others are answered; if nobody is, it is the endpoint that is gone."""
        if answering or isinstance(fault.error, ReplyError):
            raise ReplyError(f"{fault.error} (given up after {self._policy.retries} retries)")
        endpoint.breaker.trip(fault.error)
        endpoint.limit.restart()

    async def _admitted(self, refused: Mapping[Endpoint, EndpointError]) -> Endpoint:
        """An endpoint with a slot taken on it; raises the refusal of those that refused if there is no other."""
        while True:
            admitting = [each for each in self.endpoints if each.breaker.admits() and each not in refused]
            if not admitting and refused:
                raise next(reversed(list(refused.values())))
            if not admitting:
                await self._nobody()
                continue
            endpoint = min(admitting, key=_burden)
            await endpoint.limit.acquire()
            if endpoint.breaker.admits():
                return endpoint
            endpoint.limit.release()  # it went away while we waited

    async def _nobody(self) -> None:
        """Wait a little for an endpoint to come back; raise EndpointError once that took too long."""
        now = time.monotonic()
        patience = self._policy.patience_seconds
        gone = [each.breaker for each in self.endpoints if not each.breaker.hopeless]
        since = max((each.open_since or now for each in gone), default=now)
        soonest = min((each.retry_at for each in gone), default=now)
        if not gone or now - since >= patience or soonest - now > patience:
            last = max((each.breaker for each in self.endpoints), key=lambda each: each.open_since or 0.0)
            raise last.fault or EndpointError(f"no endpoint of model {self.name} answers: try again later")
        await anyio.sleep(min(max(soonest - now, 0.01), _LOOK_SECONDS))


def _burden(endpoint: Endpoint) -> tuple[bool, float]:
    """What speaks against asking an endpoint: a pause that it asked for, then its load for its health."""
    paused = endpoint.limit.paused_until > time.monotonic()
    return paused, (endpoint.limit.load + 0.01) / max(endpoint.breaker.health, 0.01)
