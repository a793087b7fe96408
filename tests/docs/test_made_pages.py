"""Check that the generated pages are what the code would generate now, and that they are right."""

import re

import pytest
from pydantic import BaseModel

from docs.generate.__main__ import PAGES
from docs.generate.settings import SECTIONS, meanings
from orps_agent.settings import Settings, load_settings
from tests.support.docs.blocks import text_of


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name: str) -> None:
    made = PAGES[name]()
    assert text_of(f"docs/{name}") == made, f"docs/{name} is out of date: `make docs` renews it"


def test_every_model_of_the_settings_has_a_table() -> None:
    def inside(model: type[BaseModel]) -> set[type[BaseModel]]:
        kinds = re.findall(r"[\w.]+", " ".join(str(field.annotation) for field in model.model_fields.values()))
        found = {kind for kind in BaseModel.__subclasses__() if f"{kind.__module__}.{kind.__name__}" in kinds}
        return found | {each for kind in found for each in inside(kind)}

    assert inside(Settings) == {section.model for section in SECTIONS} - {Settings}


def test_a_field_without_a_sentence_is_an_error() -> None:
    class Silent(BaseModel):
        number: int = 0

    with pytest.raises(LookupError, match=r"Silent\.number"):
        meanings(Silent)


def variables() -> list[tuple[str, str]]:
    """Return every variable on the page with a default that can be written down, and that default."""
    row = re.compile(r"^\| `\w+` \| `(ORPS_\w+)`.*? \| .*? \| `([^`]+)`[^|]* \| ", re.MULTILINE)
    return row.findall(PAGES["settings.md"]())


@pytest.mark.parametrize(("name", "value"), variables())
def test_the_variable_sets_what_the_page_says(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    name = name.replace("__ROLE__", "__CRITIC__")
    monkeypatch.setenv(name, value)
    where: object = load_settings()
    for step in name.removeprefix("ORPS_").lower().split("__"):
        where = where[step] if isinstance(where, dict) else _given(where, step)
    assert where is not None


def _given(model: object, name: str) -> object:
    assert isinstance(model, BaseModel)
    assert name in model.model_fields_set
    return getattr(model, name)
