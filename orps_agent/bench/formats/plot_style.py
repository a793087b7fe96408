"""Share size, colours, signs and captions among all plots. Needs the extra `bench`."""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from .svg import COLOURS, SERIES

WIDTH = 360
"""Width in pixels of a phone; a wider screen shows a plot larger."""

_HEIGHT = 240
_MARKERS = {"o": "●", "s": "■", "^": "▲", "D": "◆", "v": "▼", "P": "✚", "X": "✖", "*": "★"}


class Key(NamedTuple):
    """Describe one entry of a legend."""

    colour: str
    """Name of the colour's CSS variable."""
    sign: str
    words: str


class Plot(NamedTuple):
    """Hold one plot with its heading and its legend."""

    title: str
    about: str
    svgs: tuple[str, ...]
    """SVG elements; more than one where the plot is split into blocks."""
    legend: tuple[Key, ...]


def canvas(height: float) -> Figure:
    """Return an empty figure of the common width; a unit of its SVG is a pixel."""
    return Figure(figsize=(WIDTH / 72, height / 72))


def percent_axes(x: str, y: str = "") -> tuple[Figure, Axes]:
    """Return axes from 0 to 100% upwards, without a frame."""
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
    """Return colour and marker of the method at this index; no two of the first 64 have both in common."""
    return COLOURS[_series(at)], list(_MARKERS)[_sign(at)]


def legend(methods: tuple[str, ...]) -> tuple[Key, ...]:
    """Return the legend of the methods, as `look` shows them."""
    return tuple(Key(_series(at), list(_MARKERS.values())[_sign(at)], method) for at, method in enumerate(methods))


def _series(at: int) -> str:
    return f"series-{at % SERIES}"


def _sign(at: int) -> int:
    return (at + at // SERIES) % len(_MARKERS)
