"""Use the served pages in a real browser: a search as it grows, and what a reader can do to it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import httpx
import playwright
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.page.browser import CHROMIUM, chromium
from tests.support.page.hostile import HOSTILE, SHOWN
from tests.support.processes import orps
from tests.support.samples import DOUBLE, FIRST_HALF_THEN_RIGHT, HALF, RIGHT, script
from tests.support.serve.service_process import Serving, serving

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")

SLOW = (
    {"role": "programmer", "contains": "# Execution", "reply": RIGHT, "delay": 3},
    {"role": "programmer", "reply": HALF, "delay": 0.5},
)
SCRIPTS = sorted(each.name for each in files("orps_agent.serve").iterdir() if each.name.endswith(".js"))


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    """Open a page of the service; check that there is no dialog, script error or request to another host."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    shown = context.new_page()
    shown.set_default_timeout(30_000)
    complaints: list[str] = []
    own = url.split("/")[2]
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
    shown.on("request", lambda request: complaints.extend([request.url] * (request.url.split("/")[2] != own)))
    shown.on(
        "console", lambda told: complaints.extend([told.text] * ("Content Security Policy" in told.text))
    )  # others tell of a service that is gone
    shown.goto(url)
    yield shown
    assert complaints == []
    context.close()


def submitted(service: Serving, **config: int) -> str:
    body = {"problem": DOUBLE.model_dump(mode="json"), "config": {"samples": 3, "rounds": 3, "beam": 1} | config}
    answer = httpx.post(f"{service.url}/api/searches", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def ready(page: Page, words: str) -> None:
    expect(page.locator("#state")).to_contain_text(words, timeout=40_000)


def opened_node(page: Page, name: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text(name)


def test_a_search_grows_survives_a_restart_and_is_forked(browser: Browser, tmp_path: Path) -> None:
    model = script(tmp_path, *SLOW)
    with serving(tmp_path, model) as service:
        search = submitted(service)
        with opened(browser, service.url) as page:
            page.get_by_role("link", name=search).click()
            ready(page, "running, ")
            service.kill()
            expect(page.locator(".notice")).to_be_visible(timeout=40_000)
            with serving(tmp_path, model, port=service.port):
                opened_node(page, "0")
                ready(page, "finished, 9 candidates")
                expect(page.locator("#panel h2")).to_have_text("0")
                expect(page.locator(".notice")).to_have_count(0)
                page.reload()
                ready(page, "finished, 9 candidates")
                expect(page.get_by_role("button", name="cancel")).to_have_count(0)
                opened_node(page, "0")
                page.get_by_role("button", name="fork from here").click()
                page.get_by_label("Critique").fill("Think of sums.")
                page.get_by_role("button", name="start the fork").click()
                page.wait_for_url(re.compile(r"/searches/(?!" + search + ")"))
                ready(page, "finished")
                expect(page.locator("#panel")).to_contain_text(f"{search} 0")
                opened_node(page, "0")
                expect(page.locator("#panel")).to_contain_text("Think of sums.")


def test_a_search_is_submitted_from_the_list(browser: Browser, tmp_path: Path) -> None:
    problem = "id: twice\nstatement: 'Write double(n): twice n.'\ntests: ['double(2) == 4', 'double(5) == 10']\n"
    with serving(tmp_path, script(tmp_path, *FIRST_HALF_THEN_RIGHT)) as service, opened(browser, service.url) as page:
        expect(page.locator("#list")).to_contain_text("No searches yet")
        page.keyboard.press("n")
        page.keyboard.type("Write <b>double(n)</b>: twice n.")
        page.get_by_label("Tests, one a line").fill("double(2) = 4")
        page.get_by_role("button", name="start").click()
        expect(page.get_by_role("alert")).to_contain_text("submission: test '1', line 1: is not valid Python")
        page.get_by_label("Tests, one a line").fill("double(2) == 4\n\ndouble(5) == 10")
        page.get_by_label("samples").fill("3")
        page.get_by_label("rounds").fill("2")
        page.get_by_label("beam").fill("1")
        page.get_by_label("most calls").fill("50")
        page.keyboard.press("Enter")
        ready(page, "finished, 6 candidates")
        expect(page.locator("#panel")).to_contain_text("Write <b>double(n)</b>: twice n.")
        page.get_by_role("link", name="searches").click()
        page.get_by_role("button", name="new search").click()
        page.get_by_label("a problem file").check()
        page.get_by_label("YAML").fill(f"{problem}test: []")
        page.get_by_role("button", name="start").click()
        expect(page.get_by_role("alert")).to_contain_text("file: unknown key 'test'; did you mean 'tests'?")
        page.get_by_label("YAML").fill(problem)
        page.get_by_label("strategy").select_option("best-of-n")
        page.get_by_label("samples").fill("2")
        page.get_by_role("button", name="start").click()
        ready(page, "finished, 2 candidates")
        page.get_by_role("link", name="searches").click()
        expect(page.locator("#list tbody tr")).to_have_count(2)
        page.keyboard.press("ArrowDown")
        expect(page.locator("#list a").first).to_be_focused()
        submitted(service)
        expect(page.locator("#list tbody tr")).to_have_count(3)
        expect(page.locator("#list a").nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        ready(page, "finished, 2 candidates")


def test_a_search_is_cancelled_and_resumed(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, script(tmp_path, *SLOW)) as service:
        search = submitted(service)
        with opened(browser, f"{service.url}/searches/{search}") as page:
            ready(page, "running, ")
            page.get_by_role("button", name="cancel").click()
            ready(page, "cancelled")
            page.get_by_role("button", name="resume").click()
            ready(page, "finished, 9 candidates")
            expect(page.get_by_role("button", name="resume")).to_have_count(0)


def test_a_search_that_cannot_run_says_why(browser: Browser, tmp_path: Path) -> None:
    down = {"role": "critic", "fail": "endpoint"}
    model = script(tmp_path, *SLOW, critic=[down])
    with serving(tmp_path, model, ORPS_SERVE__TRIES="1") as service:
        search = submitted(service, samples=1, rounds=1)
        with opened(browser, f"{service.url}/searches/{search}") as page:
            for _ in range(2):
                ready(page, "interrupted, 1 candidates")
                expect(page.locator("#panel")).to_contain_text("interrupted: ")
                expect(page.locator("#panel")).to_contain_text("on purpose")
                expect(page.get_by_role("button", name="resume")).to_be_visible()
                opened_node(page, "0")
                expect(page.locator("#panel")).to_contain_text("1 of 2 tests")
                page.reload()
            page.get_by_role("link", name="searches").click()
            expect(page.locator("#list")).to_contain_text("on purpose")


def test_what_a_candidate_and_a_critic_wrote_is_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    code = f"{HALF.removesuffix('```')}\nEVIL = {HOSTILE!r}\n```"
    model = script(
        tmp_path, {"role": "programmer", "reply": code}, critic=[{"role": "critic", "reply": f"{HOSTILE}\nSCORE: 3"}]
    )
    with serving(tmp_path, model) as service:
        search = submitted(service, samples=1, rounds=1)
        with opened(browser, f"{service.url}/searches/{search}") as page:
            ready(page, "finished")
            opened_node(page, "0")
            panel = page.locator("#panel")
            expect(panel.locator("p.prose").first).to_contain_text(SHOWN.splitlines()[0][:60])
            expect(panel.locator(".code")).to_contain_text("<script>alert(1)</script>")
            page.get_by_role("button", name="fork from here").click()
            assert "<script>alert(1)" in page.get_by_label("Critique").input_value()
            assert page.locator("#panel script, #panel img, #panel svg").count() == 0


def test_the_token_is_asked_for_and_kept_in_the_tab(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, script(tmp_path, *SLOW)) as service:
        search = submitted(service, samples=1, rounds=1)
        secret = orps(tmp_path, "token", "create", "ann").stdout.strip()
        with opened(browser, service.url) as page:
            page.get_by_label("Token").fill("orps_wrong")
            page.get_by_role("button", name="enter").click()
            expect(page.locator(".login")).to_contain_text("not in force")
            assert search not in page.content()
            page.get_by_label("Token").fill(secret)
            page.get_by_role("button", name="enter").click()
            page.get_by_role("link", name=search).click()
            ready(page, "finished")
            assert page.locator(".login").count() == 0
            assert page.evaluate("Object.keys(localStorage).length") == 0


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_parses_and_fetches_from_nowhere_else(name: str) -> None:
    node = Path(playwright.__file__).parent / "driver" / "node"
    path = files("orps_agent.serve").joinpath(name)
    done = subprocess.run([node, "--check", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\w+://", path.read_text())
