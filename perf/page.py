"""Measure how long the page of a search takes to open, and how smoothly it zooms, with 200 and 2,000 candidates.

    python -m perf.page

Both pages are measured in turns in the same browser, so that a busy machine hurts both alike. Prints medians over the
turns, and the ratio of the two.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page

from orps_agent.page import page
from tests.support.page.browser import chromium
from tests.support.page.trees import grown

TURNS = 7
SHOWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Zooms in and out at the middle of the tree, one step a frame: how many milliseconds each frame took.
ZOOM = """async () => {
    const tree = document.getElementById("tree");
    const { left, top, width, height } = tree.getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + height / 2, cancelable: true };
    const frame = () => new Promise(requestAnimationFrame);
    const times = [];
    let before = await frame();
    for (let step = 0; step < 90; step += 1) {
        tree.dispatchEvent(new WheelEvent("wheel", { ...at, deltaY: step < 45 ? -16 : 16 }));
        const now = await frame();
        times.push(now - before);
        before = now;
    }
    return times;
}"""
# Walks through the siblings with the details open, one step a frame.
WALK = """async () => {
    const tree = document.getElementById("tree");
    const press = (key) => tree.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
    const frame = () => new Promise(requestAnimationFrame);
    press("Enter");
    press("Home");
    const times = [];
    let before = await frame();
    for (let step = 0; step < 15; step += 1) {
        press("ArrowDown");
        const now = await frame();
        times.push(now - before);
        before = now;
    }
    return times;
}"""


def measured(shown: Page, file: Path) -> dict[str, float]:
    """Measure one turn, in milliseconds."""
    started = time.perf_counter()
    shown.goto(file.as_uri())
    shown.evaluate(SHOWN)
    opening = 1000 * (time.perf_counter() - started)
    zooming, walking = shown.evaluate(ZOOM), shown.evaluate(WALK)
    return {
        "open": opening,
        "zoom, median frame": statistics.median(zooming),
        "zoom, slowest frame": max(zooming),
        "walk, median frame": statistics.median(walking),
    }


def compared(browser: Browser, files: dict[int, Path]) -> None:
    turns: dict[int, list[dict[str, float]]] = {count: [] for count in files}
    for turn in range(TURNS + 1):
        for count, file in files.items():
            shown = browser.new_page(viewport={"width": 1440, "height": 900})
            figures = measured(shown, file)
            shown.close()
            if turn:  # the first one warms the browser up
                turns[count].append(figures)
    few, many = files
    for name in turns[few][0]:
        values = [statistics.median(figures[name] for figures in turns[count]) for count in (few, many)]
        print(f"{name:20} {values[0]:7.1f} ms {values[1]:7.1f} ms  {values[1] / values[0]:.1f}x")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for document in (grown(10, 5, 5), grown(100, 5, 5)):
            count = len(document.candidates)
            files[count] = Path(folder) / f"{count}.html"
            started = time.perf_counter()
            files[count].write_text(page(document), encoding="utf-8")
            written = 1000 * (time.perf_counter() - started)
            print(f"{count} candidates: {files[count].stat().st_size / 1e6:.1f} MB, written in {written:.0f} ms")
        with chromium() as browser:
            print(browser.version)
            compared(browser, files)


if __name__ == "__main__":
    main()
