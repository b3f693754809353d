"""What a simulated database chooses: each kind of fault where it may happen, with its effect, and nothing else."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, DynamoError, Fault, FaultSchedule, History, Profile, simulate
from minidynamo.errors import NoResponse
from minidynamo.formats.short_tables import create_table_request
from minidynamo.simulation import (
    CALM,
    KINDS,
    PROFILES,
    Conflict,
    ConnectionLost,
    ConnectionLostAfter,
    ConsumerPaused,
    ControlLimit,
    DuplicateDelivery,
    EmptyPage,
    HistoryError,
    IndexLag,
    InProgress,
    Latency,
    NoTrailingKey,
    ResponseLost,
    ServerError,
    ShardSplit,
    ShortPage,
    SimulatedDatabase,
    SlowTable,
    StaleRead,
    StreamLag,
    Throttled,
    TimedOut,
    TtlDelay,
    Unprocessed,
)

STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
TABLE = create_table_request(
    "tbl",
    {
        "key": ["pk S", "sk S"],
        "gsi": {"by_g": {"key": ["g S"]}},
        "lsi": {"by_l": {"key": ["pk S", "l S"], "projection": "KEYS_ONLY"}},
        "extra": STREAM,
    },
)
PROVISIONED = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}


def item(pk: str, sk: str = "1", **members: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, **{name: {"S": str(value)} for name, value in members.items()}}


def opened(profile: str | Profile = "calm", **options: Any) -> SimulatedDatabase:
    """A simulated database with the table."""
    database = simulate(profile=profile, **options)
    with database.faults.paused():
        database.execute("CreateTable", TABLE)
    return database


@pytest.fixture
def database() -> Iterator[SimulatedDatabase]:
    database = opened()
    yield database
    database.check()


def put(database: Database, *rest: Any, **members: Any) -> dict[str, Any]:
    return database.execute("PutItem", {"TableName": "tbl", "Item": item(*rest, **members)})


def get(database: Database, pk: str, sk: str = "1", consistent: bool = False) -> Any:
    request = {"TableName": "tbl", "Key": item(pk, sk), "ConsistentRead": consistent}
    return database.execute("GetItem", request).get("Item")


def query(database: Database, pk: str = "a", **options: Any) -> dict[str, Any]:
    request = {
        "TableName": "tbl",
        "KeyConditionExpression": "#k = :k",
        "ExpressionAttributeNames": {"#k": "g" if options.get("IndexName") == "by_g" else "pk"},
        "ExpressionAttributeValues": {":k": {"S": pk}},
    }
    return database.execute("Query", {**request, **options})


def pages(database: Database, **options: Any) -> list[dict[str, Any]]:
    found = [query(database, **options)]
    while "LastEvaluatedKey" in found[-1]:
        found.append(query(database, ExclusiveStartKey=found[-1]["LastEvaluatedKey"], **options))
        assert len(found) < 100, "paging never ends"
    return found


def keys_of(items: list[dict[str, Any]]) -> list[str]:
    return [each["sk"]["S"] for each in items]


def last_choices(database: SimulatedDatabase) -> dict[str, Any]:
    return database.history().calls[-1].choices


# Histories.


def program(database: SimulatedDatabase, rounds: int = 12) -> None:
    """Calls of every kind; errors are answers like others."""

    def call(operation: str, **request: Any) -> Any:
        try:
            return database.execute(operation, request)
        except DynamoError:
            return {}

    counter = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    for number in range(rounds):
        call("PutItem", TableName="tbl", Item=item("a", str(number % 5), g="x", l=number))
        call("GetItem", TableName="tbl", Key=item("a", str(number % 5)))
        call("UpdateItem", TableName="tbl", Key=item("a"), **counter)
        for options in ({}, {"Limit": 2}, {"IndexName": "by_l"}):
            call("Query", TableName="tbl", KeyConditionExpression="pk = :p",
                 ExpressionAttributeValues={":p": {"S": "a"}}, **options)  # fmt: skip
        call("Scan", TableName="tbl", IndexName="by_g")
        call("Scan", TableName="tbl", ExclusiveStartKey=item("a", "0"))
        entries = [{"PutRequest": {"Item": item("b", str(each), g="y")}} for each in range(4)]
        call("BatchWriteItem", RequestItems={"tbl": entries})
        call("BatchGetItem", RequestItems={"tbl": {"Keys": [item("b", str(each)) for each in range(4)]}})
        actions = [{"Delete": {"TableName": "tbl", "Key": item("b", str(each))}} for each in range(3)]
        call("TransactWriteItems", TransactItems=actions, ClientRequestToken=str(number // 2))
        call("TransactGetItems", TransactItems=[{"Get": {"TableName": "tbl", "Key": item("a")}}])
        call("CreateTable", **{**TABLE, "TableName": f"tbl-{number % 3}"})
        call("DeleteTable", TableName=f"tbl-{number % 3}")


@pytest.mark.parametrize("profile", PROFILES)
def test_same_seed_and_calls_give_the_same_history(profile: str) -> None:
    histories = []
    for seed in (1, 1, 2):
        database = opened(profile, seed=seed)
        program(database)
        database.check()
        histories.append(database.history().text())
    assert histories[0] == histories[1]
    assert (histories[0] == histories[2].replace('"seed":"2"', '"seed":"1"')) is (profile == "calm")


# One digest per profile, the same on every platform and version of Python.
DIGESTS = {
    "calm": "83d96c0a35381aa9",
    "typical": "b8886d5cf56c363c",
    "stormy": "88987082e98eaa5c",
    "adversary": "e864d9ce8cf1f22d",
}


@pytest.mark.parametrize("profile", PROFILES)
def test_histories_are_the_same_everywhere(profile: str) -> None:
    database = opened(profile, seed="everywhere")
    program(database)
    assert hashlib.sha256(database.history().text().encode()).hexdigest()[:16] == DIGESTS[profile]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_saved_history_is_replayed(profile: str, tmp_path: Path) -> None:
    database = opened(profile, seed=4)
    program(database)
    database.history().save(tmp_path / "history.jsonl")
    again = opened(replay=tmp_path / "history.jsonl")
    program(again)
    assert again.history() == database.history() == History.load(tmp_path / "history.jsonl")
    again.check()


def test_a_history_is_not_replayed_by_another_program() -> None:
    first = opened()
    put(first, "a")
    second = opened(replay=first.history())
    with pytest.raises(HistoryError, match="call 2 was PutItem tbl in the history and is now GetItem tbl"):
        get(second, "a")


@pytest.mark.parametrize("text", ["", "{}", "nonsense", '{"minidynamo_history":2}', "[1]"])
def test_a_file_that_is_no_history_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(HistoryError, match="is no history of minidynamo"):
        simulate(replay=tmp_path / "file")
    with pytest.raises(HistoryError, match="cannot be read"):
        simulate(replay=tmp_path / "nowhere")


def test_a_history_reads_as_a_trace() -> None:
    database = opened()
    put(database, "a", n=1)
    database.faults.on("GetItem", raises=StaleRead)
    get(database, "a")
    text = str(database.history())
    assert "call 3  GetItem tbl pk=a, sk=1  -> ok" in text
    assert KINDS["stale_read"].why in text and KINDS["stale_read"].source in text
    assert all(json.loads(line) for line in database.history().text().splitlines())


# Reads.


def test_a_stale_read_shows_an_earlier_state(database: SimulatedDatabase) -> None:
    for n in (1, 2, 3):
        put(database, "a", n=n)
    for variant, expected in ((0, "2"), (1, "1"), (2, None)):
        database.faults.on("GetItem", raises=StaleRead, variant=variant)
        found = get(database, "a")
        assert (found and found["n"]["S"]) == expected
    assert get(database, "a")["n"]["S"] == "3"


def test_a_consistent_read_is_never_stale(database: SimulatedDatabase) -> None:
    database.faults.on(raises=StaleRead, times=None)
    put(database, "a", n=1)
    assert get(database, "a", consistent=True)["n"]["S"] == "1"
    assert query(database, ConsistentRead=True)["Count"] == 1
    assert query(database, ConsistentRead=True, IndexName="by_l")["Count"] == 0
    response = database.execute(
        "BatchGetItem", {"RequestItems": {"tbl": {"Keys": [item("a")], "ConsistentRead": True}}}
    )
    assert response["Responses"]["tbl"]
    gets = database.execute("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "tbl", "Key": item("a")}}]})
    assert gets["Responses"][0]["Item"]["n"] == {"S": "1"}
    assert get(database, "a") is None  # An eventually consistent one is.


def test_a_stale_page_is_one_state_of_the_partition(database: SimulatedDatabase) -> None:
    for sk in "1234":
        put(database, "a", sk, l=sk)
    database.faults.on("Query", raises=StaleRead, variant=1)
    assert keys_of(query(database)["Items"]) == ["1", "2"]
    database.faults.on("Query", raises=StaleRead, variant=1)
    found = query(database, IndexName="by_l", Select="ALL_ATTRIBUTES")["Items"]
    assert found == [item("a", "1", l="1"), item("a", "2", l="2")]


def test_a_lagging_index_is_in_order_per_item_only(database: SimulatedDatabase) -> None:
    put(database, "a", "1", g="x")
    put(database, "a", "2", g="x")
    put(database, "a", "1", g="x", n=2)
    shown = set()
    for variant in range(12):
        database.faults.on("Query", raises=IndexLag, variant=variant)
        found = query(database, "x", IndexName="by_g")["Items"]
        shown.add(tuple(sorted((each["sk"]["S"], each.get("n", {}).get("S", "1")) for each in found)))
    assert (("1", "2"),) in shown  # The third write, and not the second.
    assert () in shown and (("2", "1"),) in shown
    assert (("1", "2"), ("2", "1")) not in shown  # Something lagged each time.


def test_what_lags_is_seen_when_its_time_is_over() -> None:
    database = opened(replace(CALM, stale_read=1.0, index_lag=1.0, is_worst=True))
    put(database, "a", g="x")
    assert get(database, "a") is None
    assert query(database, "x", IndexName="by_g")["Count"] == 0
    database.clock.advance(1.0)
    assert get(database, "a") is not None
    assert query(database, "x", IndexName="by_g")["Count"] == 0
    database.clock.advance(1.0)
    assert query(database, "x", IndexName="by_g")["Count"] == 1


def test_reads_go_back_unless_they_keep_their_replica() -> None:
    for goes_back in (True, False):
        database = opened(replace(CALM, reads_go_back=goes_back))
        put(database, "a", n=1)
        put(database, "a", n=2)
        assert get(database, "a")["n"]["S"] == "2"
        database.faults.on("GetItem", raises=StaleRead)
        assert get(database, "a")["n"]["S"] == ("1" if goes_back else "2")


@pytest.mark.parametrize("variant", range(12))
def test_short_pages_lose_nothing(database: SimulatedDatabase, variant: int) -> None:
    expected = [str(number) for number in range(8)]
    for sk in expected:
        put(database, "a", sk)
    database.faults.on("Query", raises=ShortPage, times=None, variant=variant)
    found = pages(database)
    assert list(itertools.chain(*(keys_of(page["Items"]) for page in found))) == expected
    assert len(found) > 1 or variant % 5 == 4


def test_an_empty_page_goes_on_where_it_began(database: SimulatedDatabase) -> None:
    for sk in "123":
        put(database, "a", sk)
    database.faults.on("Query", raises=EmptyPage)
    first, second, third = pages(database, Limit=2, ReturnConsumedCapacity="TOTAL")
    assert (second["Items"], second["Count"], second["ScannedCount"]) == ([], 0, 0)
    assert second["LastEvaluatedKey"] == first["LastEvaluatedKey"]
    assert second["ConsumedCapacity"]["CapacityUnits"] == 0.5
    assert keys_of(third["Items"]) == ["3"]


def test_limit_at_the_very_end_may_leave_no_key(database: SimulatedDatabase) -> None:
    for sk in "12":
        put(database, "a", sk)
    assert "LastEvaluatedKey" in query(database, Limit=2)
    database.faults.on("Query", raises=NoTrailingKey, times=None)
    assert "LastEvaluatedKey" not in query(database, Limit=2)
    assert "LastEvaluatedKey" in query(database, Limit=1)


def test_what_has_no_effect_is_not_in_the_history(database: SimulatedDatabase) -> None:
    for kind in (ShortPage, EmptyPage):
        database.faults.on("Query", raises=kind, times=None)
    with pytest.raises(DynamoError):
        query(database, ExclusiveStartKey={"pk": {"S": "a"}})
    assert last_choices(database) == {}
    database.faults.on("CreateTable", raises=SlowTable)
    with pytest.raises(DynamoError):
        database.execute("CreateTable", TABLE)
    assert last_choices(database) == {}


def test_a_timeout_hides_an_error_as_well(database: SimulatedDatabase) -> None:
    database.faults.on("PutItem", raises=TimedOut, variant=1)
    with pytest.raises(NoResponse):
        database.execute("PutItem", {"TableName": "tbl", "Item": {}})


def test_wrong_limits_are_refused_as_ever(database: SimulatedDatabase) -> None:
    database.faults.on("Query", raises=ShortPage, times=None)
    database.faults.on("Query", raises=EmptyPage, times=None)
    for limit in (0, -1, "1"):
        with pytest.raises(DynamoError) as raised:
            query(database, Limit=limit, ExclusiveStartKey=item("a"))
        assert raised.value.code in ("ValidationException", "SerializationException")


# Batches.


def entries_of(*names: str) -> list[dict[str, Any]]:
    return [{"PutRequest": {"Item": item("a", each)}} for each in names]


@pytest.mark.parametrize("variant", range(9))
def test_a_batch_is_written_in_part(database: SimulatedDatabase, variant: int) -> None:
    database.faults.on("BatchWriteItem", raises=Unprocessed, variant=variant)
    response = database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries_of("1", "2", "3")}})
    left = response["UnprocessedItems"]["tbl"]
    written = keys_of(query(database, ConsistentRead=True)["Items"])
    assert sorted(written + [each["PutRequest"]["Item"]["sk"]["S"] for each in left]) == ["1", "2", "3"]
    assert len(left) == variant % 3 + 1
    rest = database.execute("BatchWriteItem", {"RequestItems": response["UnprocessedItems"]})
    assert rest["UnprocessedItems"] == {}
    assert len(query(database, ConsistentRead=True)["Items"]) == 3


@pytest.mark.parametrize("variant", range(4))
def test_a_batch_is_read_in_part(database: SimulatedDatabase, variant: int) -> None:
    put(database, "a", "1")
    put(database, "a", "2")
    spec = {"Keys": [item("a", "1"), item("a", "2")], "ProjectionExpression": "sk", "ConsistentRead": True}
    database.faults.on("BatchGetItem", raises=Unprocessed, variant=variant)
    response = database.execute("BatchGetItem", {"RequestItems": {"tbl": spec}})
    left = response["UnprocessedKeys"]["tbl"]
    assert {**left, "Keys": spec["Keys"]} == spec
    found = [each["sk"]["S"] for each in response["Responses"]["tbl"]]
    assert sorted(found + keys_of(left["Keys"])) == ["1", "2"]


@pytest.mark.parametrize("operation", ["BatchWriteItem", "BatchGetItem"])
def test_all_of_a_batch_may_come_back(database: SimulatedDatabase, operation: str) -> None:
    entries: Any = entries_of("1", "2") if operation == "BatchWriteItem" else {"Keys": [item("a", "1"), item("a", "2")]}
    database.faults.on(operation, raises=Unprocessed, variant=1)
    request = {"RequestItems": {"tbl": entries}, "ReturnConsumedCapacity": "TOTAL"}
    response = database.execute(operation, request)
    left = response.pop("UnprocessedItems" if operation == "BatchWriteItem" else "UnprocessedKeys")
    assert left == {"tbl": entries}
    nothing = {"ConsumedCapacity": []}
    assert response == (nothing if operation == "BatchWriteItem" else {**nothing, "Responses": {"tbl": []}})


def test_a_wrong_batch_is_refused_as_a_whole(database: SimulatedDatabase) -> None:
    database.faults.on("BatchWriteItem", raises=Unprocessed, variant=1, times=None)
    for entries in (entries_of("1", "1"), [*entries_of("1"), {"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}]):
        with pytest.raises(DynamoError) as raised:
            database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries}})
        assert raised.value.code == "ValidationException"
    assert query(database, ConsistentRead=True)["Count"] == 0


# Refusals.

NOTHING_DONE = [Throttled, Conflict, ServerError, ConnectionLost, TimedOut]
DONE = [ResponseLost, ConnectionLostAfter]


@pytest.mark.parametrize("kind", NOTHING_DONE, ids=lambda kind: kind.name)
def test_a_refused_write_changes_nothing(database: SimulatedDatabase, kind: Any) -> None:
    database.faults.on("PutItem", raises=kind)
    with pytest.raises(DynamoError):
        put(database, "a")
    assert get(database, "a", consistent=True) is None
    put(database, "a")
    assert get(database, "a", consistent=True) is not None


@pytest.mark.parametrize("kind", DONE, ids=lambda kind: kind.name)
def test_a_lost_answer_hides_a_write_that_was_done(database: SimulatedDatabase, kind: Any) -> None:
    request = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    database.faults.on("UpdateItem", raises=kind)
    for _ in range(2):
        try:
            database.execute("UpdateItem", {"TableName": "tbl", "Key": item("a"), **request})
            break
        except DynamoError as error:
            assert error.status == 500
    assert get(database, "a", consistent=True)["n"] == {"N": "2"}


def test_a_timeout_may_hide_a_write(database: SimulatedDatabase) -> None:
    database.faults.on("PutItem", raises=TimedOut, variant=1)
    with pytest.raises(NoResponse) as raised:
        put(database, "a")
    assert raised.value.is_timeout
    assert get(database, "a", consistent=True) is not None


def test_throttles_say_where_and_why(database: SimulatedDatabase) -> None:
    database.execute(
        "CreateTable",
        {**create_table_request("small", {"key": ["pk S"]}), "BillingMode": "PROVISIONED",
         "ProvisionedThroughput": PROVISIONED},
    )  # fmt: skip
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/"
    for table, member, code, reason in (
        ("tbl", "throttlingReasons", "ThrottlingException", "TableReadKeyRangeThroughputExceeded"),
        ("small", "ThrottlingReasons", "ProvisionedThroughputExceededException",
         "TableReadProvisionedThroughputExceeded"),
    ):  # fmt: skip
        database.faults.on("Scan", raises=Throttled)
        with pytest.raises(DynamoError) as raised:
            database.execute("Scan", {"TableName": table})
        assert raised.value.code == code
        assert raised.value.members[member] == [{"reason": reason, "resource": arn + table}]


def test_a_write_is_only_throttled_for_indexes_it_changes(database: SimulatedDatabase) -> None:
    for members, expected in (({}, {"tbl"}), ({"g": "x"}, {"tbl", "by_g"})):
        resources = set()
        for variant in range(4):
            database.faults.on("PutItem", raises=Throttled, variant=variant)
            with pytest.raises(DynamoError) as raised:
                put(database, "new", **members)
            resources.add(raised.value.members["throttlingReasons"][0]["resource"].rpartition("/")[2])
        assert resources == expected


def test_transactions_are_cancelled_where_they_conflict(database: SimulatedDatabase) -> None:
    puts = [{"Put": {"TableName": "tbl", "Item": item("a", str(each))}} for each in range(3)]
    codes = set()
    for variant in range(9):
        database.faults.on("TransactWriteItems", raises=Conflict, variant=variant)
        with pytest.raises(DynamoError) as raised:
            database.execute("TransactWriteItems", {"TransactItems": puts})
        assert raised.value.code == "TransactionCanceledException"
        reasons = raised.value.members["CancellationReasons"]
        assert {each.get("Message") for each in reasons} <= {None, "Transaction is ongoing for the item"}
        codes.add(tuple(each["Code"] for each in reasons))
    assert ("None", "None", "TransactionConflict") in codes and ("TransactionConflict",) * 3 in codes
    assert query(database, ConsistentRead=True)["Count"] == 0


def test_throttled_transactions_are_cancelled(database: SimulatedDatabase) -> None:
    database.faults.on("TransactWriteItems", raises=Throttled)
    with pytest.raises(DynamoError, match=r"specific reasons \[ThrottlingError\]"):
        puts = [{"Put": {"TableName": "tbl", "Item": item("a")}}]
        database.execute("TransactWriteItems", {"TransactItems": puts})


def test_a_retry_may_find_its_transaction_in_progress(database: SimulatedDatabase) -> None:
    update = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    request = {
        "TransactItems": [{"Update": {"TableName": "tbl", "Key": item("a"), **update}}],
        "ClientRequestToken": "token",
    }
    database.faults.on("TransactWriteItems", raises=InProgress)
    database.faults.on("TransactWriteItems", raises=ResponseLost)
    codes = []
    for _ in range(4):
        try:
            database.execute("TransactWriteItems", request)
            codes.append("ok")
        except DynamoError as error:
            codes.append(error.code)
    assert codes == ["InternalServerError", "TransactionInProgressException", "ok", "ok"]
    assert get(database, "a", consistent=True)["n"] == {"N": "1"}  # Idempotent.


@pytest.mark.parametrize("kind", [Throttled, Conflict], ids=lambda kind: kind.name)
def test_wrong_requests_are_refused_for_what_is_wrong(database: SimulatedDatabase, kind: Any) -> None:
    database.faults.on("PutItem", raises=kind, times=None)
    with pytest.raises(DynamoError) as raised:
        database.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}}})
    assert raised.value.code == "ValidationException"
    with pytest.raises(DynamoError) as raised:
        database.execute("PutItem", {"TableName": "nowhere", "Item": item("a")})
    assert raised.value.code == "ResourceNotFoundException"


def test_so_many_calls_in_a_row_are_refused_and_no_more() -> None:
    database = opened(Profile(server_error=1.0, refusals_in_a_row_max=2))
    outcomes = []
    for _ in range(6):
        try:
            put(database, "a")
            outcomes.append("ok")
        except DynamoError as error:
            outcomes.append(error.code)
    assert outcomes == ["InternalServerError", "InternalServerError", "ok"] * 2


# Aims and switches.


def test_a_fault_is_aimed_at_one_key(database: SimulatedDatabase) -> None:
    database.faults.on("PutItem", key={"pk": "a"}, raises=Throttled, times=2)
    outcomes = []
    for pk in ("b", "a", "a", "a"):
        try:
            put(database, pk)
            outcomes.append("ok")
        except DynamoError:
            outcomes.append("throttled")
    assert outcomes == ["ok", "throttled", "throttled", "ok"]


def test_faults_are_aimed_at_tables_batches_and_predicates(database: SimulatedDatabase) -> None:
    database.faults.on(table="other", raises=ServerError, times=None)
    put(database, "a")
    database.faults.on(key={"sk": {"S": "2"}}, raises="unprocessed")
    response = database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries_of("1", "3")}})
    assert not response["UnprocessedItems"]
    response = database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries_of("1", "2")}})
    assert response["UnprocessedItems"]
    database.faults.on(where=lambda operation, request: "Limit" in request, raises=ServerError)
    query(database)
    with pytest.raises(DynamoError):
        query(database, Limit=1)


def test_kinds_are_switched_off_and_on() -> None:
    database = opened(Profile(server_error=1.0, refusals_in_a_row_max=100))
    database.faults.switch_off("server_error")
    put(database, "a")
    database.faults.switch_on()
    with pytest.raises(DynamoError):
        put(database, "a")
    with database.faults.paused():
        put(database, "a")
    quiet = opened(Profile(server_error=1.0), without=("server_error",))
    put(quiet, "a")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (lambda db: db.faults.on("PutItem", raises="throtled"), "did you mean throttled?"),
        (lambda db: db.faults.on("put_item", raises=Throttled), "names are the API's, such as PutItem"),
        (lambda db: db.faults.on("PutItem", raises=StaleRead), "stale_read does not happen with PutItem"),
        (lambda db: db.faults.on("PutItem", raises=Throttled, times=0), "times must be at least 1"),
        (lambda db: db.faults.switch_off("all"), "there is no fault called 'all'"),
        (lambda db: simulate(profile="mild"), "there is no profile 'mild': there are calm, typical, stormy, adversary"),
        (lambda db: Profile(throttled=2), "throttled is a rate from 0 to 1, not 2"),
        (lambda db: Profile(lag_seconds=-1), "lag_seconds must not be negative"),
        (lambda db: Fault("server_eror"), "did you mean server_error?"),
        (lambda db: Fault("server_error", at=-1), "must not be negative"),
        (lambda db: simulate(without=("x",)), "there is no fault called 'x'"),
    ],
)
def test_mistakes_are_told(database: SimulatedDatabase, fault: Callable[[Any], Any], text: str) -> None:
    with pytest.raises(ValueError) as raised:
        fault(database)
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"colour": "red"}, "simulate() knows no colour; settings of a new database are account_id"),
        ({"replay": 3}, "replay takes a History, or the path of a saved one, not a int"),
        ({"schedule": ["throttled"]}, "a schedule is made of Faults, not of 'throttled'"),
        ({"schedule": 3}, "not iterable"),
    ],
)
def test_wrong_types_are_told(options: dict[str, Any], text: str) -> None:
    with pytest.raises(TypeError) as raised:
        simulate(**options)
    assert text in str(raised.value)


def test_a_list_of_faults_is_a_schedule() -> None:
    assert repr(simulate(schedule=[Fault("throttled")])) == (
        "simulate(schedule=FaultSchedule([Fault('throttled')]), profile='calm')"
    )


def test_a_schedule_counts_the_opportunities_of_each_kind() -> None:
    schedule = FaultSchedule([Fault("server_error", at=3), Fault("stale_read", at=0)])
    assert repr(schedule) == "FaultSchedule([Fault('server_error', at=3), Fault('stale_read')])"
    database = simulate(schedule=schedule)
    database.execute("CreateTable", TABLE)
    put(database, "a")
    assert get(database, "a") is None
    with pytest.raises(DynamoError):
        get(database, "a")
    assert get(database, "a") is not None
    assert Counter(kind for _, kind, _ in database.history().choices) == {"server_error": 1, "stale_read": 1}


# Time, tables, streams.


def test_slow_answers_move_the_clock(database: SimulatedDatabase) -> None:
    before = database.clock.now()
    database.faults.on("GetItem", raises=Latency)
    get(database, "a")
    assert database.clock.now() == before + last_choices(database)["latency"]["seconds"]


def test_tables_take_their_time(database: SimulatedDatabase) -> None:
    database.faults.on("CreateTable", raises=SlowTable)
    database.execute("CreateTable", {**TABLE, "TableName": "slow"})
    with pytest.raises(DynamoError, match="Requested resource not found"):
        database.execute("GetItem", {"TableName": "slow", "Key": item("a")})
    database.faults.on("CreateTable", raises=ControlLimit, times=None)
    with pytest.raises(DynamoError, match="Subscriber limit exceeded"):
        database.execute("CreateTable", {**TABLE, "TableName": "next"})
    with pytest.raises(DynamoError) as raised:
        database.execute("CreateTable", {**TABLE, "TableName": "slow"})
    assert raised.value.code == "ResourceInUseException"
    database.client().get_waiter("table_exists").wait(TableName="slow")
    database.execute("GetItem", {"TableName": "slow", "Key": item("a")})


def test_a_new_index_is_filled_in_its_time(database: SimulatedDatabase) -> None:
    put(database, "a", h="x")
    create = {
        "IndexName": "by_h",
        "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    database.faults.on("UpdateTable", raises=SlowTable)
    request = {
        "TableName": "tbl",
        "AttributeDefinitions": [{"AttributeName": "h", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": create}],
    }
    database.execute("UpdateTable", request)
    with pytest.raises(DynamoError, match="Cannot read from backfilling global secondary index: by_h"):
        database.execute("Scan", {"TableName": "tbl", "IndexName": "by_h"})
    with pytest.raises(DynamoError) as raised:
        database.execute("UpdateTable", request)
    assert raised.value.code in ("ResourceInUseException", "LimitExceededException")
    get(database, "a")
    database.clock.advance(3600)
    assert database.execute("Scan", {"TableName": "tbl", "IndexName": "by_h"})["Count"] == 1


def iterator_of(database: Database) -> str:
    stream = database.execute("DescribeTable", {"TableName": "tbl"})["Table"]["LatestStreamArn"]
    shards = database.execute("DescribeStream", {"StreamArn": stream})["StreamDescription"]["Shards"]
    place = {"StreamArn": stream, "ShardId": shards[0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    return str(database.execute("GetShardIterator", place)["ShardIterator"])


@pytest.mark.parametrize("variant", range(3))
def test_records_come_late_and_none_is_lost(database: SimulatedDatabase, variant: int) -> None:
    for sk in "123":
        put(database, "a", sk)
    database.faults.on("GetRecords", raises=StreamLag, variant=variant)
    first = database.execute("GetRecords", {"ShardIterator": iterator_of(database)})
    assert len(first["Records"]) == 2 - variant
    second = database.execute("GetRecords", {"ShardIterator": first["NextShardIterator"]})
    found = [each["dynamodb"]["Keys"]["sk"]["S"] for each in first["Records"] + second["Records"]]
    assert found == ["1", "2", "3"]


def test_a_shard_splits_between_two_reads() -> None:
    database = simulate(profile="calm")
    database.execute("CreateTable", {**create_table_request("tbl", {"key": ["pk S", "sk S"]}), **STREAM})
    for number in range(10):
        put(database, str(number))
    database.faults.on("GetRecords", raises=ShardSplit)
    iterator = iterator_of(database)
    response = database.execute("GetRecords", {"ShardIterator": iterator})
    assert len(response["Records"]) == 10 and "NextShardIterator" not in response
    assert len(database.partitions("tbl")) == 2
    for number in range(10, 20):
        put(database, str(number))
    database.check()


def test_a_paused_reader_comes_too_late(database: SimulatedDatabase) -> None:
    put(database, "a")
    iterator = iterator_of(database)
    database.faults.on("GetRecords", raises=ConsumerPaused)
    with pytest.raises(DynamoError) as raised:
        database.execute("GetRecords", {"ShardIterator": iterator})
    assert raised.value.code == "ExpiredIteratorException"


def test_a_batch_is_duplicate_delivery(database: SimulatedDatabase) -> None:
    seen: list[str] = []

    def handler(event: Any, context: Any) -> None:
        seen.extend(each["dynamodb"]["Keys"]["sk"]["S"] for each in event["Records"])

    database.on_stream("tbl", handler, BatchSize=1)
    put(database, "a", "1")
    put(database, "a", "2")
    database.faults.on(raises=DuplicateDelivery)
    database.drain()
    assert seen == ["1", "1", "2"]
    assert [call.operation for call in database.history().calls[-2:]] == ["Deliver", "Deliver"]


def test_expired_items_stay_a_while(database: SimulatedDatabase) -> None:
    specification = {"Enabled": True, "AttributeName": "ttl"}
    database.execute("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": specification})
    expiring = {**item("a"), "ttl": {"N": str(int(database.clock.now()) - 1)}}
    database.execute("PutItem", {"TableName": "tbl", "Item": expiring})
    database.faults.on(raises=TtlDelay, variant=3)
    assert database.expire() == 0
    database.clock.advance(47 * 3600)
    assert database.expire() == 0
    database.clock.advance(2 * 3600)
    assert database.expire() == 1


# Copies and faces.


def test_a_fork_misbehaves_on_its_own() -> None:
    database = opened("stormy", seed=1)
    program(database)
    forks = [database.fork(), database.fork()]
    for fork in forks:
        program(fork)
        fork.check()
    assert forks[0].history() != forks[1].history()
    assert len(database.history()) == len(forks[0].history()) + 1


def test_simulating_a_database_leaves_it_as_it_is() -> None:
    plain = minidynamo.connect()
    plain.execute("CreateTable", TABLE)
    put(plain, "a")
    simulated = simulate(plain, profile="calm")
    put(simulated, "b")
    assert get(plain, "b") is None and get(simulated, "a") is not None
    with pytest.raises(TypeError, match="either a database to fork or the settings of a new one"):
        simulate(plain, region="eu-west-1")


def test_a_file_is_simulated(tmp_path: Path) -> None:
    with simulate(tmp_path / "store.db", seed=3, profile="stormy", durability="process") as database:
        with database.faults.paused():
            database.execute("CreateTable", TABLE)
        program(database)
        database.check()
        text = database.history().text()
    with minidynamo.connect(tmp_path / "store.db") as database:
        database.check()
    in_memory = opened("stormy", seed=3)
    program(in_memory)
    assert in_memory.history().text() == text


def test_restoring_leaves_nothing_unseen(database: SimulatedDatabase) -> None:
    snapshot = database.snapshot()
    put(database, "a")
    database.restore(snapshot)
    database.faults.on("GetItem", raises=StaleRead, times=None)
    assert get(database, "a") is None and last_choices(database) == {}


def test_the_embedded_client_gets_silence(database: SimulatedDatabase) -> None:
    from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

    for kind, error in ((ConnectionLost, ConnectionClosedError), (TimedOut, ReadTimeoutError)):
        database.faults.on("GetItem", raises=kind)
        with pytest.raises(error):
            database.client().get_item(TableName="tbl", Key=item("a"))


def test_capacity_cannot_be_aimed(database: SimulatedDatabase) -> None:
    with pytest.raises(ValueError, match="use throttled"):
        database.faults.on("PutItem", raises="capacity")
    with pytest.raises(ValueError, match="Profile"):
        Fault("capacity")


# Capacity.


def provisioned(index: bool = False, read: int = 1, write: int = 1, **options: Any) -> SimulatedDatabase:
    database = simulate(**{"profile": Profile(capacity=True), **options})
    short: dict[str, Any] = {"key": ["pk S", "sk S"], "gsi": {"by_g": {"key": ["g S"]}} if index else {}}
    request = create_table_request("tbl", short)
    request["BillingMode"] = "PROVISIONED"
    request["ProvisionedThroughput"] = {"ReadCapacityUnits": read, "WriteCapacityUnits": write}
    if index:
        request["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] = PROVISIONED
    else:
        del request["GlobalSecondaryIndexes"]
    database.execute("CreateTable", request)
    return database


def count_until_throttled(call: Callable[[], Any]) -> tuple[int, DynamoError]:
    for number in range(100_000):
        try:
            call()
        except DynamoError as error:
            return number, error
    raise AssertionError("never throttled")


def test_unused_capacity_is_kept_for_five_minutes() -> None:
    database = provisioned()
    count, error = count_until_throttled(lambda: put(database, "a"))
    assert count == 300
    assert error.code == "ProvisionedThroughputExceededException"
    assert error.members["ThrottlingReasons"][0]["reason"] == "TableWriteProvisionedThroughputExceeded"
    database.clock.advance(10)
    assert count_until_throttled(lambda: put(database, "a"))[0] == 10
    assert count_until_throttled(lambda: get(database, "a"))[0] == 600  # Half a unit each.


def test_a_slow_index_holds_writes_back() -> None:
    database = provisioned(index=True, write=1000)
    count, error = count_until_throttled(lambda: put(database, "a", g="x", n=next(numbers)))
    assert count == 300
    reason = error.members["ThrottlingReasons"][0]
    assert reason["reason"] == "IndexWriteProvisionedThroughputExceeded"
    assert reason["resource"].endswith("table/tbl/index/by_g")
    put(database, "b")  # Not in the index.


numbers = itertools.count()


def test_a_partition_has_its_own_bound_and_splits_when_it_is_hot() -> None:
    database = provisioned(write=40_000)
    large = "x" * 100_000

    def write() -> None:
        put(database, str(next(numbers) % 20), large=large)

    count, error = count_until_throttled(write)
    assert count == 11  # 98 units each, of 1,000 per second; the last may overdraw.
    assert error.members["ThrottlingReasons"][0]["reason"] == "TableWriteKeyRangeThroughputExceeded"
    for _ in range(70):
        database.clock.advance(1)
        count_until_throttled(write)
    assert len(database.partitions("tbl")) > 1
    database.check()


def test_a_batch_beyond_capacity_comes_back_in_part() -> None:
    def run(database: SimulatedDatabase) -> None:
        for _ in range(298):
            put(database, "a")
        response = database.execute("BatchWriteItem", {"RequestItems": {"tbl": entries_of("1", "2", "3", "4")}})
        assert [each["PutRequest"]["Item"]["sk"]["S"] for each in response["UnprocessedItems"]["tbl"]] == ["3", "4"]
        with pytest.raises(DynamoError) as raised:
            database.execute("BatchWriteItem", {"RequestItems": response["UnprocessedItems"]})
        assert raised.value.code == "ProvisionedThroughputExceededException"

    database = provisioned()
    run(database)
    again = provisioned(profile=None, replay=database.history())
    run(again)
    assert again.history() == database.history()
