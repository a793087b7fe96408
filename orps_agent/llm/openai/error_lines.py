"""What is wrong with an endpoint, in one line that names it and says what to do, and never holds its key."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import httpx2
import openai
from pydantic import SecretStr

from orps_agent.errors import EndpointError, ReplyError
from orps_agent.llm.replies.parser import clean

from .faults import Fault, asked_pause, kind_of


class Complaints:
    """Words for the faults of one endpoint.

    `name` is the endpoint's in the settings, empty for the one that needs no table.
    """

    def __init__(self, name: str, url: str, model: str, key: SecretStr) -> None:
        parts = urlsplit(url)
        login, _, host = parts.netloc.rpartition("@")
        shown = f"{parts.scheme}://{host}{parts.path}"
        self.place = f"endpoint {name} ({shown})" if name else shown
        """How messages call the endpoint."""
        self._name = name
        self._model = model
        self._secrets = [each for each in (key.get_secret_value(), *_forms(login)) if each]

    def keyless(self) -> str:
        """A key is needed and there is none."""
        where = "base_url" if self._name else "ORPS_BASE_URL"
        return f"model {self._model!r} at OpenAI needs a key: {self._how_to_give('')}, or {where} to go elsewhere"

    def garbled(self, what: str, advice: str = "") -> Fault:
        """An answer of no use."""
        return Fault("garbled", ReplyError(f"{self.place} sent {what}{advice}"))

    def no_completion(self, body: str) -> Fault:
        """An answer, but not of this API."""
        return self.garbled(f"no chat completion but {self.line(body) or 'nothing'}", "; is it the API's URL?")

    def too_few(self, missing: int) -> Fault:
        """Fewer replies than were asked for; those that are there are fine."""
        return Fault("adapted", ReplyError(f"{self.place} sent {missing} replies too few"))

    def unreachable(self, cause: BaseException) -> Fault:
        """No answer at all, or none in time."""
        late = isinstance(cause, (TimeoutError, httpx2.TimeoutException)) and not isinstance(
            cause, httpx2.ConnectTimeout
        )
        why, question = "cannot be reached", "is the server up and the URL right?"
        if late:
            why, question = "did not answer in time", "is the server up, and timeout_seconds long enough?"
        said = self.line(cause) or type(cause).__name__
        return Fault("sick", EndpointError(f"{self.place} {why} ({said}): {question}"))

    def status(self, error: openai.APIStatusError, offered: Sequence[str] = ()) -> Fault:
        """What an HTTP status means; `offered` are the endpoint's models, where it lists any."""
        kind = kind_of(error.status_code, error.code)
        said = f"{error.status_code}: {self.line(error.message).removeprefix(f'Error code: {error.status_code} - ')}"
        if error.status_code in (401, 403):
            how = self._how_to_give(" to a valid one")
            return Fault(kind, EndpointError(f"{self.place} refuses the key ({said}): {how}"))
        if error.status_code == 404:
            return Fault(kind, EndpointError(self._not_found(said, offered)))
        if kind == "refused":
            return Fault(kind, ReplyError(f"{self.place} refuses this request ({said})"))
        failing = EndpointError(f"{self.place} fails ({said}): try again later, resuming the search")
        return Fault(kind, failing, asked_pause(error.response.headers))

    def line(self, said: object) -> str:
        """What an endpoint said as part of one line, without the key or a password."""
        text = " ".join(clean(str(said)).split())
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:200]

    def _not_found(self, said: str, offered: Sequence[str]) -> str:
        if self._model in offered:
            return f"{self.place} has the model {self._model!r} but does not answer for it ({said}): check the URL"
        if not offered:
            return f"{self.place} knows no model {self._model!r} ({said}): check the model's name and the URL"
        more = ", …" if len(offered) > 10 else ""
        return f"{self.place} has no model {self._model!r}; it offers: {', '.join(offered[:10])}{more}"

    def _how_to_give(self, what: str) -> str:
        if self._name:
            return f"set api_key_env or api_key_file of [endpoints.{self._name}]"
        return f"set OPENAI_API_KEY{what}"


def _forms(login: str) -> tuple[str, ...]:
    """A login in a URL, `name:password`, as it may come back: as it is, as it is sent, and the password alone."""
    plain = unquote(login)
    return login, base64.b64encode(plain.encode()).decode(), plain, plain.partition(":")[2]
