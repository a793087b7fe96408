"""Open the HTML report in a real browser: in light and dark, on a phone and on a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from orps_agent.bench import render, summarise_records
from tests.support.bench.hostile_records import hostile
from tests.support.bench.made_up_records import run
from tests.support.page.browser import CHROMIUM, chromium, opened_file
from tests.support.page.hostile import SHOWN

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", name="report")
def _report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(render(summarise_records(run(50, seeds=(0,))), "html"), encoding="utf-8")
    return file


LOOKS = """names => [...document.querySelectorAll(names)].map(each => {
    const { color, fill, stroke } = getComputedStyle(each);
    const { left, right, width, height } = each.getBoundingClientRect();
    return { color, fill, stroke, left, right, width, height, text: each.textContent };
})"""


SIGNS = set("●■▲◆▼✚✖★•○")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of `rgb(1, 2, 3)`."""
    parts = [int(each) / 255 for each in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_it_can_be_read(browser: Browser, report: Path, scheme: Literal["light", "dark"], width: int) -> None:
    with opened_file(browser, report, scheme=scheme, width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ground = str(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert (luminance(ground) > 0.5) == (scheme == "light")
        assert all(0 <= each["left"] <= each["right"] <= width for each in page.evaluate(LOOKS, "figure"))
        assert all(each["width"] >= 300 for each in page.evaluate(LOOKS, "svg"))
        for each in page.evaluate(LOOKS, "h2, h3, h4, p, li, .legend span, th, td, td span, figcaption"):
            assert contrast(each["color"], ground) >= 3 + 1.5 * (each["text"] not in SIGNS), each
        texts = page.evaluate(LOOKS, "svg text")
        assert len(texts) > 40
        assert all(contrast(each["fill"], ground) >= 4.5 and each["height"] >= 9 for each in texts)
        marks = page.evaluate(LOOKS, ".wide svg :has(> title)")
        assert len(marks) == 50 * 4
        assert all(contrast(each["stroke"], ground) >= 3 for each in marks)


def test_all_four_kinds_of_plots_are_there(browser: Browser, report: Path) -> None:
    with opened_file(browser, report, scheme="light", width=1400) as page:
        titles = page.locator("figure:has(svg) h4").all_text_contents()
        assert titles == [
            "Pass rate by budget",
            "Time against correctness",
            "The critic's calibration: orps",
            "The critic's calibration: reflexion",
            "Every problem",
        ]
        marks = page.locator(".wide svg :has(> title)")
        assert marks.count() == 50 * 4
        drawn = {marks.nth(at).evaluate("each => each.getBoundingClientRect().width") > 2 for at in (0, 60, 199)}
        assert drawn == {True}
        expect(marks.first.locator("title")).to_have_text(re.compile(r"^lbpp/\d+, best-of-n: 100% of the tests$"))


def test_a_wide_table_is_scrolled_inside_its_frame(browser: Browser, report: Path) -> None:
    with opened_file(browser, report, scheme="light", width=400) as page:
        frame = page.locator(".scrolled").filter(has_text="completion tokens")
        frame.evaluate("each => { each.scrollLeft = 1000 }")
        assert frame.evaluate("each => each.scrollLeft") > 0
        name, box = frame.locator("tbody th").first.bounding_box(), frame.bounding_box()
        assert name
        assert box
        assert name["x"] == pytest.approx(box["x"], abs=1)


def test_hostile_names_are_shown_and_do_nothing(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(summarise_records(hostile()), "html"), encoding="utf-8")
    with opened_file(browser, file, scheme="dark", width=400) as page:
        expect(page.locator("h2")).to_contain_text(SHOWN)
        expect(page.locator("tbody th").filter(has_text=SHOWN).first).to_be_visible()
        assert page.locator("script, img, b, a, iframe").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
