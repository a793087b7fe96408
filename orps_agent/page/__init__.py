"""One search as a page: a single HTML file that needs no network, no server and no build step."""

from __future__ import annotations

from importlib.resources import files
from string import Template

from orps_agent.document import SearchDocument

from .policy import policy

_SCRIPTS = (
    "text.js",
    "numbers.js",
    "search.js",
    "layout.js",
    "gestures.js",
    "view.js",
    "paint.js",
    "tree.js",
    "highlight.js",
    "diff.js",
    "listing.js",
    "sections.js",
    "tests.js",
    "measures.js",
    "candidate.js",
    "overview.js",
    "charts.js",
    "main.js",
)
"""In the order in which the page runs them, as one script; whatever a file uses comes before it."""

_ENDS_A_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def page(document: SearchDocument) -> str:
    """The page as HTML, to be written as UTF-8.

    What candidates and models wrote is in it as data only: the page's Content-Security-Policy admits its own style
    and its own script by their hashes, and nothing else.
    """
    style, script = colours() + _read("page.css"), "\n".join(_read(name) for name in _SCRIPTS)
    return Template(_read("page.html")).substitute(
        policy=policy(style, script),
        style=style,
        script=script,
        data=document.model_dump_json(exclude_none=True).translate(_ENDS_A_SCRIPT),
    )


def colours() -> str:
    """The colours and fonts of our pages, as CSS variables that differ between light and dark."""
    return _read("colours.css")


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
