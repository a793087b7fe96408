"""Use the page in a real browser: what a reader sees and can do."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from orps_agent.domain.agreement import Agreement
from orps_agent.domain.candidate import Candidate, OutcomeReward, Status
from orps_agent.domain.document import Call
from orps_agent.domain.execution import ExecutionReport, TestResult, Verdict
from orps_agent.settings.endpoints import Role
from tests.support.page.browser import CHROMIUM, chromium, opened
from tests.support.page.hostile import SHOWN, hostile
from tests.support.page.trees import CODES, START, finished, grown

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")

TREE = grown(8, 3, 2)


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def cursor(page: Page) -> Locator:
    return page.get_by_role("treeitem")


def heading(page: Page) -> Locator:
    return page.locator("#panel h2")


def find(page: Page, name: str) -> None:
    press(page, "/")
    page.keyboard.type(name)
    press(page, "Enter")


def drawing(page: Page) -> str:
    """Return the canvas after the next frame."""
    frame = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    return str(page.evaluate(f"{frame}.then(() => document.getElementById('canvas').toDataURL())"))


def source(lines: Locator) -> str:
    return "".join(lines.all_text_contents())


def test_it_says_what_search_it_shows(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, TREE, tmp_path) as page:
        expect(page).to_have_title("running_max · orps")
        expect(page.locator("#state")).to_contain_text("search 7c1e5a, finished, 40 candidates")
        panel = page.locator("#panel")
        expect(panel).to_contain_text("finished: all rounds are done")
        expect(panel).to_contain_text(TREE.search.problem.statement)
        expect(cursor(page)).to_contain_text(str(TREE.search.winner))
        assert page.locator("#charts figure b").all_text_contents() == [
            "tests passed",
            "outcome reward ω",
            "critic's score ρ",
            "model calls",
            "tokens",
            "cost",
        ]


def test_the_charts_show_scores_by_round_and_what_was_spent_over_time(browser: Browser, tmp_path: Path) -> None:
    def candidate(name: str, passes: int) -> Candidate:
        results = tuple(TestResult(name=str(n), verdict=Verdict.PASS if n < passes else Verdict.FAIL) for n in range(5))
        outcome = OutcomeReward(value=passes / 5, pass_rate=passes / 5, parts=())
        return Candidate(
            id=name,
            round=name.count("."),
            hint="verbose",
            status=Status.OPEN,
            report=ExecutionReport(results=results),
            outcome=outcome,
            process=passes,
        )

    def call(name: str, role: Role, began: float, cost: float) -> Call:
        return Call(
            candidate=name,
            stage="code",
            role=role,
            started_at=START + began,
            seconds=10,
            prompt_tokens=100,
            completion_tokens=50,
            cost=cost,
        )

    # After the second call the search rested for an hour, which is no time that it worked.
    calls = [call("0", "programmer", 0, 0.01), call("1", "critic", 10, 0.02), call("0.0", "programmer", 3620, 0.03)]
    tree = [candidate("0", 1), candidate("1", 3), candidate("0.0", 2), candidate("0.1", 5)]
    with opened(browser, finished(tree, calls=calls), tmp_path) as page:
        charts = page.locator("#charts svg")
        assert charts.evaluate_all("all => all.map(each => each.ariaLabel)") == [
            "tests passed: best 100%, mean 70%",
            "outcome reward ω: best 1.00, mean 0.70",
            "critic's score ρ: best 5.00, mean 3.50",
            "model calls: 3",
            "tokens: 450",
            "cost: $0.0600",
        ]
        paths = "[...each.querySelectorAll('g > path:first-child')].map(path => path.getAttribute('d'))"
        lines = f"all => all.map(each => {paths})"
        passed, *_, spent = charts.evaluate_all(lines)
        # From 0 at a height of 66 to the most at 6: 60% then 100% at best, 40% then 70% on average.
        assert passed == ["M4.0 30.0L216.0 6.0", "M4.0 42.0L216.0 24.0"]
        assert spent == ["M4.0 66.0L74.7 56.0L145.3 36.0L216.0 6.0"]
        ends = page.locator("#charts .ends").evaluate_all("all => all.map(each => each.innerText.split('\\n'))")
        assert (ends[0], ends[-1]) == (["round 0", "round 1"], ["start", "30 s"])


def test_tests_that_a_model_wrote_are_marked_as_trusted_or_not(browser: Browser, tmp_path: Path) -> None:
    written = {"tests_by": "tester", "agreement": Agreement(tests=("0", "2"), solutions=("0",))}
    chosen = next(each for each in TREE.candidates if each.report)
    document = TREE.model_copy(update={"search": TREE.search.model_copy(update=written)})
    with opened(browser, document, tmp_path) as page:
        expect(page.locator("#panel")).to_contain_text("tests written bytester; 2 of 5 to be trusted by agreement")
        find(page, chosen.id)
        rows = page.locator(".tests li").evaluate_all(
            "all => all.map(row => [row.querySelector('.name').innerText, row.querySelectorAll('.chip')[1].innerText])"
        )
        assert dict(rows) == {each: "trusted" if each in "02" else "doubtful" for each in "01234"}


def test_the_keyboard_walks_the_tree_and_opens_and_closes(browser: Browser, tmp_path: Path) -> None:
    parent = next(each.parent for each in TREE.candidates if each.parent)
    children = [each.id for each in TREE.candidates if each.parent == parent]
    with opened(browser, TREE, tmp_path) as page:
        find(page, children[0])
        expect(heading(page)).to_have_text(children[0])
        page.focus("#tree")
        press(page, "ArrowLeft")
        expect(cursor(page)).to_contain_text(f"{parent} ·")
        expect(cursor(page)).to_have_attribute("aria-level", "1")
        expect(cursor(page)).to_have_attribute("aria-expanded", "true")
        press(page, "ArrowRight", "Home")
        seen = {cursor(page).inner_text().split(" ")[0]}
        for _ in children[1:]:
            press(page, "ArrowDown")
            seen.add(cursor(page).inner_text().split(" ")[0])
        assert seen == set(children)
        press(page, "Enter")
        expect(heading(page)).to_be_focused()
        press(page, "Escape")
        expect(heading(page)).to_have_text("The search")
        expect(page.locator("#tree")).to_be_focused()


def test_the_pointer_opens_what_it_points_at(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, finished([Candidate(id="0", round=0, hint="verbose")]), tmp_path) as page:
        box = page.locator("#tree").bounding_box()
        assert box is not None
        # One candidate stands in the middle: below its caption, above the foot of the drawing.
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(*middle)
        expect(page.locator("#tip")).to_contain_text("0 · verbose · not run")
        page.mouse.click(*middle)
        expect(heading(page)).to_have_text("0")


def test_a_candidate_tells_everything(browser: Browser, tmp_path: Path) -> None:
    chosen = next(each for each in TREE.candidates if each.parent and each.report and 0 < each.pass_rate < 1)
    with opened(browser, TREE, tmp_path) as page:
        find(page, chosen.id)
        panel = page.locator("#panel")
        for words in (
            chosen.hint,
            str(chosen.critique),
            str(chosen.reasoning).strip(),
            "assert running_max([5]) == [5]",
        ):
            expect(panel).to_contain_text(words)
        failing = panel.locator(".tests li").first
        expect(failing).to_contain_text("expected[1, 3, 3]actual[1, 3, 2]")
        expect(panel.locator(".measures").first).to_contain_text(f"{chosen.id}{chosen.parent}change")
        assert source(panel.locator(".code .line")) == chosen.code


def test_the_difference_adds_up_to_both_sources(browser: Browser, tmp_path: Path) -> None:
    codes = [*CODES, "x = 1", CODES[0].replace("best", "top"), "\n\n" + CODES[1], "".join(CODES), "a\nb\nc\n" * 700]
    pairs = [*itertools.pairwise(codes), (codes[-1], "d\ne\n" * 700)]
    families = [
        (
            Candidate(id=str(n), round=0, hint="verbose", status=Status.OPEN, code=before),
            Candidate(id=f"{n}.0", round=1, hint="verbose", code=after),
        )
        for n, (before, after) in enumerate(pairs)
    ]
    with opened(browser, finished([each for family in families for each in family]), tmp_path) as page:
        find(page, "0.0")
        page.get_by_role("button", name="changes to 0").click()
        for before, after in families:
            find(page, after.id)
            lines = page.locator(".diff .line")
            expect(lines.first).to_be_attached()
            now = source(page.locator(".diff .line:not(.removed)"))
            old = source(page.locator(".diff .line:not(.added)"))
            assert now.rstrip("\n") == str(after.code).rstrip("\n")
            assert old.rstrip("\n") == str(before.code).rstrip("\n")


def test_the_difference_is_as_small_as_it_can_be(browser: Browser, tmp_path: Path) -> None:
    parent = Candidate(id="0", round=0, hint="verbose", code="a\nb\nc\na\nb\nb\na\n")
    child = Candidate(id="0.0", round=1, hint="verbose", code="c\nb\na\nb\na\nc\n")
    with opened(browser, finished([parent, child]), tmp_path) as page:
        find(page, "0.0")
        page.get_by_role("button", name="changes to 0").click()
        expect(page.locator(".added, .removed")).to_have_count(5)  # the example of Myers's paper


def test_python_is_coloured_and_stays_what_it_was(browser: Browser, tmp_path: Path) -> None:
    code = (
        '@cache\ndef f(n):  # a "comment"\n'
        '    return "# no comment" + f\'\\\'{n}\' + r"""a\n# "b"\n""" + str(0x1F + 2.5e3j)\n'
        'class Ünder:\n\tpass\nbroken = \'never closed\nlast = """nor this'
    )
    with opened(browser, finished([Candidate(id="0", round=0, hint="verbose", code=code)]), tmp_path) as page:
        find(page, "0")
        assert source(page.locator(".code .line")) == code + "\n"
        words = {kind: page.locator(f".code .{kind}").all_text_contents() for kind in ("comment", "defined", "number")}
        assert words == {"comment": ['# a "comment"'], "defined": ["f", "Ünder"], "number": ["0x1F", "2.5e3j"]}
        strings = page.locator(".code .string").all_text_contents()
        assert strings[:2] == ['"# no comment"', "f'\\'{n}'"]
        assert strings[-2:] == ["'never closed", '"""nor this']


def test_whatever_was_written_is_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, hostile(), tmp_path) as page:
        expect(page.locator("#panel")).to_contain_text(SHOWN)
        find(page, "0.0")
        for place in (".hint", ".error", ".flags", ".tests", ".output", ".prose", "details", ".calls", ".code"):
            expect(page.locator(f"#panel {place}").first).to_contain_text(SHOWN)
        page.get_by_role("button", name="changes to 0").click()
        expect(page.locator(".diff .line").first).to_contain_text(SHOWN)
        expect(cursor(page)).to_contain_text(SHOWN)
        assert page.locator("img, script:not(#data, [type=module])").count() == 0
        page.get_by_role("treeitem").hover()
        made = page.locator("main").evaluate("main => main.outerHTML")
        assert not set(made) & set("\x00\x1b\x07\x9b\u2028\u202e\u2066\u200b")


def test_dark_and_light_follow_the_system_until_they_are_chosen(browser: Browser, tmp_path: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with opened(browser, TREE, tmp_path) as page:
        light = page.evaluate(ground)
    with opened(browser, TREE, tmp_path, scheme="dark") as page:
        dark = page.evaluate(ground)
        assert dark != light
        drawn = drawing(page)
        page.click("#theme")
        assert page.evaluate(ground) == light
        assert drawing(page) != drawn


def test_it_zooms_and_comes_back(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, TREE, tmp_path) as page:
        page.focus("#tree")
        whole = drawing(page)
        press(page, "+")
        closer = drawing(page)
        assert closer != whole
        page.get_by_role("button", name="Zoom in").click()
        page.focus("#tree")
        assert drawing(page) != closer
        press(page, "0")
        assert drawing(page) == whole


def test_the_mouse_zooms_and_pans_without_opening_anything(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, finished([Candidate(id="0", round=0, hint="verbose")]), tmp_path) as page:
        box = page.locator("#tree").bounding_box()
        assert box is not None
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(*middle)
        whole = drawing(page)
        page.mouse.wheel(0, -200)
        closer = drawing(page)
        assert closer != whole
        page.mouse.down()
        page.mouse.move(middle[0] + 90, middle[1], steps=3)
        page.mouse.up()
        assert drawing(page) != closer
        expect(heading(page)).to_have_text("The search")
        page.mouse.click(middle[0] + 90, middle[1])
        expect(heading(page)).to_have_text("0")


def test_two_thousand_candidates_open_and_are_walked_through(browser: Browser, tmp_path: Path) -> None:
    large = grown(100, 5, 5)
    deepest = max((each.id for each in large.candidates), key=lambda name: name.count("."))
    with opened(browser, large, tmp_path) as page:
        expect(page.locator("#state")).to_contain_text("2,100 candidates")
        find(page, deepest)
        expect(heading(page)).to_have_text(deepest)
        page.focus("#tree")
        press(page, *["ArrowLeft"] * deepest.count("."))
        expect(heading(page)).to_have_text(deepest.split(".")[0])
        assert page.locator("*").count() < 1_500  # the nodes themselves are not in the document


def test_it_fits_a_narrow_screen(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, TREE, tmp_path, width=400) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == 400
        find(page, "0")
        panel = page.locator("#panel").bounding_box()
        assert panel is not None
        assert (panel["x"], panel["y"], panel["width"]) == (0, 0, 400)
        page.get_by_role("button", name="Close").click()
        expect(page.locator("#tree")).to_be_in_viewport()


def test_a_search_that_runs_shows_what_there_is(browser: Browser, tmp_path: Path) -> None:
    planned = Candidate(id="0", round=0, hint="verbose")
    written = Candidate(id="1", round=0, hint="concise", code="x = 1", reasoning="one")
    executed = next(each for each in TREE.candidates if each.report).model_copy(
        update={"id": "2", "process": None, "critique": None, "status": Status.RUNNING}
    )
    asked = Call(candidate="1", stage="critique", role="critic", started_at=START, status="asked")
    document = finished([planned, written, executed], calls=[asked])
    running = {"status": "running", "reason": None, "finished_at": None, "winner": None, "verification": None}
    document = document.model_copy(update={"search": document.search.model_copy(update=running)})
    with opened(browser, document, tmp_path) as page:
        expect(page.locator("#panel")).to_contain_text("None yet.")
        assert page.locator("#charts figure b").all_text_contents() == [
            "tests passed",
            "outcome reward ω",
            "model calls",
        ]
        for name, words in (("0", "not run"), ("1", "asked"), ("2", "running")):
            find(page, name)
            expect(page.locator("#panel")).to_contain_text(words)


def test_a_search_without_candidates_says_so(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, finished([]), tmp_path) as page:
        expect(cursor(page)).to_have_text("no candidates yet")
        page.focus("#tree")
        press(page, "ArrowDown", "Enter", "Escape")
        find(page, "0")
        expect(page.locator("#found")).to_have_text("no such candidate")
