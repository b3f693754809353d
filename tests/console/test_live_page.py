"""The page of what happens now, in a browser; and that it keeps up with a thousand changes a second."""

from __future__ import annotations

import threading
import time
from typing import Any

from minidynamo import Database
from tests.console.browsing import address, expect, is_followed, row
from tests.console.shop import pass_day


def test_what_happens_now(served: tuple[Database, str], open_page: Any) -> None:
    """Changes with their difference; requests with units, place and error."""
    database, url = served
    page = open_page(address(url, "live"))
    is_followed(page, "live")
    pass_day(database)
    change = page.get_by_role("region", name="Changes").get_by_role("listitem").first
    expect(change).to_contain_text('pk "CUSTOMER#ann", sk "ORDER#2026-03-10"')
    expect(change.locator("del")).to_have_text(['"open"', "20"])
    expect(change.locator("ins")).to_have_text(['"paid"', "25"])
    failed = row(page, "ConditionalCheckFailedException")
    expect(failed).to_contain_text("shop.py:")
    expect(row(page, "UpdateItem")).to_contain_text("2")


def test_requests_are_found(served: tuple[Database, str], open_page: Any) -> None:
    database, url = served
    page = open_page(address(url, "live"))
    is_followed(page, "live")
    pass_day(database)
    expect(page.locator("tbody tr")).to_have_count(24)
    page.get_by_label("Find in changes and requests").fill("GetItem")
    expect(page.locator("tbody tr")).to_have_count(12)
    page.get_by_label("Find in changes and requests").fill("")
    page.get_by_role("button", name="Errors").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_the_picture_is_held(served: tuple[Database, str], open_page: Any) -> None:
    database, url = served
    page = open_page(address(url, "live"))
    is_followed(page, "live")
    page.get_by_role("button", name="Hold the picture").click()
    with page.expect_response(lambda response: "/console/events" in response.url):
        pass_day(database)
    expect(page.get_by_text("No requests yet")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("tbody tr")).to_have_count(24)


def test_tables_without_a_stream_are_named(open_page: Any, served: tuple[Database, str]) -> None:
    database, url = served
    page = open_page(address(url, "live"))
    page.get_by_text("2 tables have no stream").click()
    page.get_by_role("button", name="Turn on the stream of Carts").click()
    expect(page.get_by_text("1 table has no stream")).to_be_visible()
    database.Table("Carts").put_item(Item={"id": "a"})
    expect(page.get_by_role("region", name="Changes")).to_contain_text('id "a"')


def test_whether_a_handler_is_stuck(served: tuple[Database, str], open_page: Any, picture: Any) -> None:
    """Its lane says what it has in hand, how often that was tried, and why it failed; buttons set it going."""
    database, url = served
    is_right = threading.Event()
    handled: list[Any] = []

    def total(event: Any, context: Any) -> None:
        if not is_right.is_set():
            raise ValueError("there is no product of this name")
        handled.extend(event["Records"])

    database.on_stream("Shop", total, StartingPosition="LATEST")
    page = open_page(address(url, "live"))
    lane = page.get_by_role("region", name="Handlers").get_by_role("article")
    expect(lane).to_contain_text("Shop → total")
    expect(lane.locator(".badge")).to_have_text("done")
    is_followed(page, "live")
    pass_day(database)
    (mapping,) = database.functions.live_mappings()
    for work in mapping.work():
        work.do()
    expect(lane.locator(".badge")).to_have_text("stuck")
    expect(lane).to_contain_text("1 record in hand, tried 1 time, again in")
    expect(lane).to_contain_text("ValueError: there is no product of this name")
    picture(page, "live", ".lanes")
    is_right.set()
    page.get_by_role("button", name="Drain").click()
    expect(lane.locator(".badge")).to_have_text("done")
    assert len(handled) == 1
    lane.get_by_role("button", name="Pause").click()
    expect(lane.locator(".badge")).to_have_text("paused")
    lane.get_by_role("button", name="Resume").click()
    expect(lane.locator(".badge")).to_have_text("done")


def test_a_thousand_changes_a_second(served: tuple[Database, str], open_page: Any) -> None:
    """None is left out, and the last is shown."""
    database, url = served
    page = open_page(address(url, "live"))
    is_followed(page, "live")
    seen = int(page.locator("#changes-seen").text_content().replace(",", ""))
    table = database.Table("Sessions")
    database.execute(
        "UpdateTable",
        {"TableName": "Sessions", "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
    )
    count, rate = 3_000, 1_000
    began = time.monotonic()
    due = threading.Event()
    for number in range(count):
        table.put_item(Item={"id": f"{number:05}"})
        if number % 50 == 0:
            due.wait(max(0.0, began + number / rate - time.monotonic()))  # To write no faster than that.
    expect(page.locator("#changes-seen")).to_have_text(f"{seen + count:,}")
    expect(page.get_by_role("region", name="Changes").get_by_role("listitem").first).to_contain_text("02999")
    expect(page.get_by_role("region", name="Changes")).not_to_contain_text("too fast")
