"""Classify the faults of a request by their consequence: a repeat, a pause, or the end of the call."""

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

FaultKind = Literal["busy", "unavailable", "garbled", "adapted", "refused", "permanent"]
"""Kind of a fault, by its consequence.

- busy (429, 503): the endpoint gets more calls than it takes; send fewer, and repeat this one.
- unavailable (no connection, no answer in time, other 5xx): repeat, and count it against the endpoint.
- garbled (408, 409, an answer that breaks off or cannot be parsed): repeat; the endpoint itself is fine.
- adapted (400 for an optional parameter, fewer replies than requested): repeat at once, without the parameter.
- refused (400, 413, 422): this request cannot be answered, others can.
- permanent (401, 403, 404, no money left, any other 4xx): no request can be answered."""


@dataclass(frozen=True)
class RequestFault:
    """Describe why a request was not answered."""

    kind: FaultKind
    error: EndpointError
    """Error to raise if the call ends with this fault: a ReplyError if the fault concerns this call alone."""
    pause: float | None = None
    """Seconds that the endpoint asked to wait before the next request; None when it did not."""


def fault_kind(status: int, code: str | None) -> FaultKind:
    """Return the kind of fault of an HTTP status; `code` is the API's own name for the error."""
    match status:
        case 429 if code == "insufficient_quota":
            return "permanent"
        case 429 | 503:
            return "busy"
        case 408 | 409:
            return "garbled"
        case 400 | 413 | 422:
            return "refused"
        case _:
            return "unavailable" if status >= 500 else "permanent"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in a Retry-After header, which may hold a date instead; None if there is no valid one."""
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
    """Return the seconds to wait before a repeat (0 is the first).

    The wait doubles with each repeat, and is randomized so that calls do not all return at once.
    """
    longest = min(LONGEST_BACKOFF_SECONDS, first_seconds * 2.0 ** min(max(repeat, 0), 32))
    return longest * chance.uniform(0.5, 1)
