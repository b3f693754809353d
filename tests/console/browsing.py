"""What the tests of the pages do in a browser. It is imported where there is none, too."""

from __future__ import annotations

from typing import Any


def expect(found: Any) -> Any:
    """Playwright's `expect`: waits until what follows holds."""
    from playwright.sync_api import expect

    return expect(found)


def row(page: Any, text: str) -> Any:
    """The rows of tables that hold a text."""
    return page.get_by_role("row").filter(has_text=text)


def named_row(page: Any, name: str) -> Any:
    """The rows of tables with a link of this name."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def address(url: str, page: str, **values: str) -> str:
    """The address of a page of a console."""
    query = "&".join(f"{name}={value}" for name, value in values.items())
    return f"{url}#/{page}?{query}" if query else f"{url}#/{page}"


def is_followed(page: Any, name: str) -> None:
    """Waits until what happens is seen by a page of changes and requests, or of costs."""
    if name == "live":
        expect(page.locator("#changes-seen")).not_to_have_text("0")
    else:
        expect(page.get_by_role("heading", name="Waiting for requests")).to_be_visible()


def clipboard(page: Any) -> str:
    """What has been copied."""
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text
