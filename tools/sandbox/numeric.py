"""Values of numpy and pandas, for the pairs of zygotes that have these packages loaded.

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
_EXTENSIONS = re.compile(r"(?:U?Int|Float)\d+|boolean|string|str|category|datetime64\[\w+, [\w+/:-]+\]|object|period\[\w+\]")
"""The types of pandas that a column can be rebuilt with from a plain list."""


def install() -> None:
    """Teach the tables of `values` about numpy and pandas, as far as they are loaded."""
    numpy: Any = sys.modules.get("numpy")
    pandas: Any = sys.modules.get("pandas")
    if numpy is not None:
        _install_numpy(numpy)
    if pandas is not None and numpy is not None:
        _install_pandas(numpy, pandas)


def _install_numpy(numpy: Any) -> None:
    def write_array(codec: Codec, value: Any, depth: int) -> Node:
        if _SIMPLE.fullmatch(value.dtype.str):
            return ["na", value.dtype.str, list(value.shape), base64.b64encode(value.tobytes()).decode()]
        return ["no", list(value.shape), *codec.items("", list(value.ravel()), depth)[1:]]

    def read_array(codec: Codec, node: list[Any], depth: int) -> Any:
        return codec.add(_fresh(node))

    def _fresh(node: list[Any]) -> Any:
        kind, shape, data = node[1:]
        if not _SIMPLE.fullmatch(kind):
            raise Surprise("an array is malformed")
        return numpy.frombuffer(base64.b64decode(data), dtype=kind).reshape(shape).copy()

    def read_objects(codec: Codec, node: list[Any], depth: int) -> Any:
        array = numpy.empty(node[1], dtype=object)
        codec.add(array)
        array.ravel()[:] = numpy.fromiter(codec.values(node[1:], depth), dtype=object, count=len(node) - 2)
        return array

    def replace(codec: Codec, array: Any, node: list[Any]) -> None:
        fresh = Codec(codec.encode, codec.decode).decode(node)
        array.resize(fresh.shape, refcheck=False)
        array[...] = fresh

    def write_scalar(codec: Codec, value: Any, depth: int) -> Node:
        return ["ns", value.dtype.str, base64.b64encode(value.tobytes()).decode()]

    def read_scalar(codec: Codec, node: list[Any], depth: int) -> Any:
        return _fresh(["", node[1], [1], node[2]])[0]

    WRITERS[numpy.ndarray] = write_array
    READERS.update({"na": read_array, "no": read_objects, "ns": read_scalar})
    REPLACERS[numpy.ndarray] = replace
    SNAPSHOTS[numpy.ndarray] = lambda array: (array.shape, array.dtype.str, array.tobytes())
    MUTABLE.add(numpy.ndarray)
    for kind in {*numpy.sctypeDict.values()} - {numpy.object_, numpy.void}:
        WRITERS[kind] = write_scalar
    for kind in (numpy.dtype, *{type(numpy.dtype(each)) for each in numpy.sctypeDict.values()}):
        WRITERS[kind] = lambda codec, value, depth: ["nd", value.str] if _SIMPLE.fullmatch(value.str) else codec.refer(value)
    READERS["nd"] = lambda codec, node, depth: numpy.dtype(node[1]) if _SIMPLE.fullmatch(node[1]) else None


def _install_pandas(numpy: Any, pandas: Any) -> None:
    def write_column(codec: Codec, column: Any, depth: int) -> Node:
        kind = str(column.dtype)
        if isinstance(column.dtype, numpy.dtype) and _SIMPLE.fullmatch(column.dtype.str):
            return ["na", column.dtype.str, [len(column)], base64.b64encode(column.to_numpy().tobytes()).decode()]
        return ["pc", kind, *codec.items("", list(column), depth)[1:]]

    def read_column(codec: Codec, node: Any, depth: int) -> Any:
        if node[0] == "na":
            return Codec(codec.encode, codec.decode).decode(node)
        if node[0] != "pc" or not _EXTENSIONS.fullmatch(node[1]):
            raise Surprise("a column is malformed")
        return pandas.array(codec.values(node[1:], depth), dtype=node[1])

    def write_index(codec: Codec, value: Any, depth: int) -> Node:
        if type(value) is pandas.MultiIndex:
            return ["pm", codec.encode(list(value.names), depth), codec.encode(list(value), depth)]
        return ["pi", codec.encode(value.name, depth), write_column(codec, value, depth)]

    def read_index(codec: Codec, node: list[Any], depth: int) -> Any:
        name = codec.decode(node[1], depth)
        if node[0] == "pm":
            return pandas.MultiIndex.from_tuples(codec.decode(node[2], depth), names=name)
        return pandas.Index(read_column(codec, node[2], depth), name=name)

    def write_range(codec: Codec, value: Any, depth: int) -> Node:
        return ["pr", value.start, value.stop, value.step, codec.encode(value.name, depth)]

    def write_series(codec: Codec, value: Any, depth: int) -> Node:
        return ["ps", codec.encode(value.name, depth), codec.encode(value.index, depth), write_column(codec, value, depth)]

    def read_series(codec: Codec, node: list[Any], depth: int) -> Any:
        name, index = codec.decode(node[1], depth), codec.decode(node[2], depth)
        return pandas.Series(read_column(codec, node[3], depth), index=index, name=name)

    def write_frame(codec: Codec, value: Any, depth: int) -> Node:
        columns = [write_column(codec, value.iloc[:, place], depth) for place in range(value.shape[1])]
        return ["pf", codec.encode(value.columns, depth), codec.encode(value.index, depth), *columns]

    def read_frame(codec: Codec, node: list[Any], depth: int) -> Any:
        return codec.add(_fresh_frame(codec, node, depth))

    def _fresh_frame(codec: Codec, node: list[Any], depth: int) -> Any:
        labels, index = codec.decode(node[1], depth), codec.decode(node[2], depth)
        columns = {place: read_column(codec, each, depth) for place, each in enumerate(node[3:])}
        frame = pandas.DataFrame(columns, index=index)
        frame.columns = labels
        return frame

    def replace_frame(codec: Codec, frame: Any, node: list[Any]) -> None:
        frame._update_inplace(_fresh_frame(codec, node, 1))

    def snapshot(frame: Any) -> Any:
        return _Frozen(frame.copy(deep=True))

    index_kinds = (pandas.Index, pandas.DatetimeIndex, pandas.MultiIndex, pandas.TimedeltaIndex, pandas.CategoricalIndex)
    WRITERS.update(dict.fromkeys(index_kinds, write_index))
    WRITERS.update({
        pandas.RangeIndex: write_range, pandas.Series: write_series, pandas.DataFrame: write_frame,
        pandas.Timestamp: lambda codec, value, depth: ["pt", value.isoformat()],
        pandas.Timedelta: lambda codec, value, depth: ["pd", value.isoformat()],
        type(pandas.NaT): lambda codec, value, depth: ["pt", "NaT"],
        type(pandas.NA): lambda codec, value, depth: ["pn"],
    })  # fmt: skip
    READERS.update({
        "pi": read_index, "pm": read_index, "ps": read_series, "pf": read_frame,
        "pr": lambda codec, node, depth: pandas.RangeIndex(*node[1:4], name=codec.decode(node[4])),
        "pt": lambda codec, node, depth: pandas.Timestamp(node[1]),
        "pd": lambda codec, node, depth: pandas.Timedelta(node[1]),
        "pn": lambda codec, node, depth: pandas.NA,
    })  # fmt: skip
    REPLACERS[pandas.DataFrame] = replace_frame
    SNAPSHOTS[pandas.DataFrame] = snapshot
    MUTABLE.add(pandas.DataFrame)


class _Frozen:
    """A frame that is equal to another one exactly when nothing at all differs."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __ne__(self, other: object) -> bool:
        return not (
            isinstance(other, _Frozen)
            and self._frame.equals(other._frame)
            and self._frame.columns.equals(other._frame.columns)
            and list(self._frame.dtypes) == list(other._frame.dtypes)
        )

    __hash__ = None  # type: ignore[assignment]
