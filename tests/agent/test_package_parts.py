"""Run searches with the parts of an installed package, and check the refusal of unknown names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from examples.plugin.orps_greedy import LoggedExecutor
from orps_agent.agent import Agent
from orps_agent.archive import Archive
from orps_agent.bench import Report, render, summarise_records
from orps_agent.bench.datasets import Format, Task, task_in
from orps_agent.bench.formats import REPORTS
from orps_agent.domain.problem import TestSuite
from orps_agent.domain.search import Search
from orps_agent.errors import PluginError, ProblemError, SettingsError
from orps_agent.llm.registry import model_names, open_models, urls_of
from orps_agent.settings import ExecutorSettings, SearchConfig, Settings, load_settings
from orps_agent.store import Store, store_of
from orps_agent.tools.executor import executor_of
from orps_agent.util import plugins
from tests.support.parts import Counted
from tests.support.plugins import install
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, SMALL, script, settings

HERE = __name__


def team_store(url: str, told: Settings) -> Store:
    """Open a store in the file that a URL names."""
    return store_of(load_settings(db=url.removeprefix("team://")))


class Chosen(Counted):
    """Stand for a model of a package."""

    def __init__(self, rest: str, told: Settings) -> None:
        super().__init__(f"chosen {rest}")


def first_line(report: Report) -> str:
    """Write a report in the format of a package."""
    return f"{report.searches} searches\n"


def riddle(fields: Mapping[str, str]) -> Task:
    suite = TestSuite.model_validate({"tests": [{"name": "1", "code": f"assert double(2) == {fields['answer']}"}]})
    return Task(id=fields["riddle_id"], statement=fields["riddle"], entry_points=("double",), real=suite)


RIDDLES = Format("Riddles", ("riddle_id", "riddle", "answer"), riddle)


@pytest.fixture(name="package")
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make a package that adds one part of each kind, and a second strategy that cannot be imported."""
    added = {
        "strategies": {"chain": "examples.plugin.orps_greedy:Greedy", "torn": "no_such_module:Torn"},
        "models": {"chosen": f"{HERE}:Chosen"},
        "executors": {"passing": "tests.support.parts:AllPass"},
        "stores": {"team": f"{HERE}:team_store"},
        "datasets": {"riddles": f"{HERE}:RIDDLES"},
        "reports": {"first": f"{HERE}:first_line"},
    }
    folder = tmp_path / "site"
    install(folder, "my-orps", {f"orps_agent.{kind}": places for kind, places in added.items()})
    monkeypatch.syspath_prepend(folder)
    plugins.installed.cache_clear()
    yield
    plugins.installed.cache_clear()


@pytest.mark.usefixtures("package")
async def test_one_search_with_parts_that_are_all_a_packages(tmp_path: Path) -> None:
    told = settings(
        tmp_path, db=f"team://{tmp_path / 'team.db'}", model="chosen:one", executor={"kind": "passing", "slots": 1}
    )
    assert model_names(told) == ("chosen:one", "chosen:one")
    assert urls_of(told, "chosen:one", "critic") == ()
    async with Agent(told) as agent:
        found = await agent.solve(DOUBLE, SearchConfig(strategy="chain", samples=2, rounds=2, beam=3))
        row = await agent.archive.search(found.search)
    assert found.candidates == 4
    assert (row.config.beam, row.programmer) == (1, "chosen:one")  # fixed by the strategy
    assert (await _forked(told, found.search)).config.beam == 1
    assert (tmp_path / "team.db").exists()
    assert not (tmp_path / "team.db-checkpoints").exists()


async def _forked(told: Settings, search: str) -> Search:
    async with Archive(told) as archive:
        assert (await archive.replay(search)).differences == ()
        return await archive.fork(search, "0", changes={"strategy": "chain", "rounds": 3, "beam": 2})


async def test_a_search_whose_strategy_is_gone_can_be_read_but_not_resumed(tmp_path: Path) -> None:
    told = settings(tmp_path, model=script(tmp_path, *FIRST_HALF_THEN_RIGHT))
    async with Agent(told) as agent:
        row = agent.plan(DOUBLE, SMALL).search
        await agent.store.add_search(row.model_copy(update={"config": SMALL.model_copy(update={"strategy": "lost"})}))
        assert [each.config.strategy for each in await agent.archive.searches()] == ["lost"]
        document = await agent.archive.document(row.id)
        assert json.loads(document.model_dump_json())["search"]["config"]["strategy"] == "lost"
        assert type(document).model_validate_json(document.model_dump_json()) == document
        with pytest.raises(SettingsError, match="there is no strategy 'lost': take one of orps, cot,"):
            await agent.resume(row.id)
        assert (await agent.archive.search(row.id)).winner is None


@pytest.mark.usefixtures("package")
def test_what_cannot_be_used_is_refused_before_anything_is_spent(tmp_path: Path) -> None:
    agent = Agent(settings(tmp_path, model="chosen:one"))
    with pytest.raises(SettingsError, match=r"no strategy 'greedy': take one of .*, ab-mcts, chain, torn, or install"):
        agent.plan(DOUBLE, SearchConfig(strategy="greedy"))
    with pytest.raises(PluginError, match=r"strategy 'torn' of the package my-orps 1\.2 cannot be imported"):
        agent.plan(DOUBLE, SearchConfig(strategy="torn"))
    with pytest.raises(SettingsError, match=r"executor\.kind: there is no executor 'ray': take one of sandboxed, pass"):
        executor_of(ExecutorSettings(kind="ray"))
    with pytest.raises(SettingsError, match=r"executor\.options: the executor .logged. needs the name of a file"):
        LoggedExecutor(ExecutorSettings(kind="logged"))
    with pytest.raises(SettingsError, match="db: there is no store 'mongodb': take one of sqlite, memory, team"):
        store_of(settings(tmp_path, db="mongodb://host/searches"))
    with pytest.raises(SettingsError, match="--format: there is no report format 'pdf': take one of markdown, csv"):
        REPORTS.find("pdf")


def test_a_path_is_a_path_and_a_url_is_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(db=str(tmp_path / "a.db")).db == tmp_path / "a.db"
    monkeypatch.setenv("ORPS_DB", "postgresql://user@host/orps?a=b//c")
    assert load_settings().db == "postgresql://user@host/orps?a=b//c"
    assert load_settings(db="here.db").db == Path("here.db")
    assert store_of(load_settings(db=f"sqlite://{tmp_path}/b.db")).path == tmp_path / "b.db"


@pytest.mark.usefixtures("package")
async def test_a_name_with_a_colon_that_is_no_kind_is_a_model_of_the_endpoint(tmp_path: Path) -> None:
    told = settings(tmp_path, model="qwen3:8b", base_url="http://localhost:1/v1")
    assert urls_of(told, "qwen3:8b", "programmer") == ("http://localhost:1/v1",)
    async with open_models(told, programmer="qwen3:8b", critic="chosen:two") as found:
        assert (found.programmer.name, found.critic.name) == ("qwen3:8b", "chosen two")
        assert len(found.checks) == 1


@pytest.mark.usefixtures("package")
def test_rows_and_reports_in_a_packages_format() -> None:
    assert task_in({"riddle_id": "7", "riddle": "Write double(n).", "answer": "4"}).id == "7"
    with pytest.raises(ProblemError, match="has no answer"):
        task_in({"riddle_id": "7", "riddle": "?"})
    with pytest.raises(ProblemError, match=r"of no known format .*LiveCodeBench, Riddles"):
        task_in({"a": 1})
    assert render(summarise_records([]), "first") == "0 searches\n"
