"""The typed state of a table: its record, its description, and what time does to it."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minidynamo
from minidynamo import ManualClock
from minidynamo.schema.arns import ArnScope
from minidynamo.schema.table_forms import from_record, to_api, to_record
from minidynamo.schema.table_state import IndexKind, IndexState, KeyElement, TableState, Throughput, TimeToLive
from minidynamo.values.records import packed_record, record_item

NAMES = st.sampled_from(["a", "b", "c"])
TIMES = st.none() | st.floats(1, 2e9)
UNITS = st.integers(0, 40_000)
MODEL = botocore.session.get_session().get_service_model("dynamodb").shape_for("TableDescription")
STATUSES = st.sampled_from(["CREATING", "UPDATING", "DELETING", "ACTIVE"])
KEYS = st.sampled_from([(KeyElement("a", "HASH"),), (KeyElement("a", "HASH"), KeyElement("b", "RANGE"))])
THROUGHPUTS = st.builds(Throughput, UNITS, UNITS, st.integers(0, 9), TIMES, TIMES)
WARM = st.fixed_dictionaries({"ReadUnitsPerSecond": UNITS, "WriteUnitsPerSecond": UNITS})
ON_DEMAND = st.none() | st.just({"MaxReadRequestUnits": 7})
PROJECTIONS = st.sampled_from([("ALL", None), ("KEYS_ONLY", None), ("INCLUDE", ("x", "y"))])


@st.composite
def indexes(draw: Any) -> tuple[IndexState, ...]:
    found = []
    for number, kind in enumerate(draw(st.lists(st.sampled_from(IndexKind), max_size=3))):
        projection, names = draw(PROJECTIONS)
        index = IndexState(f"i{number}", kind, draw(KEYS), projection, names)
        if kind.has_own_throughput:
            index = replace(
                index, status=draw(STATUSES), status_due_at=draw(TIMES), is_backfilling=draw(st.none() | st.booleans()),
                throughput=draw(THROUGHPUTS), warm=draw(WARM), on_demand=draw(ON_DEMAND),
            )  # fmt: skip
        found.append(index)
    return tuple(sorted(found, key=lambda each: each.kind.has_own_throughput))


STATES = st.builds(
    TableState,
    name=NAMES,
    id=NAMES,
    created_at=st.floats(1, 2e9),
    status=STATUSES,
    status_due_at=TIMES,
    attribute_types=st.just({"a": "S", "b": "N"}),
    key_schema=KEYS,
    billing_mode=st.sampled_from(["PROVISIONED", "PAY_PER_REQUEST"]),
    was_on_demand=st.booleans(),
    throughput=THROUGHPUTS,
    warm=WARM,
    on_demand=ON_DEMAND,
    on_demand_since=TIMES,
    is_protected=st.booleans(),
    tags=st.dictionaries(NAMES, NAMES),
    table_class=st.none() | st.just("STANDARD"),
    class_changes=st.lists(st.floats(1, 2e9), max_size=2).map(tuple),
    stream_view=st.none() | st.just("KEYS_ONLY"),
    stream_label=st.none() | st.just("2026-01-01T00:00:00.000"),
    encryption_key=st.none() | st.just("alias/mine"),
    time_to_live=st.none() | st.builds(TimeToLive, st.none() | NAMES, st.floats(1, 2e9)),
    indexes=indexes(),
)


@given(STATES)
def test_a_record_gives_the_state_back(state: TableState) -> None:
    """Also after it has been stored, and without changing what it was made from."""
    record = to_record(state)
    before = copy.deepcopy(record)
    assert from_record(record) == state
    assert from_record(record_item(packed_record(record, 0))) == state  # type: ignore[arg-type]
    assert record == before


@given(STATES)
def test_a_description_has_the_members_of_the_api_alone(state: TableState) -> None:
    """Nothing of our own is shown, and no member is null."""
    sizes: Any = {None: (1, 2), **{each.name: (3, 4) for each in state.indexes}}
    description = to_api(state, ArnScope("us-east-1", "123456789012"), sizes)

    def compare(shape: Any, value: Any) -> None:
        if shape.type_name == "structure":
            assert value.keys() <= shape.members.keys()
            for name, member in value.items():
                compare(shape.members[name], member)
        elif shape.type_name == "list":
            for member in value:
                compare(shape.member, member)
        else:
            assert value is not None

    compare(MODEL, description)


@given(STATES, st.floats(1, 2e9))
def test_time_ends_what_is_due(state: TableState, now: float) -> None:
    """What is due later stays; nothing that is due stays as it is."""
    if state.next_due is None or state.next_due > now:
        assert state.advanced(now) == state
        return
    advanced = state.advanced(now)
    if advanced is None:
        assert state.status == "DELETING"
        return
    assert advanced != state
    assert advanced.status_due_at is None or advanced.status_due_at > now


@pytest.mark.parametrize("status", ["CREATING", "DELETING"])
def test_time_needs_no_commit(status: str) -> None:
    """What is due is over for everybody who looks; it is stored with whatever is written next."""
    clock = ManualClock()
    database = minidynamo.connect(clock=clock, table_delays=10)
    client = database.client()
    key: Any = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}  # fmt: skip
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
    client.create_table(TableName="one", **key, **stream)
    client.create_table(TableName="two", **key)
    clock.advance(11)
    if status == "DELETING":
        client.put_item(TableName="one", Item={"pk": {"S": "a"}})
        client.delete_table(TableName="one")
        clock.advance(11)
    commits: list[Any] = []
    commit = database.engine.commit
    database.engine.commit = lambda batch: (commits.append(batch), commit(batch))  # type: ignore[method-assign,func-returns-value,assignment,return-value]
    names = client.list_tables()["TableNames"]
    assert names == (["one", "two"] if status == "CREATING" else ["two"])
    if status == "CREATING":
        assert client.describe_table(TableName="one")["Table"]["TableStatus"] == "ACTIVE"
    else:
        (found,) = database.streams_client().list_streams()["Streams"]
        shown = database.streams_client().describe_stream(StreamArn=found["StreamArn"])["StreamDescription"]
        assert shown["StreamStatus"] == "DISABLED"
    assert not commits
    database.check()
    fork = database.fork(clock=clock)
    assert fork.client().list_tables()["TableNames"] == names
    client.put_item(TableName="two", Item={"pk": {"S": "a"}})
    assert len(commits) == 1
    database.check()
    fork.check()
    client.create_table(TableName="one" if status == "DELETING" else "three", **key)
    assert len(commits) == 2
    database.check()
