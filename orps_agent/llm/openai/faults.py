"""What can be wrong with one request, and what follows from it: another try, a pause, or the end of the call."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

from orps_agent.errors import EndpointError

LONGEST_BACKOFF_SECONDS = 30.0

Kind = Literal["busy", "sick", "garbled", "adapted", "refused", "hopeless"]
"""What a fault says, by what follows from it.

- busy (429, 503): the endpoint takes fewer calls than it gets; send less, and this one again.
- sick (no connection, no answer in time, other 5xx): send it again, and count it against the endpoint.
- garbled (408, 409, an answer that breaks off or cannot be read): send it again; the endpoint itself is fine.
- adapted (400 for an optional parameter, fewer replies than asked for): send it again at once, without the parameter.
- refused (400, 413, 422): this request cannot be answered, others can.
- hopeless (401, 403, 404, no money left, any other 4xx): no request can be answered.
"""


@dataclass(frozen=True)
class Fault:
    """A request that was not answered."""

    kind: Kind
    error: EndpointError
    """What to raise if this is the end of the call: a ReplyError if the fault concerns nothing but this call."""
    pause: float | None = None
    """How many seconds the endpoint asked to be left alone."""


def kind_of(status: int, code: str | None) -> Kind:
    """What an HTTP status means; `code` is the API's own name for the error."""
    match status:
        case 429 if code == "insufficient_quota":
            return "hopeless"
        case 429 | 503:
            return "busy"
        case 408 | 409:
            return "garbled"
        case 400 | 413 | 422:
            return "refused"
        case _:
            return "sick" if status >= 500 else "hopeless"


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """The seconds in a Retry-After header, which may hold a date instead; None when there is none that can be read."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time())
    except ValueError:
        return None


def backoff(repeat: int, first_seconds: float, chance: random.Random) -> float:
    """The wait before a repeat (0 is the first): it doubles, and is spread, so that calls do not come back together."""
    longest = min(LONGEST_BACKOFF_SECONDS, first_seconds * 2.0 ** min(max(repeat, 0), 32))
    return longest * chance.uniform(0.5, 1)
