"""What a search for faults in observing, explaining and advising has found, each as the smallest case that shows it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database, Ledger, observe
from minidynamo.cli.command_line import main
from minidynamo.embedded.client import Client
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.insight.entry import Entry
from minidynamo.insight.known_tables import KnownIndex, KnownTable
from minidynamo.insight.observed import Observed
from minidynamo.metrics.asked_capacity import Consumed
from minidynamo.values.api_types import Response

KEY = {"pk": {"S": "a"}}
CREATE: dict[str, Any] = {
    "TableName": "tbl",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
# A program of its own, since what hangs would hang the tests as well.
START = f"""
import boto3
import minidynamo
database = minidynamo.connect()
database.execute("CreateTable", {CREATE!r})
"""


def with_table(name: str = "tbl") -> Database:
    database = minidynamo.connect()
    database.execute("CreateTable", CREATE | {"TableName": name})
    return database


def output_of(program: str) -> str:
    """What a program prints that must come to an end."""
    ended = subprocess.run(
        [sys.executable, "-c", START + program], check=False, capture_output=True, text=True, timeout=30
    )
    return ended.stdout.strip() or ended.stderr


# Observing.


def test_a_client_of_boto3_can_be_observed_twice_at_once() -> None:
    program = f"""
with minidynamo.mock(database):
    client = boto3.client("dynamodb", region_name="us-east-1")
    with minidynamo.observe(client) as one, minidynamo.observe(client) as other:
        answer = client.get_item(TableName="tbl", Key={KEY!r})
print(one.calls, other.calls, "ConsumedCapacity" in answer)
"""
    assert output_of(program) == "1 1 False"


def test_everything_can_be_observed_where_a_database_asks_a_server_of_the_same_process() -> None:
    """The server's thread notes what the client's thread asks of it, even if that is what a table is like."""
    program = f"""
with database.serve() as server:
    remote = minidynamo.connect(server.url)
    with minidynamo.observe() as ledger:
        remote.client().get_item(TableName="tbl", Key={KEY!r})
    print(ledger.read_units > 0)
"""
    assert output_of(program) == "True"


def test_the_first_call_of_an_asynchronous_client_is_noted() -> None:
    """Such a client cannot be asked what a table is like while it answers."""
    aio: Any = pytest.importorskip("aiobotocore.session", reason="aiobotocore is not installed")
    database = with_table()

    async def play() -> Ledger:
        async with aio.get_session().create_client("dynamodb", region_name="us-east-1") as client:
            with observe(client) as ledger:
                await client.put_item(TableName="tbl", Item=KEY)
            return ledger

    with minidynamo.mock(database):
        ledger = asyncio.run(play())
    assert (ledger.write_units, [each.operation for each in ledger.entries]) == (1.0, ["PutItem"])


@pytest.mark.parametrize("path", ["/somewhere/else/app.py", "/somewhere/site-packages"])
def test_a_request_succeeds_wherever_its_code_seems_to_be(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if there is no current folder any more, or the code has a name that no file has."""
    database = with_table()
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    code = compile("client.put_item(TableName='tbl', Item={'pk': {'S': 'a'}})", path, "exec")
    with observe(database) as ledger:
        exec(code, {"client": database.client()})
    assert ledger.calls == 1


def test_a_new_table_elsewhere_does_not_make_a_ledger_forget_what_it_knows() -> None:
    client, other = with_table("one").client(), minidynamo.connect()
    with observe() as ledger:
        client.put_item(TableName="one", Item=KEY)
        other.execute("CreateTable", CREATE | {"TableName": "two"})
    assert all(line.known is not None for line in ledger.lines if line.entry.table == "one")


class Tables:
    """Tables of which all have the same key."""

    def find(self, name_or_arn: str) -> KnownTable | None:
        return KnownTable(name_or_arn, KnownIndex(("pk",), ()))

    def forget(self) -> None:
        pass


def test_all_tables_together_have_a_bounded_number_of_keys() -> None:
    """A ledger takes 10 MB at most, whatever it notes."""
    ledger, tables = Ledger(), Tables()
    for number in range(60_000):
        name = f"tbl{number % 60}"
        request = {"TableName": name, "Item": {"pk": {"S": str(number)}}}
        took = [Consumed(name, None, 1.0, True)]
        ledger.note(Observed("PutItem", request, {}, None, took, "p.py:1", 0.0, 0.0, tables))
    assert sum(len(each) for each in ledger.sketches.values()) <= 20_000


class Counting(Ledger):
    """Counts how often all of it is looked through."""

    looks = 0

    @property
    def lines(self) -> Any:
        self.looks += 1
        return super().lines


def test_advice_does_not_look_through_a_ledger_once_more_for_each_of_its_lines(client: Client) -> None:
    seen: list[Observed] = []
    with observe(listeners=[seen.append]):
        values = {":k": {"S": "3"}}
        client.scan(TableName="Shop", FilterExpression="kind = :k", Limit=99, ExpressionAttributeValues=values)
    ledger = Counting()
    for number in range(200):
        ledger.note(seen[0]._replace(place=f"p.py:{number}"))
    assert ledger.advice()
    assert ledger.looks < 100


def test_a_batch_that_is_sent_again_from_another_line_is_not_called_forgotten() -> None:
    class OneAtATime(Middleware):
        def execute(self, call: Call, proceed: Proceed) -> Response:
            entries = call.request.get("RequestItems", {}).get("tbl", [])
            if len(entries) < 2:
                return proceed(call.operation, call.request)
            response = proceed(call.operation, {**call.request, "RequestItems": {"tbl": entries[:1]}})
            response["UnprocessedItems"] = {"tbl": entries[1:]}
            return response

    database = with_table()
    database.use(OneAtATime())
    client = database.client()
    with observe(database) as ledger:
        left = {"tbl": [{"PutRequest": {"Item": {"pk": {"S": str(number)}}}} for number in range(5)]}
        left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
    assert ledger.advice() == []


@pytest.fixture
def flags() -> Database:
    """A table whose items have a flag, which no key can be."""
    database = with_table()
    for number in range(200):
        item = {"pk": {"S": str(number)}, "active": {"BOOL": number % 20 == 0}}
        database.execute("PutItem", {"TableName": "tbl", "Item": item})
    return database


def test_no_index_is_advised_on_an_attribute_that_no_key_can_be(flags: Database) -> None:
    request = {"FilterExpression": "active = :v", "ExpressionAttributeValues": {":v": {"BOOL": True}}}
    with observe(flags) as ledger:
        for _ in range(2):
            flags.client().scan(TableName="tbl", **request)
    assert "index with the key (active)" not in " ".join(each.text for each in ledger.advice())
    assert flags.explain("Scan", TableName="tbl", **request).better == ()


def test_a_scan_for_the_tables_own_key_is_advised_to_query_the_table(flags: Database) -> None:
    values = {":v": {"S": "1"}}
    with observe(flags) as ledger:
        for _ in range(2):
            flags.client().scan(TableName="tbl", FilterExpression="pk = :v", ExpressionAttributeValues=values)
    assert ledger.advice()[0].text.endswith("Query the table by pk")


def test_a_call_that_is_gone_makes_nothing_dearer() -> None:
    def ledger_of(*units: float) -> Ledger:
        ledger = Ledger()
        lines = ((f"a.py:{number}", each) for number, each in enumerate(units))
        ledger.add([Entry("Query", "tbl", None, place, 1, 0, each) for place, each in lines], len(units))
        return ledger

    assert not ledger_of(100.0, 5.0).compare(ledger_of(1.0, 100.0, 5.0)).is_dearer


ENTRY = (
    '{"operation": "Scan", "table": "t", "index": null, "place": "a.py:1", "calls": 1, "errors": 0, "read_units": %s, '
    '"write_units": 0, "items_read": 0, "items_kept": 0, "leading_calls": 1, "table_calls": 1}'
)
LEDGER = '{"format": "minidynamo ledger", "version": 1, "calls": %s, "entries": [%s]}'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="nested"),
        pytest.param(LEDGER % ("9" * 5_000, ENTRY % 1), id="digits"),
        pytest.param(LEDGER % (-1, ENTRY % 1), id="negative"),
        pytest.param(LEDGER % (1, ENTRY % ("1" + "0" * 400)), id="overflow"),
    ],
)
def test_a_damaged_ledger_is_a_line_of_error(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cost.json"
    file.write_text(text)
    assert main(["cost", os.fspath(file)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


# Explaining.

SORTED: dict[str, Any] = {
    "TableName": "tbl",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "kind")],
    "BillingMode": "PAY_PER_REQUEST",
}
GLOBAL = {"KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}], "IndexName": "by_kind"}
LOCAL = {"KeySchema": [SORTED["KeySchema"][0], {"AttributeName": "kind", "KeyType": "RANGE"}], "IndexName": "by_kind"}


def with_index(member: str, index: Any, projection: str) -> Database:
    """A table with an index, and 200 items of half a KB, every fifth of which is paid."""
    database = minidynamo.connect()
    database.execute("CreateTable", SORTED | {member: [index | {"Projection": {"ProjectionType": projection}}]})
    for number in range(200):
        texts = {"pk": "a", "sk": f"{number:03}", "kind": "open" if number % 5 else "paid", "note": "x" * 500}
        item = {name: {"S": text} for name, text in texts.items()}
        database.execute("PutItem", {"TableName": "tbl", "Item": item | {"n": {"N": str(number)}}})
    return database


def test_a_better_index_costs_what_a_query_of_it_costs() -> None:
    """A local index that lacks attributes fetches each item from the table."""
    database = with_index("LocalSecondaryIndexes", LOCAL, "KEYS_ONLY")
    asked: dict[str, Any] = {"TableName": "tbl", "ExpressionAttributeValues": {":p": {"S": "a"}, ":k": {"S": "paid"}}}
    way = database.explain("Query", **asked, KeyConditionExpression="pk = :p", FilterExpression="kind = :k").better
    query = asked | {"KeyConditionExpression": "pk = :p AND kind = :k", "Select": "ALL_ATTRIBUTES"}
    real = database.explain("Query", **query, IndexName="by_kind").units
    assert all(each.units == real for each in way if each.exists)


def test_no_index_is_better_that_lacks_what_the_filter_looks_at() -> None:
    database = with_index("GlobalSecondaryIndexes", GLOBAL, "KEYS_ONLY")
    asked = {"ExpressionAttributeValues": {":k": {"S": "paid"}, ":n": {"N": "100"}}, "Select": "COUNT"}
    explained = database.explain("Scan", TableName="tbl", FilterExpression="kind = :k AND n > :n", **asked)
    assert not any(each.exists for each in explained.better)


def test_a_global_index_is_not_better_for_who_reads_consistently() -> None:
    database = with_index("GlobalSecondaryIndexes", GLOBAL, "ALL")
    asked = {"ExpressionAttributeValues": {":k": {"S": "paid"}}, "ConsistentRead": True}
    assert database.explain("Scan", TableName="tbl", FilterExpression="kind = :k", **asked).better == ()


def test_each_write_of_a_batch_is_said_to_take_what_it_takes() -> None:
    puts = [{"pk": {"S": "small"}}, {"pk": {"S": "large"}, "note": {"S": "x" * 5_000}}]
    entries = [{"PutRequest": {"Item": item}} for item in puts]
    explained = with_table().explain("BatchWriteItem", RequestItems={"tbl": entries})
    assert {each.size_after: each.units for each in explained.changes} == {7: 1.0, 5_011: 5.0}


def test_a_write_elsewhere_may_name_its_table_by_arn() -> None:
    database = with_table()
    arn = database.execute("DescribeTable", {"TableName": "tbl"})["Table"]["TableArn"]
    with database.serve() as server, minidynamo.connect(server.url) as remote:
        assert remote.explain("PutItem", TableName=arn, Item=KEY).write_units == 1.0


SUITE = """
def test_one(minidynamo_database):
    minidynamo_database.execute("ListTables", {})
test_two = test_one
"""


@pytest.mark.parametrize("part", [("-k", "test_one"), ("--collect-only",)])
def test_writing_what_some_tests_cost_keeps_what_is_known_of_others(
    part: tuple[str, ...], pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(test_app=SUITE)
    pytester.runpytest("--dynamodb-cost=write")
    pytester.runpytest("--dynamodb-cost=write", *part)
    assert "test_two" in (pytester.path / "dynamodb-cost.json").read_text()
