"""Stand for the solution's objects in the tester's process.

An object of the solution can claim anything about itself. So a stand-in is never equal to plain data and has no
order with it; where a verdict depends on what such an object says about two values, the session is `delegated`.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .session import Session

_COMPARING = frozenset({"equals", "all", "any", "issubset", "issuperset", "isdisjoint", "startswith", "endswith"})
"""Methods of data types that compare: an object that poses as data could answer what the test hopes for."""
_KNOWN_DUNDERS = frozenset(
    f"__{name}__"
    for name in (
        *("name", "qualname", "doc", "module", "dict", "annotations", "wrapped", "array", "members", "slots"),
        "dataclass_fields",
    )
)


def about(handle: Handle) -> tuple[Session, int, str, str]:
    """Return what a stand-in stands for: the session, the object's number there, its traits and its name."""
    return object.__getattribute__(handle, "_orps")  # type: ignore[no-any-return]


class Handle:
    """Stand for an object that lives in the solution's process."""

    __slots__ = ("__weakref__", "_orps")

    def __init__(self, session: Session, number: int, traits: str, name: str) -> None:
        object.__setattr__(self, "_orps", (session, number, traits, name))

    def __getattr__(self, name: str) -> Any:
        session, number, _, _ = about(self)
        if name.startswith("__") and name not in _KNOWN_DUNDERS:
            raise AttributeError(name)
        if name in _COMPARING or number in session.derived:
            session.delegated = True
        return session.ask("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        about(self)[0].ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        about(self)[0].ask("delattr", self, name)

    def __eq__(self, other: object) -> Any:
        if self is other:
            return True
        session, _, traits, name = about(self)
        if not isinstance(other, Handle):
            if "d" in traits:
                session.posing.add(name)
            return NotImplemented
        if "e" not in traits and "e" not in about(other)[2]:
            return False
        session.delegated = True
        return session.ask("eq", self, other)

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        session, number, traits, _ = about(self)
        return hash(session.ask("hash", self)) if "e" in traits else hash(number)

    def __bool__(self) -> bool:
        session, _, traits, _ = about(self)
        if "b" not in traits:
            return True
        session.delegated = True
        return _believed("bool")(self) is True

    def __contains__(self, value: object) -> bool:
        session = about(self)[0]
        session.delegated = True
        return session.ask("contains", self, value) is True

    def __enter__(self) -> Any:
        return about(self)[0].ask("enter", self)

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> bool:
        session = about(self)[0]
        base = kind and next(each for each in kind.__mro__ if getattr(builtins, each.__name__, None) is each)
        swallowed = session.ask("exit", self, base and base.__name__) is True
        session.delegated = session.delegated or swallowed
        # a failed assertion is the test's verdict: that is not for the solution to swallow
        return swallowed and kind is not None and not issubclass(kind, AssertionError)

    def __deepcopy__(self, memo: object) -> Any:
        return about(self)[0].ask("deepcopy", self)


class CallableHandle(Handle):
    """Stand for a function, a method, or an object with `__call__`."""

    __slots__ = ()

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        """Call the object in the solution's process."""
        session, number, _, _ = about(self)
        if number in session.helpers:
            session.delegated = True
        return session.ask("call", self, *arguments, **keywords)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)


class ClassHandle(CallableHandle):
    """Stand for a class of the solution."""

    __slots__ = ()

    def __instancecheck__(self, instance: object) -> bool:
        session = about(self)[0]
        session.delegated = True
        return isinstance(instance, Handle) and session.ask("isinstance", instance, self) is True

    def __subclasscheck__(self, subclass: object) -> bool:
        session = about(self)[0]
        session.delegated = True
        return isinstance(subclass, Handle) and session.ask("issubclass", subclass, self) is True

    def __mro_entries__(self, bases: object) -> tuple[type, ...]:
        raise TypeError(f"a test cannot derive from the solution's class {about(self)[3]} across processes")

    def __or__(self, other: object) -> Any:
        return object  # `Node | None` in an annotation


def _forward(name: str) -> Callable[..., Any]:
    return lambda self, *arguments: about(self)[0].ask(name, self, *arguments)


def _believed(name: str) -> Callable[..., Any]:
    """Build an operation that yields plain data, refused for objects that were computed from the test's plain data."""

    def operation(self: Handle, *arguments: Any) -> Any:
        session, number, _, own_name = about(self)
        if number in session.derived:
            raise TypeError(f"{name}() of a {own_name} of the solution's that was computed from the test's own data")
        return session.ask(name, self, *arguments)

    return operation


def _ordering(name: str) -> Callable[..., Any]:
    def operation(self: Handle, other: object) -> Any:
        if not isinstance(other, Handle):
            return NotImplemented
        session = about(self)[0]
        session.delegated = True
        return session.ask(name, self, other)

    return operation


def _arithmetic(name: str, *, swapped: bool = False) -> Callable[..., Any]:
    """Build an arithmetic operation whose result with plain data is an object again: `result - 3` must not yield 0."""

    def operation(self: Handle, other: Any) -> Any:
        session = about(self)[0]
        session.delegated = True
        answer = session.ask(name, other, self) if swapped else session.ask(name, self, other)
        if isinstance(other, Handle):
            return answer
        if not isinstance(answer, Handle):
            raise TypeError(f"{name} of an object of the solution's and plain data gave plain data")
        session.derived.add(about(answer)[1])
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
