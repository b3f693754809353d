"""Whatever fails, every change is handed over or its batch goes to the failure destination."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import ManualClock
from tests.lambdas.streaming_table import Event, create, put


@settings(max_examples=60)
@given(
    writes=st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=40),
    plan=st.lists(st.sampled_from(["fine", "fine", "fail", "report", "nonsense"]), max_size=20),
    size=st.integers(1, 7),
    factor=st.integers(1, 3),
    bisects=st.booleans(),
    retries=st.integers(0, 3),
    partition_size=st.sampled_from([12, 40, 10**10]),
)
def test_every_change_arrives(
    writes: list[tuple[str, bool]],
    plan: list[str],
    size: int,
    factor: int,
    bisects: bool,
    retries: int,
    partition_size: int,
) -> None:
    """Every change is handed over, or its batch goes to the failure destination; those of an item in their order."""
    database = minidynamo.connect(clock=ManualClock(), partition_size=partition_size)
    create(database, "tbl")
    numbers: dict[str, list[int]] = defaultdict(list)
    committed: list[int] = []
    steps = iter(plan)

    def handler(event: Event, context: Any) -> Any:
        step = next(steps, "fine")
        found = [
            (each["dynamodb"]["Keys"]["pk"]["S"], int(each["dynamodb"]["SequenceNumber"])) for each in event["Records"]
        ]
        if step == "fail":
            raise RuntimeError
        if step == "nonsense":
            return {"batchItemFailures": [{"itemIdentifier": "x"}]}
        done = found[: len(found) // 2] if step == "report" else found
        for key, number in done:
            numbers[key].append(number)
        rest = found[len(done) :]
        return {"batchItemFailures": [{"itemIdentifier": str(number)} for _, number in rest]}

    given_up: list[tuple[int, int]] = []

    def give_up(record: Any) -> None:
        batch = record["DDBStreamBatchInfo"]
        given_up.append((int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])))

    database.on_stream(
        "tbl",
        handler,
        BatchSize=size,
        ParallelizationFactor=factor,
        BisectBatchOnFunctionError=bisects,
        MaximumRetryAttempts=retries,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": give_up}},
    )
    database.on_stream("tbl", lambda event, context: committed.extend(
        int(each["dynamodb"]["SequenceNumber"]) for each in event["Records"]
    ))  # fmt: skip
    for number, (key, is_delete) in enumerate(writes):
        if is_delete:
            database.execute("DeleteItem", {"TableName": "tbl", "Key": {"pk": {"S": key}}})
        else:
            put(database, key, n={"N": str(number)})
        if number % 7 == 6:
            database.drain(max_batches=2)
    assert database.drain().is_complete
    delivered = [number for each in numbers.values() for number in each]
    missing = set(committed) - set(delivered)
    assert all(any(low <= number <= high for low, high in given_up) for number in missing)
    assert set(delivered) <= set(committed)
    assert all(each == sorted(set(each)) for each in numbers.values())
    database.check()
