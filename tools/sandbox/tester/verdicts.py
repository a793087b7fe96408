"""Run a test against stand-ins for the solution and decide how it ended."""

from __future__ import annotations

import builtins
import importlib
import reprlib
import sys
import traceback
import types
from typing import Any

from ..shared.wire import Channel, Closed, Surprise
from . import shims
from .proxies import Handle, about
from .session import Session
from .suites import EQUAL, Suite

MAX_TEXT = 500
"""Number of characters of a value or a message that a report quotes."""
_NOTHING = object()


class _Quote(reprlib.Repr):
    """Make short representations without any request to the solution."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = MAX_TEXT
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = self.maxarray = 50
        self.maxdeque = 50

    def repr1(self, x: Any, level: int) -> str:
        if isinstance(x, Handle):
            return f"<{about(x)[3]} of the solution>"
        return super().repr1(x, level)


def quote(value: Any) -> str:
    """Return a short representation of a value."""
    try:
        return _Quote().repr(value)[: 2 * MAX_TEXT]
    except Exception as error:  # noqa: BLE001 - __repr__ of a test's own class may raise anything
        return f"<{type(value).__name__}: {type(error).__name__}>"


class TestOutcome:
    """Describe how a test ended, as it is written to the tester's own pipe."""

    def __init__(self) -> None:
        self.verdict = "error"
        self.error: str | None = None
        self.compared: tuple[Any, Any] | None = None

    def equal(self, left: Any, right: Any) -> Any:
        """Return `left == right`, recording the two when they differ."""
        self.compared = None
        result = left == right
        if not result:
            self.compared = (left, right)
        return result

    def message(self, session: Session, trust: str) -> dict[str, Any]:
        """Return the outcome as plain data; nothing passes once the solution's process was lost."""
        if session.lost is not None:
            died = isinstance(session.lost, Closed)
            self.verdict = "crashed" if died else "fail"
            self.error = f"the solution's process is gone: {session.lost}" if died else f"protocol: {session.lost}"
        left, right = self.compared if self.compared and self.verdict == "fail" else (_NOTHING, _NOTHING)
        surprise = session.lost if session.lost is not None and not isinstance(session.lost, Closed) else None
        return {
            "verdict": self.verdict,
            "error": self.error,
            "actual": None if left is _NOTHING else quote(left),
            "expected": None if right is _NOTHING else quote(right),
            "trust": trust,
            "surprise": None if surprise is None else str(surprise),
            "posing": sorted(session.posing)[:5],
        }


def run(channel: Channel, suite: Suite, index: int, source: str) -> dict[str, Any]:
    """Run one test of the suite against the solution at the other end of the channel."""
    session = Session(channel)
    outcome = TestOutcome()
    in_one_process = suite.in_one_process(index)
    try:
        if in_one_process:
            session.ask("judge", source, suite.module, suite.setup_text, suite.tests[index]["code"])
        else:
            _run_split(session, suite, index, source, outcome)
        outcome.verdict = "pass"
    except BaseException as error:  # noqa: BLE001 - a test may end in any way at all
        outcome.verdict, outcome.error = _explain(error, in_one_process)
    trust = "inproc" if in_one_process else "delegated" if session.delegated else "split"
    return outcome.message(session, trust)


def _run_split(session: Session, suite: Suite, index: int, source: str, outcome: TestOutcome) -> None:
    shims.install()
    module = suite.module or "solution"
    try:
        defined = session.ask("load", source, module, suite.names(index), suite.imports)
    except Surprise:
        raise
    except BaseException as error:
        raise LoadFailed(_last_line(error)) from error
    if type(defined) is not dict:
        session.lost = Surprise("the names of the solution are malformed")
        raise session.lost
    names = {name: value for name, value in defined.items() if suite.accepts(name, index)}
    session.distrust(value for name, value in names.items() if name not in suite.entry_points)
    if suite.module:
        sys.modules[module] = types.ModuleType(module)
        vars(sys.modules[module]).update(names)
        names = {}
    else:
        names |= {name: _module(origin) for name, origin in suite.modules(index).items() if name in defined}
    # last, because the solution must never come to do the comparing
    scope = {**names, "__name__": "__main__", "__builtins__": builtins, EQUAL: outcome.equal}
    exec(suite.setup, scope)  # noqa: S102 - the suite is what the user wrote
    exec(suite.snippet(index), scope)  # noqa: S102


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


class LoadFailed(Exception):
    """Signal that the solution could not be imported."""


def _explain(error: BaseException, in_one_process: bool) -> tuple[str, str]:
    if isinstance(error, LoadFailed):
        return "error", f"the solution does not load: {error}"
    ours = isinstance(error, AssertionError) and (in_one_process or not hasattr(error, "_orps_itself"))
    return "fail" if ours else "error", _last_line(error)


def _last_line(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception_only(error)).strip()[: 2 * MAX_TEXT]
    except Exception:  # noqa: BLE001 - __str__ of a test's own class may raise anything
        return type(error).__name__
