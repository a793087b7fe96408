"""Parse a page's elements and its policy, for tests that examine it as a file."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser


class Elements(HTMLParser):
    """Collect every element of a page with its attributes and the text inside it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), []))
        self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1][2].append(data)

    def of(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, "".join(text)) for name, attributes, text in self.found if name == tag]


def policy(elements: Elements) -> dict[str, str]:
    (content,) = [each["content"] for each, _ in elements.of("meta") if "http-equiv" in each]
    return dict(part.split(" ", 1) for part in (content or "").split("; "))


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
