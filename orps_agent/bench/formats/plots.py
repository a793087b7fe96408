"""Draw the plots of a group from the values of the report. Needs the extra `bench`."""

from __future__ import annotations

from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from orps_agent.bench.analysis.estimates import Estimate
from orps_agent.bench.analysis.measures import AS_GOLD, CAP
from orps_agent.bench.analysis.report import CriticWorth, GroupReport

from .dots import VERDICTS, dots_plot
from .plot_style import Key, Plot, legend, look, percent_axes
from .svg import COLOURS, inline, settings


def plots(group: GroupReport, name: str) -> list[Plot]:
    """Return all plots of a group; `name` keeps their ids distinct from those of other groups in the same page."""
    with settings():
        return [
            _curves(group, f"{name}-calls"),
            *(
                _times(group, source, f"{name}-time-{source}")
                for source in sorted({mark.source for mark in group.marks})
            ),
            *(_critic(worth, f"{name}-critic-{worth.method}") for worth in group.worths),
            dots_plot(group.dots, f"{name}-dots"),
        ]


def _curves(group: GroupReport, name: str) -> Plot:
    figure, axes = percent_axes("model calls", "problems solved")
    last = max(curve.points[-1][0] for curve in group.curves)
    for at, curve in enumerate(group.curves):
        calls, shares = zip((0, 0.0), *curve.points, strict=True)
        colour, marker = look(at)
        axes.step(calls, shares, where="post", color=colour, linewidth=1.6, clip_on=False)
        axes.plot([calls[-1], last], [shares[-1]] * 2, color=colour, linewidth=1, linestyle=(0, (1, 2)))
        axes.plot(calls[-1], shares[-1], marker=marker, color=colour, markersize=6, clip_on=False)
    axes.set_xlim(0, max(last, 1))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    about = "The share of problems solved, had every search ended after so many model calls."
    return Plot("Pass rate by budget", about, (inline(figure, name),), legend(group.methods))


def _times(group: GroupReport, source: str, name: str) -> Plot:
    figure, axes = percent_axes("time (gold solution = 100)", "problems solved")
    axes.axvline(AS_GOLD, color=COLOURS["muted"], linewidth=1, linestyle=(0, (4, 3)))
    marks = [mark for mark in group.marks if mark.source == source]
    for mark in marks:
        colour, marker = look(group.methods.index(mark.method))
        (x, left, right), (y, down, up) = _ends(mark.time), _ends(mark.solved)
        axes.plot([left, right], [y, y], color=colour, linewidth=1, clip_on=False)
        axes.plot([x, x], [down, up], color=colour, linewidth=1, clip_on=False)
        axes.plot(x, y, marker=marker, color=colour, markersize=7, clip_on=False)
    axes.set_xscale("log")
    axes.set_xlim(max(1.0, min(50.0, *(0.9 * _ends(mark.time)[1] for mark in marks))), 1.05 * CAP)
    axes.xaxis.set_major_locator(FixedLocator([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:.0f}")
    about = f"Better is higher and further left. Medians of time by {source}; the lines are 95% intervals."
    return Plot("Time against correctness", about, (inline(figure, name),), legend(group.methods))


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    """Return the value and the ends of its interval, or the value itself where there is none."""
    value = estimate.value or 0.0
    return value, value if estimate.low is None else estimate.low, value if estimate.high is None else estimate.high


def _critic(worth: CriticWorth, name: str) -> Plot:
    figure, axes = percent_axes("critic's score")
    for score, confusion in worth.calibration.confusion.items():
        counts = {"pass": confusion.all, "part": confusion.some, "fail": confusion.none}
        bottom, total = 0.0, sum(counts.values())
        for verdict, count in counts.items():
            axes.bar(score, count / total, bottom=bottom, width=0.8, color=COLOURS[verdict])
            bottom += count / total
        axes.text(score, 1.02, f"{total:,}", ha="center", color=COLOURS["muted"])
    axes.set_xlim(0.4, 5.6)
    axes.xaxis.set_major_locator(FixedLocator([1, 2, 3, 4, 5]))
    known = worth.calibration
    found = "nothing to compare" if known.spearman is None else f"rank correlation {known.spearman:.2f}, {known.worth}"
    return Plot(
        f"The critic's calibration: {worth.method}",
        f"How much of the held-back tests the candidates of each score pass: {found}. Over the bars, how many.",
        (inline(figure, name),),
        tuple(Key(verdict, "■", words) for verdict, (_, words, _, _) in VERDICTS.items()),
    )
