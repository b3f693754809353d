"""What a refused request of DynamoDB counts as.

Source: DynamoDB Developer Guide, "DynamoDB metrics and dimensions"; "Programmatic errors".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from minidynamo.errors import ConditionalCheckFailed, DynamoError, Throttling, ThroughputExceeded
from minidynamo.errors import TransactionCanceled as Canceled
from minidynamo.errors import TransactionConflict as Conflict
from minidynamo.requests.statements import is_write
from minidynamo.requests.subjects import actions_of, tables_of
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import Request, Response

_CONDITION, _CONFLICT, _THROTTLED = "ConditionalCheckFailedRequests", "TransactionConflict", "ThrottledRequests"
_THROTTLES = Throttling | ThroughputExceeded
# What errors, the reasons of a cancelled transaction, and entries of a batch of statements count as.
_BY_ERROR: Mapping[type[DynamoError], str] = {ConditionalCheckFailed: _CONDITION, Conflict: _CONFLICT}
_BY_CODE: Mapping[str, str] = {
    "ConditionalCheckFailed": _CONDITION,
    "TransactionConflict": _CONFLICT,
    "ThrottlingError": _THROTTLED,
    "ProvisionedThroughputExceeded": _THROTTLED,
}
# Errors of users but for these, and transactions that were cancelled for nothing else.
_NO_USER_ERRORS = (ConditionalCheckFailed, Throttling, ThroughputExceeded)
_NO_USER_ERROR_CODES = frozenset({"None", "ConditionalCheckFailed", "ThrottlingError", "ProvisionedThroughputExceeded"})


class Counted(NamedTuple):
    """A datapoint of 1.

    Attributes:
        name: of the metric.
        dimensions: of it.
    """

    name: str
    dimensions: dict[str, str]


def counted_of_error(operation: str, request: Request, error: DynamoError) -> Iterator[Counted]:
    """What a request that is answered with an error counts as."""
    tables = list(dict.fromkeys(map(bare_name, tables_of(request))))
    if error.status >= 500:
        yield from (Counted("SystemErrors", {"TableName": each, "Operation": operation}) for each in tables)
    elif _is_of_user(error):
        yield Counted("UserErrors", {})
    if isinstance(error, _THROTTLES):
        yield from _throttled_requests(operation, tables)
        yield from _throttle_events(error)
    elif isinstance(error, Canceled):
        yield from _cancelled(operation, request, error)
    name = _BY_ERROR.get(type(error))
    if name is not None:
        yield from (Counted(name, {"TableName": each}) for each in tables)


def counted_of_entries(operation: str, response: Response) -> Iterator[Counted]:
    """What the entries of a batch of statements count as that were refused."""
    entries = response.get("Responses")
    if not isinstance(entries, list):
        return
    refused = [each for each in entries if "Error" in each and "TableName" in each]
    names = [_BY_CODE.get(each["Error"]["Code"]) for each in refused]
    for entry, name in zip(refused, names, strict=True):
        if name in (_CONDITION, _CONFLICT):
            yield Counted(name, {"TableName": bare_name(entry["TableName"])})
    if names and len(refused) == len(entries) and {*names} == {_THROTTLED}:
        yield from _throttled_requests(operation, {bare_name(each["TableName"]): None for each in refused})


def _is_of_user(error: DynamoError) -> bool:
    if isinstance(error, Canceled):
        return not {each["Code"] for each in error.members["CancellationReasons"]} <= _NO_USER_ERROR_CODES
    return not isinstance(error, _NO_USER_ERRORS)


def _cancelled(operation: str, request: Request, error: DynamoError) -> Iterator[Counted]:
    """One conflict and one failed condition per action; a throttled request once per table."""
    throttled: dict[str, None] = {}
    way = "Write" if is_write(operation, request) else "Read"
    for action, reason in zip(actions_of(request), error.members["CancellationReasons"], strict=False):
        name, table = _BY_CODE.get(reason["Code"]), bare_name(action.table)
        if name == _THROTTLED:
            throttled[table] = None
            yield Counted(f"{way}ThrottleEvents", {"TableName": table})
        elif name is not None:
            yield Counted(name, {"TableName": table})
    yield from _throttled_requests(operation, throttled)


def _throttled_requests(operation: str, tables: Iterable[str]) -> Iterator[Counted]:
    return (Counted(_THROTTLED, {"TableName": each, "Operation": operation}) for each in tables)


def _throttle_events(error: DynamoError) -> Iterator[Counted]:
    """What an error says of where there was too little, and of what: `IndexReadKeyRangeThroughputExceeded`."""
    for reason in error.members.get("ThrottlingReasons", error.members.get("throttlingReasons", ())):
        table, _, index = bare_name(reason["resource"]).partition("/index/")
        dimensions = {"TableName": table, "GlobalSecondaryIndexName": index} if index else {"TableName": table}
        cause = reason["reason"].removeprefix("Table").removeprefix("Index").removesuffix("Exceeded")
        way = "Write" if cause.startswith("Write") else "Read"
        yield Counted(f"{way}ThrottleEvents", dimensions)
        yield Counted(f"{cause}ThrottleEvents", dimensions)
