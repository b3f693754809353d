"""Refusals in the service's words: throttles, conflicts, limits, and no response at all.

Source: DynamoDB API reference, errors of each operation; Developer Guide, "Throttling diagnosis".
"""

from __future__ import annotations

from minidynamo.errors import (
    DynamoError,
    InternalServerError,
    LimitExceeded,
    NoResponse,
    Throttling,
    ThroughputExceeded,
    TransactionCanceled,
    TransactionConflict,
    TransactionInProgress,
)
from minidynamo.schema.arns import ArnScope
from minidynamo.simulation.faults.chance import Detail, Draw
from minidynamo.simulation.faults.kinds import REJECTIONS
from minidynamo.tables.table import Table

_CONFLICT = "Transaction is ongoing for the item"
_IN_PROGRESS = "The transaction with the given request token is already in progress."
_CONTROL_LIMIT = "Subscriber limit exceeded: There is a limit of 500 concurrent table operations"
_PROVISIONED = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API"
)
_PROVISIONED_INDEX = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was "
    "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with "
    "the UpdateTable API"
)
_ON_DEMAND = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or "
    "index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
_ON_DEMAND_INDEX = (
    "Throughput exceeds the current capacity for one or more global secondary indexes. "
    "DynamoDB is automatically scaling your index so please try again shortly"
)
# A throttle's text, by whether the table is provisioned and whether an index is at fault.
_TEXTS = {
    (True, False): _PROVISIONED,
    (True, True): _PROVISIONED_INDEX,
    (False, False): _ON_DEMAND,
    (False, True): _ON_DEMAND_INDEX,
}
SERVER_ERROR = "Internal server error"


def throttle_detail(draw: Draw, resources: list[tuple[Table, str]]) -> Detail:
    """What a throttle names, and what is exceeded there.

    Parameters:
        draw: tells which.
        resources: the tables and global indexes ("" for the table itself) that the request uses.
    """
    table, index = draw.among(resources)
    causes = ["ProvisionedThroughput"] if table.state.is_provisioned else []
    if table.state.on_demand is not None:
        causes.append("MaxOnDemandThroughput")
    return {"table": table.name, "index": index, "cause": draw.among([*causes, "KeyRangeThroughput"])}


def throttle(is_write: bool, detail: Detail, table: Table, scope: ArnScope, actions: list[str]) -> DynamoError:
    """The error of a throttled request.

    Parameters:
        is_write: whether the request writes.
        detail: table, index ("" for none) and cause.
        table: that table.
        scope: names its ARN.
        actions: of a transaction, the table of each of its actions.
    """
    assert not actions or table.name in actions, f"{table.name} is throttled, in a transaction on {actions}"
    index = detail["index"]
    resource = scope.table_arn(table.name) + (f"/index/{index}" if index else "")
    reason = f"{'Index' if index else 'Table'}{'Write' if is_write else 'Read'}{detail['cause']}Exceeded"
    provisioned = table.state.is_provisioned
    text = _TEXTS[provisioned, bool(index)]
    if actions:
        code = "ProvisionedThroughputExceeded" if provisioned else "ThrottlingError"
        return _canceled([each == table.name for each in actions], code, text)
    error = ThroughputExceeded if provisioned else Throttling
    return error(text, [{"reason": reason, "resource": resource}])


def conflict_detail(draw: Draw, action_count: int) -> Detail:
    """Which actions of a transaction, if it is one, meet another transaction."""
    if not action_count:
        return {}
    positions = list(range(action_count))
    return {"actions": draw.some(positions, draw.count(1, action_count))}


def conflict(detail: Detail, action_count: int) -> DynamoError:
    """The error of a request that meets an ongoing transaction."""
    if not action_count:
        return TransactionConflict(_CONFLICT)
    return _canceled(
        [position in detail["actions"] for position in range(action_count)], "TransactionConflict", _CONFLICT
    )


def _canceled(at_fault: list[bool], code: str, text: str) -> TransactionCanceled:
    return TransactionCanceled([{"Code": code, "Message": text} if each else {"Code": "None"} for each in at_fault])


# The errors that need no details.
PLAIN: dict[str, tuple[type[DynamoError], str]] = {
    "in_progress": (TransactionInProgress, _IN_PROGRESS),
    "control_limit": (LimitExceeded, _CONTROL_LIMIT),
    "server_error": (InternalServerError, SERVER_ERROR),
    "response_lost": (InternalServerError, SERVER_ERROR),
    "connection_lost": (NoResponse, "The connection was lost before the request arrived."),
    "connection_lost_after": (NoResponse, "The connection was lost before the answer arrived."),
}


assert PLAIN.keys() <= REJECTIONS, f"errors of what is no rejection: {sorted(PLAIN.keys() - REJECTIONS)}"


def plain_refusal(kind: str) -> DynamoError:
    """The error of a kind that needs no details."""
    error, text = PLAIN[kind]
    return error(text)


def timeout() -> DynamoError:
    """What a client sees whose call times out."""
    return NoResponse("The request timed out.", is_timeout=True)
