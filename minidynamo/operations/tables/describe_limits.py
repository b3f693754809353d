"""DescribeLimits: how much throughput the account and a table may have."""

from __future__ import annotations

from minidynamo.limits import ACCOUNT_CAPACITY_UNITS_MAX, TABLE_CAPACITY_UNITS_MAX
from minidynamo.operations.context import OperationContext
from minidynamo.values.api_types import Request, Response


def describe_limits(context: OperationContext, request: Request) -> Response:
    """Answers with the service's default quotas, which CreateTable and UpdateTable keep."""
    return {
        "AccountMaxReadCapacityUnits": ACCOUNT_CAPACITY_UNITS_MAX,
        "AccountMaxWriteCapacityUnits": ACCOUNT_CAPACITY_UNITS_MAX,
        "TableMaxReadCapacityUnits": TABLE_CAPACITY_UNITS_MAX,
        "TableMaxWriteCapacityUnits": TABLE_CAPACITY_UNITS_MAX,
    }
