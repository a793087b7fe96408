"""Keep the user's environment out of every test, and put the tests in the order in which they run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support import runs

if TYPE_CHECKING:
    from orps_agent.tools.executor import Executor

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
    told = """Settings of the executor that tests/tools/executor tests, as JSON: '{"kind": "mine"}'."""
    parser.addoption("--executor", default="{}", help=told)
    told = (
        "The URL of a store that tests/store/test_conformance.py tests beside the others; `{folder}` is the test's own."
    )
    parser.addoption("--store", help=told)
    parser.addoption("--model", help="The name of a model that tests/llm/test_every_model.py tests beside the others.")
    parser.addoption("--reverse", action="store_true", help="run the last test first: no test may need an earlier one")


@pytest.fixture(scope="session", name="make_executor")
def _make_executor(request: pytest.FixtureRequest) -> Callable[..., Executor]:
    """Makes the executor that is tested, with some of its settings."""
    from orps_agent.settings import ExecutorSettings
    from orps_agent.tools.executor import executor_of

    chosen = json.loads(request.config.getoption("--executor"))
    return lambda **numbers: executor_of(ExecutorSettings.model_validate(numbers | chosen))


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
