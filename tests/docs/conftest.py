"""Provide what a reader of the documentation has: the programs, and a server with a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from orps_agent.llm.scripted import Rule, ScriptedModel
from tests.support.docs.reader import REPLIES, PageReader
from tests.support.runs import stand_ins
from tests.support.servers import ModelServer

OFFERS = ["gpt-4.1-mini"]


@pytest.fixture(name="programs", scope="module")
def _programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with `orps` and `python`."""
    folder = tmp_path_factory.mktemp("bin")
    stand_ins(folder)
    return folder


@pytest.fixture(name="model_url", scope="module")
def _model_url() -> Iterator[str]:
    """Start a server with OpenAI's API."""
    model = ScriptedModel([Rule.model_validate(each) for each in REPLIES["rules"]])
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(ModelServer(model, offers=OFFERS)) as server,
    ):
        yield server.url


@pytest.fixture(name="read")
def _read(tmp_path: Path, programs: Path, model_url: str) -> Callable[..., None]:
    """Reads a page, and does what it says; a newcomer has set nothing up yet."""

    def read(page: str, *, newcomer: bool = False) -> None:
        folder = tmp_path / "reader"
        folder.mkdir()
        PageReader(page, folder, programs, model_url, newcomer=newcomer).read()

    return read
