"""The page of tables, in a browser: what is here, what grows, which index is dead?"""

from __future__ import annotations

from typing import Any

import minidynamo
from minidynamo import Database
from tests.console.browsing import expect
from tests.console.browsing import named_row as row
from tests.console.shop import pass_day


def test_what_is_here(shown: str, open_page: Any) -> None:
    page = open_page(shown)
    expect(page.get_by_role("heading", level=1)).to_have_text("Tables")
    expect(row(page, "Shop")).to_contain_text("144")
    expect(row(page, "Shop")).to_contain_text("new and old images")
    expect(row(page, "Sessions")).to_contain_text("until")
    expect(row(page, "by_email")).to_contain_text("global index · keys only")


def test_what_grows(served: tuple[Database, str], open_page: Any, picture: Any) -> None:
    """Items that have come since the page was opened, and a line of the units of late."""
    database, url = served
    page = open_page(url)
    expect(row(page, "Shop")).to_contain_text("144")
    for number in range(3):
        database.Table("Carts").put_item(Item={"id": str(number)})
    expect(row(page, "Carts").locator(".grown")).to_have_text("+3")
    pass_day(database)
    expect(row(page, "Carts").locator("polyline")).to_be_visible()
    picture(page, "tables")


def test_which_index_is_dead(served: tuple[Database, str], open_page: Any) -> None:
    database, url = served
    page = open_page(url)
    expect(row(page, "by_email")).to_contain_text("never read")
    database.Table("Shop").scan(IndexName="by_email")
    expect(row(page, "by_email")).not_to_contain_text("never read")
    expect(row(page, "by_status")).to_contain_text("never read")


def test_a_database_without_tables_says_what_to_do(open_page: Any) -> None:
    with minidynamo.connect().serve(console=True) as server:
        page = open_page(server.pages[0])
        expect(page.get_by_role("heading", name="There are no tables yet")).to_be_visible()
        expect(page.locator("pre")).to_contain_text(f'endpoint_url="{server.url}"')


def test_a_table_is_made_and_deleted(served: tuple[Database, str], open_page: Any) -> None:
    database, url = served
    page = open_page(url)
    page.get_by_role("button", name="New table").click()
    page.get_by_label("Name", exact=True).fill("New.one")
    page.get_by_label("Sort key, if any").fill("at")
    page.get_by_label("Type").nth(1).select_option("N")
    page.get_by_role("button", name="Create").click()
    expect(row(page, "New.one")).to_contain_text("pk S, at N")
    page.get_by_role("button", name="Delete New.one").click()
    expect(page.get_by_role("button", name="Delete the table")).to_be_disabled()
    page.get_by_label("Type New.one to delete it").fill("New.one")
    page.get_by_role("button", name="Delete the table").click()
    expect(row(page, "New.one")).to_have_count(0)
    assert "New.one" not in database.tables


def test_a_refusal_is_shown_in_words(served: tuple[Database, str], open_page: Any) -> None:
    page = open_page(served[1])
    page.get_by_role("button", name="New table").click()
    page.get_by_label("Name", exact=True).fill("Shop")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_contain_text("ResourceInUseException: Table already exists: Shop")


def test_ten_thousand_tables(open_page: Any) -> None:
    """They are shown a page at a time, found by a part of their name, and offered to be chosen."""
    database = minidynamo.connect()
    for number in range(10_000):
        database.execute(
            "CreateTable",
            {
                "TableName": f"table-{number:05}",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
    database.Table("table-07777").put_item(Item={"pk": "a"})
    with database.serve(console=True) as server:
        page = open_page(server.pages[0])
        expect(page.get_by_role("navigation", name="Pages of tables")).to_contain_text("1–50 of 10,000")
        expect(page.locator("tbody tr")).to_have_count(50)
        page.get_by_role("button", name="Next").click()
        expect(row(page, "table-00050")).to_be_visible()
        page.get_by_label("Order").select_option("items")
        expect(page.locator("tbody tr").first).to_contain_text("table-07777")
        page.get_by_label("Find").fill("0999")
        expect(page.get_by_role("status")).to_have_text("11 tables")
        page.get_by_role("link", name="Items").click()
        page.get_by_label("Table", exact=True).fill("table-07777")
        expect(page.locator(".summary")).to_have_text("1 item · 0.5 read units")
