"""Check the page as a file: one document that loads nothing and runs nothing of its data."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.resources import files
from pathlib import Path

import playwright
import pytest

from orps_agent.domain.document import SearchDocument
from orps_agent.page import page
from tests.support.page.elements import Elements, digest, policy
from tests.support.page.hostile import hostile
from tests.support.page.trees import grown

SOURCES = sorted(each.name for each in files("orps_agent.page").iterdir() if each.name.endswith((".js", ".css")))


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
