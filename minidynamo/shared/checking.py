"""Trying whether an engine keeps its promises: several links at work on the same few items, for some time.

Each promise of `storage/shared/link.py` has a program that goes wrong where it is broken. A program that finds nothing
proves nothing; one that finds something shows that the engine cannot be trusted.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from minidynamo.errors import DynamoError
from minidynamo.shared.endpoint import SharedEndpoint
from minidynamo.shared.index_filling import fill_step
from minidynamo.values.api_types import JsonObject, Request, RequestDraft

TABLE = "check"
_LINKS = 4
_ITEMS = "abc"

# Opens an endpoint with links of its own.
Opens = Callable[[], SharedEndpoint]
# Runs for some seconds; what has gone wrong, "" where nothing has.
Program = Callable[[list[SharedEndpoint], float], str]


class Promise(NamedTuple):
    """A promise, and what became of it.

    Attributes:
        name: what is promised.
        fault: what has gone wrong, "" where nothing has.
        seconds: how long it was tried.
    """

    name: str
    fault: str
    seconds: float


def check_promises(opens: Opens, seconds: float, tell: Callable[[str], object]) -> list[Promise]:
    """Tries all promises.

    Parameters:
        opens: opens an endpoint over a store that is empty at first and used by nobody else.
        seconds: how long, in all.
        tell: told the name of each promise before it is tried.

    Raises:
        DynamoError: the store cannot be used at all.
    """
    assert seconds > 0, f"promises are tried for {seconds} seconds"
    endpoints = [opens() for _ in range(_LINKS)]
    found = []
    try:
        for name, program in PROGRAMS.items():
            tell(name)
            _begin_anew(endpoints[0])
            begun = time.monotonic()
            fault = program(endpoints, seconds / len(PROGRAMS))
            found.append(Promise(name, fault, time.monotonic() - begun))
    finally:
        for each in endpoints:
            each.close()
    return found


def _begin_anew(endpoint: SharedEndpoint) -> None:
    if TABLE in endpoint.execute("ListTables", {})["TableNames"]:
        endpoint.execute("DeleteTable", {"TableName": TABLE})
    attributes = [{"AttributeName": "pk", "AttributeType": "S"}]
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}]
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    request = {"TableName": TABLE, "KeySchema": keys, "AttributeDefinitions": attributes, "StreamSpecification": stream}
    endpoint.execute("CreateTable", {**request, "BillingMode": "PAY_PER_REQUEST"})


def _at_once(programs: list[Callable[[], None]]) -> None:
    """Runs programs in threads; raises what one of them has raised."""
    failures: list[BaseException] = []

    def run(program: Callable[[], None]) -> None:
        try:
            program()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(each,), daemon=True) for each in programs]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if failures:
        raise failures[0]


def _until(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def _adding(key: str, amount: int = 1) -> RequestDraft:
    return {
        "TableName": TABLE,
        "Key": {"pk": {"S": key}},
        "UpdateExpression": "ADD n :a",
        "ExpressionAttributeValues": {":a": {"N": str(amount)}},
    }


def _number(endpoint: SharedEndpoint, key: str) -> int:
    request = {"TableName": TABLE, "Key": {"pk": {"S": key}}, "ConsistentRead": True}
    item: JsonObject = endpoint.execute("GetItem", request).get("Item", {})
    return int(item.get("n", {"N": "0"})["N"])


def _counters(endpoints: list[SharedEndpoint], seconds: float) -> str:
    done, goes_on = [0] * len(endpoints), _until(seconds)

    def add(number: int, endpoint: SharedEndpoint) -> None:
        while goes_on():
            endpoint.execute("UpdateItem", _adding("a"))
            done[number] += 1

    _at_once([lambda n=n, e=e: add(n, e) for n, e in enumerate(endpoints)])  # type: ignore[misc]
    value = _number(endpoints[0], "a")
    return "" if value == sum(done) else f"{sum(done)} additions were answered, and the counter is at {value}"


def _transfers(endpoints: list[SharedEndpoint], seconds: float) -> str:
    goes_on, sums = _until(seconds), set[int]()

    def transfer(endpoint: SharedEndpoint, chance: random.Random) -> None:
        while goes_on():
            one, two = chance.sample(_ITEMS, 2)
            actions = [{"Update": _adding(one, -1)}, {"Update": _adding(two, 1)}]
            try:
                endpoint.execute("TransactWriteItems", {"TransactItems": actions})
            except DynamoError as error:
                if error.code != "TransactionCanceledException":
                    raise

    def read(endpoint: SharedEndpoint) -> None:
        gets = [{"Get": {"TableName": TABLE, "Key": {"pk": {"S": each}}}} for each in _ITEMS]
        while goes_on():
            found = endpoint.execute("TransactGetItems", {"TransactItems": gets})["Responses"]
            sums.add(sum(int(each.get("Item", {}).get("n", {"N": "0"})["N"]) for each in found))

    writers = [lambda e=e, n=n: transfer(e, random.Random(n)) for n, e in enumerate(endpoints[1:])]
    _at_once([*writers, lambda: read(endpoints[0])])
    return "" if sums <= {0} else f"transfers keep the sum at 0, and reads of all items gave {sorted(sums)[:5]}"


def _claims(endpoints: list[SharedEndpoint], seconds: float) -> str:
    goes_on, owners = _until(seconds), dict[str, list[int]]()

    def claim(number: int, endpoint: SharedEndpoint) -> None:
        for job in itertools.takewhile(lambda _: goes_on(), itertools.count()):
            put = {"TableName": TABLE, "Item": {"pk": {"S": f"job {job}"}}}
            try:
                endpoint.execute("PutItem", {**put, "ConditionExpression": "attribute_not_exists(pk)"})
            except DynamoError as error:
                if error.code != "ConditionalCheckFailedException":
                    raise
            else:
                owners.setdefault(f"job {job}", []).append(number)

    _at_once([lambda n=n, e=e: claim(n, e) for n, e in enumerate(endpoints)])  # type: ignore[misc]
    twice = [job for job, each in owners.items() if len(each) > 1]
    return f"{len(twice)} of {len(owners)} items were put twice if they were not there" if twice else ""


def _skew(endpoints: list[SharedEndpoint], seconds: float) -> str:
    goes_on, winners = _until(seconds), dict[int, list[str]]()
    gate = threading.Barrier(2)

    def put_unless(endpoint: SharedEndpoint, own: str, other: str) -> None:
        for turn in range(1_000_000):
            gate.wait(60)
            put = {"Put": {"TableName": TABLE, "Item": {"pk": {"S": f"{own}{turn}"}}}}
            check = {"TableName": TABLE, "Key": {"pk": {"S": f"{other}{turn}"}}}
            check["ConditionExpression"] = "attribute_not_exists(pk)"
            try:
                endpoint.execute("TransactWriteItems", {"TransactItems": [put, {"ConditionCheck": check}]})
            except DynamoError:
                pass
            else:
                winners.setdefault(turn, []).append(own)
            if gate.wait(60) == 0:
                ends.append(not goes_on())
            gate.wait(60)
            if ends[-1]:
                return

    ends: list[bool] = []
    _at_once([lambda: put_unless(endpoints[0], "x", "y"), lambda: put_unless(endpoints[1], "y", "x")])
    both = sum(len(each) > 1 for each in winners.values())
    return f"{both} times both of two transactions passed of which one forbids the other" if both else ""


def _make_index(endpoint: SharedEndpoint, request: Request) -> None:
    """Makes an index, and fills it."""
    endpoint.execute("UpdateTable", request)
    while endpoint.run(fill_step, "write"):
        pass


def _definitions(endpoints: list[SharedEndpoint], seconds: float) -> str:
    goes_on = _until(seconds)
    attributes = [{"AttributeName": "color", "AttributeType": "S"}]
    index = {"IndexName": "by_color", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}]}
    create = {"Create": {**index, "Projection": {"ProjectionType": "ALL"}}}
    delete = {"Delete": {"IndexName": "by_color"}}

    def write(endpoint: SharedEndpoint, chance: random.Random) -> None:
        while goes_on():
            item = {"pk": {"S": chance.choice(_ITEMS)}, "color": {"S": chance.choice("rgb")}}
            endpoint.execute("PutItem", {"TableName": TABLE, "Item": item})

    def define(endpoint: SharedEndpoint) -> None:
        update = {"TableName": TABLE, "AttributeDefinitions": attributes}
        while goes_on():
            _make_index(endpoint, {**update, "GlobalSecondaryIndexUpdates": [create]})
            time.sleep(0.05)
            endpoint.execute("UpdateTable", {"TableName": TABLE, "GlobalSecondaryIndexUpdates": [delete]})
        _make_index(endpoint, {**update, "GlobalSecondaryIndexUpdates": [create]})

    writers = [lambda e=e, n=n: write(e, random.Random(n)) for n, e in enumerate(endpoints[1:])]
    _at_once([*writers, lambda: define(endpoints[0])])
    items = endpoints[0].execute("Scan", {"TableName": TABLE})["Items"]
    entries = endpoints[1].execute("Scan", {"TableName": TABLE, "IndexName": "by_color"})["Items"]
    if _colors(items) == _colors(entries):
        return ""
    return f"an index made beside writers has {len(entries)} entries that are not those of {len(items)} items"


def _colors(items: list[JsonObject]) -> list[tuple[str, str]]:
    return sorted((each["pk"]["S"], each["color"]["S"]) for each in items)


def _streams(endpoints: list[SharedEndpoint], seconds: float) -> str:
    goes_on, shown = _until(seconds), dict[str, list[int]]()
    reader = endpoints[0]
    arn = reader.execute("DescribeTable", {"TableName": TABLE})["Table"]["LatestStreamArn"]
    iterators: dict[str, str] = {}
    for shard in reader.execute("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]:
        place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterators[shard["ShardId"]] = reader.execute("GetShardIterator", place)["ShardIterator"]

    def write(number: int, endpoint: SharedEndpoint) -> None:
        while goes_on():
            endpoint.execute("UpdateItem", _adding(f"own {number}"))
            endpoint.execute("UpdateItem", _adding("shared"))

    def read_page() -> int:
        found = 0
        for shard, iterator in iterators.items():
            page = reader.execute("GetRecords", {"ShardIterator": iterator})
            iterators[shard] = page["NextShardIterator"]
            found += len(page["Records"])
            for image in (record["dynamodb"]["NewImage"] for record in page["Records"]):
                shown.setdefault(image["pk"]["S"], []).append(int(image["n"]["N"]))
        return found

    def read() -> None:
        while goes_on():
            read_page()

    _at_once([*(lambda n=n, e=e: write(n, e) for n, e in enumerate(endpoints[1:])), read])
    while read_page():
        pass
    for key, numbers in shown.items():
        last = _number(reader, key)
        if numbers != list(range(1, last + 1)):
            return f"of {last} changes of an item {len(numbers)} were shown, or not in order"
    return ""


def _orders(endpoints: list[SharedEndpoint], seconds: float) -> str:
    goes_on, chance, keys = _until(seconds), random.Random(0), set[bytes]()
    while goes_on() and len(keys) < 500:
        key = bytes(chance.randrange(256) for _ in range(chance.choice((1, 2, 40)))) * chance.choice((1, 50))
        keys.add(key[:2000])
        item = {"pk": {"S": key[:1000].hex()}, "n": {"N": "1"}}
        endpoints[0].execute("PutItem", {"TableName": TABLE, "Item": item})
    found = [each["pk"]["S"] for each in endpoints[1].execute("Scan", {"TableName": TABLE})["Items"]]
    expected = {key[:1000].hex() for key in keys}
    return "" if set(found) == expected and len(found) == len(expected) else "a scan does not give what was put"


PROGRAMS: dict[str, Program] = {
    "an item is changed by one at a time": _counters,
    "a condition holds when its write is committed": _claims,
    "a transaction is all or nothing, and reads one state": _transfers,
    "what a transaction only reads is so still when it is committed": _skew,
    "definitions and writers keep out of each other's way": _definitions,
    "changes are numbered in the order of commits": _streams,
    "keys are ordered as bytes": _orders,
}
