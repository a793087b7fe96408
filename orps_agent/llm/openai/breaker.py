"""The circuit breaker: an endpoint that has stopped answering is left alone, and asked again now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

from orps_agent.errors import EndpointError

FAULTS = 5
"""After how many faults in a row, with no answer between them, an endpoint counts as gone."""
SHORTEST_SECONDS = 0.5
LONGEST_SECONDS = 5.0
_MEMORY = 0.9


class Breaker:
    """Closed while the endpoint answers; open, it admits one call at a time, after ever longer pauses, to look again.

    An answer closes it, also one to a call that was sent before it opened.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.open_since: float | None = None
        """When it opened; None while it is closed."""
        self.answered_at: float | None = None
        """When the endpoint last answered."""
        self.health = 1.0
        """The share of calls that were answered lately."""
        self.fault: EndpointError | None = None
        """What was last wrong."""
        self.hopeless = False
        """Whether asking again is of no use: a refused key, an unknown model."""
        self.retry_at = 0.0
        """When an open breaker admits the next call."""
        self._pause = SHORTEST_SECONDS
        self._faults = 0
        self._looking = False
        self._clock = clock

    def admits(self) -> bool:
        """Whether a call may be sent now."""
        if self.open_since is None:
            return True
        return not self.hopeless and not self._looking and self._clock() >= self.retry_at

    def begin(self) -> bool:
        """A call is being sent; says whether it is the one that looks whether the endpoint is back."""
        looks = self.open_since is not None
        self._looking = self._looking or looks
        return looks

    def end(self, *, looked: bool) -> None:
        """The call that `begin` spoke of is over, in whatever way."""
        if looked:
            self._looking = False

    def succeeded(self) -> None:
        """The endpoint answered."""
        self.answered_at = self._clock()
        self.health = _MEMORY * self.health + 1 - _MEMORY
        self.open_since, self._faults, self._pause = None, 0, SHORTEST_SECONDS

    def failed(self, fault: EndpointError, *, looked: bool) -> None:
        """The endpoint could not be reached, did not answer in time, or said that it is broken."""
        self.fault = fault
        self.health *= _MEMORY
        self._faults += 1
        if looked:
            self._pause = min(2 * self._pause, LONGEST_SECONDS)
            self.retry_at = self._clock() + self._pause
        elif self._faults >= FAULTS:
            self.trip(fault)

    def trip(self, fault: EndpointError, *, hopeless: bool = False, seconds: float | None = None) -> None:
        """Open it now: for good if that is hopeless, and for at least so many seconds."""
        self.fault, self.hopeless = fault, self.hopeless or hopeless
        self.open_since = self.open_since or self._clock()
        self.retry_at = max(self.retry_at, self._clock() + (seconds or self._pause))
