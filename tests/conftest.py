"""Keep the user's environment out of every test, and put the tests in the order in which they run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import runs

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

LONGEST = (
    "docs/test_pages.py",
    "agent/test_out_of_budget.py",
    "agent/test_every_strategy.py",
    "serve/test_service.py",
    "store/test_kills.py",
    "serve/test_pages.py",
    "test_package.py",
    "page/test_browser.py",
    "docs/test_tutorial.py",
    "agent/test_agent.py",
)
"""The files that take longest, which workers begin first: begun last, they keep one worker while others idle."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reverse", action="store_true", help="run the last test first: no test may need an earlier one")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("numprocesses", None):
        runs.address()  # in the process that starts the workers, so that they all share one warm process


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("reverse"):
        items.reverse()
    elif hasattr(config, "workerinput"):
        order = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: order.get(item.path, len(order)))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("ORPS_", "OPENAI_", "OTEL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ORPS_CONFIG", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LANGGRAPH_STRICT_MSGPACK", "true")
    monkeypatch.setenv("NO_COLOR", "1")
