"""Implement the circuit breaker: stop calling an endpoint that no longer answers, and probe it from time to time."""

from __future__ import annotations

import time
from collections.abc import Callable

from orps_agent.errors import EndpointError

FAULT_THRESHOLD = 5
"""Number of consecutive faults, with no answer between them, after which the breaker opens."""
SHORTEST_SECONDS = 0.5
LONGEST_SECONDS = 5.0
_MEMORY = 0.9


class Breaker:
    """Decide if an endpoint may be called.

    While closed, it admits every call. While open, it admits one probe at a time, after increasing pauses. An answer
    closes it, including one to a call that was sent before it opened.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.open_since: float | None = None
        """Time of the clock when it opened; None while it is closed."""
        self.answered_at: float | None = None
        """Time of the clock of the endpoint's last answer."""
        self.health = 1.0
        """Share of recent calls that were answered, exponentially weighted."""
        self.fault: EndpointError | None = None
        """The last fault."""
        self.permanent = False
        """True when repeating is useless: a refused key, an unknown model."""
        self.retry_at = 0.0
        """Time of the clock when an open breaker admits the next call."""
        self._pause = SHORTEST_SECONDS
        self._faults = 0
        self._probing = False
        self._clock = clock

    def admits(self) -> bool:
        """Return True when a call may be sent now."""
        if self.open_since is None:
            return True
        return not self.permanent and not self._probing and self._clock() >= self.retry_at

    def begin(self) -> bool:
        """Register a call that is being sent; return True if it is the probe of an open breaker."""
        probe = self.open_since is not None
        self._probing = self._probing or probe
        return probe

    def end(self, *, probe: bool) -> None:
        """Register the end of a call, whatever its outcome; `probe` is the value that `begin` returned for it."""
        if probe:
            self._probing = False

    def succeeded(self) -> None:
        """Register an answer of the endpoint, which closes the breaker."""
        self.answered_at = self._clock()
        self.health = _MEMORY * self.health + 1 - _MEMORY
        self.open_since, self._faults, self._pause = None, 0, SHORTEST_SECONDS

    def failed(self, fault: EndpointError, *, probe: bool) -> None:
        """Register that the endpoint could not be reached, did not answer in time or reported an internal error."""
        self.fault = fault
        self.health *= _MEMORY
        self._faults += 1
        if probe:
            self._pause = min(2 * self._pause, LONGEST_SECONDS)
            self.retry_at = self._clock() + self._pause
        elif self._faults >= FAULT_THRESHOLD:
            self.trip(fault)

    def trip(self, fault: EndpointError, *, permanent: bool = False, seconds: float | None = None) -> None:
        """Open the breaker now: for ever if `permanent`, else for at least `seconds`."""
        self.fault, self.permanent = fault, self.permanent or permanent
        self.open_since = self.open_since or self._clock()
        self.retry_at = max(self.retry_at, self._clock() + (seconds or self._pause))
