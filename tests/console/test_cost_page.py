"""The pages of costs and faults, in a browser."""

from __future__ import annotations

import json
from typing import Any

import minidynamo
from minidynamo import Database
from tests.console.browsing import address, expect, is_followed, row
from tests.console.shop import pass_day, shop


def test_what_requests_cost_and_where(served: tuple[Database, str], open_page: Any, picture: Any) -> None:
    database, url = served
    page = open_page(address(url, "cost"))
    is_followed(page, "cost")
    pass_day(database)
    dearest = page.locator("tbody tr").first
    expect(dearest).to_contain_text("Scan")
    expect(dearest).to_contain_text("shop.py:")
    expect(dearest).to_contain_text("432")
    picture(page, "cost")
    for group, text in (
        ("Operation", "GetItem"),
        ("Index", "by_status"),
        ("Place", "shop.py:"),
        ("Key", "CUSTOMER#ann"),
    ):
        page.get_by_role("button", name=group, exact=True).click()
        expect(page.locator("tbody")).to_contain_text(text)


def test_what_would_be_cheaper(served: tuple[Database, str], open_page: Any) -> None:
    database, url = served
    page = open_page(address(url, "cost"))
    is_followed(page, "cost")
    pass_day(database)
    expect(page.get_by_role("region", name="Advice")).to_contain_text("scan")


def test_what_a_month_costs(served: tuple[Database, str], open_page: Any) -> None:
    """At so many requests a second, at the price of the region."""
    database, url = served
    page = open_page(address(url, "cost"))
    is_followed(page, "cost")
    database.Table("Carts").put_item(Item={"id": "a"})
    expect(row(page, "PutItem")).to_contain_text("$0.63")
    page.get_by_label("such requests a second").fill("100")
    expect(row(page, "PutItem")).to_contain_text("$164.16")


def test_a_ledger_is_saved_and_compared(served: tuple[Database, str], open_page: Any, tmp_path: Any) -> None:
    database, url = served
    page = open_page(address(url, "cost"))
    is_followed(page, "cost")
    pass_day(database)
    expect(row(page, "Scan")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save", exact=True).click()
    path = tmp_path / "cost.json"
    download.value.save_as(path)
    assert json.loads(path.read_text("utf-8"))
    pass_day(database)
    page.get_by_label("A saved ledger", exact=True).set_input_files(path)
    expect(page.get_by_role("heading", name="Compared with what was saved")).to_be_visible()
    (tmp_path / "other.json").write_text("no ledger", "utf-8")
    page.get_by_label("A saved ledger", exact=True).set_input_files(tmp_path / "other.json")
    expect(page.get_by_role("alert")).to_contain_text("other.json is no ledger")
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("heading", name="Waiting for requests")).to_be_visible()


def test_what_goes_wrong_and_why_that_is_legal(open_page: Any, picture: Any) -> None:
    with minidynamo.simulate(shop(), profile="stormy", seed=4) as database, database.serve(console=True) as server:
        page = open_page(address(server.pages[0], "faults"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Faults")
        expect(page.get_by_text("No request has been made yet.")).to_be_visible()
        for name in ("ann", "bo", "cleo", "dov") * 6:
            try:
                database.execute("GetItem", {"TableName": "Shop", "Key": {"pk": {"S": name}, "sk": {"S": "PROFILE"}}})
            except minidynamo.DynamoError:
                continue
        expect(page.locator("tbody tr").first).to_be_visible()
        picture(page, "faults")
        page.get_by_role("switch", name="throttled").uncheck()
        expect(page.get_by_role("switch", name="throttled")).not_to_be_checked()
        assert database.faults.is_off("throttled")
        page.get_by_role("button", name="All off").click()
        expect(page.get_by_role("switch", name="stale_read")).not_to_be_checked()


def test_things_are_tried_and_taken_back(served: tuple[Database, str], open_page: Any) -> None:
    """A snapshot and its restoring, a fork that is looked at, the clock."""
    database, url = served
    page = open_page(address(url, "faults"))
    expect(page.get_by_role("heading", level=1)).to_have_text("States")
    page.get_by_label("Name").fill("before")
    page.get_by_role("button", name="Take a snapshot").click()
    expect(page.get_by_text("before", exact=True)).to_be_visible()
    database.client().delete_table(TableName="Carts")
    with page.expect_response(lambda response: "/console/api" in response.url):
        page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Restore")).to_be_visible()
    assert "Carts" in database.tables
    page.get_by_role("button", name="Fork main").click()
    expect(page.get_by_label("Database")).to_have_value("fork 1")
    page.goto(address(url, "tables"))
    page.get_by_label("Seconds")
    page.goto(address(url, "faults"))
    before = database.clock.now()
    page.get_by_label("Database").select_option("main")
    page.get_by_label("Seconds").fill("90")
    with page.expect_response(lambda response: "/console/api" in response.url):
        page.get_by_role("button", name="Move it on").click()
    assert database.clock.now() == before + 90
