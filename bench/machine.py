"""How fast state machines of the kit run: each example forks a database, and draws steps, faults and requests."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from minidynamo import DynamoError
from minidynamo.testing import DynamoDBStateMachine

_TABLE = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "customer", "AttributeType": "S"},
        {"AttributeName": "number", "AttributeType": "N"},
        {"AttributeName": "status", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_status",
            "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
_STEPS, _EXAMPLES = 20, 1_000
_customers = st.sampled_from("ab").map(lambda text: {"S": text})
_numbers = st.integers(0, 3).map(lambda number: {"N": str(number)})
_statuses = st.sampled_from(("open", "paid")).map(lambda text: {"S": text})


class Orders(DynamoDBStateMachine):
    """Puts, updates, deletions and queries of a table with a GSI, whatever goes wrong."""

    tables = _TABLE

    steps = 0

    def call(self, operation: str, **request: Any) -> None:
        type(self).steps += 1
        try:
            self.database.execute(operation, {"TableName": "orders", **request})
        except DynamoError:
            return

    @rule(customer=_customers, number=_numbers, status=_statuses)
    def put(self, customer: Any, number: Any, status: Any) -> None:
        self.call("PutItem", Item={"customer": customer, "number": number, "status": status})

    @rule(customer=_customers, number=_numbers, status=_statuses)
    def pay(self, customer: Any, number: Any, status: Any) -> None:
        self.call(
            "UpdateItem",
            Key={"customer": customer, "number": number},
            UpdateExpression="SET #s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": status},
        )

    @rule(customer=_customers, number=_numbers)
    def delete(self, customer: Any, number: Any) -> None:
        self.call("DeleteItem", Key={"customer": customer, "number": number})

    @rule(status=_statuses)
    def query(self, status: Any) -> None:
        self.call(
            "Query",
            IndexName="by_status",
            KeyConditionExpression="#s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": status},
        )

    @invariant()
    def index_and_table_agree(self) -> None:
        if hasattr(self, "database"):
            with self.database.faults.paused():
                table = self.database.execute("Scan", {"TableName": "orders"})["Count"]
                index = self.database.execute("Scan", {"TableName": "orders", "IndexName": "by_status"})["Count"]
            assert table == index


def print_machine() -> None:
    """Runs the machine, with faults and without."""
    for title, profile in (("with faults drawn", "stormy"), ("without faults", None)):
        machine = type("Orders", (Orders,), {"profile": profile})
        options = settings(
            max_examples=_EXAMPLES,
            stateful_step_count=_STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        started = time.perf_counter()
        run_state_machine_as_test(machine, settings=options)
        seconds = time.perf_counter() - started
        print(
            f"{_EXAMPLES:,} examples of up to {_STEPS} steps {title}: {seconds:.1f} s, "
            f"{machine.steps:,} steps, {seconds / machine.steps * 1e3:.2f} ms each with its two scans"
        )
