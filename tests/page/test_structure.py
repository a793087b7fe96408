"""The page as a file: one document, which lets nothing in and gives nothing of its data a chance to run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import playwright
import pytest

from orps_agent.document import SearchDocument
from orps_agent.page import page

from .hostile import hostile
from .trees import grown

SOURCES = sorted(each.name for each in files("orps_agent.page").iterdir() if each.name.endswith((".js", ".css")))


class Elements(HTMLParser):
    """Every element of a page with its attributes and the text inside it."""

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


def test_the_policy_admits_this_style_and_this_script_and_nothing_else() -> None:
    elements = Elements(page(grown(3, 2, 1)))
    ((_, style),) = elements.of("style")
    (data, _), (_, script) = elements.of("script")
    assert data == {"type": "application/json", "id": "data"}
    rules = policy(elements)
    assert rules["default-src"] == "'none'"
    assert rules["style-src"] == digest(style)
    assert rules["script-src"] == digest(script)
    assert "unsafe" not in " ".join(rules.values())


def test_nothing_is_fetched_and_nothing_is_inline() -> None:
    elements = Elements(page(grown(3, 2, 1)))
    for _, attributes, _ in elements.found:
        assert not {"src", "href", "action", "style"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
    shipped = "".join(files("orps_agent.page").joinpath(name).read_text() for name in SOURCES)
    addresses = set(re.findall(r"\w+://[^\s\"']+", shipped))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a namespace, which nobody fetches
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|url\(|@import", shipped)


@pytest.mark.parametrize("document", [hostile(), grown(3, 2, 1)], ids=["hostile", "plain"])
def test_no_text_of_the_data_becomes_an_element(document: SearchDocument) -> None:
    plain = Elements(page(grown(3, 2, 1)))
    elements = Elements(page(document))
    assert [tag for tag, _, _ in elements.found] == [tag for tag, _, _ in plain.found]
    (_, data), _ = elements.of("script")
    assert "<" not in data
    assert SearchDocument.model_validate(json.loads(data)) == document


@pytest.mark.parametrize("name", [name for name in SOURCES if name.endswith(".js")])
def test_every_script_parses_and_is_part_of_the_page(name: str) -> None:
    node = Path(playwright.__file__).parent / "driver" / "node"
    path = files("orps_agent.page").joinpath(name)
    done = subprocess.run([node, "--check", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert path.read_text() in page(grown(1, 1, 1))
