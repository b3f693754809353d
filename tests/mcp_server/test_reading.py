"""The tools that look: describe, read, explain."""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo import Database
from tests.mcp_server.agents import ORDERS, Agent, customer, key, put


def test_eight_tools(agent: Agent) -> None:
    """Each is described, takes nothing else than it says, and tells whether it changes anything."""
    tools = agent.tools()
    assert list(tools) == ["describe", "read", "explain", "try", "apply", "undo", "advice", "test_model"]
    for tool in tools.values():
        assert 100 < len(tool.description) < 600
        assert tool.input_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False
    assert [name for name, tool in tools.items() if tool.annotations.destructive_hint] == ["apply", "undo"]


def test_the_tables_are_listed(agent: Agent) -> None:
    told = agent.ask("describe")
    (table,) = told["tables"]
    assert table["bytes"] > 0
    del table["bytes"]
    assert table == {"table": "Shop", "key": "pk (S), sk (S)", "indexes": {"by_status": "status (S)"}, "items": ORDERS}
    assert told["database"] == "shop.db"


def test_many_tables_are_listed_in_pages(agent: Agent, shop: Database) -> None:
    for number in range(60):
        request = {
            "TableName": f"table-{number:02}",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
        shop.execute("CreateTable", request)
    first = agent.ask("describe")
    second = agent.ask("describe", next=first["next"])
    names = [each["table"] for page in (first, second) for each in page["tables"]]
    assert names == shop.tables
    assert "next" not in second


def test_a_table_is_described_by_the_shapes_of_its_items(agent: Agent, shop: Database) -> None:
    """Keys tell the kinds of entities, and so does an attribute that names one."""
    profile = {"pk": {"S": "CUSTOMER#1"}, "sk": {"S": "PROFILE"}, "entity": {"S": "Customer"}, "mail": {"S": "a@b.c"}}
    shop.execute("PutItem", {"TableName": "Shop", "Item": profile})
    told = agent.ask("describe", table="Shop")
    orders, customers = told["shapes"]
    assert orders["key"] == {"pk": "CUSTOMER#<number>", "sk": "ORDER#<number>"}
    assert orders["items"] == ORDERS
    assert orders["attributes"] == {"pk": "S", "sk": "S", "status": "S", "total": "N"}
    assert customers["entity"] == "Customer"
    assert customers["key"]["sk"] == "PROFILE"
    assert told["cost_of_sample"]["read_units"] == 0.5
    assert told["indexes"][0] | {"bytes": 0} == {
        "index": "by_status",
        "kind": "global",
        "key": "status (S)",
        "projection": "ALL",
        "items": ORDERS,
        "bytes": 0,
    }


def test_no_sample_is_taken_where_none_is_wanted(agent: Agent) -> None:
    assert "shapes" not in agent.ask("describe", table="Shop", sample=0)


def test_a_query_is_answered_with_its_cost(agent: Agent) -> None:
    """Items are plain JSON; what explain says stands beside them."""
    told = agent.ask("read", **customer(1))
    assert told["items"][0] == {"pk": "CUSTOMER#1", "sk": "ORDER#0001", "status": "paid", "total": 1}
    assert (told["count"], told["scanned"]) == (10, 10)
    assert told["cost"] == {"read_units": 0.5, "dollars_per_million_calls": 0.0625}
    assert "CUSTOMER#1" in told["explained"]["reads"]
    assert "next" not in told


def test_items_can_be_asked_for_as_the_api_has_them(agent: Agent) -> None:
    request = {"TableName": "Shop", "Key": key(1)}
    told = agent.ask("read", operation="GetItem", request=request, typed=True)
    assert told["items"] == [{**key(1), "status": {"S": "paid"}, "total": {"N": "1"}}]
    assert agent.ask("read", operation="GetItem", request={**request, "Key": key(99)})["items"] == []


@pytest.mark.parametrize(
    "asked",
    [
        customer(1),
        customer(1, Limit=4),
        {"operation": "Scan", "request": {"TableName": "Shop", "Limit": 7}},
        {"statement": "SELECT * FROM Shop WHERE pk = ?", "parameters": [{"S": "CUSTOMER#1"}]},
        {"statement": "SELECT * FROM Shop", "request": {"Limit": 7}},
        {"operation": "BatchGetItem", "request": {"RequestItems": {"Shop": {"Keys": [key(n) for n in range(12)]}}}},
        {
            "operation": "TransactGetItems",
            "request": {"TransactItems": [{"Get": {"TableName": "Shop", "Key": key(n)}} for n in range(9)]},
        },
    ],
    ids=["query", "limited query", "scan", "statement", "limited statement", "batch", "transaction"],
)
def test_pages_hold_every_item_once(agent: Agent, asked: dict[str, Any]) -> None:
    """Whatever is shown at a time, and whatever the pages of the service are."""
    whole = agent.ask("read", **{**asked, "show": 500})
    found, following = list[Any](), whole.get("next")
    while following is not None:
        page = agent.ask("read", **asked, show=500, next=following)
        whole["items"] += page["items"]
        following = page.get("next")
    page = agent.ask("read", **asked, show=3)
    while True:
        assert len(page["items"]) <= 3
        found += page["items"]
        if "next" not in page:
            break
        page = agent.ask("read", **asked, show=3, next=page["next"])
    assert found == whole["items"]
    assert len(found) in (9, 10, 12, ORDERS)


def test_a_position_belongs_to_its_request(agent: Agent) -> None:
    position = agent.ask("read", **customer(1), show=1)["next"]
    refusal = "next takes what read has answered to the same request: leave it out to begin anew"
    assert agent.refused("read", **customer(2), next=position) == refusal
    for text in ("", "x", "AAAA", "e30", position[:-4], "\u2603"):
        assert agent.refused("read", **customer(1), next=text) == refusal


def test_long_items_are_cut_unless_they_are_wanted_whole(agent: Agent, shop: Database) -> None:
    note = "x" * 30_000
    shop.execute("PutItem", {"TableName": "Shop", "Item": {**key(1), "note": {"S": note}}})
    asked = {"operation": "GetItem", "request": {"TableName": "Shop", "Key": key(1)}}
    assert agent.ask("read", **asked)["items"][0]["note"] == f"{'x' * 200}… (30,000 characters)"
    assert agent.ask("read", **asked, whole=True)["items"][0]["note"] == note


def test_an_answer_is_never_too_long(agent: Agent, shop: Database) -> None:
    """However many items there are, and however long they are."""
    for number in range(40):
        item = {**key(number), **{f"attribute{each}": {"S": "y" * 400} for each in range(20)}}
        shop.execute("PutItem", {"TableName": "Shop", "Item": item})
    asked = {"operation": "Scan", "request": {"TableName": "Shop"}, "show": 500}
    for more, most in (({}, 20_000), ({"whole": True}, 100_000)):
        result = agent.result("read", {**asked, **more})
        assert len(result.content[0].text) <= most
    assert len(agent.result("describe", {"table": "Shop"}).content[0].text) <= 20_000


def test_binary_and_sets_are_as_the_api_has_them(agent: Agent, shop: Database) -> None:
    """Base64 both ways; numbers that JSON would change are texts."""
    item = {
        **key(1),
        "b": {"B": b"\x00\xff"},
        "ns": {"NS": ["1"]},
        "n": {"N": "12345678901234567890"},
        "f": {"N": "1.5"},
    }
    shop.execute("PutItem", {"TableName": "Shop", "Item": item})
    asked = {"operation": "GetItem", "request": {"TableName": "Shop", "Key": key(1)}}
    told = agent.ask("read", **asked)["items"][0]
    assert told == {
        "pk": "CUSTOMER#1",
        "sk": "ORDER#0001",
        "b": {"B": "AP8="},
        "ns": {"NS": ["1"]},
        "n": {"N": "12345678901234567890"},
        "f": 1.5,
    }
    filtered = customer(1, FilterExpression="b = :b")
    filtered["request"]["ExpressionAttributeValues"][":b"] = {"B": "AP8="}
    assert agent.ask("read", **filtered)["count"] == 1


def test_requests_may_be_given_as_text(agent: Agent) -> None:
    """As agents do that put JSON into JSON."""
    asked = {
        "operation": "GetItem",
        "request": '{"TableName": "Shop", "Key": {"pk": {"S": "CUSTOMER#1"}, "sk": {"S": "ORDER#0001"}}}',
    }
    assert len(agent.ask("read", **asked)["items"]) == 1


def test_errors_are_the_services_words(agent: Agent) -> None:
    nowhere = {"operation": "GetItem", "request": {"TableName": "Nowhere", "Key": {"pk": {"S": "a"}}}}
    assert agent.refused("read", **nowhere) == "ResourceNotFoundException: Requested resource not found"
    assert agent.refused("read", statement="SELEC * FROM Shop").startswith("ValidationException: ")
    assert "Requested resource not found: Table: Nope not found" in agent.refused("describe", table="Nope")


def test_read_only_reads(agent: Agent, shop: Database) -> None:
    """Statements that write are refused, and so is what tells of no items."""
    assert agent.refused("read", **put(1)) == "PutItem would write here, and read only reads: ask try for it"
    assert "would write" in agent.refused(
        "read", statement="DELETE FROM Shop WHERE pk='CUSTOMER#1' AND sk='ORDER#0001'"
    )
    assert "not ListTables" in agent.refused("read", operation="ListTables", request={})
    assert "Item" in shop.execute("GetItem", {"TableName": "Shop", "Key": key(1)})


def test_explain_has_no_effect(agent: Agent, shop: Database) -> None:
    """Of reads it tells what they cost, of writes what they would change."""
    told = agent.ask("explain", **customer(1))
    assert (told["units"], told["items_read"]) == (0.5, 10)
    told = agent.ask("explain", **put(1, note={"S": "new"}))
    assert told["units"] == 2
    assert "note" not in shop.execute("GetItem", {"TableName": "Shop", "Key": key(1)})["Item"]
    assert agent.ask("advice")["calls"] == 0
    assert agent.ask("explain", statement="SELECT * FROM Shop WHERE pk = 'CUSTOMER#1'")["items_kept"] == 10


def test_what_reads_do_is_in_the_advice(agent: Agent) -> None:
    """Each line names the tool; what a tool looks at by itself is not counted."""
    for _ in range(3):
        agent.ask("read", operation="Scan", request={"TableName": "Shop"})
    agent.ask("describe")
    told = agent.ask("advice")
    assert told["calls"] == 3
    assert told["dearest"][0]["operation"] == "Scan"
    assert told["dearest"][0]["place"] == "read"
    assert isinstance(told["advice"], list)
