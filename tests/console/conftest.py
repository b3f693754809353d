"""A browser for the tests of the pages: one for all of them, a fresh context for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from minidynamo import Database
from tests.console.shop import shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
]
_PATIENCE_MILLISECONDS = 60_000  # Machines are shared: no test fails for being slow.
_IMAGES = Path(__file__).parents[2] / "spec" / "guide" / "images"
_IMAGE_BYTES_MAX, _IMAGE_SIZE = 120_000, {"width": 1000, "height": 700}


def _without_browser(reason: str) -> NoReturn:
    if os.environ.get("MINIDYNAMO_REQUIRES_BROWSER") == "1":
        pytest.fail(f"the console's pages are to be tried in a browser, and {reason}")
    pytest.skip(f"the console's pages are not tried in a browser: {reason}")


@pytest.fixture(scope="package")  # It ends with the tests here: as long as it runs, the thread has a loop of asyncio.
def browser() -> Iterator[Browser]:
    """Chromium, as the machine has it; where it has none, the test is skipped, or fails where one is required."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        _without_browser(f"there is none of {', '.join(_NAMES)}")
    try:
        from playwright.sync_api import expect, sync_playwright
    except ModuleNotFoundError:
        _without_browser("playwright is not installed")
    expect.set_options(timeout=_PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_OPTIONS)
        yield browser
        browser.close()


# Opens an address in a page of its own; further arguments are those of a context, such as the size of its window.
Open = Callable[..., "Page"]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens pages; the test fails if one of them has met an error, of its scripts or of its policy."""
    contexts, errors = [], []

    def opened(url: str, **settings: object) -> Page:
        settings.setdefault("viewport", {"width": 1200, "height": 800})
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda told: errors.append(told.text) if _is_bad(told.type, told.text) else None)
        page.goto(url)
        return page

    yield opened
    for each in contexts:
        each.close()
    assert errors == []


def _is_bad(kind: str, text: str) -> bool:
    """Whether the browser tells of an error; that a request was refused, which pages show, is none."""
    return kind == "error" and "Failed to load resource" not in text


@pytest.fixture
def served() -> Iterator[tuple[Database, str]]:
    """A shop of one's own, and the address of its console."""
    with shop() as database, database.serve(console=True) as server:
        yield database, server.pages[0]


@pytest.fixture(scope="module")
def shown() -> Iterator[str]:
    """The console of a shop that no test changes."""
    with shop() as database, database.serve(console=True) as server:
        yield server.pages[0]


@pytest.fixture
def picture() -> Callable[..., None]:
    """Makes a picture for the guide, from an element downwards, where MINIDYNAMO_PICTURES is 1."""

    def take(page: Page, name: str, top: str = "header") -> None:
        if os.environ.get("MINIDYNAMO_PICTURES") == "1":
            path = _IMAGES / f"console-{name}.png"
            path.parent.mkdir(exist_ok=True)
            if page.viewport_size["width"] > _IMAGE_SIZE["width"]:
                page.set_viewport_size(_IMAGE_SIZE)
            page.locator(top).first.evaluate("element => scrollTo(0, element.offsetTop - 70)")
            page.mouse.move(0, 0)
            page.screenshot(path=path, animations="disabled")
            assert path.stat().st_size < _IMAGE_BYTES_MAX, f"{path.name} has {path.stat().st_size} bytes"

    return take
