"""Call `orps mcp`, in a process of its own, with the mcp package's client over stdio and over HTTP."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.support.processes import begin, orps
from tests.support.runs import stand_ins
from tests.support.samples import FIRST_HALF_THEN_RIGHT, RIGHT, script

ASKED = {
    "statement": "Write double(n): twice n.",
    "tests": ["double(2) == 4", "double(5) == 10"],
    "changes": {"samples": 3, "rounds": 2, "beam": 1},
}


@asynccontextmanager
async def over_stdio(folder: Path, model: str, *flags: str) -> AsyncIterator[Client]:
    stand_ins(folder)
    arguments = ["mcp", "--model", model, "--db", str(folder / "orps.db"), *flags]
    server = StdioServerParameters(command=str(folder / "orps"), args=arguments, env=dict(os.environ))
    async with Client(stdio_client(server)) as client:
        yield client


async def ask(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    assert isinstance(answer.structured_content, dict)
    return answer.structured_content


async def test_solve_tells_its_progress_and_answers_with_structured_content(tmp_path: Path) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def progress(done: float, total: float | None, words: str | None) -> None:
        told.append((done, total, words))

    async with over_stdio(tmp_path, script(tmp_path, *FIRST_HALF_THEN_RIGHT)) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert names == {"solve", "start", "watch", "resume", "cancel", "list", "explain"}
        answer = await client.call_tool("solve", ASKED, progress_callback=progress)
    found = answer.structured_content
    assert found is not None
    assert (found["solved"], found["status"]) == (True, "finished")
    assert "return n + n" in found["code"]
    assert told[0][:2] == (0, 6)
    assert max(done for done, _, _ in told) == 6
    assert any(words and "passes 2 of 2 tests" in words for _, _, words in told)


async def test_a_search_can_be_started_watched_listed_and_explained(tmp_path: Path) -> None:
    async with over_stdio(tmp_path, script(tmp_path, *FIRST_HALF_THEN_RIGHT)) as client:
        begun = await ask(client, "start", **ASKED)
        ended = await ask(client, "watch", search=begun["search"], seconds=60)
        assert (ended["status"], ended["candidates"], ended["expected"], ended["best_passed"]) == ("finished", 6, 6, 2)
        listed = await ask(client, "list")
        assert [each["search"] for each in listed["searches"]] == [begun["search"]]
        told = await ask(client, "explain", search=begun["search"])
        assert told["result"]["solved"]
        assert told["best"]["critique"].startswith("Right.")
        assert sorted(each["round"] for each in told["tree"]) == [0, 0, 0, 1, 1, 1]
        worse = await ask(client, "explain", search=begun["search"], candidate="0")
        assert worse["best"]["failures"]


async def test_a_search_can_be_cancelled_and_resumed_by_another_server(tmp_path: Path) -> None:
    slow = {"role": "programmer", "reply": RIGHT, "delay": 2.0}
    async with over_stdio(tmp_path, script(tmp_path, slow)) as client:
        begun = await ask(client, "start", **ASKED)
        await ask(client, "cancel", search=begun["search"])
        assert (await ask(client, "watch", search=begun["search"]))["status"] == "cancelled"
        again = await client.call_tool("cancel", {"search": begun["search"]})
        assert again.is_error
        assert "cancelled already" in str(again.content)
    async with over_stdio(tmp_path, script(tmp_path, {"role": "programmer", "reply": RIGHT})) as client:
        await ask(client, "resume", search=begun["search"])
        assert (await ask(client, "watch", search=begun["search"]))["status"] == "finished"


async def test_errors_of_ours_are_told_and_the_budget_is_for_all_that_is_asked(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    async with over_stdio(tmp_path, model, "--max-calls", "8") as client:
        for tool, arguments, words in (
            ("solve", {"statement": "Write f.", "tests": []}, "has no tests"),
            ("start", {**ASKED, "changes": {"sample": 3}}, "unknown key"),
            ("explain", {"search": "zzzz"}, "no search"),
        ):
            answer = await client.call_tool(tool, arguments)
            assert answer.is_error
            assert words in str(answer.content)
        first = await ask(client, "solve", **ASKED)
        assert "budget: 8 model calls, by the whole batch" in first["summary"]
        second = await ask(client, "solve", **ASKED)
        assert second["code"] is None


@asynccontextmanager
async def over_http(folder: Path, model: str) -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with begin(folder, "mcp", "--model", model, "--http", "--port", str(port)) as run:
        url = f"http://127.0.0.1:{port}/mcp"
        async with httpx2.AsyncClient() as http:
            with anyio.fail_after(60):
                while True:
                    try:
                        await http.get(url)
                        break
                    except httpx2.ConnectError:
                        assert run.poll() is None
                        await anyio.sleep(0.1)
        yield url


async def test_streamable_http_serves_several_clients_and_refuses_other_hosts(tmp_path: Path) -> None:
    async with over_http(tmp_path, script(tmp_path, *FIRST_HALF_THEN_RIGHT)) as url:
        async with Client(url) as client, Client(url) as other:
            begun = await ask(client, "start", **ASKED)
            assert (await ask(other, "watch", search=begun["search"]))["status"] == "finished"
            assert (await ask(client, "explain", search=begun["search"]))["result"]["solved"]
        async with httpx2.AsyncClient() as http:
            rebound = await http.post(url, json={}, headers={"Host": "elsewhere.example", "Accept": "*/*"})
        assert rebound.status_code in {403, 421}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1"])
def test_only_the_loopback_interface_can_be_served(tmp_path: Path, host: str) -> None:
    done = orps(tmp_path, "mcp", "--model", "scripted:none.yaml", "--http", "--host", host)
    assert (done.returncode, "every client of this server" in done.stderr) == (2, True)
