"""Encode values of numpy and pandas, in zygotes that have these packages loaded.

An array crosses as its bytes with a type from a short list; never pickled, because reading a pickle runs code.
"""

from __future__ import annotations

import base64
import re
import sys
from typing import Any

from .values import MUTABLE, READERS, REPLACERS, SNAPSHOTS, WRITERS, Codec, Node
from .wire import Surprise

_SIMPLE = re.compile(r"[<>|=]?(?:[?biufcSU]\d{0,6}|[mM]8(?:\[\w{1,8}\])?)")
"""The types of numpy whose bytes mean the same everywhere."""
_EXTENSIONS = re.compile(
    r"(?:U?Int|Float)\d+|boolean|string|str|category|object|datetime64\[\w+, [\w+/:-]+\]|period\[\w+\]"
)
"""The types of pandas that a column can be rebuilt with from a plain list."""
_INDEXES = ("Index", "DatetimeIndex", "MultiIndex", "TimedeltaIndex", "CategoricalIndex")

numpy: Any = None
pandas: Any = None


def install() -> None:
    """Add numpy and pandas to the tables of `values`, as far as they are loaded."""
    global numpy, pandas
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None:
        _install_numpy()
    if pandas is not None:
        _install_pandas()


def _install_numpy() -> None:
    _install_mutable(numpy.ndarray, _write_array, _replace_array, _snapshot_array)
    kinds = {*numpy.sctypeDict.values()} - {numpy.object_, numpy.void}
    WRITERS.update(dict.fromkeys(kinds, _write_scalar))
    WRITERS.update(dict.fromkeys({type(numpy.dtype(kind)) for kind in kinds}, _write_dtype))
    READERS.update(na=_read_array, no=_read_objects, ns=_read_scalar, nd=_read_dtype)


def _install_pandas() -> None:
    _install_mutable(pandas.DataFrame, _write_frame, _replace_frame, _Frozen)
    WRITERS.update(dict.fromkeys((getattr(pandas, name) for name in _INDEXES), _write_index))
    WRITERS.update({pandas.RangeIndex: _write_range, pandas.Series: _write_series})
    WRITERS.update(dict.fromkeys((pandas.Timestamp, type(pandas.NaT)), _write_moment("pt")))
    WRITERS.update({pandas.Timedelta: _write_moment("pd"), type(pandas.NA): lambda codec, value, depth: ["pn"]})
    READERS.update(pi=_read_index, pm=_read_index, pr=_read_range, ps=_read_series, pf=_read_frame)
    READERS.update(
        pt=lambda codec, node, depth: pandas.Timestamp(node[1]),
        pd=lambda codec, node, depth: pandas.Timedelta(node[1]),
        pn=lambda codec, node, depth: pandas.NA,
    )


def _install_mutable(kind: type, write: Any, replace: Any, snapshot: Any) -> None:
    WRITERS[kind], REPLACERS[kind], SNAPSHOTS[kind] = write, replace, snapshot
    MUTABLE.add(kind)


# numpy


def _write_array(codec: Codec, value: Any, depth: int) -> Node:
    if _SIMPLE.fullmatch(value.dtype.str):
        return ["na", value.dtype.str, list(value.shape), base64.b64encode(value.tobytes()).decode()]
    return ["no", list(value.shape), *codec.items("", list(value.ravel()), depth)[1:]]


def _array(kind: Any, shape: Any, data: Any) -> Any:
    if not _SIMPLE.fullmatch(kind):
        raise Surprise("an array is malformed")
    return numpy.frombuffer(base64.b64decode(data), dtype=kind).reshape(shape).copy()


def _read_array(codec: Codec, node: list[Any], depth: int) -> Any:
    return codec.add(_array(*node[1:]))


def _read_objects(codec: Codec, node: list[Any], depth: int) -> Any:
    array = codec.add(numpy.empty(len(node) - 2, dtype=object))
    for place, item in enumerate(codec.values(node[1:], depth)):
        array[place] = item
    array.shape = node[1]
    return array


def _replace_array(codec: Codec, array: Any, node: list[Any]) -> None:
    fresh = _array(*node[1:]) if node[0] == "na" else _read_objects(Codec(codec.encode, codec.decode), node, 1)
    array.resize(fresh.shape, refcheck=False)
    array[...] = fresh


def _snapshot_array(array: Any) -> Any:
    return array.shape, array.dtype.str, array.tobytes()


def _write_scalar(codec: Codec, value: Any, depth: int) -> Node:
    return ["ns", value.dtype.str, base64.b64encode(value.tobytes()).decode()]


def _read_scalar(codec: Codec, node: list[Any], depth: int) -> Any:
    return _array(node[1], [1], node[2])[0]


def _write_dtype(codec: Codec, value: Any, depth: int) -> Node:
    return ["nd", value.str] if _SIMPLE.fullmatch(value.str) else codec.refer(value)


def _read_dtype(codec: Codec, node: list[Any], depth: int) -> Any:
    if not _SIMPLE.fullmatch(node[1]):
        raise Surprise("a type of numpy is malformed")
    return numpy.dtype(node[1])


# pandas


def _write_column(codec: Codec, column: Any, depth: int) -> Node:
    if isinstance(column.dtype, numpy.dtype) and _SIMPLE.fullmatch(column.dtype.str):
        return ["na", column.dtype.str, [len(column)], base64.b64encode(column.to_numpy().tobytes()).decode()]
    return ["pc", str(column.dtype), *codec.items("", list(column), depth)[1:]]


def _read_column(codec: Codec, node: list[Any], depth: int) -> Any:
    if node[0] == "na":
        return _array(*node[1:])
    if node[0] != "pc" or not _EXTENSIONS.fullmatch(node[1]):
        raise Surprise("a column is malformed")
    return pandas.array(codec.values(node[1:], depth), dtype=node[1])


def _write_index(codec: Codec, value: Any, depth: int) -> Node:
    if type(value) is pandas.MultiIndex:
        return ["pm", codec.encode(list(value.names), depth), codec.encode(list(value), depth)]
    return ["pi", codec.encode(value.name, depth), _write_column(codec, value, depth)]


def _read_index(codec: Codec, node: list[Any], depth: int) -> Any:
    name = codec.decode(node[1], depth)
    if node[0] == "pm":
        return pandas.MultiIndex.from_tuples(codec.decode(node[2], depth), names=name)
    return pandas.Index(_read_column(codec, node[2], depth), name=name)


def _write_range(codec: Codec, value: Any, depth: int) -> Node:
    return ["pr", value.start, value.stop, value.step, codec.encode(value.name, depth)]


def _read_range(codec: Codec, node: list[Any], depth: int) -> Any:
    return pandas.RangeIndex(*node[1:4], name=codec.decode(node[4], depth))


def _write_series(codec: Codec, value: Any, depth: int) -> Node:
    name, index = codec.encode(value.name, depth), codec.encode(value.index, depth)
    return ["ps", name, index, _write_column(codec, value, depth)]


def _read_series(codec: Codec, node: list[Any], depth: int) -> Any:
    name, index = codec.decode(node[1], depth), codec.decode(node[2], depth)
    return pandas.Series(_read_column(codec, node[3], depth), index=index, name=name)


def _write_frame(codec: Codec, value: Any, depth: int) -> Node:
    columns = [_write_column(codec, value.iloc[:, place], depth) for place in range(value.shape[1])]
    return ["pf", codec.encode(value.columns, depth), codec.encode(value.index, depth), *columns]


def _frame(codec: Codec, node: list[Any], depth: int) -> Any:
    labels, index = codec.decode(node[1], depth), codec.decode(node[2], depth)
    columns = {place: _read_column(codec, each, depth) for place, each in enumerate(node[3:])}
    frame = pandas.DataFrame(columns, index=index)
    frame.columns = labels
    return frame


def _read_frame(codec: Codec, node: list[Any], depth: int) -> Any:
    place = len(codec.containers)
    codec.add(None)  # the frame's number comes before those of what is in it
    codec.containers[place] = frame = _frame(codec, node, depth)
    codec.rename(frame, place)
    return frame


def _replace_frame(codec: Codec, frame: Any, node: list[Any]) -> None:
    frame._update_inplace(_frame(codec, node, 1))


def _write_moment(tag: str) -> Any:
    return lambda codec, value, depth: [tag, "NaT" if value is pandas.NaT else value.isoformat()]


class _Frozen:
    """Hold a copy of a frame that equals another one exactly when nothing at all differs."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame.copy(deep=True)

    def __ne__(self, other: object) -> bool:
        return not (
            isinstance(other, _Frozen)
            and self._frame.equals(other._frame)
            and self._frame.columns.equals(other._frame.columns)
            and list(self._frame.dtypes) == list(other._frame.dtypes)
        )

    __hash__ = None  # type: ignore[assignment]
