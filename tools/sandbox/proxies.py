"""The tester's stand-ins for the solution's objects, and what the tester is willing to do for the solution.

An object of the solution's can claim anything about itself. So a stand-in is never equal to plain data and has no
order with it; where a verdict depends on what such an object says about two values, the session is `delegated`.
"""

from __future__ import annotations

import builtins
import io
import operator
import types
from collections.abc import Callable, Iterable
from typing import Any, cast

from .candidate import SHARED_OPERATORS
from .peer import Peer
from .values import Codec, Node
from .wire import Channel, Closed, Surprise

_COMPARING = frozenset({"equals", "all", "any", "issubset", "issuperset", "isdisjoint", "startswith", "endswith"})
"""Methods of data types that compare: an object that poses as data could answer what the test hopes for."""
_KNOWN_DUNDERS = frozenset(
    f"__{name}__"
    for name in (
        *("name", "qualname", "doc", "module", "dict", "annotations", "wrapped", "array", "members", "slots"),
        "dataclass_fields",
    )
)
_KEPT_BACK = (
    *(eval, exec, compile, open, input, __import__, getattr, setattr, delattr),
    *(vars, globals, locals, breakpoint, print, dir),
)
"""Builtins that the solution must not get to call here, should a test hand one over."""


class SolutionStopped(Exception):
    """The solution raised SystemExit or the like; here that must not end anything but the test."""

    __module__ = "builtins"  # so that a report names it without the path to this file


class Session(Peer):
    """The tester's side of the conversation; remembers everything that forbids a pass."""

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
        """Ask the solution's process; the first surprise is final."""
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
        """Take note of the functions among these: a verdict that rests on what they say is delegated."""
        functions = (each for each in values if isinstance(each, CallableHandle) and not isinstance(each, ClassHandle))
        self.helpers |= {_about(each)[1] for each in functions}

    def perform(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Carry out what the solution asked for, if it is something that a test hands over on purpose."""
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
        """c callable, i an iterator, a an object of the test's own whose public attributes may be used."""
        if isinstance(value, type):
            return "c"
        if isinstance(value, (io.StringIO, io.BytesIO)) or type(value).__module__ == "__main__":
            return "ac" if callable(value) else "a"
        if hasattr(type(value), "__next__"):
            return "i"
        return "c" if callable(value) and value not in _KEPT_BACK else ""

    def adopt(self, number: int, traits: str, name: str, parent: Node) -> Any:
        """The stand-in for an object of the solution's, the same one each time."""
        if "X" in traits:
            return self._error_class(number, name, parent)
        if number not in self._handles:
            kind = ClassHandle if "C" in traits else CallableHandle if "c" in traits else Handle
            self._handles[number] = kind(self, number, traits, name)
        return self._handles[number]

    def _error_class(self, number: int, name: str, parent: Node) -> type[Exception]:
        """A real exception class, so that `except` takes it, in the place of one of the solution's."""
        if number not in self._errors:
            base = _builtin_error(parent) if type(parent) is str else self._resolve(parent)
            if not isinstance(base, type) or not issubclass(base, Exception):
                base = SolutionStopped
            members = {"_orps_number": number, "__getattr__": _ask_original, "__module__": "builtins"}
            self._errors[number] = type(name, (base,), members)
        return self._errors[number]

    def number_of(self, value: Any) -> int | None:
        """The solution's number of a stand-in."""
        if isinstance(value, Handle):
            return _about(value)[1]
        return value.__dict__.get("_orps_number") if isinstance(value, type) and issubclass(value, Exception) else None

    def describe_error(self, error: BaseException, codec: Codec) -> Node:
        """What a callback of the test raised, without its text, and how to find it again."""
        base = next(each for each in type(error).__mro__ if getattr(builtins, each.__name__, None) is each)
        self._raised.append(error)
        return [base.__name__, base.__name__, None, None, ["t"], len(self._raised) - 1]

    def rebuild_error(self, node: Node, codec: Codec) -> BaseException:
        """What the solution raised: never as an exception that could end the test as if it were done."""
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


def _about(handle: Handle) -> tuple[Session, int, str, str]:
    return object.__getattribute__(handle, "_orps")  # type: ignore[no-any-return]


class Handle:
    """An object that lives in the solution's process."""

    __slots__ = ("__weakref__", "_orps")

    def __init__(self, session: Session, number: int, traits: str, name: str) -> None:
        object.__setattr__(self, "_orps", (session, number, traits, name))

    def __getattr__(self, name: str) -> Any:
        session, number, _, _ = _about(self)
        if name.startswith("__") and name not in _KNOWN_DUNDERS:
            raise AttributeError(name)
        if name in _COMPARING or number in session.derived:
            session.delegated = True
        return session.ask("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _about(self)[0].ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        _about(self)[0].ask("delattr", self, name)

    def __eq__(self, other: object) -> Any:
        if self is other:
            return True
        session, _, traits, name = _about(self)
        if not isinstance(other, Handle):
            if "d" in traits:
                session.posing.add(name)
            return NotImplemented
        if "e" not in traits and "e" not in _about(other)[2]:
            return False
        session.delegated = True
        return session.ask("eq", self, other)

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        session, number, traits, _ = _about(self)
        return hash(session.ask("hash", self)) if "e" in traits else hash(number)

    def __bool__(self) -> bool:
        session, _, traits, _ = _about(self)
        if "b" not in traits:
            return True
        session.delegated = True
        return _believed("bool")(self) is True

    def __contains__(self, value: object) -> bool:
        session = _about(self)[0]
        session.delegated = True
        return session.ask("contains", self, value) is True

    def __enter__(self) -> Any:
        return _about(self)[0].ask("enter", self)

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> bool:
        session = _about(self)[0]
        base = kind and next(each for each in kind.__mro__ if getattr(builtins, each.__name__, None) is each)
        swallowed = session.ask("exit", self, base and base.__name__) is True
        session.delegated = session.delegated or swallowed
        # a failed assertion is the test's verdict: that is not for the solution to swallow
        return swallowed and kind is not None and not issubclass(kind, AssertionError)

    def __deepcopy__(self, memo: object) -> Any:
        return _about(self)[0].ask("deepcopy", self)


class CallableHandle(Handle):
    """A function, a method, or an object with `__call__`."""

    __slots__ = ()

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        """Call it over there."""
        session, number, _, _ = _about(self)
        if number in session.helpers:
            session.delegated = True
        return session.ask("call", self, *arguments, **keywords)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)


class ClassHandle(CallableHandle):
    """A class of the solution's."""

    __slots__ = ()

    def __instancecheck__(self, instance: object) -> bool:
        session = _about(self)[0]
        session.delegated = True
        return isinstance(instance, Handle) and session.ask("isinstance", instance, self) is True

    def __subclasscheck__(self, subclass: object) -> bool:
        session = _about(self)[0]
        session.delegated = True
        return isinstance(subclass, Handle) and session.ask("issubclass", subclass, self) is True

    def __mro_entries__(self, bases: object) -> tuple[type, ...]:
        raise TypeError(f"a test cannot derive from the solution's class {_about(self)[3]} across processes")

    def __or__(self, other: object) -> Any:
        return object  # `Node | None` in an annotation


def _forward(name: str) -> Callable[..., Any]:
    return lambda self, *arguments: _about(self)[0].ask(name, self, *arguments)


def _believed(name: str) -> Callable[..., Any]:
    """An operation that yields plain data, refused for objects that were computed from the test's plain data."""

    def operation(self: Handle, *arguments: Any) -> Any:
        session, number, _, own_name = _about(self)
        if number in session.derived:
            raise TypeError(f"{name}() of a {own_name} of the solution's that was computed from the test's own data")
        return session.ask(name, self, *arguments)

    return operation


def _ordering(name: str) -> Callable[..., Any]:
    def operation(self: Handle, other: object) -> Any:
        if not isinstance(other, Handle):
            return NotImplemented
        session = _about(self)[0]
        session.delegated = True
        return session.ask(name, self, other)

    return operation


def _arithmetic(name: str, *, swapped: bool = False) -> Callable[..., Any]:
    """`result - 3` must not let the solution's object say 0: with plain data the result has to be an object again."""

    def operation(self: Handle, other: Any) -> Any:
        session = _about(self)[0]
        session.delegated = True
        answer = session.ask(name, other, self) if swapped else session.ask(name, self, other)
        if isinstance(other, Handle):
            return answer
        if not isinstance(answer, Handle):
            raise TypeError(f"{name} of an object of the solution's and plain data gave plain data")
        session.derived.add(_about(answer)[1])
        return answer

    return operation


_FORWARDED = ("iter", "next", "getitem", "setitem", "delitem", "reversed", "format", "dir", "copy")
_CONVERTING = (
    *("len", "str", "repr", "int", "float", "complex", "bytes", "index"),
    *("abs", "round", "neg", "pos", "invert", "ceil", "floor", "trunc"),
)
_BINARY = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul"),
    *("lshift", "rshift", "and", "or", "xor"),
)
for _name in _FORWARDED:
    setattr(Handle, f"__{_name}__", _forward(_name))
for _name in _CONVERTING:
    setattr(Handle, f"__{_name}__", _believed(_name))
for _name in ("lt", "le", "gt", "ge"):
    setattr(Handle, f"__{_name}__", _ordering(_name))
for _name in _BINARY:
    setattr(Handle, f"__{_name}__", _arithmetic(_name))
    setattr(Handle, f"__r{_name}__", _arithmetic(_name, swapped=True))
