"""The page of items, in a browser: what does this query return, and what does it cost?"""

from __future__ import annotations

import json
import shlex
from typing import Any

import boto3
import pytest

import minidynamo
from minidynamo import Database
from tests.console.browsing import address, clipboard, expect, row


def run(page: Any) -> None:
    page.get_by_role("button", name="Run", exact=True).click()


def query_customer(page: Any, name: str) -> None:
    page.get_by_role("button", name="Query", exact=True).click()
    page.get_by_label("pk text").fill(f"CUSTOMER#{name}")
    run(page)


def test_what_a_query_returns(shown: str, open_page: Any, picture: Any) -> None:
    """A form made from the key: partition key, sort key with an operator."""
    page = open_page(address(shown, "items", table="Shop"))
    page.get_by_role("button", name="Query", exact=True).click()
    page.get_by_label("pk text").fill("CUSTOMER#cleo")
    page.get_by_label("sk, how").select_option("begins_with")
    page.get_by_label("sk", exact=True).fill("ORDER#")
    run(page)
    expect(page.locator(".summary")).to_have_text("4 items · 0.5 read units")
    expect(row(page, "ORDER#2026-03-12")).to_contain_text("54")
    picture(page, "items", ".query")


def test_what_a_query_costs(shown: str, open_page: Any) -> None:
    """Above the result: units, price, partitions, what a filter throws away."""
    page = open_page(address(shown, "items", table="Shop"))
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_label("Attribute").fill("status")
    page.get_by_label("Value").fill("paid")
    page.get_by_label("at most").select_option("250")
    run(page)
    expect(page.locator(".summary")).to_contain_text("of 144 read, 135 thrown away by the filter")
    strip = page.get_by_label("What it costs")
    expect(strip).to_contain_text("RRU")
    expect(strip).to_contain_text("per million")
    expect(strip).to_contain_text("of what is paid for is thrown away")
    expect(strip).to_contain_text("by_status")


def test_an_index_is_queried(shown: str, open_page: Any) -> None:
    page = open_page(address(shown, "items", table="Shop", index="by_status"))
    page.get_by_role("button", name="Query", exact=True).click()
    page.get_by_label("status text").fill("open")
    page.get_by_label("last first").check()
    run(page)
    expect(page.locator("tbody tr").first).to_contain_text("2026-06-15")
    expect(page.get_by_label("strongly consistent")).to_have_count(0)


def test_the_next_page(shown: str, open_page: Any) -> None:
    page = open_page(address(shown, "items", table="Shop"))
    expect(page.locator("tbody tr")).to_have_count(50)
    first = page.locator("tbody tr").first.text_content()
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_role("navigation", name="Pages of the result")).to_contain_text("page 2")
    expect(page.locator("tbody tr").first).not_to_have_text(first)


def test_a_statement(shown: str, open_page: Any) -> None:
    page = open_page(address(shown, "items", table="Shop"))
    page.get_by_role("button", name="PartiQL").click()
    page.get_by_label("Statement").fill('SELECT sk, "sum" FROM Shop WHERE pk = \'CUSTOMER#ann\' AND "sum" > 20')
    page.keyboard.press("Control+Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("25")


def test_what_a_write_would_do_is_explained_without_being_done(served: tuple[Database, str], open_page: Any) -> None:
    """Table and indexes that would change, with their units."""
    database, url = served
    page = open_page(address(url, "items", table="Shop"))
    page.get_by_role("button", name="PartiQL").click()
    statement = "UPDATE Shop SET status = 'sent' WHERE pk = 'CUSTOMER#ann' AND sk = 'ORDER#2026-03-10'"
    page.get_by_label("Statement").fill(statement)
    page.get_by_role("button", name="Explain only").click()
    strip = page.get_by_label("What it costs")
    expect(strip).to_contain_text("WRU")
    expect(strip).to_contain_text("index by_status")
    item = database.Table("Shop").get_item(Key={"pk": "CUSTOMER#ann", "sk": "ORDER#2026-03-10"})["Item"]
    assert item["status"] == "open"


def test_a_statement_that_is_wrong_is_told(shown: str, open_page: Any) -> None:
    page = open_page(address(shown, "items", table="Shop"))
    page.get_by_role("button", name="PartiQL").click()
    page.get_by_label("Statement").fill("SELECT FROM")
    run(page)
    expect(page.get_by_role("alert")).to_contain_text("ValidationException")


def test_a_request_is_copied_as_a_program(shown: str, open_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program for boto3 runs, and finds what the page shows."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    page = open_page(address(shown, "items", table="Shop"))
    query_customer(page, "ann")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("button", name="boto3").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    namespace: dict[str, Any] = {"boto3": boto3}
    exec(clipboard(page), namespace)
    assert namespace["response"]["Count"] == 3


def test_a_request_is_copied_for_the_command_line_and_javascript(shown: str, open_page: Any) -> None:
    page = open_page(address(shown, "items", table="Shop"))
    query_customer(page, "ann's")
    expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    page.get_by_role("button", name="CLI").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('aws dynamodb query')")
    words = shlex.split(clipboard(page).replace("\\\n", ""))
    assert words[:3] == ["aws", "dynamodb", "query"]
    values = json.loads(words[words.index("--expression-attribute-values") + 1])
    assert values == {":0": {"S": "CUSTOMER#ann's"}}
    page.get_by_role("button", name="JavaScript").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('new QueryCommand({')")


def test_queries_run_before_are_run_again(shown: str, open_page: Any) -> None:
    page = open_page(address(shown, "items", table="Shop"))
    query_customer(page, "bo")
    expect(page.locator("tbody tr")).to_have_count(4)
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_label("Run before").select_option(label="query pk CUSTOMER#bo")
    run(page)
    expect(page.locator("tbody tr")).to_have_count(4)


def test_an_item_is_changed(served: tuple[Database, str], open_page: Any, picture: Any) -> None:
    database, url = served
    page = open_page(address(url, "items", table="Shop"))
    query_customer(page, "ann")
    expect(page.locator("tbody tr")).to_have_count(3)
    row(page, "PROFILE").get_by_role("button", name="Open").click()
    editor = page.get_by_role("textbox", name="The item")
    editor.wait_for()
    picture(page, "item")
    editor.fill(editor.input_value().replace("Ann Lee", "Ann Lee-Wang"))
    page.get_by_role("button", name="DynamoDB JSON").click()
    expect(page.get_by_role("button", name="DynamoDB JSON")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Save").click()
    expect(row(page, "PROFILE")).to_contain_text("Ann Lee-Wang")
    item = database.Table("Shop").get_item(Key={"pk": "CUSTOMER#ann", "sk": "PROFILE"})["Item"]
    assert item["name"] == "Ann Lee-Wang"


def test_an_item_is_made_and_deleted(served: tuple[Database, str], open_page: Any) -> None:
    database, url = served
    page = open_page(address(url, "items", table="Carts"))
    expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    page.get_by_role("button", name="New item").click()
    page.get_by_role("textbox", name="The item").fill('{"id": "a", "n": 12, "deep": {"list": [1, null, true]}}')
    page.get_by_role("button", name="Save").click()
    expect(row(page, "12")).to_contain_text("{list: [1, null, true]}")
    assert database.Table("Carts").get_item(Key={"id": "a"})["Item"]["deep"] == {"list": [1, None, True]}
    page.get_by_role("button", name="Open item 1").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete it for good").click()
    expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()


def test_a_mistake_in_an_item_is_told_beside_it(served: tuple[Database, str], open_page: Any) -> None:
    page = open_page(address(served[1], "items", table="Carts"))
    page.get_by_role("button", name="New item").click()
    page.get_by_role("textbox", name="The item").fill('{"id": 5}')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Type mismatch for key id expected: S actual: N")


@pytest.mark.parametrize("hostile", ["<script>document.title = 'caught'</script>", '<img src=x onerror="alert(1)">'])
def test_markup_in_data_is_text(served: tuple[Database, str], open_page: Any, hostile: str) -> None:
    """In keys, names and values, on every page that shows them."""
    database, url = served
    database.Table("Shop").put_item(Item={"pk": hostile, "sk": hostile, "type": hostile, hostile: hostile})
    page = open_page(address(url, "items", table="Shop"))
    page.get_by_role("button", name="Query", exact=True).click()
    page.get_by_label("pk text").fill(hostile)
    run(page)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(hostile)
    expect(page.get_by_role("columnheader", name=hostile)).to_be_visible()
    for name in ("collections", "live", "partitions", "cost"):
        page.goto(address(url, name, table="Shop"))
        database.Table("Shop").get_item(Key={"pk": hostile, "sk": hostile})
        if name == "cost":
            page.get_by_role("button", name="Key", exact=True).click()
        expect(page.locator("main")).to_contain_text(hostile)
    assert page.locator("main script, main img").count() == 0
    assert "caught" not in page.title()


def test_an_item_of_400_kilobytes(served: tuple[Database, str], open_page: Any) -> None:
    """It is a line of the result, and is opened whole."""
    database, url = served
    text = "long " * 79_000
    database.Table("Carts").put_item(Item={"id": "big", "text": text})
    page = open_page(address(url, "items", table="Carts"))
    expect(row(page, "big")).to_contain_text("385.8 KB")
    assert len(row(page, "big").text_content()) < 200
    page.get_by_role("button", name="Open item 1").click()
    editor = page.get_by_role("textbox", name="The item")
    editor.wait_for()
    assert json.loads(editor.input_value())["text"] == text


@pytest.mark.parametrize("items", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_a_table_of_many_items(open_page: Any, items: int) -> None:
    """A page of it is read at a time, and one item is found at once."""
    database = minidynamo.connect()
    database.execute(
        "CreateTable",
        {
            "TableName": "Many",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "N"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    for number in range(items):
        database.execute("PutItem", {"TableName": "Many", "Item": {"pk": {"N": str(number)}}})
    with database.serve(console=True) as server:
        page = open_page(server.pages[0])
        expect(row(page, "Many")).to_contain_text(f"{items:,}")
        page.goto(address(server.pages[0], "items", table="Many"))
        expect(page.locator("tbody tr")).to_have_count(50)
        page.get_by_role("button", name="Query", exact=True).click()
        page.get_by_label("pk number").fill(str(items - 1))
        run(page)
        expect(page.locator("tbody tr")).to_have_count(1)
        page.goto(address(server.pages[0], "partitions", table="Many"))
        expect(page.get_by_role("img", name="Items by size")).to_be_visible()


def test_a_new_item_is_not_saved_over_one_that_is_there(served: tuple[Database, str], open_page: Any) -> None:
    database, url = served
    before = database.execute("Scan", {"TableName": "Shop"})["Count"]
    page = open_page(address(url, "items", table="Shop"))
    page.get_by_role("button", name="New item").click()
    taken = database.execute("Scan", {"TableName": "Shop", "Limit": 1})["Items"][0]
    item = {name: taken[name]["S"] for name in ("pk", "sk")}
    page.get_by_label("The item").fill(json.dumps(item))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("There is an item with this key")
    assert (
        database.execute("GetItem", {"TableName": "Shop", "Key": {n: taken[n] for n in ("pk", "sk")}})["Item"] == taken
    )
    assert database.execute("Scan", {"TableName": "Shop"})["Count"] == before
