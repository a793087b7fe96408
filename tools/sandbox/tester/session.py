"""Implement the tester's side of the protocol: its memory, and the operations that it allows the solution."""

from __future__ import annotations

import builtins
import io
import operator
from collections.abc import Iterable
from typing import Any, cast

from ..candidate.solution import SHARED_OPERATORS
from ..shared.peer import Peer
from ..shared.values import Codec, Node
from ..shared.wire import Channel, Closed, Surprise
from .proxies import CallableHandle, ClassHandle, Handle, about

_KEPT_BACK = (
    *(eval, exec, compile, open, input, __import__, getattr, setattr, delattr),
    *(vars, globals, locals, breakpoint, print, dir),
)
"""Builtins that the solution must not get to call here, should a test hand one over."""


class SolutionStopped(Exception):
    """Signal that the solution raised SystemExit or the like, which here must end the test alone."""

    __module__ = "builtins"  # so that a report names it without the path to this file


class Session(Peer):
    """Implement the tester's side of the protocol; record everything that forbids a pass."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self.lost: Surprise | None = None
        """Set once the solution's process is gone or spoke out of turn; no test can pass after that."""
        self.delegated = False
        self.posing: set[str] = set()
        """Classes of the solution that subclass a data type and whose instances met plain data."""
        self.derived: set[int] = set()
        """Objects that the solution made from plain data of the test; what they say about numbers is not believed."""
        self.helpers: set[int] = set()
        """Functions of the solution's that the test uses besides the entry points: what they say is not our verdict."""
        self._handles: dict[int, Handle] = {}
        self._errors: dict[int, type[Exception]] = {}
        self._raised: list[BaseException] = []

    def ask(self, name: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Request an operation from the solution's process; the first surprise is final."""
        if self.lost is not None:
            raise Closed(str(self.lost))
        try:
            if self.channel.early:
                raise Surprise("an answer came before its question")
            return super().ask(name, *arguments, **keywords)
        except Surprise as surprise:
            self.lost = self.lost or surprise
            raise

    def distrust(self, values: Iterable[Any]) -> None:
        """Record the functions among these: a verdict that rests on their results is delegated."""
        functions = (each for each in values if isinstance(each, CallableHandle) and not isinstance(each, ClassHandle))
        self.helpers |= {about(each)[1] for each in functions}

    def perform(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Carry out a request of the solution, if it concerns something that a test hands over on purpose."""
        target, *others = arguments
        traits = self.traits(target) if self._owns(target) else ""
        if name == "call" and "c" in traits:
            return target(*others, **keywords)
        if name == "next" and "i" in traits:
            return next(target)
        if "a" in traits and name in ("getattr", "setattr") and not str(others[0]).startswith("_"):
            return getattr(builtins, name)(target, str(others[0]), *others[1:])
        if "a" in traits and name in SHARED_OPERATORS:
            return (getattr(operator, name, None) or getattr(builtins, name))(target, *others)
        raise Surprise(f"the solution asked the tester for {str(name)[:40]!r}, which it does not do")

    def traits(self, value: Any) -> str:
        """Return letters: c callable, i iterator, a object of the test whose public attributes may be used."""
        if isinstance(value, type):
            return "c"
        if isinstance(value, (io.StringIO, io.BytesIO)) or type(value).__module__ == "__main__":
            return "ac" if callable(value) else "a"
        if hasattr(type(value), "__next__"):
            return "i"
        return "c" if callable(value) and value not in _KEPT_BACK else ""

    def adopt(self, number: int, traits: str, name: str, parent: Node) -> Any:
        """Return the stand-in for an object of the solution, the same one each time."""
        if "X" in traits:
            return self._error_class(number, name, parent)
        if number not in self._handles:
            kind = ClassHandle if "C" in traits else CallableHandle if "c" in traits else Handle
            self._handles[number] = kind(self, number, traits, name)
        return self._handles[number]

    def _error_class(self, number: int, name: str, parent: Node) -> type[Exception]:
        """Return a real exception class in place of one of the solution, so that `except` accepts it."""
        if number not in self._errors:
            base = _builtin_error(parent) if type(parent) is str else self._resolve(parent)
            if not isinstance(base, type) or not issubclass(base, Exception):
                base = SolutionStopped
            members = {"_orps_number": number, "__getattr__": _ask_original, "__module__": "builtins"}
            self._errors[number] = type(name, (base,), members)
        return self._errors[number]

    def number_of(self, value: Any) -> int | None:
        """Return the solution's number of a stand-in."""
        if isinstance(value, Handle):
            return about(value)[1]
        return value.__dict__.get("_orps_number") if isinstance(value, type) and issubclass(value, Exception) else None

    def describe_error(self, error: BaseException, codec: Codec) -> Node:
        """Describe an exception that a callback of the test raised, without its text, and how to find it again."""
        base = next(each for each in type(error).__mro__ if getattr(builtins, each.__name__, None) is each)
        self._raised.append(error)
        return [base.__name__, base.__name__, None, None, ["t"], len(self._raised) - 1]

    def rebuild_error(self, node: Node, codec: Codec) -> BaseException:
        """Return the exception that the solution raised, never as one that could end the test as if it were done."""
        base_name, name, own, itself, arguments, number = node
        if type(number) is int and 0 <= number < len(self._raised):
            return self._raised[number]
        kind = _builtin_error(base_name) if own is None else codec.decode(own)
        if kind is None:
            return SolutionStopped(f"{name[:100]}: {', '.join(map(str, codec.decode(arguments)))[:200]}")
        error: Any = _make_error(kind, codec.decode(arguments))
        error._orps_itself = codec.decode(itself)
        return cast(Exception, error)


def _builtin_error(name: Any) -> type[Exception] | None:
    kind = getattr(builtins, name, None)
    return kind if isinstance(kind, type) and issubclass(kind, Exception) else None


def _make_error(kind: type[Exception], arguments: tuple[Any, ...]) -> Any:
    try:
        return kind(*arguments)
    except TypeError:  # UnicodeDecodeError and others insist on their own arguments
        error = Exception.__new__(kind)
        error.args = arguments
        return error


def _ask_original(error: Any, name: str) -> Any:
    original = error.__dict__.get("_orps_itself")
    if original is None or name.startswith("__"):
        raise AttributeError(name)
    return getattr(original, name)
