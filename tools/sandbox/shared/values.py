"""Encode values as JSON: exact builtin types and a few of the standard library; all else stays where it is.

A scalar is written as itself, anything else as a list whose first item is a tag: `["t", 1, 2]` is the tuple (1, 2).
Only *exact* types count as data. A subclass of int may lie about being equal to 3, so it is written as a reference to
an object that stays with its owner, like any other object that is not in the tables below.

Mutable containers are numbered in the order in which they are met, and written as `["r", number]` when met again, so
that aliases, cycles and changes made by the callee survive the crossing.
"""

from __future__ import annotations

import base64
import collections
import datetime
import decimal
import fractions
import types
from collections.abc import Callable
from typing import Any

from .wire import Surprise

MAX_DEPTH = 150
"""Depth to which values may nest; deeper ones are refused, long before the interpreter's own stack overflows."""
_SCALARS = frozenset({type(None), bool, float, str})
_PLAIN = _SCALARS | {int}
_WIDE = 1 << 63
_FACTORIES: dict[str, Callable[[], Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "list": list,
    "set": set,
    "dict": dict,
}
_FACTORY_NAMES = {factory: name for name, factory in _FACTORIES.items()}
_TYPES = {
    kind.__name__: kind
    for kind in (int, float, complex, bool, str, bytes, bytearray, list, tuple, dict, set, frozenset, object, range,
                 types.NoneType, type)
}  # fmt: skip
_SINGLETONS = {"Ellipsis": ..., "NotImplemented": NotImplemented}
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))

Node = Any
"""A value written as JSON."""


class Codec:
    """Encode and decode the values of one request and its reply."""

    def __init__(self, refer: Callable[[Any], Node], resolve: Callable[[list[Any]], Any]) -> None:
        """Take `refer`, which writes what is not data, and `resolve`, which reads that, or raises Surprise."""
        self.refer = refer
        self._resolve = resolve
        self._numbers: dict[int, int] = {}
        self.containers: list[Any] = []
        """Every mutable container that crossed so far, in the order in which both sides met them."""

    # writing

    def encode(self, value: Any, depth: int = 0) -> Node:
        """Write a value; ValueError when it nests too deeply."""
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind is int:
            return value if -_WIDE <= value < _WIDE else ["i", hex(value)]
        if depth > MAX_DEPTH:
            raise ValueError(f"a value nests more than {MAX_DEPTH} levels deep")
        if id(value) in self._numbers:
            return ["r", self._numbers[id(value)]]
        writer = WRITERS.get(kind)
        if writer is None:
            return self.refer(value)
        if kind in MUTABLE:
            self._number(value)
        return writer(self, value, depth + 1)

    def _number(self, value: Any) -> None:
        self._numbers[id(value)] = len(self.containers)
        self.containers.append(value)

    def contents(self, value: Any) -> Node:
        """Write what a numbered container holds now."""
        return WRITERS[type(value)](self, value, 1)

    def items(self, tag: str, values: Any, depth: int) -> Node:
        """Write a sequence of values behind a tag, quickly when all of them are scalars."""
        kinds = set(map(type, values))
        if kinds <= _SCALARS or (kinds == {int} and min(values) >= -_WIDE and max(values) < _WIDE):
            return [tag, *values]
        return [tag, *[self.encode(each, depth) for each in values]]

    # reading

    def decode(self, node: Node, depth: int = 0) -> Any:
        """Read a value back; Surprise when the node is not one that `encode` writes."""
        if type(node) in _PLAIN:
            return node
        if type(node) is not list or not node or type(node[0]) is not str or depth > MAX_DEPTH:
            raise Surprise("a value is malformed")
        reader = READERS.get(node[0])
        if reader is None:
            return self._resolve(node)
        return reader(self, node, depth + 1)

    def values(self, node: list[Any], depth: int) -> list[Any]:
        """Read the items behind a tag."""
        items = node[1:]
        if set(map(type, items)) <= _PLAIN:
            return items
        return [self.decode(each, depth) for each in items]

    def reference(self, number: Any) -> Any:
        """Return the container of that number."""
        if type(number) is not int or not 0 <= number < len(self.containers):
            raise Surprise("a reference leads nowhere")
        return self.containers[number]

    def add(self, container: Any) -> Any:
        """Give a container that is being read the next number."""
        self._number(container)
        return container

    def rename(self, container: Any, number: int) -> None:
        """Give a container a number that was kept for it."""
        self._numbers[id(container)] = number

    def replace(self, container: Any, node: Node) -> None:
        """Make a numbered container hold what `contents` wrote for it on the other side."""
        if type(node) is not list or not node or type(container) not in REPLACERS:
            raise Surprise("a change is malformed")
        REPLACERS[type(container)](self, container, node)


def _text(node: list[Any], position: int = 1) -> str:
    text = node[position]
    if type(text) is not str:
        raise Surprise("a value is malformed")
    return text


def _pairs(codec: Codec, value: Any, depth: int) -> list[Node]:
    flat = [part for pair in value.items() for part in pair]
    return codec.items("", flat, depth)[1:]  # type: ignore[no-any-return]


def _fill(codec: Codec, mapping: Any, flat: list[Any]) -> Any:
    mapping.update(zip(flat[::2], flat[1::2], strict=True))
    return mapping


def _read_list(codec: Codec, node: list[Any], depth: int) -> Any:
    container = codec.add([])
    container.extend(codec.values(node, depth))
    return container


def _read_dict(codec: Codec, node: list[Any], depth: int) -> Any:
    container = codec.add({})
    return _fill(codec, container, codec.values(node, depth))


def _read_set(codec: Codec, node: list[Any], depth: int) -> Any:
    container: set[Any] = codec.add(set())
    container.update(codec.values(node, depth))
    return container


def _read_deque(codec: Codec, node: list[Any], depth: int) -> Any:
    container = codec.add(collections.deque(maxlen=node[1]))
    container.extend(codec.values(node[1:], depth))
    return container


def _read_defaultdict(codec: Codec, node: list[Any], depth: int) -> Any:
    container = codec.add(collections.defaultdict(_FACTORIES.get(_text(node))))
    return _fill(codec, container, codec.values(node[1:], depth))


def _read_counter(codec: Codec, node: list[Any], depth: int) -> Any:
    container = codec.add(collections.Counter())
    dict.update(container, zip(*[iter(codec.values(node, depth))] * 2, strict=True))
    return container


def _read_ordered(codec: Codec, node: list[Any], depth: int) -> Any:
    container = codec.add(collections.OrderedDict())
    return _fill(codec, container, codec.values(node, depth))


def _write_type(codec: Codec, value: type, depth: int) -> Node:
    return ["y", value.__name__] if _TYPES.get(value.__name__) is value else codec.refer(value)


def _write_view(codec: Codec, value: Any, depth: int) -> Node:
    return codec.items("l", codec.add(list(value)), depth)


def _write_datetime(tag: str) -> Callable[[Codec, Any, int], Node]:
    def write(codec: Codec, value: Any, depth: int) -> Node:
        zone = getattr(value, "tzinfo", None)
        return [tag, value.isoformat()] if zone is None or type(zone) is datetime.timezone else codec.refer(value)

    return write


WRITERS: dict[type, Callable[[Codec, Any, int], Node]] = {
    list: lambda codec, value, depth: codec.items("l", value, depth),
    tuple: lambda codec, value, depth: codec.items("t", value, depth),
    set: lambda codec, value, depth: codec.items("s", value, depth),
    frozenset: lambda codec, value, depth: codec.items("f", value, depth),
    dict: lambda codec, value, depth: ["d", *_pairs(codec, value, depth)],
    collections.OrderedDict: lambda codec, value, depth: ["od", *_pairs(codec, value, depth)],
    collections.Counter: lambda codec, value, depth: ["ct", *_pairs(codec, value, depth)],
    collections.defaultdict: lambda codec, value, depth: [
        "dd", _FACTORY_NAMES.get(value.default_factory, ""), *_pairs(codec, value, depth)
    ],
    collections.deque: lambda codec, value, depth: ["dq", value.maxlen, *codec.items("", value, depth)[1:]],
    bytes: lambda codec, value, depth: ["b", base64.b64encode(value).decode()],
    bytearray: lambda codec, value, depth: ["ba", base64.b64encode(value).decode()],
    complex: lambda codec, value, depth: ["c", value.real, value.imag],
    range: lambda codec, value, depth: ["rg", *[codec.encode(end) for end in (value.start, value.stop, value.step)]],
    slice: lambda codec, value, depth: codec.items("sl", (value.start, value.stop, value.step), depth),
    type: _write_type,
    type(...): lambda codec, value, depth: ["n", "Ellipsis"],
    type(NotImplemented): lambda codec, value, depth: ["n", "NotImplemented"],
    decimal.Decimal: lambda codec, value, depth: ["dc", str(value)],
    fractions.Fraction: lambda codec, value, depth: ["fr", hex(value.numerator), hex(value.denominator)],
    datetime.datetime: _write_datetime("dt"),
    datetime.date: _write_datetime("da"),
    datetime.time: _write_datetime("tm"),
    datetime.timedelta: lambda codec, value, depth: ["td", value.days, value.seconds, value.microseconds],
    **dict.fromkeys(_VIEWS, _write_view),
}  # fmt: skip

READERS: dict[str, Callable[[Codec, list[Any], int], Any]] = {
    "r": lambda codec, node, depth: codec.reference(node[1]),
    "i": lambda codec, node, depth: int(_text(node), 16),
    "l": _read_list,
    "t": lambda codec, node, depth: tuple(codec.values(node, depth)),
    "s": _read_set,
    "f": lambda codec, node, depth: frozenset(codec.values(node, depth)),
    "d": _read_dict,
    "od": _read_ordered,
    "ct": _read_counter,
    "dd": _read_defaultdict,
    "dq": _read_deque,
    "b": lambda codec, node, depth: base64.b64decode(_text(node)),
    "ba": lambda codec, node, depth: codec.add(bytearray(base64.b64decode(_text(node)))),
    "c": lambda codec, node, depth: complex(node[1], node[2]),
    "rg": lambda codec, node, depth: range(*codec.values(node, depth)),
    "sl": lambda codec, node, depth: slice(*codec.values(node, depth)),
    "y": lambda codec, node, depth: _TYPES[_text(node)],
    "n": lambda codec, node, depth: _SINGLETONS[_text(node)],
    "dc": lambda codec, node, depth: decimal.Decimal(_text(node)),
    "fr": lambda codec, node, depth: fractions.Fraction(int(_text(node), 16), int(_text(node, 2), 16)),
    "dt": lambda codec, node, depth: datetime.datetime.fromisoformat(_text(node)),
    "da": lambda codec, node, depth: datetime.date.fromisoformat(_text(node)),
    "tm": lambda codec, node, depth: datetime.time.fromisoformat(_text(node)),
    "td": lambda codec, node, depth: datetime.timedelta(node[1], node[2], node[3]),
}


def _refill(skip: int) -> Callable[[Codec, Any, list[Any]], None]:
    def replace(codec: Codec, container: Any, node: list[Any]) -> None:
        items = codec.values(node[skip:], 1)
        container.clear()
        if isinstance(container, dict):
            dict.update(container, zip(items[::2], items[1::2], strict=True))
        elif isinstance(container, set):
            container.update(items)
        else:
            container.extend(items)

    return replace


def _refill_bytes(codec: Codec, container: Any, node: list[Any]) -> None:
    container[:] = base64.b64decode(_text(node))


REPLACERS: dict[type, Callable[[Codec, Any, list[Any]], None]] = {
    **{kind: _refill(0) for kind in (list, set, dict, collections.OrderedDict, collections.Counter)},
    **{kind: _refill(1) for kind in (collections.deque, collections.defaultdict)},
    bytearray: _refill_bytes,
}
MUTABLE = set(REPLACERS)
SNAPSHOTS: dict[type, Callable[[Any], Any]] = {
    **{kind: lambda value: (dict(value), list(value)) for kind in MUTABLE if issubclass(kind, dict)},
    list: list.copy,
    set: set.copy,
    collections.deque: list,
    bytearray: bytes,
}
"""A shallow copy of a container that is equal to a later one exactly when the container has not changed."""
