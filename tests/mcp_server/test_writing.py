"""The tools that change something: try on a fork, apply and undo on the database."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.errors import Throttling
from minidynamo.values.api_types import Response
from tests.mcp_server.agents import ORDERS, Agent, agent_of, customer, fill, key, order, pay, put


def stored(database: Database, number: int) -> object:
    """What is stored under the key of an order."""
    return database.execute("GetItem", {"TableName": "Shop", "Key": key(number)}).get("Item")


def test_a_trial_leaves_the_database_alone(agent: Agent, shop: Database) -> None:
    """It tells new, changed and deleted items, and what the writes cost."""
    statement = "DELETE FROM Shop WHERE pk = 'CUSTOMER#2' AND sk = 'ORDER#0002'"
    told = agent.ask("try", writes=[put(90), pay(0), {"statement": statement}])
    new, changed, deleted = told["differences"]
    assert (new["change"], new["item"]["total"]) == ("new", 90)
    assert changed == {
        "table": "Shop",
        "key": {"pk": "CUSTOMER#0", "sk": "ORDER#0000"},
        "change": "changed",
        "attributes": {"status": ["open", "paid"]},
    }
    assert deleted["change"] == "deleted"
    assert told["cost"]["write_units"] == 7
    assert told["cost"]["units_by_place"] == {"Shop": 3, "Shop index by_status": 4}
    assert (stored(shop, 90), stored(shop, 0)) == (None, order(0))


def test_trials_build_on_each_other(agent: Agent) -> None:
    """Until they begin anew; what was tried can be read and explained."""
    agent.ask("try", writes=[pay(0, "sent")])
    told = agent.ask("try", writes=[pay(0, "lost")])
    assert told["differences"][0]["attributes"] == {"status": ["sent", "lost"]}
    assert told["trial"]["writes"] == 2
    assert agent.ask("try")["differences"][0]["attributes"] == {"status": ["open", "lost"]}
    assert agent.ask("read", **customer(0), tried=True)["items"][0]["status"] == "lost"
    assert agent.ask("read", **customer(0))["items"][0]["status"] == "open"
    assert agent.ask("explain", **customer(0), tried=True)["items_read"] == 10
    assert agent.ask("try", anew=True)["differences"] == []


def test_a_refused_write_ends_the_call_and_leaves_those_before_it(agent: Agent) -> None:
    never = pay(1)
    never["request"]["ConditionExpression"] = "attribute_not_exists(pk)"
    told = agent.ask("try", writes=[put(90), never, put(91), put(92)])
    assert told["kept"] == 1
    assert told["failed"] == {
        "write": 2,
        "operation": "UpdateItem",
        "not_tried": 2,
        "error": "ConditionalCheckFailedException: The conditional request failed",
    }
    assert [each["change"] for each in told["differences"]] == ["new"]


def test_keys_are_known_whatever_their_form(agent: Agent, shop: Database) -> None:
    """A number that is written in two ways is one key, and its first state is what counts."""
    request = {
        "TableName": "Numbers",
        "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "n", "AttributeType": "N"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    shop.execute("CreateTable", request)
    writes = [
        {"operation": "PutItem", "request": {"TableName": "Numbers", "Item": {"n": {"N": text}, "a": {"S": text}}}}
        for text in ("1", "1.0", "10e-1")
    ]
    agent.ask("try", writes=writes)
    (difference,) = agent.ask("try")["differences"]
    assert difference["item"] == {"n": 1, "a": "10e-1"}
    assert agent.ask("apply")["applied"] == 3


@pytest.mark.parametrize(
    "write",
    [
        {"operation": "TransactWriteItems", "request": {"TransactItems": [{"Put": put(90)["request"]}]}},
        {"operation": "BatchWriteItem", "request": {"RequestItems": {"Shop": [{"PutRequest": {"Item": order(90)}}]}}},
        {"statement": "INSERT INTO Shop VALUE {'pk': 'CUSTOMER#0', 'sk': 'ORDER#0090', 'status': 'open', 'total': 90}"},
        {
            "operation": "ExecuteTransaction",
            "request": {
                "TransactStatements": [
                    {"Statement": "INSERT INTO Shop VALUE {'pk': ?, 'sk': ?, 'status': 'open', 'total': 90}",
                     "Parameters": list(key(90).values())}
                ]
            },
        },
        put(90),
    ],
    ids=["transaction", "batch", "statement", "statements", "put"],
)  # fmt: skip
def test_every_kind_of_write_can_be_tried_applied_and_undone(agent: Agent, shop: Database, write: object) -> None:
    (tried,) = agent.ask("try", writes=[write])["differences"]
    applied = agent.ask("apply")
    assert applied["differences"] == [tried]
    assert tried["item"] == {"pk": "CUSTOMER#0", "sk": "ORDER#0090", "status": "open", "total": 90}
    assert stored(shop, 90) == order(90)
    assert agent.ask("undo")["differences"][0]["change"] == "deleted"
    assert stored(shop, 90) is None


def test_tables_can_be_made_changed_and_deleted(agent: Agent, shop: Database) -> None:
    """In a trial and for real; undo brings a deleted table back with its items."""
    create = {
        "TableName": "New",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    expiry = {"TableName": "New", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ends"}}
    writes = [
        {"operation": "CreateTable", "request": create},
        {"operation": "UpdateTimeToLive", "request": expiry},
        {"operation": "PutItem", "request": {"TableName": "New", "Item": {"id": {"S": "a"}}}},
        {"operation": "DeleteTable", "request": {"TableName": "Shop"}},
    ]
    told = agent.ask("try", writes=writes)
    assert [(each["table"], each["change"]) for each in told["differences"]] == [
        *(("New", "table created"), ("Shop", "table deleted, with all its items"), ("New", "new")),
    ]
    assert shop.tables == ["Shop"]
    assert agent.ask("apply")["applied"] == 4
    assert shop.tables == ["New"]
    agent.ask("undo")
    assert shop.tables == ["Shop"]
    assert shop.execute("Scan", {"TableName": "Shop"})["Count"] == ORDERS


def test_nothing_is_applied_to_what_others_have_changed(agent: Agent, shop: Database) -> None:
    """The answer names the items, and the trial can begin anew."""
    agent.ask("try", writes=[pay(0), pay(2), put(90)])
    shop.execute("PutItem", {"TableName": "Shop", "Item": order(2, note={"S": "others"})})
    shop.execute("PutItem", {"TableName": "Shop", "Item": order(90)})
    refusal = agent.refused("apply")
    assert "nothing has been applied" in refusal
    assert "ORDER#0002" in refusal
    assert "ORDER#0090" in refusal
    assert "ORDER#0000" not in refusal
    assert stored(shop, 0) == order(0)
    agent.ask("try", writes=[pay(0)], anew=True)
    assert agent.ask("apply")["applied"] == 1


def test_a_changed_table_is_noticed(agent: Agent, shop: Database) -> None:
    agent.ask("try", writes=[{"operation": "DeleteTable", "request": {"TableName": "Shop"}}])
    shop.execute("UpdateTable", {"TableName": "Shop", "DeletionProtectionEnabled": True})
    assert "Shop (table changed)" in agent.refused("apply")


def test_other_items_may_be_changed_meanwhile(agent: Agent, shop: Database) -> None:
    agent.ask("try", writes=[pay(0)])
    shop.execute("PutItem", {"TableName": "Shop", "Item": order(90)})
    assert agent.ask("apply")["applied"] == 1


def test_apply_says_how_far_it_has_come(agent: Agent, shop: Database) -> None:
    """A write that depends on what the trial does not name may fail; undo takes back what came before."""
    condition = {"TableName": "Shop", "Item": order(90), "ConditionExpression": "attribute_not_exists(pk)"}
    agent.ask("try", writes=[pay(0), {"operation": "PutItem", "request": condition}, pay(2)])
    broken = RefusesPut()
    with shop.using(broken):
        told = agent.ask("apply")
    assert (told["applied"], told["of"]) == (1, 3)
    assert told["failed"]["write"] == 2
    assert told["failed"]["error"].startswith("ThrottlingException: ")
    assert told["not_applied"].startswith("2 of 3;")
    assert [stored(shop, number) for number in (0, 90, 2)] == [order(0) | {"status": {"S": "paid"}}, None, order(2)]
    assert agent.ask("undo")["undone"] == 1
    assert stored(shop, 0) == order(0)


class RefusesPut(Middleware):
    """Throttles every PutItem."""

    def execute(self, call: Call, proceed: Proceed) -> Response:
        if call.operation == "PutItem":
            raise Throttling("Rate exceeded")
        return proceed(call.operation, call.request)


class LeavesOver(Middleware):
    """Leaves all writes of a batch over, a number of times."""

    def __init__(self, times: int) -> None:
        self.times = times

    def execute(self, call: Call, proceed: Proceed) -> Response:
        if call.operation == "BatchWriteItem" and self.times:
            self.times -= 1
            return {"UnprocessedItems": call.request["RequestItems"]}
        return proceed(call.operation, call.request)


@pytest.mark.parametrize(("times", "applied"), [(3, 1), (100, 0)])
def test_leftovers_of_a_batch_are_written_again(agent: Agent, shop: Database, times: int, applied: int) -> None:
    """For a while; then the answer says how many are left over."""
    batch = {"RequestItems": {"Shop": [{"PutRequest": {"Item": order(number)}} for number in (90, 91)]}}
    agent.ask("try", writes=[{"operation": "BatchWriteItem", "request": batch}])
    with shop.using(LeavesOver(times)):
        told = agent.ask("apply")
    assert told["applied"] == applied
    assert (stored(shop, 90) is not None) == bool(applied)
    if not applied:
        assert "of a batch 2 writes were left over again and again" in told["failed"]["error"]


class LosesPuts(Middleware):
    """Answers PutItem, and does nothing."""

    def execute(self, call: Call, proceed: Proceed) -> Response:
        return {} if call.operation == "PutItem" else proceed(call.operation, call.request)


def test_what_has_become_otherwise_than_tried_is_told(agent: Agent, shop: Database) -> None:
    """What was applied is compared with the trial."""
    agent.ask("try", writes=[put(90)])
    with shop.using(LosesPuts()):
        told = agent.ask("apply")
    assert (told["applied"], told["differences"]) == (1, [])
    assert told["unlike_the_trial"][0]["change"] == "deleted"


def test_undo_refuses_to_lose_what_others_have_written(agent: Agent, shop: Database) -> None:
    """Unless that is confirmed; reads of others do not matter."""
    agent.ask("try", writes=[pay(0)])
    agent.ask("apply")
    shop.execute("GetItem", {"TableName": "Shop", "Key": key(0)})
    for number in (90, 91):
        shop.execute("PutItem", {"TableName": "Shop", "Item": order(number)})
    shop.execute("DeleteItem", {"TableName": "Shop", "Key": key(1)})
    refusal = agent.refused("undo")
    assert "others have written 3 times" in refusal
    assert "PutItem on Shop (2 times); DeleteItem on Shop" in refusal
    assert stored(shop, 0) == order(0) | {"status": {"S": "paid"}}
    assert agent.ask("undo", confirm=True)["lost_of_others"] == 3
    assert [stored(shop, number) for number in (0, 1, 90)] == [order(0), order(1), None]


def test_only_the_last_apply_is_undone_and_only_once(agent: Agent, shop: Database) -> None:
    for status in ("sent", "lost"):
        agent.ask("try", writes=[pay(0, status)])
        agent.ask("apply")
    agent.ask("undo")
    assert stored(shop, 0) == order(0) | {"status": {"S": "sent"}}
    assert "nothing has been applied" in agent.refused("undo")


def test_undo_forgets_what_was_tried_meanwhile(agent: Agent) -> None:
    agent.ask("try", writes=[pay(0)])
    agent.ask("apply")
    agent.ask("try", writes=[pay(2)])
    assert "trial" in agent.ask("undo")
    assert agent.refused("apply") == "nothing has been tried: try the writes first"


def test_nothing_is_applied_unless_that_was_allowed(shop: Database) -> None:
    """Trying is; the refusal says how."""
    with agent_of(shop, allows_writes=False) as agent:
        assert not any(tool.annotations.destructive_hint for tool in agent.tools().values())
        agent.ask("try", writes=[pay(0)])
        assert "minidynamo mcp --allow-writes shop.db" in agent.refused("apply")
        assert "nothing has been applied" in agent.refused("undo")
    assert stored(shop, 0) == order(0)


def test_a_file_that_is_only_read_can_be_tried_on(tmp_path: Path) -> None:
    """Beside its owner; what the owner does afterwards is not in the trial."""
    path = tmp_path / "shop.db"
    with minidynamo.connect(path) as owner:
        fill(owner)
        with minidynamo.connect(path, read_only=True) as database, agent_of(database, allows_writes=False) as agent:
            assert agent.ask("try", writes=[pay(0)])["kept"] == 1
            owner.execute("PutItem", {"TableName": "Shop", "Item": order(0, note={"S": "later"})})
            assert "note" not in agent.ask("read", **customer(0), tried=True)["items"][0]
            assert "note" in agent.ask("read", **customer(0))["items"][0]
        assert stored(owner, 0) == order(0, note={"S": "later"})


def test_a_database_elsewhere_can_be_read_and_not_tried_on(shop: Database) -> None:
    """The refusal says what to do; reading, explaining and advice work, and nothing is read twice unasked."""
    with shop.serve() as server, minidynamo.connect(server.url) as remote, agent_of(remote, place=server.url) as agent:
        told = agent.ask("read", **customer(1))
        assert (told["count"], told["cost"]["read_units"]) == (10, 0.5)
        assert "explained" not in told
        assert agent.ask("describe", table="Shop")["sampled"] == ORDERS
        assert agent.ask("explain", **customer(1))["units"] == 0.5
        assert {each["place"] for each in agent.ask("advice")["dearest"]} == {"read", "describe", "explain"}
        refusal = agent.refused("try", writes=[pay(0)])
        assert re.search(rf"minidynamo copy {server.url}/? trial.db, and start minidynamo mcp trial.db$", refusal)


def test_reading_writes_are_no_trial(agent: Agent) -> None:
    assert agent.refused("try", writes=[put(1), customer(1)]) == (
        "write 2 is a Query that writes nothing: ask read for it, with tried: true"
    )
    assert "ResourceNotFoundException" in agent.ask("try", writes=[{"statement": "DELETE FROM Nowhere WHERE a='b'"}])[
        "failed"]["error"]  # fmt: skip
    assert agent.refused("read", **customer(1), tried=False, next=None, show=0).startswith("show of read takes")


def test_nothing_tried_is_nothing_to_read(agent: Agent) -> None:
    refusal = "nothing is being tried: leave tried out, or try writes first"
    assert agent.refused("read", **customer(1), tried=True) == refusal
