"""What all plots have in common: their size, their colours and signs, and what stands around them. Needs `bench`."""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from .svg import COLOURS, SERIES

WIDTH = 360
"""In pixels of a phone; a wider screen shows a plot larger."""

_HEIGHT = 240
_MARKERS = {"o": "●", "s": "■", "^": "▲", "D": "◆", "v": "▼", "P": "✚", "X": "✖", "*": "★"}


class Key(NamedTuple):
    """One entry of a legend."""

    colour: str
    """By its CSS variable."""
    sign: str
    words: str


class Plot(NamedTuple):
    """One plot with what stands over it."""

    title: str
    about: str
    svgs: tuple[str, ...]
    """More than one where it goes on in the next."""
    legend: tuple[Key, ...]


def canvas(height: float) -> Figure:
    """An empty figure as wide as all are; a unit of its SVG is a pixel."""
    return Figure(figsize=(WIDTH / 72, height / 72))


def percent_axes(x: str, y: str = "") -> tuple[Figure, Axes]:
    """Axes from 0 to 100% upwards, without a frame."""
    figure = canvas(_HEIGHT)
    axes = figure.add_axes((0.13, 0.18, 0.845, 0.73))
    axes.set_xlabel(x, color=COLOURS["muted"])
    axes.set_title(y, loc="left", fontsize=11, color=COLOURS["muted"])
    axes.spines[:].set_visible(False)
    axes.grid(axis="y", color=COLOURS["line"], linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(color=COLOURS["line"], labelcolor=COLOURS["muted"])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure, axes


def look(at: int) -> tuple[str, str]:
    """Colour and marker of the method at this place; no two of the first 64 have both in common."""
    return COLOURS[_series(at)], list(_MARKERS)[_sign(at)]


def legend(methods: tuple[str, ...]) -> tuple[Key, ...]:
    """The methods as `look` shows them."""
    return tuple(Key(_series(at), list(_MARKERS.values())[_sign(at)], method) for at, method in enumerate(methods))


def _series(at: int) -> str:
    return f"series-{at % SERIES}"


def _sign(at: int) -> int:
    return (at + at // SERIES) % len(_MARKERS)
