"""Describe the faults of an endpoint in one line that names it, says what to do, and never contains its key."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import httpx2
import openai
from pydantic import SecretStr

from orps_agent.errors import EndpointError, ReplyError
from orps_agent.llm.replies.parser import clean

from .faults import RequestFault, fault_kind, retry_after


class EndpointFaults:
    """Create the faults of one endpoint, with their error messages.

    `name` is the endpoint's name in the settings, empty for the one that needs no table.
    """

    def __init__(self, name: str, url: str, model: str, key: SecretStr) -> None:
        parts = urlsplit(url)
        login, _, host = parts.netloc.rpartition("@")
        shown = f"{parts.scheme}://{host}{parts.path}"
        self.place = f"endpoint {name} ({shown})" if name else shown
        """Name of the endpoint in messages."""
        self._name = name
        self._model = model
        self._secrets = [each for each in (key.get_secret_value(), *_forms(login)) if each]

    def missing_key(self) -> str:
        """Return the message for a required key that is missing."""
        where = "base_url" if self._name else "ORPS_BASE_URL"
        return f"model {self._model!r} at OpenAI needs a key: {self._how_to_give('')}, or {where} to go elsewhere"

    def garbled(self, what: str, advice: str = "") -> RequestFault:
        """Return the fault for an unusable answer; `what` describes it."""
        return RequestFault("garbled", ReplyError(f"{self.place} sent {what}{advice}"))

    def no_completion(self, body: str) -> RequestFault:
        """Return the fault for an answer that is not a chat completion."""
        return self.garbled(f"no chat completion but {self.line(body) or 'nothing'}", "; is it the API's URL?")

    def too_few(self, missing: int) -> RequestFault:
        """Return the fault for each reply that is missing in an otherwise good answer."""
        return RequestFault("adapted", ReplyError(f"{self.place} sent {missing} replies too few"))

    def unreachable(self, cause: BaseException) -> RequestFault:
        """Return the fault for a request without an answer, or without one in time."""
        late = isinstance(cause, (TimeoutError, httpx2.TimeoutException)) and not isinstance(
            cause, httpx2.ConnectTimeout
        )
        why, question = "cannot be reached", "is the server up and the URL right?"
        if late:
            why, question = "did not answer in time", "is the server up, and timeout_seconds long enough?"
        detail = self.line(cause) or type(cause).__name__
        return RequestFault("unavailable", EndpointError(f"{self.place} {why} ({detail}): {question}"))

    def status(self, error: openai.APIStatusError, listed: Sequence[str] = ()) -> RequestFault:
        """Return the fault for an HTTP status; `listed` are the models that the endpoint lists, if any."""
        kind = fault_kind(error.status_code, error.code)
        detail = f"{error.status_code}: {self.line(error.message).removeprefix(f'Error code: {error.status_code} - ')}"
        if error.status_code in (401, 403):
            how = self._how_to_give(" to a valid one")
            return RequestFault(kind, EndpointError(f"{self.place} refuses the key ({detail}): {how}"))
        if error.status_code == 404:
            return RequestFault(kind, EndpointError(self._not_found(detail, listed)))
        if kind == "refused":
            return RequestFault(kind, ReplyError(f"{self.place} refuses this request ({detail})"))
        failing = EndpointError(f"{self.place} fails ({detail}): try again later, resuming the search")
        return RequestFault(kind, failing, retry_after(error.response.headers))

    def line(self, detail: object) -> str:
        """Return a text of the endpoint as part of one line, without the key or a password."""
        text = " ".join(clean(str(detail)).split())
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:200]

    def _not_found(self, detail: str, listed: Sequence[str]) -> str:
        if self._model in listed:
            return f"{self.place} has the model {self._model!r} but does not answer for it ({detail}): check the URL"
        if not listed:
            return f"{self.place} has no model {self._model!r} ({detail}): check the model's name and the URL"
        more = ", …" if len(listed) > 10 else ""
        return f"{self.place} has no model {self._model!r}; it offers: {', '.join(listed[:10])}{more}"

    def _how_to_give(self, what: str) -> str:
        if self._name:
            return f"set api_key_env or api_key_file of [endpoints.{self._name}]"
        return f"set OPENAI_API_KEY{what}"


def _forms(login: str) -> tuple[str, ...]:
    """Return the forms in which a URL's login, `name:password`, may come back: as given, encoded, decoded, password."""
    plain = unquote(login)
    return login, base64.b64encode(plain.encode()).decode(), plain, plain.partition(":")[2]
