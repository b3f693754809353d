"""Random policies and requests against whole databases: what is denied touches nothing, and nothing passes unallowed.

What each request needs is said here by hand, and judged by `slow_evaluation`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database
from minidynamo.errors import AccessDenied, DynamoError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.requests.operations import API
from minidynamo.requests.shapes import Shape
from tests.policies import slow_evaluation
from tests.policies.test_evaluation import documents as other_documents

ANN = "arn:aws:iam::123456789012:user/ann"
SHOP = "arn:aws:dynamodb:us-east-1:123456789012:table/Shop"
INDEX = f"{SHOP}/index/by_area"
TABLES = [
    create_table_request(name, {"key": ["owner S"], "gsi": {"by_area": {"key": ["area S"]}}})
    for name in ("Shop", "Other")
]


class Need(NamedTuple):
    """An action on a resource, with the partition keys that are known of it."""

    action: str
    resource: str
    keys: list[str] | None


class Asked(NamedTuple):
    operation: str
    request: dict[str, Any]
    needs: list[Need]


def item(owner: str) -> dict[str, Any]:
    return {"owner": {"S": owner}, "area": {"S": "a"}}


def on_item(operation: str, **more: Any) -> Callable[[list[str]], Asked]:
    def ask(owners: list[str]) -> Asked:
        member = {"Item": item(owners[0])} if operation == "PutItem" else {"Key": {"owner": {"S": owners[0]}}}
        return Asked(operation, {"TableName": "Shop", **member, **more}, [Need(operation, SHOP, owners[:1])])

    return ask


def query(owners: list[str]) -> Asked:
    condition = {"KeyConditionExpression": "#o = :o", "ExpressionAttributeNames": {"#o": "owner"}}
    values = {"ExpressionAttributeValues": {":o": {"S": owners[0]}}}
    return Asked("Query", {"TableName": "Shop", **condition, **values}, [Need("Query", SHOP, owners[:1])])


def query_of_index(owners: list[str]) -> Asked:
    condition = {"KeyConditionExpression": "#a = :a", "ExpressionAttributeNames": {"#a": "area"}}
    request = {"TableName": "Shop", "IndexName": "by_area", **condition}
    return Asked(
        "Query", {**request, "ExpressionAttributeValues": {":a": {"S": owners[0]}}}, [Need("Query", INDEX, owners[:1])]
    )


def batch_get(owners: list[str]) -> Asked:
    keys = [{"owner": {"S": each}} for each in owners]
    return Asked("BatchGetItem", {"RequestItems": {"Shop": {"Keys": keys}}}, [Need("BatchGetItem", SHOP, owners)])


def batch_write(owners: list[str]) -> Asked:
    puts = [{"PutRequest": {"Item": item(each)}} for each in owners]
    request = {"RequestItems": {"Shop": puts, "Other": puts[:1]}}
    needs = [Need("BatchWriteItem", SHOP, owners), Need("BatchWriteItem", SHOP.replace("Shop", "Other"), owners[:1])]
    return Asked("BatchWriteItem", request, needs)


def transaction(owners: list[str]) -> Asked:
    puts = [{"Put": {"TableName": "Shop", "Item": item(each)}} for each in owners[:-1]]
    delete = {"Delete": {"TableName": "Shop", "Key": {"owner": {"S": owners[-1]}}}}
    needs = [Need("PutItem", SHOP, [each]) for each in owners[:-1]] + [Need("DeleteItem", SHOP, owners[-1:])]
    return Asked("TransactWriteItems", {"TransactItems": [*puts, delete]}, needs)


def statement(text: str, action: str) -> Callable[[list[str]], Asked]:
    def ask(owners: list[str]) -> Asked:
        request = {"Statement": text, "Parameters": [{"S": owners[0]}]}
        return Asked("ExecuteStatement", request, [Need(action, SHOP, owners[:1])])

    return ask


ASKED: list[Callable[[list[str]], Asked]] = [
    *map(on_item, ("GetItem", "PutItem", "DeleteItem", "UpdateItem")),
    *(query, query_of_index, batch_get, batch_write, transaction),
    lambda owners: Asked("Scan", {"TableName": "Shop"}, [Need("Scan", SHOP, None)]),
    statement("SELECT * FROM Shop WHERE owner = ?", "PartiQLSelect"),
    statement("UPDATE Shop SET a = 1 WHERE owner = ?", "PartiQLUpdate"),
    statement("DELETE FROM Shop WHERE owner = ?", "PartiQLDelete"),
]
JUNK: dict[str, Any] = {
    "Item": item("ann"),
    "Key": {"owner": {"S": "ann"}},
    "IndexName": "by_area",
    "Select": "COUNT",
    "ReturnValues": "NONE",
    "StreamArn": SHOP,
    "AttributesToGet": ["owner"],
    "Statement": "x",
    "TableName": "Other",
}


def spoiled(shape: Shape, value: Any, choose: Callable[[], bool]) -> Any:
    """A request with members here and there that the service does not look at: unknown ones, and nulls."""
    if shape.kind == "Structure":
        known = {name: spoiled(shape.members[name], each, choose) for name, each in value.items()}
        unknown = {name: each for name, each in JUNK.items() if name not in shape.members and choose()}
        return {**unknown, **known, **{name: None for name in shape.members if name not in value and choose()}}
    if shape.kind == "Map":
        entries = {name: spoiled(shape.inner, each, choose) for name, each in value.items()}
        return {**entries, **({"zz": None} if choose() else {})}
    if shape.kind == "List":
        return [spoiled(shape.inner, each, choose) for each in value] + [None] * choose()
    return {**value, "N": None} if shape.kind == "Value" and "N" not in value and choose() else value


owners = st.lists(st.sampled_from(["ann", "bob", "cy"]), min_size=1, max_size=3, unique=True)
actions = st.sampled_from(["dynamodb:*", "dynamodb:Get*", "dynamodb:*Item", "dynamodb:Query", "dynamodb:PartiQL*"])
conditions = st.sampled_from(
    [
        {},
        {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}},
        {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["b*", "c*"]}},
        {"StringNotEquals": {"aws:username": "ann"}},
        {"Null": {"dynamodb:LeadingKeys": "true"}},
    ]
)


@st.composite
def documents(draw: st.DrawFn, resources: list[str], **members: Any) -> dict[str, Any]:
    """Of policies that have something to do with the requests."""
    statements = [
        {
            "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
            "Action": draw(actions),
            "Resource": draw(st.sampled_from(resources)),
            "Condition": draw(conditions),
            **{name: draw(value) for name, value in members.items()},
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    return {"Version": "2012-10-17", "Statement": statements}


own_documents = documents(["*", SHOP, f"{SHOP}/*", SHOP.replace("Shop", "Other"), f"{SHOP}*"]) | other_documents
principals = st.sampled_from(
    [{"AWS": ANN}, {"AWS": "123456789012"}, {"AWS": ANN.replace("ann", "bob")}, {"AWS": "111122223333"}]
)
resource_documents = documents([SHOP, f"{SHOP}/index/*"], Principal=principals)


def is_allowed(need: Need, identity: Any, boundary: Any, session: Any, resource: Any) -> bool:
    """By the second evaluation, with the policy of a table or without."""
    context = {"aws:username": ["ann"]}
    if need.keys is not None:
        context["dynamodb:leadingkeys"] = need.keys
    if need.action in ("GetItem", "BatchGetItem", "Query", "Scan", "PartiQLSelect"):
        context["dynamodb:select"] = ["ALL_ATTRIBUTES" if need.resource != INDEX else "ALL_PROJECTED_ATTRIBUTES"]
    asked = (f"dynamodb:{need.action}", need.resource, context)
    if resource is None or not need.resource.startswith(SHOP):
        return slow_evaluation.is_allowed(identity, boundary, session, *asked)
    about = [each for each in resource["Statement"] if each["Principal"]["AWS"] in (ANN, "123456789012")]
    direct = [each for each in about if each["Principal"]["AWS"] == ANN]
    if "Deny" in slow_evaluation.effects([{**resource, "Statement": about}], *asked):
        return False
    grants = {**resource, "Statement": [each for each in direct if each["Effect"] == "Allow"]}
    return slow_evaluation.is_allowed([*identity, grants], boundary, session, *asked)


def contents(database: Database) -> Any:
    return [database.client().scan(TableName=name)["Items"] for name in ("Shop", "Other")]


@pytest.fixture(scope="module")
def started() -> Database:
    database = minidynamo.connect()
    for table in TABLES:
        database.execute("CreateTable", table)
    for owner in ("ann", "bob"):
        database.execute("PutItem", {"TableName": "Shop", "Item": item(owner)})
    return database


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(
    asked=st.builds(lambda ask, names: ask(names), st.sampled_from(ASKED), owners),
    identity=st.lists(own_documents, max_size=3),
    boundary=st.none() | own_documents,
    session=st.none() | own_documents,
    resource=st.none() | resource_documents,
    spoil=st.booleans(),
    data=st.data(),
)
def test_denied_or_allowed_as_by_hand(
    started: Database,
    asked: Asked,
    identity: Any,
    boundary: Any,
    session: Any,
    resource: Any,
    spoil: bool,
    data: st.DataObject,
) -> None:
    with started.fork() as database:
        if resource is not None:
            attached = {"ResourceArn": SHOP, "Policy": json.dumps(resource), "ConfirmRemoveSelfResourceAccess": True}
            database.execute("PutResourcePolicy", attached)
        before = contents(database)
        ann = database.as_principal(identity, arn=ANN, boundary=boundary, session=session)
        request = asked.request
        if spoil:
            request = spoiled(
                API[asked.operation].request, request, lambda: data.draw(st.sampled_from([False] * 4 + [True]))
            )
        expected = all(is_allowed(each, identity, boundary, session, resource) for each in asked.needs)
        try:
            ann.execute(asked.operation, request)
        except AccessDenied:
            assert not expected
            assert contents(database) == before
        except DynamoError:  # What is asked for is not there, say: judged before that.
            assert expected
        else:
            assert expected
