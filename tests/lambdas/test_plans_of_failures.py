"""Whatever fails, every change is handed over or its batch goes to the failure destination."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, ManualClock
from tests.lambdas.streaming_table import Event, create, put


class Planned:
    """A handler that does what is planned for each call, with what it has got done and what was given up."""

    def __init__(self, plan: list[str]) -> None:
        self._steps = iter(plan)
        self.numbers: dict[str, list[int]] = defaultdict(list)
        self.given_up: list[tuple[int, int]] = []
        self.attempts: list[int] = []

    def handle(self, event: Event, context: Any) -> Any:
        step = next(self._steps, "fine")
        found = [
            (each["dynamodb"]["Keys"]["pk"]["S"], int(each["dynamodb"]["SequenceNumber"])) for each in event["Records"]
        ]
        if step == "fail":
            raise RuntimeError
        if step == "nonsense":
            return {"batchItemFailures": [{"itemIdentifier": "x"}]}
        done = found[: len(found) // 2] if step == "report" else found
        for key, number in done:
            self.numbers[key].append(number)
        rest = found[len(done) :]
        return {"batchItemFailures": [{"itemIdentifier": str(number)} for _, number in rest]}

    def give_up(self, record: Any) -> None:
        batch = record["DDBStreamBatchInfo"]
        self.attempts.append(record["requestContext"]["approximateInvokeCount"])
        self.given_up.append((int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])))


def change(database: Database, key: str, number: int | None) -> None:
    """Puts an item, or deletes it for None."""
    if number is None:
        database.execute("DeleteItem", {"TableName": "tbl", "Key": {"pk": {"S": key}}})
    else:
        put(database, key, n={"N": str(number)})


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
    planned = Planned(plan)
    committed: list[int] = []
    database.on_stream(
        "tbl",
        planned.handle,
        BatchSize=size,
        ParallelizationFactor=factor,
        BisectBatchOnFunctionError=bisects,
        MaximumRetryAttempts=retries,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": planned.give_up}},
    )
    database.on_stream("tbl", lambda event, context: committed.extend(
        int(each["dynamodb"]["SequenceNumber"]) for each in event["Records"]
    ))  # fmt: skip
    for number, (key, is_delete) in enumerate(writes):
        change(database, key, None if is_delete else number)
        if number % 7 == 6:
            database.drain(max_batches=2, errors="report")
    assert database.drain(errors="report").is_complete
    delivered = [number for each in planned.numbers.values() for number in each]
    missing = set(committed) - set(delivered)
    assert all(any(low <= number <= high for low, high in planned.given_up) for number in missing)
    assert set(delivered) <= set(committed)
    assert set(planned.attempts) <= {retries + 1}
    assert all(each == sorted(set(each)) for each in planned.numbers.values())
    database.check()
