"""Policies of tables and streams: how they last, how long they take, and whom they must not lock out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.errors import AccessDenied, PolicyNotFound, ResourceInUse, Throttling, ValidationError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.policies.positions import position_behind
from minidynamo.policies.resource_documents import canonical_document

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Shop"
ANN = "arn:aws:iam::123456789012:user/ann"
BOB = "arn:aws:iam::123456789012:user/bob"
TABLE = create_table_request("Shop", {"key": ["id S"]})


def document(*actions: str, effect: str = "Allow", principal: Any = ANN, **members: Any) -> str:
    named = [f"dynamodb:{each}" for each in actions]
    statement = {"Effect": effect, "Principal": {"AWS": principal}, "Action": named, "Resource": ARN, **members}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def put(database: Database, policy: str, **members: Any) -> str:
    request = {"ResourceArn": ARN, "Policy": policy, **members}
    return str(database.execute("PutResourcePolicy", request)["RevisionId"])


def test_a_policy_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with minidynamo.connect(path) as database:
        database.execute("CreateTable", TABLE)
        revision = put(database, document("GetItem"))
        label = database.execute(
            "UpdateTable",
            {"TableName": "Shop", "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
        )["TableDescription"]["LatestStreamLabel"]
        stream = f"{ARN}/stream/{label}"
        of_stream = document("GetRecords").replace(ARN, stream)
        database.execute("PutResourcePolicy", {"ResourceArn": stream, "Policy": of_stream})
    with minidynamo.connect(path) as database:
        found = database.execute("GetResourcePolicy", {"ResourceArn": ARN})
        assert (found["RevisionId"], json.loads(found["Policy"])["Statement"][0]["Principal"]) == (
            revision,
            {"AWS": ANN},
        )
        assert stream in database.execute("GetResourcePolicy", {"ResourceArn": stream})["Policy"]
        database.check()


def test_revisions_rise_though_the_clock_stands_still() -> None:
    """One that was deleted does not come back with another policy."""
    database = minidynamo.connect(clock=ManualClock(1.7e9))
    database.execute("CreateTable", TABLE)
    revisions = [put(database, document("GetItem")), put(database, document("Query"))]
    database.execute("DeleteResourcePolicy", {"ResourceArn": ARN, "ExpectedRevisionId": revisions[-1]})
    revisions.append(put(database, document("GetItem"), ExpectedRevisionId="NO_POLICY"))
    assert revisions == sorted(set(revisions), key=int)
    assert all(len(each) == 13 for each in revisions)


def test_where_changes_take_time_a_policy_takes_some() -> None:
    """Source: observed responses within 15 seconds of a change."""
    clock = ManualClock(1.7e9)
    database = minidynamo.connect(clock=clock, table_delays={"UPDATING": 2.0})
    database.execute("CreateTable", TABLE)
    put(database, document("GetItem"))
    put(database, document("GetItem"))  # The same is none.
    for call in (
        lambda: put(database, document("Query")),
        lambda: database.execute("DeleteResourcePolicy", {"ResourceArn": ARN}),
    ):
        with pytest.raises(ResourceInUse, match="Table is pending previous resource-based policy update: Shop"):
            call()
    with pytest.raises(ResourceInUse, match="Table: Shop has a pending resource-based policy update"):
        database.execute("DeleteTable", {"TableName": "Shop"})
    clock.advance(3)
    with pytest.raises(Throttling) as caught:
        put(database, document("Query"))
    assert caught.value.message == (
        "Resource-based policy for table Shop modified within the previous 15000 milliseconds. "
        "Please try again after 2023-11-14T22:13:35.000Z."
    )
    clock.advance(12)
    put(database, document("Query"))
    clock.advance(2)
    database.execute("DeleteTable", {"TableName": "Shop"})


def test_a_table_that_is_being_deleted_keeps_its_policy() -> None:
    database = minidynamo.connect(clock=ManualClock(1.7e9), table_delays={"DELETING": 5.0})
    database.execute("CreateTable", TABLE)
    put(database, document("GetItem"))
    database.execute("DeleteTable", {"TableName": "Shop"})
    assert database.execute("GetResourcePolicy", {"ResourceArn": ARN})["RevisionId"] == "1700000000000"
    with pytest.raises(ResourceInUse, match="resource which is still in use: Table is being deleted: Shop"):
        put(database, document("Query"))


def test_a_principal_must_not_lock_itself_out() -> None:
    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    everything = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    ann = database.as_principal({"Version": "2012-10-17", "Statement": everything}, arn=ANN)
    denial = {"ResourceArn": ARN, "Policy": document("PutResourcePolicy", effect="Deny", principal=ANN)}
    with pytest.raises(AccessDenied, match="The new resource policy will not allow you to update the resource policy"):
        ann.execute("PutResourcePolicy", denial)
    with pytest.raises(PolicyNotFound):
        database.execute("GetResourcePolicy", {"ResourceArn": ARN})
    ann.execute("PutResourcePolicy", {**denial, "Policy": denial["Policy"].replace(ANN, BOB)})
    ann.execute("PutResourcePolicy", {**denial, "ConfirmRemoveSelfResourceAccess": True})
    with pytest.raises(AccessDenied, match="with an explicit deny in a resource-based policy"):
        ann.execute("PutResourcePolicy", denial)
    database.execute("PutResourcePolicy", denial)  # The account's own root is not denied.


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(document=values, indent=st.sampled_from([None, 1]), data=st.data())
def test_positions_are_behind_what_they_are_of(document: Any, indent: int | None, data: st.DataObject) -> None:
    text = json.dumps(document, indent=indent)
    path: list[str | int] = []
    value = document
    while isinstance(value, list | dict) and value and data.draw(st.booleans()):
        path.append(data.draw(st.sampled_from([*value] if isinstance(value, dict) else range(len(value)))))
        value = value[path[-1]]
    row, column = map(int, position_behind(text, path).strip("()").split(","))
    lines = text.split("\n")
    before = "\n".join([*lines[: row - 1], lines[row - 1][: column - 1]])
    first = json.dumps(value, indent=indent)
    assert before.endswith(first[0] if isinstance(value, list | dict) else first)


@given(
    text=st.one_of(
        st.text(max_size=30),
        values.map(json.dumps),
        st.builds(
            lambda members, value: json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{**json.loads(document("GetItem"))["Statement"][0], **members}],
                    **value,
                }
            ),
            st.dictionaries(
                st.sampled_from(["Effect", "Principal", "Action", "Resource", "Condition", "Sid", "NotAction", "x"]),
                values,
                max_size=2,
            ),
            st.dictionaries(st.sampled_from(["Id", "Version", "y"]), values, max_size=1),
        ),
    )
)
def test_any_text_is_kept_or_refused(text: str) -> None:
    """And what is kept is kept as it is the next time."""
    try:
        kept = canonical_document(text, ARN)
    except ValidationError as error:
        assert error.message
        return
    assert canonical_document(kept, ARN) == kept
    assert json.loads(kept).keys() >= {"Version", "Statement"}
