"""Any endpoint that speaks OpenAI's chat completions API: OpenAI, vLLM, Ollama, llama.cpp, a gateway."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast
from urllib.parse import urlsplit

import anyio
import httpx2
import openai
from pydantic import BaseModel, Field, SecretStr, ValidationError

from orps_agent.errors import EndpointError, ReplyError, SettingsError
from orps_agent.settings import EndpointSettings

from .base import Message, ModelReply, ModelRequest
from .parsing import clean

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

OPENAI_URL = "https://api.openai.com/v1"
_CONNECT_SECONDS = 10.0
_CHECK_SECONDS = 20.0
_PROBE = ModelRequest(
    role="programmer", messages=(Message(role="user", content="1"),), temperature=0, max_tokens=1, seed=0
)


class _Text(BaseModel):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(BaseModel):
    message: _Text
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class _Named(BaseModel):
    id: str


class _Listing(BaseModel):
    data: list[_Named]


class EndpointModel:
    """One model behind an OpenAI-compatible endpoint.

        async with EndpointModel(EndpointSettings(model="gpt-4.1-mini", api_key=SecretStr(key))) as model:
            await model.check()
            reply = await model.complete(request)

    At most `max_calls` calls are in flight, the others wait for their turn; models of one endpoint may share
    the limiter. Raises SettingsError when it is
    made for OpenAI itself without a key. The key is in no error and no representation.
    """

    def __init__(self, endpoint: EndpointSettings, *, limiter: anyio.CapacityLimiter | None = None) -> None:
        self.name = endpoint.model
        self.url = endpoint.base_url or OPENAI_URL
        self._key = endpoint.api_key or SecretStr("")
        if endpoint.base_url is None and not self._key.get_secret_value():
            raise SettingsError(
                f"model {endpoint.model!r} at OpenAI needs a key: set OPENAI_API_KEY, or ORPS_BASE_URL to go elsewhere"
            )
        self._limiter = limiter or anyio.CapacityLimiter(endpoint.max_calls)
        self._refused: set[str] = set()
        self._client = openai.AsyncOpenAI(
            api_key=self._key.get_secret_value() or "none",
            base_url=self.url,
            max_retries=endpoint.retries,
            timeout=httpx2.Timeout(endpoint.timeout_seconds, connect=_CONNECT_SECONDS),
            # a proxy that the environment names has no way to this machine's own loopback
            http_client=openai.DefaultAsyncHttpxClient(trust_env=not _is_loopback(self.url)),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._client.close()

    async def complete(self, request: ModelRequest) -> ModelReply:
        """One reply; calls that fail for a passing reason are repeated, `retries` times."""
        async with self._limiter:
            started = time.monotonic()
            try:
                body = await self._post(request)
            except openai.APIError as error:
                await self._explain(error)
            return self._reply(body, time.monotonic() - started)

    async def check(self) -> None:
        """Raise what the first call of a search would raise, before anything is spent.

        Asks for the list of models; where the model is not on it, for one token of it, as some endpoints take
        names that they do not list. An endpoint that answers without having a list is fine.
        """
        try:
            offered = await self._offered()
        except openai.APIStatusError as error:
            if error.status_code in (401, 403) or error.status_code > 501:
                await self._explain(error)
            return
        except openai.APIError as error:
            await self._explain(error)
        if offered and self.name not in offered:
            try:
                await self.complete(_PROBE)
            except ReplyError:
                return

    async def _post(self, request: ModelRequest) -> str:
        """The body of the answer. A parameter that the model refuses is not sent again."""
        options: dict[str, Any] = {
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
        }
        if "max_tokens" in self._refused:  # reasoning models of OpenAI know it by another name only
            options["max_completion_tokens"] = request.max_tokens
        try:
            response = await self._client.chat.completions.with_raw_response.create(
                model=self.name,
                messages=cast("list[ChatCompletionMessageParam]", [each.model_dump() for each in request.messages]),
                **{name: value for name, value in options.items() if name not in self._refused},
            )
        except openai.BadRequestError as error:
            if error.param not in options or error.param in self._refused:
                raise
            self._refused.add(error.param)
            return await self._post(request)
        return str(response.text)

    def _reply(self, body: str, seconds: float) -> ModelReply:
        try:
            completion = _Completion.model_validate_json(body)
        except ValidationError as error:
            shown = self._line(body) or "nothing"
            raise ReplyError(f"{self._place} sent no chat completion but {shown}; is it the API's URL?") from error
        choice = completion.choices[0]
        text = clean(choice.message.content or "")
        reasoning = clean(choice.message.reasoning_content or choice.message.reasoning or "") or None
        if not text.strip() and reasoning is None:
            raise ReplyError(f"{self._place} sent an empty reply (finish reason: {choice.finish_reason}); try again")
        usage = completion.usage or _Usage()
        return ModelReply(
            text=text,
            reasoning=reasoning,
            finish={"stop": "stop", "length": "length"}.get(choice.finish_reason or "", "other"),
            model=self.name,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            seconds=seconds,
        )

    async def _offered(self) -> list[str]:
        """The models that the endpoint lists; none when its list cannot be read."""
        client = self._client.with_options(max_retries=0, timeout=_CHECK_SECONDS)
        response = await client.models.with_raw_response.list()
        try:
            return [each.id for each in _Listing.model_validate_json(response.text).data]
        except ValidationError:
            return []

    async def _explain(self, error: openai.APIError) -> NoReturn:
        """Raise the error in our words; the cause is left out as it may repeat the key."""
        if not isinstance(error, openai.APIStatusError):
            why = "did not answer in time" if isinstance(error, openai.APITimeoutError) else "cannot be reached"
            said = self._line(error.__cause__ or error)
            raise EndpointError(f"{self._place} {why} ({said}): is the server up and the URL right?") from None
        said = f"{error.status_code}: {self._line(error.message)}"
        match error.status_code:
            case 401 | 403:
                raise EndpointError(
                    f"{self._place} refuses the key ({said}): set OPENAI_API_KEY to a valid one"
                ) from None
            case 404:
                raise EndpointError(await self._not_found(said)) from None
            case 400 | 413 | 422:
                raise ReplyError(f"{self._place} refuses this request ({said})") from None
            case _:
                raise EndpointError(f"{self._place} fails ({said}): try again later, resuming the search") from None

    async def _not_found(self, said: str) -> str:
        try:
            offered = await self._offered()
        except openai.APIError:
            offered = []
        if not offered:
            return f"{self._place} knows no model {self.name!r} ({said}): check the model's name and the URL"
        more = ", …" if len(offered) > 10 else ""
        return f"{self._place} has no model {self.name!r}; it offers: {', '.join(offered[:10])}{more}"

    @property
    def _place(self) -> str:
        """The URL without what may be a password in it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def _line(self, said: object) -> str:
        """What an endpoint said as part of one line, without the key."""
        text = " ".join(clean(str(said)).split())
        key = self._key.get_secret_value()
        return (text.replace(key, "***") if key else text)[:200]


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
