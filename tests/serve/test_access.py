"""Check what each client may do at the service, and what is refused before it is read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from orps_agent.cli.token import app as token_command
from orps_agent.client import Client
from orps_agent.errors import AccessDenied, ClientBudgetReached, SettingsError
from orps_agent.serve.routes import ROUTES
from orps_agent.serve.schemas import ServedSearch
from orps_agent.serve.tokens import Tokens
from orps_agent.settings import SearchConfig
from orps_agent.settings.service_settings import ClientLimits
from orps_agent.store import SqliteStore
from tests.support.processes import orps
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, script
from tests.support.serve.service_process import Serving, serving

ONE = SearchConfig(samples=1, rounds=1, beam=1)
JSON = {"content-type": "application/json"}


@pytest.fixture(name="service")
def _service(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, script(tmp_path, *FIRST_HALF_THEN_RIGHT)) as service:
        yield service


@pytest.fixture(name="shared", scope="module")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("shared")
    with serving(folder, script(folder, *FIRST_HALF_THEN_RIGHT)) as service:
        yield service


def token(folder: Path, client: str = "ann", *limits: str) -> str:
    made = orps(folder, "token", "create", client, *limits)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


async def test_without_a_token_nothing_is_readable_once_there_is_one(service: Serving, tmp_path: Path) -> None:
    async with Client(service.url) as client:
        view = await client.submit(DOUBLE, ONE)
    secret = token(tmp_path)
    async with httpx.AsyncClient(base_url=service.url) as http:
        for header in ({}, {"authorization": "Bearer orps_wrong"}, {"authorization": f"Basic {secret}"}):
            for route in ROUTES:
                path = route.path.format(search=view.id)
                answer = await http.request(route.method, path, headers=header, content=b"{}" if route.takes else None)
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
                assert view.id not in answer.text
            for path in ("/metrics", "/openapi.json", "/nosuch", "/api"):
                assert (await http.get(path, headers=header)).status_code == 401
        for path in ("/", f"/searches/{view.id}", "/searches/nosuch", "/healthz", "/readyz"):
            answer = await http.get(path)
            assert answer.status_code == 200
            assert "double" not in answer.text
    async with Client(service.url, token=secret) as client:
        assert [each.id for each in await client.list()] == [view.id]
        assert (await client.submit(DOUBLE, ONE)).client == "ann"
        with pytest.raises(AccessDenied, match="ann"):
            await client.submit(DOUBLE, ONE, client="bob")


async def test_a_revoked_token_opens_nothing_and_leaves_the_door_locked(service: Serving, tmp_path: Path) -> None:
    secret = token(tmp_path)
    with closing(sqlite3.connect(tmp_path / "orps.db")) as connection:
        ((id_, hash_),) = connection.execute("SELECT id, hash FROM tokens").fetchall()
        stored = "\n".join(connection.iterdump())
    assert secret not in stored
    assert hash_ in stored
    assert "revoked" not in orps(tmp_path, "token", "list").stdout
    assert orps(tmp_path, "token", "revoke", id_).returncode == 0
    assert "revoked" in orps(tmp_path, "token", "list").stdout
    assert orps(tmp_path, "token", "revoke", id_).returncode == 2
    for given in (secret, None):
        async with Client(service.url, token=given) as client:
            with pytest.raises(AccessDenied):
                await client.list()


async def test_a_token_says_what_its_client_may_have(service: Serving, tmp_path: Path) -> None:
    secret = token(tmp_path, "ann", "--max-calls", "2", "--concurrency", "1")
    assert "concurrency 1, calls 2" in orps(tmp_path, "token", "list").stdout
    async with Client(service.url, token=secret) as client:
        await ended(client, await client.submit(DOUBLE, ONE))
        with pytest.raises(ClientBudgetReached, match="2 model calls"):
            await client.submit(DOUBLE, ONE)
        async with SqliteStore(tmp_path / "orps.db") as store:  # at once, for all tokens of the client
            await Tokens(store).create("ann", ClientLimits(calls=3))
        view = await client.submit(DOUBLE, ONE)
        await ended(client, view)
        assert (await client.get(view.id)).reason == "budget: 3 model calls, by the whole batch"
    refused = CliRunner().invoke(token_command, ["create", "bob", "--max-cost", "-1"])
    assert isinstance(refused.exception, SettingsError)


async def ended(client: Client, view: ServedSearch) -> None:
    async for _ in client.watch(view.id):
        pass


def test_others_are_let_in_only_with_a_token(tmp_path: Path) -> None:
    model = script(tmp_path, *FIRST_HALF_THEN_RIGHT)
    refused = orps(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0", "--model", model)
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert "orps token create" in line
    secret = token(tmp_path)
    with serving(tmp_path, model, "--host", "0.0.0.0") as service:
        local = f"http://127.0.0.1:{service.port}"
        assert httpx.get(f"{local}/api/searches").status_code == 401
        assert httpx.get(f"{local}/api/searches", headers={"authorization": f"Bearer {secret}"}).status_code == 200
    assert orps(tmp_path, "token", "create", "no name").returncode == 2


def test_what_cannot_be_understood_is_refused_as_a_problem_document(shared: Serving) -> None:
    good = json.dumps({"problem": DOUBLE.model_dump(mode="json"), "config": ONE.model_dump(mode="json")})
    cases: list[tuple[str, str, dict[str, str], bytes | None, int]] = [
        ("POST", "/api/searches", JSON, b"{", 400),
        ("POST", "/api/searches", JSON, b'{"problem": "\\ud800"}', 400),
        ("POST", "/api/searches", JSON, b"[" * 100_000, 400),
        ("POST", "/api/searches", JSON, b"", 422),
        ("POST", "/api/searches", JSON, b'{"problem": 3}', 422),
        ("POST", "/api/searches", {"content-type": "text/plain"}, good.encode(), 415),
        ("POST", "/api/searches", JSON, b" " * 1_100_000 + good.encode(), 413),
        ("POST", "/api/searches", JSON | {"idempotency-key": "k" * 300}, good.encode(), 400),
        ("POST", "/api/searches", JSON | {"origin": "http://example.org"}, good.encode(), 403),
        ("GET", "/api/searches?limit=0", {}, None, 400),
        ("GET", "/api/searches", {"host": "rebound.example:80"}, None, 403),
        ("GET", "/api/searches/%00%ff", {}, None, 404),
        ("GET", "/api/searches/nosuch/events", {}, None, 404),
        ("PUT", "/api/searches", {}, None, 405),
        ("GET", "/nosuch", {}, None, 404),
    ]
    with httpx.Client(base_url=shared.url) as http:
        for method, path, headers, body, status in cases:
            answer = http.request(method, path, headers=headers, content=body)
            assert answer.status_code == status, (path, headers, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status
        view = http.post("/api/searches", headers=JSON, content=good).json()
        for number in ("-1", "x", "9" * 30):
            answer = http.get(f"/api/searches/{view['id']}/events", headers={"last-event-id": number})
            assert answer.status_code == 400


def test_answers_say_what_a_browser_may_do_with_them(shared: Serving) -> None:
    with httpx.Client(base_url=shared.url) as http:
        for path in ("/", "/searches/x", "/api/searches", "/openapi.json", "/nosuch"):
            headers = http.get(path, headers={"origin": "http://example.org"}).headers
            assert "access-control-allow-origin" not in headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"


async def test_metrics_count_what_happens(service: Serving) -> None:
    async with Client(service.url) as client:
        view = await client.submit(DOUBLE, ONE)
        async for _ in client.watch(view.id):
            pass
    async with httpx.AsyncClient(base_url=service.url) as http:
        text = (await http.get("/metrics")).text
    assert 'orps_model_calls_total{outcome="answered",role="programmer"} 1.0' in text
    assert 'route="/api/searches",status="201"' in text
    assert "orps_queued_searches 0.0" in text
