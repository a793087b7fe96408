"""Test parts by name: built-in ones, those of installed packages, and packages with mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orps_agent.errors import PluginError, SettingsError
from orps_agent.util import plugins
from orps_agent.util.plugins import Factories, Registry
from tests.support.plugins import install

GROUP = "orps_agent.greeters"


class Greeter:
    """Define the methods of a greeter."""

    name: str

    def greet(self) -> str:
        return f"hello from {self.name}"


class Polite(Greeter):
    def __init__(self, number: int) -> None:
        self.name = f"polite {number}"


class Mute:
    name = "mute"

    def __init__(self, number: int) -> None:
        pass


class Fussy(Polite):
    def __init__(self, number: int) -> None:
        raise SettingsError("greeter: too fussy")


class Clumsy(Polite):
    def __init__(self) -> None:
        super().__init__(0)


@pytest.fixture(name="packages")
def _packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Installs packages whose greeters are at the given places."""
    monkeypatch.syspath_prepend(tmp_path)
    plugins.installed.cache_clear()
    yield lambda package, **places: install(tmp_path, package, {GROUP: places})
    plugins.installed.cache_clear()


def greeters() -> Factories[[int], Greeter]:
    return Factories(GROUP, "greeter", {"own": Polite}, protocol=Greeter, setting="search.greeter")


def here(name: str) -> str:
    return f"{__name__}:{name}"


def test_a_part_of_a_package_is_found_made_and_listed_behind_the_built_in_ones(packages: Callable[..., None]) -> None:
    packages("kind-words", polite=here("Polite"), own=here("Mute"))
    assert greeters().names() == ("own", "polite")
    assert [str(each) for each in greeters().plugins()] == ["polite (kind-words 1.2)"]
    assert "polite" in greeters()
    assert greeters().make("polite", 3).greet() == "hello from polite 3"
    assert greeters().make("own", 1).greet() == "hello from polite 1"  # a built-in name cannot be taken


def test_an_unknown_name_is_answered_with_those_that_there_are(packages: Callable[..., None]) -> None:
    packages("kind-words", polite=here("Polite"))
    assert "rude" not in greeters()
    with pytest.raises(SettingsError, match=r"search\.greeter: there is no greeter 'rude': take one of own, polite,"):
        greeters().find("rude")


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("no_such_module:Polite", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        (here("Nobody"), "cannot be imported: AttributeError: "),
        (here("GROUP"), "is a str, and must be a Callable"),
        (here("Mute"), "has no greet, which Greeter demands"),
        (here("Clumsy"), "cannot be made: TypeError: "),
    ],
)
def test_a_part_that_cannot_be_used_is_one_line_that_names_the_package(
    packages: Callable[..., None], place: str, says: str
) -> None:
    packages("unkind", broken=place)
    with pytest.raises(PluginError) as raised:
        greeters().make("broken", 1)
    assert str(raised.value).startswith(f"greeter 'broken' of the package unkind 1.2 {says}")
    assert "\n" not in str(raised.value)
    assert greeters().names() == ("own", "broken")  # listing imports nothing


def test_what_a_part_says_itself_is_passed_on(packages: Callable[..., None]) -> None:
    packages("fussy", fussy=here("Fussy"))
    with pytest.raises(SettingsError, match=r"^greeter: too fussy$"):
        greeters().make("fussy", 1)


def test_a_name_that_two_packages_have_is_refused(packages: Callable[..., None]) -> None:
    packages("one", polite=here("Polite"))
    packages("two", polite=here("Polite"))
    with pytest.raises(SettingsError, match="greeter 'polite' is in one and two: remove one of these packages"):
        greeters().find("polite")


def test_parts_may_be_values_of_a_class(packages: Callable[..., None]) -> None:
    packages("values", some=here("GROUP"), other=here("Polite"))
    texts = Registry[str](GROUP, "text", {"a": "b"}, kind=str)
    assert (texts.find("a"), texts.find("some")) == ("b", GROUP)
    with pytest.raises(PluginError, match="is a type, and must be a str"):
        texts.find("other")
