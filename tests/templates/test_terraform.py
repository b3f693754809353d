"""Terraform plans: keys and indexes in every shape, and resources that belong to a table."""

from __future__ import annotations

import re
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.templates.table_definition import TemplateError, TemplateWarning

GAMES: dict[str, Any] = {
    "name": "games",
    "billing_mode": "PROVISIONED",
    "read_capacity": 5,
    "write_capacity": 6,
    "hash_key": "user",
    "attribute": [{"name": "user", "type": "S"}],
}
INDEX: dict[str, Any] = {
    "table_name": "games",
    "index_name": "by_title",
    "key_schema": [
        {"attribute_name": "title", "attribute_type": "S", "key_type": "HASH"},
        {"attribute_name": "user", "attribute_type": "S", "key_type": "HASH"},
        {"attribute_name": "score", "attribute_type": "N", "key_type": "RANGE"},
    ],
    "projection": [{"projection_type": "INCLUDE", "non_key_attributes": ["size"]}],
    "provisioned_throughput": [{"read_capacity_units": 7, "write_capacity_units": 8}],
}
IN_THE_API = {
    "IndexName": "by_title",
    "KeySchema": [
        {"AttributeName": "title", "KeyType": "HASH"},
        {"AttributeName": "user", "KeyType": "HASH"},
        {"AttributeName": "score", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["size"]},
    "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 8},
}


def resource(address: str, values: dict[str, Any]) -> dict[str, Any]:
    kind = next(each for each in re.split(r"[.\[\]]", address) if each.startswith("aws_"))
    return {"address": address, "mode": "managed", "type": kind, "values": values}


def plan(*resources: dict[str, Any], configuration: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "planned_values": {"root_module": {"resources": list(resources)}},
        "configuration": {"root_module": configuration or {}},
    }


def configured(address: str, member: str, *references: str) -> dict[str, Any]:
    return {"address": address, "expressions": {member: {"references": list(references)}}}


def test_an_index_that_is_a_resource(database: Database) -> None:
    """With several attributes in its key, whose types stand with it."""
    schema = minidynamo.schema_from(
        plan(resource("aws_dynamodb_global_secondary_index.title", INDEX), resource("aws_dynamodb_table.games", GAMES))
    )
    (table,) = schema
    assert table.request["GlobalSecondaryIndexes"] == [IN_THE_API]
    assert [each["AttributeName"] for each in table.request["AttributeDefinitions"]] == ["user", "title", "score"]
    schema.create(database)


def test_an_index_that_the_table_shows_too() -> None:
    """As in a state, where the provider reads all indexes of a table; its own resource says more."""
    shown = {"name": "by_title", "hash_key": "title", "projection_type": "ALL"}
    other = {"name": "all", "hash_key": "user", "projection_type": "ALL"}
    values = {**GAMES, "global_secondary_index": [shown, other]}
    (table,) = minidynamo.schema_from(
        plan(resource("aws_dynamodb_table.games", values), resource("aws_dynamodb_global_secondary_index.title", INDEX))
    )
    indexes = table.request["GlobalSecondaryIndexes"]
    assert [each["IndexName"] for each in indexes] == ["all", "by_title"]
    assert indexes[1] == IN_THE_API


def test_keys_as_blocks() -> None:
    """Of a table and its indexes, in place of a hash and a range key."""
    block = [{"attribute_name": "user", "key_type": "HASH"}]
    index = {"name": "all", "key_schema": block, "projection_type": "ALL"}
    values = {**GAMES, "hash_key": None, "key_schema": block, "global_secondary_index": [index]}
    (table,) = minidynamo.schema_from(plan(resource("aws_dynamodb_table.games", values)))
    key = [{"AttributeName": "user", "KeyType": "HASH"}]
    assert table.request["KeySchema"] == key
    assert table.request["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "all",
            "KeySchema": key,
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        }
    ]
    with pytest.raises(TemplateError, match=r"aws_dynamodb_table\.games lacks 'hash_key'"):
        minidynamo.schema_from(plan(resource("aws_dynamodb_table.games", {**GAMES, "hash_key": ""})))


def test_names_that_only_the_configuration_knows() -> None:
    """In modules, and one table of several by the index that it shares."""
    unnamed = {**INDEX, "table_name": None}
    tables = [
        resource(f'module.m["{m}"].aws_dynamodb_table.t["{n}"]', {**GAMES, "name": m + n}) for m in "ab" for n in "xy"
    ]
    index = resource('module.m["a"].aws_dynamodb_global_secondary_index.i["y"]', unnamed)
    reference = configured("aws_dynamodb_global_secondary_index.i", "table_name", "aws_dynamodb_table.t", "each.key")
    call = {"module": {"resources": [reference]}}
    with_index = {
        each.name: each.request.get("GlobalSecondaryIndexes")
        for each in minidynamo.schema_from(plan(*tables, index, configuration={"module_calls": {"m": call}}))
    }
    assert with_index == {"ax": None, "ay": [IN_THE_API], "bx": None, "by": None}
    with pytest.warns(TemplateWarning, match=r"index\.i\[.y.\] is of no table in the plan and is left out"):
        minidynamo.schema_from(plan(*tables, index))


def test_tags_that_are_resources() -> None:
    """Come over those of the table."""
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/games"
    values = {**GAMES, "tags": {"team": "a", "stage": ""}, "tags_all": {"team": "a", "stage": "", "by": "terraform"}}
    tag = resource("aws_dynamodb_tag.team", {"resource_arn": arn, "key": "team", "value": "b"})
    (table,) = minidynamo.schema_from(plan(resource("aws_dynamodb_table.games", values), tag))
    tags = {each["Key"]: each["Value"] for each in table.request["Tags"]}
    assert tags == {"stage": "", "by": "terraform", "team": "b"}


def test_what_belongs_to_no_table() -> None:
    """Is told for the whole plan."""
    item = resource("aws_dynamodb_table_item.first", {"table_name": "others"})
    policy = resource("aws_dynamodb_resource_policy.p", {})
    with pytest.warns(TemplateWarning) as caught:
        minidynamo.schema_from(plan(resource("aws_dynamodb_table.games", GAMES), item, policy))
    assert [str(each.message) for each in caught] == [
        "the document: aws_dynamodb_table_item.first, aws_dynamodb_resource_policy.p are of no table in the plan and "
        "are left out"
    ]


def test_throughput_of_a_table_on_demand() -> None:
    """That is not zero is left out with a warning; a bound of -1 is none."""
    values = {**GAMES, "billing_mode": "PAY_PER_REQUEST", "on_demand_throughput": [{"max_read_request_units": -1}]}
    with pytest.warns(TemplateWarning, match="ProvisionedThroughput is not used on demand and is left out"):
        (table,) = minidynamo.schema_from(plan(resource("aws_dynamodb_table.games", values)))
    assert "ProvisionedThroughput" not in table.request
    assert table.request["OnDemandThroughput"] == {}
