"""Observing: on one database or on all, off without a trace, handlers and the service's own work by their names."""

from __future__ import annotations

import logging
from typing import Any

import boto3
import pytest

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.embedded.client import Client
from minidynamo.insight.observed import Observed
from tests.insight.conftest import SHOP, order

KEY = {"pk": {"S": "c0"}, "sk": {"S": "0000"}}


def test_nothing_is_around_a_database_before_and_after(shop: Database) -> None:
    assert shop._entry is None
    with minidynamo.observe(shop):
        assert shop._entry is not None
    assert shop._entry is None


def test_other_databases_are_left_alone(shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        shop.fork().client().get_item(TableName="Shop", Key=KEY)
    assert ledger.calls == 0


def test_all_databases_are_observed_where_none_is_named(shop: Database) -> None:
    with minidynamo.observe() as ledger:
        shop.fork().client().get_item(TableName="Shop", Key=KEY)
    assert ledger.calls == 1


def test_clients_made_before_are_observed(client: Client) -> None:
    with minidynamo.observe(client) as ledger:
        client.get_item(TableName="Shop", Key=KEY)
    assert ledger.calls == 1


def test_a_principal_is_counted_once(shop: Database) -> None:
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}]}
    with minidynamo.observe() as ledger:
        shop.as_principal(allowed).client().get_item(TableName="Shop", Key=KEY)
    assert ledger.calls == 1


def test_a_table_resource_is_told_by_its_callers_line(shop: Database) -> None:
    with minidynamo.observe(shop) as ledger:
        shop.Table("Shop").get_item(Key={"pk": "c0", "sk": "0000"})
    assert [each.place.rpartition(":")[0] for each in ledger.entries] == ["tests/insight/test_observer.py"]


def test_handlers_are_told_by_their_names(shop: Database) -> None:
    database = minidynamo.connect()
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    database.execute("CreateTable", {**SHOP, "StreamSpecification": stream})

    def count(event: Any, context: Any) -> None:
        database.Table("Shop").get_item(Key={"pk": "c0", "sk": "0000"})

    database.on_stream("Shop", count)
    with minidynamo.observe(database) as ledger:
        database.client().put_item(TableName="Shop", Item=order(1))
        database.drain()
    places = {each.place.partition(" ")[0] for each in ledger.entries if each.operation == "GetItem"}
    assert places == {"handler:count"}
    database.close()


def test_expired_items_are_the_services_own_work(clock: ManualClock) -> None:
    database = minidynamo.connect(clock=clock)
    client = database.client()
    database.execute("CreateTable", SHOP)
    client.update_time_to_live(TableName="Shop", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    client.put_item(TableName="Shop", Item=order(1) | {"expires": {"N": str(int(clock.now()) - 10)}})
    with minidynamo.observe(database) as ledger:
        assert database.expire() == 1
    (entry,) = ledger.entries
    assert (entry.operation, entry.place, entry.items_kept, entry.units) == ("TimeToLive", "by_service", 1, 0.0)
    assert ledger.calls == 0


def test_a_listener_that_fails_harms_nobody(client: Client, shop: Database, caplog: pytest.LogCaptureFixture) -> None:
    def fail(observed: Observed) -> None:
        raise RuntimeError("no")

    with caplog.at_level(logging.ERROR), minidynamo.observe(shop, listeners=[fail]) as ledger:
        assert client.get_item(TableName="Shop", Key=KEY)["Item"]["pk"] == {"S": "c0"}
    assert ledger.calls == 1
    assert "GetItem was carried out, and a listener has failed" in caplog.text


def test_observing_draws_no_chance() -> None:
    """A simulated database misbehaves the same way whether anybody looks or not."""

    def played(is_observed: bool) -> str:
        database = minidynamo.simulate(profile="stormy", seed=7)
        with database.faults.paused():
            database.execute("CreateTable", SHOP)
        with minidynamo.observe(database if is_observed else minidynamo.connect()):
            for number in range(40):
                try:
                    database.execute("PutItem", {"TableName": "Shop", "Item": order(number)})
                except minidynamo.DynamoError:
                    continue
        return database.history().listing()

    assert played(True) == played(False)


def test_a_database_that_is_made_anew_is_known_anew() -> None:
    """Keys are told by the table that there is, not by an earlier one of that name."""
    database = minidynamo.connect()
    client = database.client()
    with minidynamo.observe(database) as ledger:
        client.create_table(**SHOP)
        client.put_item(TableName="Shop", Item=order(1))
        client.delete_table(TableName="Shop")
        keys = [{"AttributeName": "sk", "KeyType": "HASH"}]
        types = [{"AttributeName": "sk", "AttributeType": "S"}]
        client.create_table(TableName="Shop", KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST")
        client.put_item(TableName="Shop", Item=order(2))
    assert {each.key for each in ledger.hot_keys() if each.index is None} == {"c1", "0002"}


@pytest.mark.parametrize("wrong", [5, "orders", object()])
def test_what_cannot_be_observed_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="a database, a client, resource or session of boto3, or nothing"):
        minidynamo.observe(wrong)


def test_boto3_is_observed_by_its_hooks(shop: Database) -> None:
    with minidynamo.mock(shop):
        table = boto3.resource("dynamodb", region_name="us-east-1").Table("Shop")
        with minidynamo.observe(table) as ledger:
            assert "ConsumedCapacity" not in table.get_item(Key={"pk": "c0", "sk": "0000"})
            with pytest.raises(table.meta.client.exceptions.ResourceNotFoundException):
                table.meta.client.describe_table(TableName="Nowhere")
        table.get_item(Key={"pk": "c0", "sk": "0000"})
    told = {(each.operation, each.table, each.calls, each.errors) for each in ledger.entries}
    assert told == {("GetItem", "Shop", 1, 0), ("DescribeTable", "Nowhere", 1, 1)}
    assert [each.key for each in ledger.hot_keys()] == ["c0"]


def test_a_session_leaves_no_hooks_on_its_clients(shop: Database) -> None:
    session = boto3.Session("key", "secret", region_name="us-east-1")
    with minidynamo.mock(shop):
        with minidynamo.observe(session) as ledger:
            client = session.client("dynamodb")
            client.get_item(TableName="Shop", Key=KEY)
        client.get_item(TableName="Shop", Key=KEY)
    assert ledger.calls == 1
