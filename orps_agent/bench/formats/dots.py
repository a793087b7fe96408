"""Draw every problem under every method as a dot. Needs the extra `bench`."""

from __future__ import annotations

from collections import defaultdict

from orps_agent.bench.analysis.report import Dots

from .cells import line
from .plot_style import WIDTH, Key, Plot, canvas
from .svg import COLOURS, inline

VERDICTS = {
    "pass": ("●", "all tests", 30, True),
    "part": ("•", "some", 12, True),
    "fail": ("○", "none", 9, False),
}
"""Look of a dot by its CSS variable: sign and meaning in the legend, size, True if it is filled."""

_BLOCK, _PITCH, _ROW = 40, 6.6, 13.0
_LETTERS = 14


def dots_plot(dots: Dots, name: str) -> Plot:
    """Return a plot with a row for each method, in blocks of problems; a dot's tooltip names the problem."""
    return Plot(
        "Every problem",
        "How much of the held-back tests each method passes; the problems that are solved most come first.",
        tuple(_block(dots, start, f"{name}-{start}") for start in range(0, len(dots.problems), _BLOCK)),
        tuple(Key(verdict, sign, words) for verdict, (sign, words, _, _) in VERDICTS.items()),
    )


def _block(dots: Dots, start: int, name: str) -> str:
    height = _ROW * len(dots.methods) + 6
    figure = canvas(height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, WIDTH), ylim=(height, 0))
    marks = defaultdict(list)
    for row, (method, shares) in enumerate(zip(dots.methods, dots.passed, strict=True)):
        y = _ROW * (row + 0.5) + 3
        axes.text(0, y, _short(line(method)), va="center", fontsize=10, color=COLOURS["ink"])
        for at, share in enumerate(shares[start : start + _BLOCK]):
            x = WIDTH - _PITCH * (_BLOCK - at - 0.5)
            words = f"{line(dots.problems[start + at])}, {line(method)}: {share:.0%} of the tests"
            marks["pass" if share == 1 else "part" if share else "fail"].append((x, y, words))
    for verdict, found in marks.items():
        _, _, size, filled = VERDICTS[verdict]
        xs, ys, _ = zip(*found, strict=True)
        colour = COLOURS[verdict]
        axes.scatter(xs, ys, size, facecolor=colour if filled else "none", edgecolor=colour, linewidth=1, gid=verdict)
    return inline(figure, name, {verdict: [words for _, _, words in found] for verdict, found in marks.items()})


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
