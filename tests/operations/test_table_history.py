"""What a description says that follows from what happened to a table: its billing, its throughput, its encryption."""

from __future__ import annotations

from typing import Any

import pytest

import minidynamo
from minidynamo import Database, ManualClock

KEY: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}
BOTH = [*KEY["AttributeDefinitions"], {"AttributeName": "g", "AttributeType": "S"}]
GSI = {
    "IndexName": "gsi",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
ON_DEMAND, PROVISIONED = {"BillingMode": "PAY_PER_REQUEST"}, {"BillingMode": "PROVISIONED"}
SINCE = "LastUpdateToPayPerRequestDateTime"


def units(read: int, write: int) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}


def warm(read: int, write: int, status: str = "ACTIVE") -> dict[str, Any]:
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": status}


class Tables:
    """A database with a clock, and its tables as calls describe them."""

    def __init__(self) -> None:
        self.clock = ManualClock(1_000_000.0)
        self.database: Database = minidynamo.connect(clock=self.clock)

    def create(self, **members: Any) -> dict[str, Any]:
        request = {"TableName": "tbl", **KEY, **members}
        return dict(self.database.execute("CreateTable", request)["TableDescription"])

    def update(self, **members: Any) -> dict[str, Any]:
        self.clock.advance(10)
        return dict(self.database.execute("UpdateTable", {"TableName": "tbl", **members})["TableDescription"])

    def update_index(self, **members: Any) -> dict[str, Any]:
        described = self.update(GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "gsi", **members}}])
        return dict(described["GlobalSecondaryIndexes"][0])

    @property
    def table(self) -> dict[str, Any]:
        return dict(self.database.execute("DescribeTable", {"TableName": "tbl"})["Table"])

    @property
    def index(self) -> dict[str, Any]:
        return dict(self.table["GlobalSecondaryIndexes"][0])


@pytest.fixture
def tables() -> Tables:
    return Tables()


def test_a_table_made_on_demand_is_so_since_its_creation(tables: Tables) -> None:
    assert tables.create(**ON_DEMAND)["BillingModeSummary"] == ON_DEMAND
    assert tables.table["BillingModeSummary"] == {**ON_DEMAND, SINCE: 1_000_000.0}
    assert tables.update(DeletionProtectionEnabled=True)["BillingModeSummary"] == {**ON_DEMAND, SINCE: 1_000_000.0}
    assert tables.update(**PROVISIONED, **units(1, 1))["BillingModeSummary"] == {**PROVISIONED, SINCE: 1_000_000.0}


def test_a_table_that_was_put_on_demand_is_so_since_then(tables: Tables) -> None:
    assert "BillingModeSummary" not in tables.create(**units(1, 1))
    assert tables.update(**ON_DEMAND)["BillingModeSummary"] == {**ON_DEMAND, SINCE: 1_000_010.0}


def test_warm_throughput_is_in_the_response_where_it_was_asked_for(tables: Tables) -> None:
    wanted = {"WarmThroughput": {"ReadUnitsPerSecond": 15_000}}
    created = tables.create(AttributeDefinitions=BOTH, **ON_DEMAND, GlobalSecondaryIndexes=[{**GSI, **wanted}])
    assert "WarmThroughput" not in created
    assert created["GlobalSecondaryIndexes"][0]["WarmThroughput"] == warm(15_000, 4_000, "UPDATING")
    assert tables.table["WarmThroughput"] == warm(12_000, 4_000)
    assert tables.index["WarmThroughput"] == warm(15_000, 4_000)


def test_warm_throughput_rises_and_never_falls(tables: Tables) -> None:
    index = {**GSI, **units(5, 5)}
    tables.create(AttributeDefinitions=BOTH, **units(5, 5), GlobalSecondaryIndexes=[index])
    assert tables.table["WarmThroughput"] == warm(5, 5)
    tables.update(**units(50, 5))
    tables.update(**units(10, 10))
    assert tables.table["WarmThroughput"] == warm(50, 10)
    assert tables.update_index(**units(70, 3))["WarmThroughput"] == warm(70, 5)
    tables.update(**ON_DEMAND)
    assert tables.table["WarmThroughput"] == tables.index["WarmThroughput"] == warm(12_000, 4_000)
    index_back = [{"Update": {"IndexName": "gsi", **units(1, 1)}}]
    tables.update(**PROVISIONED, **units(20_000, 1), GlobalSecondaryIndexUpdates=index_back)
    assert tables.table["WarmThroughput"] == warm(20_000, 4_000)
    assert tables.index["WarmThroughput"] == warm(12_000, 4_000)


def test_no_bound_is_stored_where_none_is_given(tables: Tables) -> None:
    index = {**GSI, "OnDemandThroughput": {}}
    created = tables.create(
        AttributeDefinitions=BOTH, **ON_DEMAND, OnDemandThroughput={}, GlobalSecondaryIndexes=[index]
    )
    for each in (created, created["GlobalSecondaryIndexes"][0], tables.table, tables.index):
        assert "OnDemandThroughput" not in each


def test_a_bound_that_is_taken_away_is_shown_once(tables: Tables) -> None:
    both = {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20}
    index = {**GSI, "OnDemandThroughput": both}
    tables.create(AttributeDefinitions=BOTH, **ON_DEMAND, OnDemandThroughput=both, GlobalSecondaryIndexes=[index])
    no_read = {"MaxReadRequestUnits": -1}
    shown = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 20}
    assert tables.update(OnDemandThroughput=no_read)["OnDemandThroughput"] == shown
    assert tables.table["OnDemandThroughput"] == {"MaxWriteRequestUnits": 20}
    assert tables.update_index(OnDemandThroughput=no_read)["OnDemandThroughput"] == shown
    assert tables.index["OnDemandThroughput"] == {"MaxWriteRequestUnits": 20}


@pytest.mark.parametrize("place", ["table", "index", "new index"])
def test_nothing_can_be_taken_away_at_creation(tables: Tables, place: str) -> None:
    bound = {"OnDemandThroughput": {"MaxWriteRequestUnits": -1}}
    shown = "table" if place == "table" else "index : gsi"
    with pytest.raises(minidynamo.DynamoError, match=f"MaxWriteRequestUnits for OnDemandThroughput for {shown} is out"):
        if place == "table":
            tables.create(**ON_DEMAND, **bound)
        elif place == "index":
            tables.create(AttributeDefinitions=BOTH, **ON_DEMAND, GlobalSecondaryIndexes=[{**GSI, **bound}])
        else:
            tables.create(**ON_DEMAND)
            created = [{"Create": {**GSI, **bound}}]
            tables.update(AttributeDefinitions=BOTH, GlobalSecondaryIndexUpdates=created)


def test_a_key_is_named_and_never_an_alias(tables: Tables) -> None:
    own = {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/own"}}
    encrypted = tables.create(**ON_DEMAND, **own)["SSEDescription"]
    place, _, key = encrypted["KMSMasterKeyArn"].partition(":key/")
    assert (place, key.count("-"), len(key)) == ("arn:aws:kms:us-east-1:123456789012", 4, 36)
    by_default = tables.update(SSESpecification={"Enabled": True})["SSEDescription"]
    assert ":key/" in by_default["KMSMasterKeyArn"] and by_default != encrypted
    again = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:us-east-1:123456789012:alias/own"}
    assert tables.update(SSESpecification=again)["SSEDescription"] == encrypted


def test_encryption_ends_with_the_old_key(tables: Tables) -> None:
    encrypted = tables.create(**ON_DEMAND, SSESpecification={"Enabled": True})["SSEDescription"]
    ending = tables.update(SSESpecification={"Enabled": False})["SSEDescription"]
    assert ending == {**encrypted, "Status": "UPDATING"}
    assert "SSEDescription" not in tables.table
