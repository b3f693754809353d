"""Histories of threads: which have an order that explains them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

import pytest

from minidynamo import DynamoError, simulate
from minidynamo.testing import NotLinearizable, check_linearizable, check_serializable, mutants, recording
from tests.testing.kit_tables import COUNTER, KEYS, TEMPLATE


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
