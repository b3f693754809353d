"""The kit for property-based tests: what it draws is valid, or invalid as it says, and shrinks to little."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

import minidynamo
from minidynamo import Database, DynamoError, Fault, FaultSchedule, simulate
from minidynamo.formats.short_tables import create_table_request
from minidynamo.simulation import KINDS
from minidynamo.testing import (
    DynamoDBStateMachine,
    NotLinearizable,
    TableSchema,
    attribute_values,
    check_linearizable,
    check_serializable,
    condition_expressions,
    fault_schedules,
    items,
    keys,
    mutants,
    numbers,
    queries,
    recording,
    reference_model,
    requests,
    run_mutants,
    table_schemas,
    transactions,
    update_expressions,
)

TABLE = create_table_request(
    "tbl",
    {
        "key": ["pk S", "sk N"],
        "gsi": {"by_g": {"key": ["g S", "h B"]}, "by_h": {"key": ["h B"], "projection": ["n"]}},
        "lsi": {"by_l": {"key": ["pk S", "l S"], "projection": "KEYS_ONLY"}},
    },
)
STREAMING = {**TABLE, "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
SCHEMA = TableSchema.of(TABLE)
KEYS = [{"pk": {"S": "a"}, "sk": {"N": str(number)}} for number in range(3)]
OPERATIONS = (
    *("PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
    *("BatchGetItem", "BatchWriteItem", "TransactWriteItems", "TransactGetItems"),
)
TEMPLATE = minidynamo.connect()
SCHEMA.create(TEMPLATE)
# What depends on the items there are, not on the request.
LEGAL_CODES = {"ConditionalCheckFailedException"}
quick = settings(max_examples=150, suppress_health_check=list(HealthCheck))
minimal = settings(database=None, phases=[Phase.generate, Phase.shrink], max_examples=2_000)


def is_refused(database: Database, operation: str, request: dict[str, Any]) -> bool:
    """Whether a request is refused for what it is, not for what there is."""
    try:
        database.execute(operation, request)
    except DynamoError as error:
        assert error.status == 400, error
        codes = {each["Code"] for each in error.members.get("CancellationReasons", ())}
        return error.code not in LEGAL_CODES and not (codes and codes <= {"None", "ConditionalCheckFailed"})
    return False


# Schemas.


def test_schemas_are_made_from_what_there_is(tmp_path: Any) -> None:
    description = TEMPLATE.client().describe_table(TableName="tbl")
    path = tmp_path / "table.json"
    path.write_text(json.dumps({"Table": TABLE}))
    for source in (TEMPLATE, description, description["Table"], TABLE, SCHEMA, TEMPLATE.Table("tbl"), path):
        schema = TableSchema.of(source)
        assert (schema.key, schema.types, schema.indexes) == (SCHEMA.key, SCHEMA.types, SCHEMA.indexes)


@pytest.mark.parametrize(
    ("source", "text"),
    [(7, "not int"), ({"a": 1}, "neither a describe_table answer"), (minidynamo.connect(), "no such table")],
)
def test_what_is_no_schema_is_refused(source: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        TableSchema.of(source)


@given(table_schemas(), st.data())
@quick
def test_drawn_tables_can_be_made_and_filled(schema: TableSchema, data: Any) -> None:
    database = minidynamo.connect()
    schema.create(database)
    model = reference_model(schema)
    for item in data.draw(st.lists(items(schema), max_size=5)):
        if not is_refused(database, "PutItem", {"TableName": schema.name, "Item": item}):
            model.put(item)
    assert {*map(model.identity, database.execute("Scan", {"TableName": schema.name})["Items"])} == model.items.keys()
    database.check()


# Values and requests.


@given(numbers())
def test_numbers_are_taken_exactly(number: str) -> None:
    database = TEMPLATE.fork()
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "n": {"N": number}}
    database.execute("PutItem", {"TableName": "tbl", "Item": item})
    found = database.execute("GetItem", {"TableName": "tbl", "Key": {"pk": item["pk"], "sk": item["sk"]}})
    assert Decimal(found["Item"]["n"]["N"]) == Decimal(number)


@given(st.sampled_from(["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"]), st.data())
def test_values_are_of_the_types_asked_for(tag: str, data: Any) -> None:
    assert list(data.draw(attribute_values(tag))) == [tag]


def test_there_are_no_values_of_other_types() -> None:
    with pytest.raises(ValueError, match="there is no type X"):
        attribute_values("X")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_requests_are_valid(operation: str) -> None:
    database = TEMPLATE.fork()

    @given(items(SCHEMA), requests(operation, SCHEMA))
    @quick
    def is_accepted(item: Any, request: Any) -> None:
        is_refused(database, "PutItem", {"TableName": "tbl", "Item": item})
        assert not is_refused(database, operation, request)

    is_accepted()
    database.check()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_requests_with_a_fault_are_refused(operation: str) -> None:
    database, seen = TEMPLATE.fork(), set()

    @given(requests(operation, SCHEMA, invalid=True))
    @quick
    def is_refused_as_said(drawn: Any) -> None:
        seen.add(drawn.fault)
        assert is_refused(database, operation, drawn.request), drawn.fault

    is_refused_as_said()
    assert len(seen) >= 3
    assert database.execute("Scan", {"TableName": "tbl"})["Count"] == 0


def test_there_are_no_requests_of_other_operations() -> None:
    with pytest.raises(ValueError, match="there are requests of PutItem"):
        requests("CreateTable", SCHEMA)


@pytest.mark.parametrize(
    ("strategy", "is_wanted", "expected"),
    [
        (numbers(), lambda drawn: True, "0"),
        (keys(SCHEMA), lambda drawn: True, {"pk": {"S": "a"}, "sk": {"N": "0"}}),
        (items(SCHEMA), lambda drawn: "n" in drawn, {"pk": {"S": "a"}, "sk": {"N": "0"}, "n": {"N": "0"}}),
        (condition_expressions(SCHEMA), lambda drawn: True, "attribute_exists(#pk)"),
        (update_expressions(SCHEMA), lambda drawn: True, "SET #g = :0x"),
        (queries(SCHEMA), lambda drawn: True, "#pk = :pk"),
        (transactions(SCHEMA), lambda drawn: True, ["ConditionCheck"]),
        (fault_schedules("stormy"), lambda drawn: True, FaultSchedule()),
        (
            fault_schedules("stormy"),
            lambda drawn: any(fault.kind == "unprocessed" for fault in drawn.faults),
            FaultSchedule([Fault("unprocessed")]),
        ),
    ],
)
def test_what_is_drawn_shrinks_to_little(strategy: Any, is_wanted: Callable[[Any], bool], expected: Any) -> None:
    found = find(strategy, is_wanted, settings=minimal)
    shown = found
    if isinstance(expected, str) and not isinstance(found, str):
        shown = found.text if hasattr(found, "text") else found["KeyConditionExpression"]
    elif isinstance(expected, list):
        shown = [next(iter(entry)) for entry in found["TransactItems"]]
    assert shown == expected


def test_schedules_have_the_kinds_of_their_profile() -> None:
    profile = minidynamo.Profile(throttled=0.1, conflict=0.1)

    @given(fault_schedules(profile, faults_max=3))
    def are_of_the_profile(schedule: FaultSchedule) -> None:
        assert {fault.kind for fault in schedule.faults} <= {"throttled", "conflict"}
        assert len(schedule.faults) <= 3

    are_of_the_profile()
    with pytest.raises(ValueError, match="profile calm has no faults to draw from"):
        fault_schedules("calm")
    with pytest.raises(ValueError, match="there is no profile 'x'"):
        fault_schedules("x")


def test_the_printed_schedule_can_be_run_again() -> None:
    schedule = FaultSchedule([Fault(kind, 2, 7) for kind in KINDS if kind != "capacity"])
    assert eval(repr(schedule)) == schedule


# The state machine.


def failing_machine(machine: type[DynamoDBStateMachine]) -> str:
    """What Hypothesis reports of the machine's smallest failure."""
    with pytest.raises(AssertionError) as raised:
        run_state_machine_as_test(machine, settings=settings(minimal, max_examples=400, stateful_step_count=8))
    return "\n".join([str(raised.value), *getattr(raised.value, "__notes__", ())])


COUNTER = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}


class Retrying(DynamoDBStateMachine):
    """An application that adds one, and tries again where it gets an error."""

    tables = TABLE
    profile = "stormy"
    count = 0

    @rule()
    def add_one(self) -> None:
        for _ in range(20):
            try:
                self.database.execute("UpdateItem", {"TableName": "tbl", "Key": KEYS[1], **COUNTER})
                break
            except DynamoError:
                pass
        self.count += 1

    @invariant()
    def it_counts_right(self) -> None:
        if self.count:
            assert [item["n"]["N"] for item in self.items("tbl")] == [str(self.count)]


def test_a_machine_finds_a_retry_that_counts_twice() -> None:
    report = failing_machine(Retrying)
    assert "state.open_database(schedule=FaultSchedule([Fault(" in report
    assert report.count("Fault('") == 1 and report.count("state.add_one()") == 1
    assert any(f"Fault('{kind}'" in report for kind in ("response_lost", "connection_lost_after", "timed_out"))
    assert "source: " in report


class Handling(DynamoDBStateMachine):
    """An application whose handler counts changes, and does not expect one twice."""

    tables = STREAMING
    profile = minidynamo.Profile(duplicate_delivery=0.5)
    count = seen = 0

    def begin(self) -> None:
        def handler(event: Any, context: Any) -> None:
            self.seen += len(event["Records"])

        self.database.on_stream("tbl", handler)

    @rule()
    def put(self) -> None:
        self.count += 1
        item = {"pk": {"S": "a"}, "sk": {"N": str(self.count)}}
        self.client.put_item(TableName="tbl", Item=item)

    @invariant()
    def every_change_was_seen_once(self) -> None:
        assert self.seen == self.count


def test_a_machine_finds_a_handler_that_counts_twice() -> None:
    report = failing_machine(Handling)
    assert "FaultSchedule([Fault('duplicate_delivery')])" in report


class Sound(DynamoDBStateMachine):
    """An application of nothing but puts that are tried again, against the reference model."""

    tables = TABLE
    answers_boto3 = True

    @rule(item=items(SCHEMA))
    def put(self, item: Any) -> None:
        self.database.faults.switch_off("control_limit")
        for _ in range(30):
            try:
                self.database.execute("PutItem", {"TableName": "tbl", "Item": item})
                break
            except DynamoError:
                pass
        self.model["tbl"].put(item)

    @invariant()
    def it_holds_what_the_model_holds(self) -> None:
        if hasattr(self, "model"):
            model = self.model["tbl"]
            for index in (None, "by_g", "by_h", "by_l"):
                found = sorted(map(model.identity, self.items("tbl", index)))
                assert found == sorted(map(model.identity, model.entries(index)))


TestSound = Sound.TestCase
TestSound.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


# Histories.


def in_threads(count: int, work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_histories_of_threads_are_linearizable() -> None:
    database = TEMPLATE.fork()
    with recording(database) as history:
        client = database.client()

        def work(number: int) -> None:
            for turn in range(12):
                key = KEYS[(number + turn) % 3]
                client.update_item(TableName="tbl", Key=key, ReturnValues="ALL_NEW", **COUNTER)
                client.get_item(TableName="tbl", Key=key, ConsistentRead=True)
                client.batch_write_item(RequestItems={"tbl": [{"DeleteRequest": {"Key": KEYS[0]}}]})
                client.batch_get_item(RequestItems={"tbl": {"Keys": KEYS, "ConsistentRead": True}})
                client.query(
                    TableName="tbl",
                    KeyConditionExpression="pk = :p",
                    ExpressionAttributeValues={":p": {"S": "a"}},
                )

        in_threads(4, work)
    check_linearizable(history)
    check_serializable(history)
    assert len(history.calls) == 4 * 12 * 5
    database.execute("GetItem", {"TableName": "tbl", "Key": KEYS[0]})
    assert len(history.calls) == 4 * 12 * 5


def test_odd_calls_are_part_of_histories() -> None:
    """Wrong ones, ARNs, and keys in several spellings."""
    database = TEMPLATE.fork()
    arn = database.execute("DescribeTable", {"TableName": "tbl"})["Table"]["TableArn"]
    with recording(database) as history:
        for table, number in (
            ("tbl", "1"),
            (arn, "1.0"),
            ("nowhere", "1"),
            ("tbl", "x"),
            ("tbl", "10"),
            ("tbl", "1e1"),
        ):
            key = {"pk": {"S": "a"}, "sk": {"N": number}}
            with contextlib.suppress(DynamoError):
                database.execute("UpdateItem", {"TableName": table, "Key": key, "ReturnValues": "ALL_NEW", **COUNTER})
    check_linearizable(history)
    assert [call.response["Attributes"]["n"]["N"] for call in history.calls if isinstance(call.response, dict)] == list(
        "1212"
    )


def test_transactions_of_threads_are_serializable() -> None:
    database = TEMPLATE.fork()
    with recording(database) as history:

        def work(number: int) -> None:
            for turn in range(8):
                one, two = KEYS[turn % 3], KEYS[(turn + 1) % 3]
                updates = [{"Update": {"TableName": "tbl", "Key": key, **COUNTER}} for key in (one, two)]
                database.execute("TransactWriteItems", {"TransactItems": updates})
                gets = [{"Get": {"TableName": "tbl", "Key": key}} for key in KEYS]
                database.execute("TransactGetItems", {"TransactItems": gets})

        in_threads(3, work)
    check_serializable(history)
    with pytest.raises(ValueError, match="use check_serializable"):
        check_linearizable(history)


def test_lost_answers_leave_histories_uncertain() -> None:
    database = simulate(TEMPLATE, profile="stormy", seed=8)
    with recording(database) as history:

        def work(number: int) -> None:
            for turn in range(10):
                for request in (("UpdateItem", COUNTER), ("GetItem", {"ConsistentRead": True})):
                    with contextlib.suppress(DynamoError):
                        database.execute(request[0], {"TableName": "tbl", "Key": KEYS[turn % 2], **request[1]})

        in_threads(3, work)
    check_linearizable(history)


def test_a_history_that_nothing_explains_is_told() -> None:
    database = TEMPLATE.fork()
    mutant = next(each for each in mutants() if each.name == "repeats_reads")
    with mutant.active(), recording(database) as history:
        for _ in range(2):
            database.execute("UpdateItem", {"TableName": "tbl", "Key": KEYS[0], **COUNTER})
            database.execute("GetItem", {"TableName": "tbl", "Key": KEYS[0], "ConsistentRead": True})
    with pytest.raises(NotLinearizable, match="no order explains the calls on"):
        check_linearizable(history)


# Mutants.


def thorough(database: Database) -> None:
    """A test that needs every promise."""
    client, seen = database.client(), []
    if "tbl" not in client.list_tables()["TableNames"]:
        client.create_table(**STREAMING)
    database.on_stream("tbl", lambda event, context: seen.extend(event["Records"]))
    entries = [{"pk": {"S": "a"}, "sk": {"N": str(n)}, "g": {"S": "x"}, "h": {"B": b"h"}} for n in range(4)]
    client.batch_write_item(RequestItems={"tbl": [{"PutRequest": {"Item": item}} for item in entries]})
    database.drain()
    assert len(seen) == 4
    condition = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
    assert [item["sk"]["N"] for item in client.query(TableName="tbl", **condition)["Items"]] == ["0", "1", "2", "3"]
    assert "LastEvaluatedKey" in client.query(TableName="tbl", Limit=2, **condition)
    values = {":p": {"S": "a"}, ":g": {"S": "y"}}
    query = {**condition, "FilterExpression": "g = :g", "ExpressionAttributeValues": values}
    assert client.query(TableName="tbl", **query)["Items"] == []
    assert client.scan(TableName="tbl", IndexName="by_g")["Count"] == 4
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(TableName="tbl", Item=entries[0], ConditionExpression="attribute_not_exists(pk)")
    key, other = ({name: entry[name] for name in ("pk", "sk")} for entry in entries[:2])
    client.put_item(TableName="tbl", Item={**entries[0], "n": {"N": "1"}})
    assert client.get_item(TableName="tbl", Key=key, ConsistentRead=True)["Item"]["n"] == {"N": "1"}
    client.transact_write_items(
        TransactItems=[{"Update": {"TableName": "tbl", "Key": each, **COUNTER}} for each in (key, other)]
    )
    assert client.get_item(TableName="tbl", Key=other, ConsistentRead=True)["Item"]["n"] == {"N": "1"}
    assert client.get_item(TableName="tbl", Key=key, ConsistentRead=True)["Item"]["n"] == {"N": "2"}
    client.delete_item(TableName="tbl", Key=key)
    assert client.query(TableName="tbl", **condition)["Count"] == 3


def test_a_thorough_test_notices_every_mutant() -> None:
    report = run_mutants(thorough)
    assert report.survivors == [], str(report)
    assert str(report).endswith(f"{len(mutants())} of {len(mutants())} mutants noticed")


def test_a_careless_test_lets_mutants_live() -> None:
    def careless(database: Database) -> None:
        SCHEMA.create(database)
        database.execute("PutItem", {"TableName": "tbl", "Item": KEYS[0]})
        assert database.execute("GetItem", {"TableName": "tbl", "Key": KEYS[0]})["Item"] == KEYS[0]

    report = run_mutants(careless)
    assert len(report.survivors) == len(mutants())
    assert "SURVIVED  drops_condition" in str(report)
    only = run_mutants(careless, only=["ends_paging"])
    assert [mutant.name for mutant in only.survivors] == ["ends_paging"]


def test_mutants_read_files_of_others(tmp_path: Any) -> None:
    with minidynamo.connect(tmp_path / "store.db", durability="process") as owner:
        SCHEMA.create(owner)
        for mutant in mutants():
            with mutant.active(), minidynamo.connect(tmp_path / "store.db", read_only=True) as reader:
                assert reader.execute("Scan", {"TableName": "tbl"})["Count"] == 0


def test_mutants_go_as_they_came() -> None:
    before = (Database.execute, Database.on_stream)
    run_mutants(lambda database: None)
    assert (Database.execute, Database.on_stream) == before
    with pytest.raises(ValueError, match="there is no mutant x"):
        run_mutants(lambda database: None, only=["x"])
    with pytest.raises(ValueError, match="the test fails on a sound database: ZeroDivisionError"):
        run_mutants(lambda database: 1 / 0)
