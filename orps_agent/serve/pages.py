"""Send the pages of the service: empty shells whose scripts request the data to show."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template

from starlette.requests import Request
from starlette.responses import Response

from orps_agent.page import common, scripts, shell
from orps_agent.page.policy import policy
from orps_agent.strategies import STRATEGIES

from .service import Service


class Pages:
    """Hold both pages and their content security policies, built once."""

    def __init__(self) -> None:
        style, talk = _read("served.css"), _read("service.js")
        self._search = shell(style, f"\n{talk}\n{_read('live.js')}")
        whole = common() + _read("list.css") + style
        script = f"{scripts('text.js', 'numbers.js')}\n{talk}\n{_read('submit.js')}\n{_read('list.js')}"
        rules = policy(whole, script, asks=True)
        strategies = "".join(f"<option>{escape(name)}</option>" for name in STRATEGIES.names())
        html = Template(_read("list.html"))
        self._list = html.substitute(policy=rules, style=whole, script=script, strategies=strategies), rules

    async def searches(self, _service: Service, _request: Request) -> Response:
        """Send the page that lists the searches."""
        return _page(*self._list)

    async def search(self, _service: Service, _request: Request) -> Response:
        """Send the page that shows one search live."""
        return _page(*self._search)


def _page(html: str, rules: str) -> Response:
    headers = {"content-security-policy": f"{rules}; frame-ancestors 'none'"}
    return Response(html, headers=headers, media_type="text/html")


def _read(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text(encoding="utf-8")
