"""One endpoint that speaks OpenAI's chat completions API: OpenAI, vLLM, Ollama, llama.cpp, a gateway."""

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
from .error_lines import Complaints
from .faults import Fault
from .limit import AdaptiveLimit

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

_CONNECT_SECONDS = 10.0
_CHECK_SECONDS = 20.0
_IDLE = 100
_OPTIONAL = ("response_format", "stream_options", "seed")
"""What an endpoint may not know, and refuse without saying so in the field that is meant for it."""
_PROBE = ModelRequest(
    role="programmer", messages=(Message(role="user", content="1"),), temperature=0, max_tokens=1, seed=0
)


class _Named(BaseModel):
    id: str


class _Listing(BaseModel):
    data: list[_Named]


class Endpoint:
    """One model at one URL: sends single requests, and keeps what is known of the endpoint's health.

    Models at the same URL may share the limit. `name` is the endpoint's in the settings, empty for the one that needs
    no table. Raises SettingsError when it is made without the key that it needs. The key is in no error and no
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
        self.complaints = Complaints(name, self.url, self.model, self._key)
        if settings.base_url is None and not self._key.get_secret_value():
            raise SettingsError(self.complaints.keyless())
        self._samples = settings.samples_per_request
        self._refused: set[str] = set()
        self._client = openai.AsyncOpenAI(
            api_key=self._key.get_secret_value() or "none",
            base_url=self.url,
            max_retries=0,  # repeats are the pool's: it knows of other endpoints, limits and deadlines
            timeout=httpx2.Timeout(settings.timeout_seconds, connect=_CONNECT_SECONDS),
            http_client=openai.DefaultAsyncHttpxClient(
                # a proxy that the environment names has no way to this machine's own loopback
                trust_env=not _is_loopback(self.url),
                # the pool looks through all idle connections at every call: few are cheaper than none to open
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=min(settings.max_calls, _IDLE)),
            ),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    @property
    def samples(self) -> int:
        """How many replies one request may be for, as far as is known."""
        return 1 if "n" in self._refused else self._samples

    def refuses(self, parameter: str) -> None:
        """Remember a parameter that the endpoint refuses; it is not sent again."""
        self._refused.add(parameter)

    async def attempt(
        self,
        request: ModelRequest,
        role: RoleSettings,
        seconds: float,
        tellers: Sequence[OnPiece | None] = (None,),
    ) -> list[ModelReply | Fault]:
        """Send one request for as many replies as there are tellers, and wait for them, at most so many seconds.

        Returns what becomes of each of them; what goes wrong is returned as well, not raised.
        """
        started = time.monotonic()
        answer = await self._answer(request, role, seconds, tellers)
        if isinstance(answer, Fault):
            return [answer] * len(tellers)
        return self._outcomes(answer, len(tellers), time.monotonic() - started)

    async def _answer(
        self, request: ModelRequest, role: RoleSettings, seconds: float, tellers: Sequence[OnPiece | None]
    ) -> payloads.Completion | Fault:
        structured = self.settings.structured
        options = payloads.options_of(
            request,
            samples=len(tellers),
            stream=self.settings.stream,
            structured=request.role == "critic"
            and (structured == "always" or (structured == "repair" and request.structured)),
        )
        if "max_tokens" in self._refused:  # reasoning models of OpenAI know it by another name only
            options["max_completion_tokens"] = request.max_tokens
        options = {name: value for name, value in options.items() if name not in self._refused}
        with anyio.move_on_after(seconds):
            try:
                return await self._post(request, role, options, tellers)
            except openai.APIStatusError as error:
                return self._adapted(error, options) or await self._status(error)
            except openai.APIError as error:
                return self.complaints.unreachable(error.__cause__ or error)
            except httpx2.HTTPError as error:
                return self.complaints.garbled(
                    f"an answer that broke off ({self.complaints.line(error) or type(error).__name__})"
                )
            except ValueError as error:
                return self.complaints.garbled(self.complaints.line(error))
        return self.complaints.unreachable(TimeoutError(f"{seconds:.4g} s"))

    async def check(self) -> None:
        """Raise what the first call of a search would raise, before anything is spent.

        Asks for the list of models; where the model is not on it, or there is none, for one token of the model, as some
        endpoints take names that they do not list.
        """
        try:
            offered = await self._offered()
        except openai.APIStatusError as error:
            if error.status_code in (401, 403) or error.status_code > 501:
                raise (await self._status(error)).error from None
            offered = []
        except openai.APIError as error:
            raise self.complaints.unreachable(error.__cause__ or error).error from None
        if self.model in offered:
            return
        tried = await self._answer(_PROBE, RoleSettings(), self.settings.timeout_seconds, (None,))
        if isinstance(tried, Fault) and tried.kind in ("hopeless", "sick", "garbled"):
            raise EndpointError(str(tried.error))

    async def _post(
        self, request: ModelRequest, role: RoleSettings, options: Any, tellers: Sequence[OnPiece | None]
    ) -> payloads.Completion | Fault:
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
                return await chunks.read_stream(response.iter_bytes(), request.max_tokens, tellers)
            body = await payloads.read_whole(response.iter_bytes())
        return payloads.read_completion(body) or self.complaints.no_completion(body)

    def _outcomes(self, answer: payloads.Completion, wanted: int, seconds: float) -> list[ModelReply | Fault]:
        """What becomes of each of the replies that were asked for."""
        choices = sorted(answer.choices, key=lambda each: each.index)[:wanted]
        found = replies(choices, answer.usage, model=self.model, seconds=seconds)
        outcomes = [
            reply or self.complaints.garbled(f"an empty reply (finish reason: {choice.finish_reason})", "; try again")
            for choice, reply in zip(choices, found, strict=True)
        ]
        missing = wanted - len(choices)
        if missing:
            self._samples = len(choices)
        return [*outcomes, *[self.complaints.too_few(missing)] * missing]

    def _adapted(self, error: openai.APIStatusError, sent: dict[str, Any]) -> Fault | None:
        if error.status_code not in (400, 422):
            return None
        hinted = (name for name in _OPTIONAL if name in str(error.message))
        refused = error.param if error.param in sent else next(hinted, None)
        if refused not in sent:
            return None
        self.refuses(str(refused))
        return Fault("adapted", ReplyError(f"{self.complaints.place} refuses the parameter {refused}"))

    async def _status(self, error: openai.APIStatusError) -> Fault:
        """What an HTTP status means; of a model that is not there, which others are."""
        offered: list[str] = []
        if error.status_code == 404:
            with suppress(openai.APIError):
                offered = await self._offered()
        return self.complaints.status(error, offered)

    async def _offered(self) -> list[str]:
        """The models that the endpoint lists; none when its list cannot be read."""
        response = await self._client.with_options(timeout=_CHECK_SECONDS).models.with_raw_response.list()
        try:
            return [each.id for each in _Listing.model_validate_json(response.text).data]
        except ValidationError:
            return []


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
