"""Render one search as a page: a single HTML file that needs no network, no server and no build step."""

from __future__ import annotations

from importlib.resources import files
from string import Template

from orps_agent.domain.document import SearchDocument

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
"""Names of the scripts, in the order in which the page runs them as one: a file comes after those that it uses."""

_ENDS_A_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


_SHOWS_ITS_DATA = "file.js"
"""Name of the script that runs last, in a page that contains its document."""


def page(document: SearchDocument) -> str:
    """Render the document's page as HTML, to be written as UTF-8.

    Texts of candidates and models are contained as data only: the page's Content-Security-Policy permits its own style
    and its own script by their hashes, and nothing else.
    """
    style, script = common() + _read("page.css"), scripts(*_SCRIPTS, _SHOWS_ITS_DATA)
    data = document.model_dump_json(exclude_none=True).translate(_ENDS_A_SCRIPT)
    return _filled(style, script, policy(style, script), data)


def shell(style: str, script: str) -> tuple[str, str]:
    """Render the page without a document, with additional style and a script that loads one from the page's server.

    The script passes the document to `show`. Returns the page and its policy, which permits requests to that server
    alone.
    """
    style, script = common() + _read("page.css") + style, scripts(*_SCRIPTS) + script
    rules = policy(style, script, asks=True)
    return _filled(style, script, rules, ""), rules


def scripts(*names: str) -> str:
    """Join scripts of the page, by their names, into one."""
    return "\n".join(_read(name) for name in names)


def _filled(style: str, script: str, rules: str, data: str) -> str:
    return Template(_read("page.html")).substitute(policy=rules, style=style, script=script, data=data)


def common() -> str:
    """Return the style that all pages begin with: fonts, and colours that differ between light and dark."""
    return _read("colours.css") + _read("common.css")


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
