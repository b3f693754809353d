"""Which metrics services publish here: namespaces, names, units, and the dimensions that datapoints have.

Source: DynamoDB Developer Guide, "DynamoDB metrics and dimensions"; AWS Lambda Developer Guide, "Types of metrics for
Lambda functions"; API Gateway Developer Guide, "Amazon API Gateway dimensions and metrics".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from minidynamo.arguments import did_you_mean
from minidynamo.metrics.datapoints import Metric

DYNAMODB, LAMBDA, API_GATEWAY = "AWS/DynamoDB", "AWS/Lambda", "AWS/ApiGateway"
COUNT, MILLISECONDS, BYTES, NO_UNIT = "Count", "Milliseconds", "Bytes", "None"

_SIZES = tuple(
    f"{many}{each}".capitalize() for each in ("bytes", "bits") for many in ("", "kilo", "mega", "giga", "tera")
)
# All that there are.
UNITS = (
    *("Seconds", "Microseconds", "Milliseconds", *_SIZES, "Percent", "Count"),
    *(f"{each}/Second" for each in (*_SIZES, "Count")),
    "None",
)

Names = tuple[str, ...]


class Published(NamedTuple):
    """How a metric is published.

    Attributes:
        unit: such as "Count".
        dimensions: the names that its datapoints have; each set is a metric of its own.
    """

    unit: str
    dimensions: tuple[Names, ...]


_NONE: Names = ()
_OF_TABLE: tuple[Names, ...] = (("TableName",),)
_OF_INDEX = (*_OF_TABLE, ("TableName", "GlobalSecondaryIndexName"))
_OF_OPERATION: tuple[Names, ...] = (("TableName", "Operation"),)
_OF_STREAM: tuple[Names, ...] = (("TableName", "StreamLabel", "Operation"),)
_OF_FUNCTION: tuple[Names, ...] = (_NONE, ("FunctionName",), ("FunctionName", "Resource"))
_OF_REST_API: tuple[Names, ...] = (("ApiName",), ("ApiName", "Stage"))
_OF_HTTP_API: tuple[Names, ...] = (("ApiId",), ("ApiId", "Stage"))
_OF_ANY_API = (*_OF_REST_API, *_OF_HTTP_API)

# By whom throttles are caused, as the exceptions say.
_CAUSES = ("", "ProvisionedThroughput", "KeyRangeThroughput", "AccountLimit", "MaxOnDemandThroughput")


def _rows(unit: str, dimensions: tuple[Names, ...], names: Iterable[str]) -> dict[str, Published]:
    return {name: Published(unit, dimensions) for name in names}


PUBLISHED: Mapping[str, Mapping[str, Published]] = {
    DYNAMODB: {
        **_rows(COUNT, _OF_INDEX, ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")),
        **_rows(COUNT, _OF_INDEX, (f"{way}{cause}ThrottleEvents" for way in ("Read", "Write") for cause in _CAUSES)),
        **_rows(MILLISECONDS, (*_OF_OPERATION, *_OF_STREAM), ("SuccessfulRequestLatency",)),
        **_rows(COUNT, _OF_OPERATION, ("ReturnedItemCount", "ThrottledRequests", "SystemErrors")),
        **_rows(COUNT, _OF_TABLE, ("ConditionalCheckFailedRequests", "TransactionConflict")),
        **_rows(COUNT, _OF_TABLE, ("TimeToLiveDeletedItemCount",)),
        **_rows(COUNT, (_NONE,), ("UserErrors",)),
        **_rows(COUNT, _OF_STREAM, ("ReturnedRecordsCount",)),
        **_rows(BYTES, _OF_STREAM, ("ReturnedBytes",)),
    },
    LAMBDA: {
        **_rows(COUNT, _OF_FUNCTION, ("Invocations", "Errors", "Throttles", "ConcurrentExecutions")),
        **_rows(COUNT, _OF_FUNCTION, ("DeadLetterErrors", "ProvisionedConcurrencyUtilization")),
        **_rows(MILLISECONDS, _OF_FUNCTION, ("Duration", "IteratorAge")),
    },
    API_GATEWAY: {
        **_rows(COUNT, _OF_ANY_API, ("Count",)),
        **_rows(MILLISECONDS, _OF_ANY_API, ("Latency", "IntegrationLatency")),
        **_rows(COUNT, _OF_REST_API, ("4XXError", "5XXError")),
        **_rows(COUNT, _OF_HTTP_API, ("4xx", "5xx")),
    },
}


def measured(namespace: str, name: str, *dimensions: tuple[tuple[str, str], ...]) -> tuple[tuple[Metric, str], ...]:
    """A metric of a service by each of some sets of dimensions, with its unit."""
    assert name in PUBLISHED[namespace], f"{namespace} publishes no {name}"
    return tuple((Metric(namespace, name, tuple(sorted(each))), unit_of(namespace, name)) for each in dimensions)


def unit_of(namespace: str, name: str) -> str:
    """The unit in which a service publishes a metric; "None" for those of others."""
    published = PUBLISHED.get(namespace, {}).get(name)
    return NO_UNIT if published is None else published.unit


def fault_of(namespace: str, name: str, dimensions: Iterable[str]) -> str | None:
    """What is wrong with a metric of a service that is asked for, in one line; None for those of others."""
    names = PUBLISHED.get(namespace)
    if names is None:
        wrong = f"no namespace {namespace} is recorded: {did_you_mean(namespace, PUBLISHED)}"
        return wrong if namespace.startswith("AWS/") else None
    published = names.get(name)
    if published is None:
        return f"no {name!r} is recorded in {namespace}: there are {', '.join(sorted(names))}"
    if {*dimensions} in map(set, published.dimensions):
        return None
    allowed = " or ".join("+".join(each) or "none" for each in published.dimensions)
    return f"{namespace} {name} has the dimensions {allowed}, not {'+'.join(dimensions) or 'none'}"
