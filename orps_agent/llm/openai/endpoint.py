"""Send requests to an endpoint with OpenAI's chat completions API: OpenAI, vLLM, Ollama, llama.cpp or a gateway."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import anyio
import httpx2
import openai
from pydantic import BaseModel, SecretStr, ValidationError

from orps_agent.errors import EndpointError, ReplyError, SettingsError
from orps_agent.llm.base import Message, ModelReply, ModelRequest, OnPiece
from orps_agent.settings.endpoints import OPENAI_URL, EndpointSettings, RoleSettings

from . import chunks, payloads
from .breaker import Breaker
from .choices import replies
from .error_lines import EndpointFaults
from .faults import RequestFault
from .limit import AdaptiveLimit

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

_CONNECT_SECONDS = 10.0
_CHECK_SECONDS = 20.0
_IDLE = 100
_OPTIONAL = ("response_format", "stream_options", "seed")
"""Parameters that an endpoint may not support, and may refuse without naming them in the error's `param` field."""
_PROBE = ModelRequest(
    role="programmer", messages=(Message(role="user", content="1"),), temperature=0, max_tokens=1, seed=0
)


class _Named(BaseModel):
    id: str


class _Listing(BaseModel):
    data: list[_Named]


class Endpoint:
    """Send single requests to one model at one URL, and record the endpoint's limit and health.

    Models at the same URL may share the limit. `name` is the endpoint's name in the settings, empty for the one that
    needs no table. Raises SettingsError when a required key is missing. The key appears in no error and no
    representation.
    """

    def __init__(
        self, settings: EndpointSettings, model: str, *, name: str = "", limit: AdaptiveLimit | None = None
    ) -> None:
        self.settings = settings
        self.model = settings.model or model
        self.name = name
        self.url = settings.base_url or OPENAI_URL
        self.limit = limit or AdaptiveLimit(settings.max_calls)
        self.breaker = Breaker()
        self._key = settings.key(f"endpoints.{name}." if name else "") or SecretStr("")
        self.faults = EndpointFaults(name, self.url, self.model, self._key)
        if settings.base_url is None and not self._key.get_secret_value():
            raise SettingsError(self.faults.missing_key())
        self._samples = settings.samples_per_request
        self._refused: set[str] = set()
        self._client = openai.AsyncOpenAI(
            api_key=self._key.get_secret_value() or "none",
            base_url=self.url,
            max_retries=0,  # the pool repeats: it has the other endpoints, limits and deadlines
            timeout=httpx2.Timeout(settings.timeout_seconds, connect=_CONNECT_SECONDS),
            http_client=openai.DefaultAsyncHttpxClient(
                # a proxy named by the environment cannot reach this machine's own loopback
                trust_env=not _is_loopback(self.url),
                # the client scans all idle connections at every call: a few are the cheapest, none must be reopened
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=min(settings.max_calls, _IDLE)),
            ),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    @property
    def samples(self) -> int:
        """Return the number of replies that one request may ask for, as far as it is known."""
        return 1 if "n" in self._refused else self._samples

    def refuses(self, parameter: str) -> None:
        """Record a parameter that the endpoint refuses; it is not sent again."""
        self._refused.add(parameter)

    async def attempt(
        self,
        request: ModelRequest,
        role: RoleSettings,
        seconds: float,
        listeners: Sequence[OnPiece | None] = (None,),
    ) -> list[ModelReply | RequestFault]:
        """Send one request for one reply per listener, and wait for them at most so many seconds.

        Returns a reply or a fault for each listener; faults are returned, not raised.
        """
        started = time.monotonic()
        answer = await self._answer(request, role, seconds, listeners)
        if isinstance(answer, RequestFault):
            return [answer] * len(listeners)
        return self._outcomes(answer, len(listeners), time.monotonic() - started)

    async def _answer(
        self, request: ModelRequest, role: RoleSettings, seconds: float, listeners: Sequence[OnPiece | None]
    ) -> payloads.Completion | RequestFault:
        structured = self.settings.structured
        options = payloads.options_of(
            request,
            samples=len(listeners),
            stream=self.settings.stream,
            structured=request.role == "critic"
            and (structured == "always" or (structured == "repair" and request.structured)),
        )
        if "max_tokens" in self._refused:  # reasoning models of OpenAI accept it under another name only
            options["max_completion_tokens"] = request.max_tokens
        options = {name: value for name, value in options.items() if name not in self._refused}
        with anyio.move_on_after(seconds):
            try:
                return await self._post(request, role, options, listeners)
            except openai.APIStatusError as error:
                return self._without_refused_parameter(error, options) or await self._status(error)
            except openai.APIError as error:
                return self.faults.unreachable(error.__cause__ or error)
            except httpx2.HTTPError as error:
                return self.faults.garbled(
                    f"an answer that broke off ({self.faults.line(error) or type(error).__name__})"
                )
            except ValueError as error:
                return self.faults.garbled(self.faults.line(error))
        return self.faults.unreachable(TimeoutError(f"{seconds:.4g} s"))

    async def check(self) -> None:
        """Raise the error that the first call of a search would raise, before anything is spent.

        Requests the list of models. If the model is not on it, or there is no list, requests one token of the model, as
        some endpoints accept names that they do not list.
        """
        try:
            listed = await self._listed_models()
        except openai.APIStatusError as error:
            if error.status_code in (401, 403) or error.status_code > 501:
                raise (await self._status(error)).error from None
            listed = []
        except openai.APIError as error:
            raise self.faults.unreachable(error.__cause__ or error).error from None
        if self.model in listed:
            return
        tried = await self._answer(_PROBE, RoleSettings(), self.settings.timeout_seconds, (None,))
        if isinstance(tried, RequestFault) and tried.kind in ("permanent", "unavailable", "garbled"):
            raise EndpointError(str(tried.error))

    async def _post(
        self, request: ModelRequest, role: RoleSettings, options: Any, listeners: Sequence[OnPiece | None]
    ) -> payloads.Completion | RequestFault:
        messages = payloads.messages_of(request.messages, system=role.system_message)
        if role.top_p is not None:
            options = options | {"top_p": role.top_p}
        async with self._client.chat.completions.with_streaming_response.create(
            model=self.model,
            messages=cast("list[ChatCompletionMessageParam]", messages),
            **options,
            extra_body=role.extra or None,
        ) as response:
            if "event-stream" in response.headers.get("content-type", ""):
                return await chunks.read_stream(response.iter_bytes(), request.max_tokens, listeners)
            body = await payloads.read_whole(response.iter_bytes())
        return payloads.read_completion(body) or self.faults.no_completion(body)

    def _outcomes(self, answer: payloads.Completion, wanted: int, seconds: float) -> list[ModelReply | RequestFault]:
        """Return the outcome of each of the requested replies."""
        choices = sorted(answer.choices, key=lambda each: each.index)[:wanted]
        found = replies(choices, answer.usage, model=self.model, seconds=seconds)
        outcomes = [
            reply or self.faults.garbled(f"an empty reply (finish reason: {choice.finish_reason})", "; try again")
            for choice, reply in zip(choices, found, strict=True)
        ]
        missing = wanted - len(choices)
        if missing:
            self._samples = len(choices)
        return [*outcomes, *[self.faults.too_few(missing)] * missing]

    def _without_refused_parameter(self, error: openai.APIStatusError, sent: dict[str, Any]) -> RequestFault | None:
        if error.status_code not in (400, 422):
            return None
        hinted = (name for name in _OPTIONAL if name in str(error.message))
        refused = error.param if error.param in sent else next(hinted, None)
        if refused not in sent:
            return None
        self.refuses(str(refused))
        return RequestFault("adapted", ReplyError(f"{self.faults.place} refuses the parameter {refused}"))

    async def _status(self, error: openai.APIStatusError) -> RequestFault:
        """Return the fault for an HTTP status; for an unknown model, it lists the models that there are."""
        listed: list[str] = []
        if error.status_code == 404:
            with suppress(openai.APIError):
                listed = await self._listed_models()
        return self.faults.status(error, listed)

    async def _listed_models(self) -> list[str]:
        """Return the models that the endpoint lists; an empty list when its answer cannot be parsed."""
        response = await self._client.with_options(timeout=_CHECK_SECONDS).models.with_raw_response.list()
        try:
            return [each.id for each in _Listing.model_validate_json(response.text).data]
        except ValidationError:
            return []


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
