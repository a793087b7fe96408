"""Load the solution and carry out the tester's requests on it: the candidate's side of a test.

Nothing in this process is trusted: the solution shares the interpreter with this file and can change all of it. What
it gains by that is the right to answer whatever it likes, which it has anyway.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import importlib
import math
import operator
import sys
import types
from _thread import RLock
from collections.abc import Callable
from typing import Any

from ..shared import confine
from ..shared.peer import Peer
from ..shared.values import WRITERS, Codec, Node
from ..shared.wire import Channel, Surprise

DATA = (int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset)
PLAIN = (int, str, float, bool, type(None))


class Remote:
    """Stand for an object of the tester: callable if that is, otherwise only good for handing back."""

    _peer: CandidatePeer

    def __init__(self, peer: CandidatePeer, number: int, name: str) -> None:
        self.__dict__.update(_peer=peer, _number=number, __name__=name)  # not through __setattr__

    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
        """Call the object in the tester's process."""
        return self._peer.ask_locked("call", self, *arguments, **keywords)


class RemoteIterator(Remote):
    """Stand for an iterator of the tester."""

    def __iter__(self) -> RemoteIterator:
        return self

    def __next__(self) -> Any:
        return self._peer.ask_locked("next", self)


class RemoteObject(Remote):
    """Stand for an instance of a class that the test defines."""

    def __getattr__(self, name: str) -> Any:
        return self._peer.ask_locked("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._peer.ask_locked("setattr", self, name, value)


def _forward(name: str) -> Callable[..., Any]:
    return lambda self, *arguments: self._peer.ask_locked(name, self, *arguments)


SHARED_OPERATORS = (
    *("len", "getitem", "setitem", "delitem", "iter", "contains", "eq", "ne", "lt", "le", "gt", "ge"),
    *("add", "sub", "mul", "truediv", "hash", "str", "repr", "bool"),
)
"""Operations that a candidate may perform on an instance of a class that the test defines."""
for _name in SHARED_OPERATORS:
    setattr(RemoteObject, f"__{_name}__", _forward(_name))


class CandidatePeer(Peer):
    """Answer the tester's requests; every operation of Python is available to it."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._remotes: dict[int, Remote] = {}
        self._turn = RLock()

    def ask_locked(self, name: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Ask the tester, one thread at a time."""
        with self._turn:
            return self.ask(name, *arguments, **keywords)

    def perform(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Carry out an operation of the tester's on the solution's objects."""
        return OPERATIONS[name](*arguments, **keywords)

    def _send(self, message: list[Any]) -> None:
        for stream in _STREAMS:
            stream.flush()
        try:
            super()._send(message)
        except ValueError as error:
            super()._send(["raise", ["OverflowError", "OverflowError", None, None, ["t", str(error)], None], []])

    def traits(self, value: Any) -> str:
        """Return letters: c callable, C class, X exception, e equal by value, b has a truth value, d poses as data."""
        kind = type(value)
        found = ""
        if callable(value):
            found += "c"
        if isinstance(value, type):
            found += "X" if issubclass(value, BaseException) else "C"
        if "__eq__" in {name for each in kind.__mro__[:-1] for name in vars(each)} and not isinstance(value, type):
            found += "e"
        if hasattr(kind, "__bool__") or hasattr(kind, "__len__"):
            found += "b"
        if isinstance(value, DATA):
            found += "d"
        return found

    def parent(self, value: Any) -> Node:
        """Return the base of an exception class of the solution."""
        if not isinstance(value, type) or not issubclass(value, BaseException):
            return None
        base = next(each for each in value.__bases__ if issubclass(each, BaseException))
        return base.__name__ if _is_builtin(base) else self._refer(base)

    def adopt(self, number: int, traits: str, name: str, parent: Node) -> Any:
        """Return the stand-in for an object of the tester, the same one each time."""
        if number not in self._remotes:
            kind = RemoteIterator if "i" in traits else RemoteObject if "a" in traits else Remote
            self._remotes[number] = kind(self, number, name)
        return self._remotes[number]

    def number_of(self, value: Any) -> int | None:
        """Return the tester's number of a stand-in."""
        return value.__dict__["_number"] if isinstance(value, Remote) else None

    def describe_error(self, error: BaseException, codec: Codec) -> Node:
        """Describe an exception: the builtin one that it is or derives from, its class, itself, and its arguments."""
        kind = type(error)
        own = not _is_builtin(kind)
        base = next(each for each in kind.__mro__ if _is_builtin(each))
        plain = all(type(each) in WRITERS or type(each) in PLAIN for each in error.args)
        arguments = codec.encode(tuple(error.args) if plain else (str(error),))
        classes = [codec.encode(kind), codec.encode(error)] if own else [None, None]
        return [base.__name__, kind.__name__, *classes, arguments, getattr(error, "_orps_number", None)]

    def rebuild_error(self, node: Node, codec: Codec) -> BaseException:
        """Return the exception that a callback raised, as the builtin one that comes closest."""
        base, _, _, _, arguments, number = node
        kind = getattr(builtins, base, Exception)
        error: BaseException = kind(*codec.decode(arguments))
        error._orps_number = number  # type: ignore[attr-defined]  # leads the tester back to the original
        return error


def _is_builtin(kind: type) -> bool:
    return getattr(builtins, kind.__name__, None) is kind


def _prepare(source: str) -> types.CodeType:
    """Compile the solution and prepare the interpreter as every run of it should find it."""
    if "random" in source:
        importlib.import_module("random")
    confine.seed()
    return compile(source, "<solution>", "exec", dont_inherit=True)


def load(source: str, module: str, names: list[str], imports: list[list[Any]]) -> dict[str, Any]:
    """Run the solution as a module and hand out those of the names that it defines ("*": all public ones).

    `imports` are import lines of the test's setup that the solution may rely on.
    """
    space = types.ModuleType(module)
    sys.modules[module] = space
    for origin, name, alias in imports:
        # What cannot be imported is the setup's fault, and the tester says so when it runs the setup.
        with contextlib.suppress(ImportError, AttributeError):
            found = importlib.import_module(origin)
            space.__dict__[alias] = getattr(found, name) if name else found
    code = _prepare(source)
    _begin()
    exec(code, space.__dict__)  # noqa: S102 - this is what the sandbox is for
    if "*" in names:
        names = names + [name for name in space.__dict__ if not name.startswith("_")]
    return {name: space.__dict__[name] for name in names if name in space.__dict__}


def judge(source: str, module: str | None, setup: str, test: str) -> None:
    """Run a test in this very process, for tests that cannot be run in another one."""
    import __main__  # noqa: PLC0415 - the tests' own namespace has to be a real module

    space = types.ModuleType(module or "__main__")
    sys.modules[module or "solution"] = space
    code = _prepare(source)
    _begin()
    if module is None:
        exec(setup, space.__dict__)  # noqa: S102
    exec(code, space.__dict__)  # noqa: S102
    if module is not None:
        space = __main__
        exec(setup, space.__dict__)  # noqa: S102
    exec(compile(test, "<test>", "exec", dont_inherit=True), space.__dict__)  # noqa: S102


def leave(value: Any, error_name: str | None) -> Any:
    """Leave a context manager of the solution, with an exception of that class if one is named."""
    kind = getattr(builtins, error_name) if error_name else None
    return type(value).__exit__(value, kind, kind and kind(), None)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "load": load,
    "judge": judge,
    "call": lambda function, /, *arguments, **keywords: function(*arguments, **keywords),
    "isinstance": isinstance,
    "issubclass": issubclass,
    "delattr": delattr,
    "enter": lambda value: type(value).__enter__(value),
    "exit": leave,
    "dir": dir,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "ceil": math.ceil,
    "floor": math.floor,
    "trunc": math.trunc,
    **{function.__name__: function for function in (
        len, iter, next, hash, str, repr, bool, int, float, complex, bytes, abs, round, divmod, pow, format, reversed,
        getattr, setattr,
    )},
    **{name: getattr(operator, name) for name in (
        "eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "truediv", "floordiv", "mod", "lshift", "rshift",
        "matmul", "neg", "pos", "invert", "getitem", "setitem", "delitem", "contains", "index",
    )},
    "and": operator.and_, "or": operator.or_, "xor": operator.xor,
}  # fmt: skip
_STREAMS: list[Any] = []
_begin: Callable[[], None] = lambda: None  # noqa: E731 - replaced by `serve`


def serve(channel: Channel, begin: Callable[[], None]) -> None:
    """Answer the tester until it closes the connection. `begin` is called when the solution's own work starts."""
    global _begin  # noqa: PLW0603 - one solution a process
    _begin = begin
    _STREAMS[:] = [sys.stdout, sys.stderr]
    peer = CandidatePeer(channel)
    while True:
        try:
            peer.serve(channel.receive())
        except Surprise:
            return


def run_program(source: str, begin: Callable[[], None]) -> int:
    """Run the solution as a program; return its exit status."""
    space = types.ModuleType("__main__")
    sys.modules["__main__"] = space
    try:
        code = _prepare(source)
        begin()
        exec(code, space.__dict__)  # noqa: S102
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:  # noqa: BLE001 - a program that fails says so on stderr
        sys.excepthook(*sys.exc_info())
        status = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return status
