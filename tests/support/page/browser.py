"""Drive Debian's chromium with Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from orps_agent.domain.document import SearchDocument
from orps_agent.page import page

CHROMIUM = shutil.which("chromium")
_FLAGS = (
    "--headless",
    "--no-sandbox",  # chromium has none to offer to root, which the gate is
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, and close it when the context is left."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser,
    document: SearchDocument,
    folder: Path,
    *,
    scheme: Literal["light", "dark"] = "light",
    width: int = 1280,
) -> Iterator[Page]:
    """Open the document's page from its file, as `opened_file` does."""
    file = folder / "search.html"
    file.write_text(page(document), encoding="utf-8")
    with opened_file(browser, file, scheme=scheme, width=width) as shown:
        yield shown


@contextmanager
def opened_file(browser: Browser, file: Path, *, scheme: Literal["light", "dark"], width: int) -> Iterator[Page]:
    """Open a page from its file; afterwards assert that it caused no message, dialog or request."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    shown = context.new_page()
    complaints: list[str] = []
    shown.on("console", lambda message: complaints.append(message.text))
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
    shown.on("request", lambda request: complaints.extend([request.url] * (request.url != file.as_uri())))
    shown.goto(file.as_uri())
    yield shown
    assert complaints == []
    context.close()
