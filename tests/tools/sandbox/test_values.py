"""Send values between the two processes: data arrives equal and of the same type, all else stays where it is."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent.tools.sandbox.shared.values import MAX_DEPTH, Codec
from orps_agent.tools.sandbox.shared.wire import Surprise

HASHABLE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.fractions()
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas()
)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.sets(HASHABLE)
        | st.frozensets(HASHABLE)
        | st.dictionaries(HASHABLE, inner)
        | st.dictionaries(HASHABLE, inner).map(collections.OrderedDict)
        | st.lists(inner).map(collections.deque)
        | st.binary().map(bytearray)
    ),
    max_leaves=12,
)


def refuse(value: Any) -> Any:
    raise Surprise(f"not data: {value!r}")


def crossing(value: Any) -> Any:
    return Codec(refuse, refuse).decode(json.loads(json.dumps(Codec(refuse, refuse).encode(value))))


@given(value=VALUES)
def test_data_arrives_as_it_was(value: Any) -> None:
    arrived = crossing(value)
    assert arrived == value
    assert type(arrived) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        2**4000,
        -(2**63) - 1,
        -0.0,
        math.inf,
        "\ud800\0",
        range(3, 9, 2),
        slice(1, None),
        ...,
        int,
        dict,
        collections.Counter("aab"),
        decimal.Decimal("-0.10"),
        fractions.Fraction(-1, 3),
        datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC),
    ],
    ids=repr,
)
def test_unusual_data_arrives_as_it_was(value: Any) -> None:
    assert repr(crossing(value)) == repr(value)


def test_aliases_and_cycles_survive() -> None:
    inner = [1]
    outer: list[Any] = [inner, inner, {"inner": inner}]
    outer.append(outer)
    arrived = crossing(outer)
    assert arrived[0] is arrived[1] is arrived[2]["inner"]
    assert arrived[3] is arrived


class Posing(int):
    pass


@pytest.mark.parametrize("value", [Posing(3), [Posing(3)], object(), print, type("Own", (), {})])
def test_what_is_not_exactly_data_is_referred_to(value: Any) -> None:
    with pytest.raises(Surprise, match="not data"):
        crossing(value)


def test_deep_values_are_refused_on_both_sides() -> None:
    value: list[Any] = []
    node: list[Any] = ["l"]
    for _ in range(MAX_DEPTH + 2):
        value, node = [value], ["l", node]
    with pytest.raises(ValueError, match="levels deep"):
        crossing(value)
    with pytest.raises(Surprise, match="malformed"):
        Codec(refuse, refuse).decode(node)


def test_arrays_and_frames_arrive_as_they_were() -> None:
    numpy = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    from orps_agent.tools.sandbox.shared import numeric

    numeric.install()
    arrays = [numpy.arange(6).reshape(2, 3), numpy.array(["a", "bc"]), numpy.array([True]), numpy.array([], dtype="f2")]
    arrays.append(numpy.array([None, "x", 3], dtype=object))
    for array in arrays:
        arrived = crossing(array)
        assert arrived.dtype == array.dtype
        assert arrived.shape == array.shape
        assert (arrived == array).all()
    assert repr(crossing(numpy.float32(0.1))) == repr(numpy.float32(0.1))
    frame = pandas.DataFrame(
        {
            "n": [1, 2],
            "s": ["a", None],
            "t": pandas.to_datetime(["2024-01-01", None]),
            "c": pandas.Categorical(["x", "y"]),
        },
        index=pandas.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", None]),
    )
    pandas.testing.assert_frame_equal(crossing(frame), frame)
    pandas.testing.assert_series_equal(crossing(frame["n"]), frame["n"])
    assert crossing(pandas.Timestamp("2024-01-01", tz="UTC")) == pandas.Timestamp("2024-01-01", tz="UTC")
    assert crossing([pandas.NaT, pandas.NA])[1] is pandas.NA
