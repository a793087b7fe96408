"""Convert a matplotlib figure to SVG inside a page: no style of its own, the page's colours, always the same bytes.

Needs the extra `bench`.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from xml.etree import ElementTree as ET

from matplotlib import rc_context, style
from matplotlib.figure import Figure

SERIES = 8
_VARIABLES = ("ink", "muted", "line", "pass", "part", "fail", *(f"series-{number}" for number in range(SERIES)))
COLOURS = {name: f"#0000{number:02x}" for number, name in enumerate(_VARIABLES, start=16)}
"""Colours to draw with, by the CSS variable that replaces them in the page, in light and in dark."""

_NAMES = {colour: f"var(--{name})" for name, colour in COLOURS.items()}
_REFERENCE = re.compile(r"#([\w.-]+)")


@contextmanager
def settings() -> Iterator[None]:
    """Ignore the user's own matplotlib settings, keep texts as texts, and take a dollar in a name literally."""
    with style.context(["default", {"svg.fonttype": "none", "text.parse_math": False, "font.size": 11}]):
        yield


def inline(figure: Figure, name: str, titles: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return the figure, drawn within `settings`, as an SVG element.

    `name` keeps the ids of several figures in one page distinct; `titles` has, by the gid of a collection of marks, the
    tooltip of each of them.
    """
    root = ET.fromstring(_draw(figure, name))  # noqa: S314 - what matplotlib has just written
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        _restyle(element)
    for gid, texts in (titles or {}).items():
        _add_titles(root, gid, texts)
    _drop(root)
    return ET.tostring(root, encoding="unicode")


def _draw(figure: Figure, name: str) -> str:
    text = io.StringIO()
    with warnings.catch_warnings(), rc_context({"svg.hashsalt": name}):
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # the browser has other fonts
        figure.savefig(text, format="svg", dpi=72, transparent=True, metadata={"Date": None, "Creator": None})
    return text.getvalue()


def _restyle(element: ET.Element) -> None:
    """Split the style attribute, which the page's policy forbids, into attributes of their own."""
    declarations = (part.partition(":") for part in element.attrib.pop("style", "").split(";") if part.strip())
    for name, _, value in declarations:
        if name.strip() != "font-family":
            element.set(name.strip(), value.strip())
    for name, value in list(element.items()):
        if name.startswith("{"):  # xlink:href, which is called href by now
            del element.attrib[name]
            element.set(name.rpartition("}")[2], value)
        elif value in _NAMES:
            element.set(name, _NAMES[value])


def _add_titles(root: ET.Element, gid: str, texts: Sequence[str]) -> None:
    collection = next(element for element in root.iter() if element.get("id") == gid)
    # Where there are few marks, matplotlib draws each of them instead of referring to one.
    marks = collection.findall(".//use") or collection.findall(".//path")
    for mark, text in zip(marks, texts, strict=True):
        ET.SubElement(mark, "title").text = text


def _drop(root: ET.Element) -> None:
    """Remove what no browser needs: sizes (the page's style has them), metadata, and ids without references."""
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {"metadata", "style"}:
                parent.remove(child)
    used = {name for element in root.iter() for value in element.attrib.values() for name in _REFERENCE.findall(value)}
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        element.text, element.tail = (element.text or "").strip("\n ") or None, None
