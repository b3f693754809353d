"""All pages in a browser: by the keyboard alone, on a narrow screen, in the dark, for reading only, behind a token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minidynamo import Database
from minidynamo.console.asset_files import assets
from tests.console.browsing import address, expect, is_followed, row
from tests.console.shop import pass_day, shop

PAGES = ("tables", "items", "collections", "partitions", "live", "cost", "faults")
# The texts of a page whose contrast with what lies behind them is less than WCAG 2 asks for at level AA.
FAINT_TEXTS = (Path(__file__).parent / "faint_texts.js").read_text("utf-8")


def open_at(open_page: Any, url: str, name: str, **settings: Any) -> Any:
    page = open_page(address(url, name, table="Shop"), **settings)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("nav [aria-current=page]")).to_have_count(1)
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_narrow_screen_is_enough(served: tuple[Database, str], open_page: Any, picture: Any, name: str) -> None:
    """At 360 pixels nothing lies beside the page; long tables are moved within their frames."""
    page = open_at(open_page, served[1], name, viewport={"width": 360, "height": 740})
    expect(page.locator("nav [aria-current=page]")).to_be_in_viewport()
    pass_day(served[0])
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    if name == "collections":
        picture(page, "narrow")


@pytest.mark.parametrize("name", PAGES)
def test_texts_are_readable(served: tuple[Database, str], open_page: Any, picture: Any, name: str) -> None:
    """In the light and in the dark.

    Source: Web Content Accessibility Guidelines 2.2, 1.4.3, Contrast (Minimum).
    """
    page = open_at(open_page, served[1], name)
    if name in ("live", "cost"):
        is_followed(page, name)
        pass_day(served[0])
        expect(page.locator("tbody tr").first).to_be_visible()
    assert page.evaluate(FAINT_TEXTS) == []
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 22, 21)"
    assert page.evaluate(FAINT_TEXTS) == []
    if name == "cost":
        picture(page, "dark")


@pytest.mark.parametrize("name", PAGES)
def test_controls_have_names(shown: str, open_page: Any, name: str) -> None:
    """As whoever does not see the page hears them."""
    page = open_at(open_page, shown, name)
    for kind in ("button", "textbox", "combobox", "checkbox", "link", "searchbox", "spinbutton", "switch"):
        for each in page.get_by_role(kind).all()[:60]:
            assert each.evaluate("e => (e.labels && e.labels.length) || e.ariaLabel || e.textContent.trim() || e.title")
    for table in page.get_by_role("table").all():
        assert table.locator("caption").count() == 1
        assert table.locator("thead th[scope=col]").count() > 1


def test_by_the_keyboard_alone(served: tuple[Database, str], open_page: Any) -> None:
    """From the first page to an item, which is changed: Tab, Enter, Escape, and the focus is always seen."""
    database, url = served
    page = open_page(url)
    expect(row(page, "Carts")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.get_by_role("link", name="Items").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Table", exact=True)).to_be_focused()
    page.keyboard.type("Carts")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    page.get_by_role("button", name="New item").focus()
    outline = page.get_by_role("button", name="New item").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="The item")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="New item")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="The item")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type('{"id": "by keys"}')
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page, "by keys")).to_be_visible()
    assert database.Table("Carts").scan()["Count"] == 1


def test_for_reading_only_there_are_no_buttons_that_write(open_page: Any) -> None:
    with shop() as database:
        database.on_stream("Shop", print, StartingPosition="LATEST")
        with database.serve(console="read-only") as server:
            for name in PAGES:
                page = open_at(open_page, server.pages[0], name)
                expect(page.get_by_text("read only", exact=True)).to_be_visible()
                texts = {each.strip() for each in page.get_by_role("button").all_text_contents()}
                writing = {"New table", "Delete", "New item", "Save", "Drain", "Pause", "Fork main", "Take a snapshot"}
                assert texts & writing == ({"Save"} if name == "cost" else set())  # It saves a ledger in the browser.
            page.goto(address(server.pages[0], "items", table="Shop"))
            page.get_by_role("button", name="PartiQL").click()
            page.get_by_label("Statement").fill("DELETE FROM Shop WHERE pk = 'CUSTOMER#ann' AND sk = 'PROFILE'")
            page.get_by_role("button", name="Run", exact=True).click()
            expect(page.get_by_role("alert")).to_contain_text("This console is for reading only")
        assert database.Table("Shop").scan(Select="COUNT")["Count"] == 144


def test_the_link_opens_the_console_in_one_browser(open_page: Any) -> None:
    """The token goes from the address; a stranger gets a line in words."""
    with shop() as database, database.serve(console=True, credentials={"AKIDEXAMPLE": "secret"}) as server:
        (link,) = server.pages
        page = open_page(link)
        expect(row(page, "Carts")).to_be_visible()
        assert "token" not in page.url
        assert page.evaluate("document.cookie") == ""
        stranger = open_page(link)
        expect(stranger.locator("body")).to_contain_text("This console opens by the link that the server has printed")


def test_a_fork_is_looked_at(served: tuple[Database, str], open_page: Any) -> None:
    """What is deleted there stays in the database that is served."""
    database, url = served
    page = open_page(address(url, "faults"))
    page.get_by_role("button", name="Fork main").click()
    expect(page.get_by_label("Database")).to_have_value("fork 1")
    page.get_by_role("link", name="Tables").click()
    page.get_by_role("button", name="Delete Carts").click()
    page.get_by_label("Type Carts to delete it").fill("Carts")
    page.get_by_role("button", name="Delete the table").click()
    expect(row(page, "Carts")).to_have_count(0)
    page.get_by_label("Database").select_option("main")
    expect(row(page, "Carts")).to_have_count(1)
    assert "Carts" in database.tables


def test_a_server_that_has_gone_is_noticed(open_page: Any) -> None:
    with shop() as database:
        server = database.serve(console=True).start()
        page = open_page(server.pages[0])
        expect(row(page, "Carts")).to_be_visible()
        server.stop()
        page.get_by_label("Find").fill("x")
        expect(page.get_by_role("alert")).to_have_text("The server does not answer. Is it still running?")


def test_the_files_are_small_and_have_their_licences() -> None:
    """All that a browser loads, and what was taken from others."""
    found = assets()
    assert found.size_bytes < 160_000
    for name in ("standalone.module.js", "htm-LICENSE.txt", "preact-LICENSE.txt", "README.txt"):
        assert found.find(f"{found.version}/vendor/{name}") is not None
    kind, content = found.find(f"{found.version}/vendor/README.txt") or ("", b"")
    assert (kind, b"htm 3.1.1" in content) == ("text/plain; charset=utf-8", True)


def test_files_are_kept_by_browsers_until_they_change(open_page: Any, shown: str) -> None:
    """Their address names what is in them, and the first page is asked for every time."""
    page = open_page("about:blank")
    headers: dict[str, str] = {}
    page.on("response", lambda response: headers.update({response.url: response.headers["cache-control"]}))
    page.goto(shown)
    expect(row(page, "Carts")).to_be_visible()
    kept = {name: value for name, value in headers.items() if name.endswith((".js", ".css"))}
    assert set(kept.values()) == {"public, max-age=31536000, immutable"}
    assert headers[shown] == "no-store"
    assert all(f"/console/{assets().version}/" in name for name in kept)
