"""The pages of collections and partitions, in a browser."""

from __future__ import annotations

from typing import Any

from minidynamo import Database
from tests.console.browsing import address, expect, row
from tests.console.shop import pass_day


def test_which_entities_share_a_key(shown: str, open_page: Any) -> None:
    page = open_page(address(shown, "collections", table="Shop", key="CUSTOMER%23cleo"))
    card = page.get_by_role("region", name="the table").get_by_role("article")
    expect(card).to_have_count(1)
    expect(card.get_by_role("listitem")).to_have_count(5)
    expect(page.get_by_role("list", name="Entities")).to_have_text("CustomerOrder")


def test_which_pattern_each_index_serves(served: tuple[Database, str], open_page: Any, picture: Any) -> None:
    """Side by side, with the places of the code that read them."""
    database, url = served
    page = open_page(address(url, "collections", table="Shop", key="CUSTOMER%23ann"))
    by_status = page.get_by_role("region", name="by_status")
    expect(by_status).to_contain_text("status · placed")
    expect(by_status.get_by_role("heading", name='status "paid"')).to_be_visible()
    pass_day(database)
    page.reload()
    expect(by_status).to_contain_text("shop.py:")
    page.locator("[data-id]").filter(has_text="ORDER#2026-04-10").first.focus()
    picture(page, "collections")


def test_pointing_at_an_item_lights_it_up_everywhere(shown: str, open_page: Any) -> None:
    """By the pointer, and by the keyboard."""
    page = open_page(address(shown, "collections", table="Shop", key="CUSTOMER%23ann"))
    order = page.locator("[data-id]").filter(has_text="ORDER#2026-03-10")
    order.hover()
    expect(page.locator(".lit")).to_have_count(2)
    page.locator("[data-id]").filter(has_text="PROFILE").first.focus()
    expect(page.locator(".lit")).to_have_count(2)
    expect(page.get_by_role("region", name="by_email").locator(".lit")).to_have_count(1)


def test_one_goes_from_all_collections_to_one(shown: str, open_page: Any) -> None:
    page = open_page(address(shown, "collections", table="Shop"))
    page.get_by_role("button", name='pk "PRODUCT#081"').click()
    expect(page.get_by_role("region", name="the table").get_by_role("article")).to_have_count(1)
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.get_by_role("button", name='pk "PRODUCT#081"')).to_be_visible()


def test_a_collection_that_is_not_there(shown: str, open_page: Any) -> None:
    page = open_page(address(shown, "collections", table="Shop", key="NOBODY"))
    expect(page.get_by_role("heading", name="No item has this key")).to_be_visible()


def test_where_the_heat_is(served: tuple[Database, str], open_page: Any, picture: Any) -> None:
    """The colour of a partition is its units a minute; the top keys are named."""
    database, url = served
    page = open_page(address(url, "partitions", table="Shop"))
    bar = page.get_by_role("img", name="Partitions of Table by size")
    expect(bar.locator(".heat0").first).to_be_visible()
    for _ in range(5):
        pass_day(database)
    for _ in range(400):
        database.Table("Shop").get_item(Key={"pk": "CUSTOMER#ann", "sk": "PROFILE"}, ConsistentRead=True)
    expect(bar.locator(".heat2, .heat3, .heat4").first).to_be_visible()
    expect(row(page, "CUSTOMER#ann")).to_contain_text("%")
    picture(page, "partitions")


def test_what_will_split(served: tuple[Database, str], open_page: Any) -> None:
    database, url = served
    page = open_page(address(url, "partitions", table="Shop"))
    expect(page.get_by_text("is about to split").or_(page.get_by_text("are about to split"))).to_be_visible()
    page.locator("summary").first.click()
    expect(page.get_by_role("table", name="Partitions of Table").get_by_role("row")).to_have_count(7)
    for number in range(60):
        database.Table("Shop").put_item(Item={"pk": f"NEW#{number}", "sk": "A", "text": "x" * 900})
    expect(page.get_by_text("% of its range").first).to_be_visible()


def test_sizes_of_items(shown: str, open_page: Any) -> None:
    page = open_page(address(shown, "partitions", table="Shop"))
    expect(page.get_by_role("img", name="Items by size")).to_be_visible()
    expect(page.get_by_text("of all 144")).to_be_visible()
