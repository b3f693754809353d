"""The embedded metric format: lines of a function's log that are metrics, such as Powertools writes them.

Times are those of the database's clock, not those in the line: a handler takes the latter from the machine.
Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import NamedTuple

from minidynamo.limits import METRIC_DIMENSIONS_MAX
from minidynamo.metrics.metrics import Metrics
from minidynamo.metrics.published import NO_UNIT
from minidynamo.values.api_types import JsonObject, JsonValue

_MARK = '"_aws"'


class _Datapoint(NamedTuple):
    """What a line says of a metric."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    value: float
    unit: str


def collect(line: str, metrics: Metrics) -> int:
    """Records what a line of a log says in the embedded metric format; anything else in it is passed over.

    Parameters:
        line: one line.
        metrics: where it is recorded.

    Returns:
        How many datapoints that were.
    """
    if _MARK not in line:
        return 0
    try:
        root = json.loads(line)
    except (ValueError, RecursionError):
        return 0
    found = list(_datapoints(root)) if isinstance(root, dict) else []
    for each in found:
        metrics.record(each.namespace, each.name, each.dimensions, each.value, each.unit)
    return len(found)


def _datapoints(root: JsonObject) -> Iterator[_Datapoint]:
    for directive in _objects(_member(root.get("_aws"), "CloudWatchMetrics")):
        namespace = directive.get("Namespace")
        if not isinstance(namespace, str) or not namespace:
            continue
        sets = [found for each in _list(directive.get("Dimensions")) if (found := _dimensions(root, each)) is not None]
        for definition in _objects(directive.get("Metrics")):
            name, unit = definition.get("Name"), definition.get("Unit", NO_UNIT)
            if isinstance(name, str) and name and isinstance(unit, str):
                for value in _values(root.get(name)):
                    yield from (_Datapoint(namespace, name, dimensions, value, unit) for dimensions in sets)


def _dimensions(root: JsonObject, names: JsonValue) -> dict[str, str] | None:
    """One set of dimensions; None where it is none, or a value is missing or no text."""
    if not isinstance(names, list) or len(names) > METRIC_DIMENSIONS_MAX:
        return None
    values = {name: root.get(name) for name in names if isinstance(name, str)}
    texts = {name: value for name, value in values.items() if isinstance(value, str) and value}
    return texts if len(texts) == len(names) else None


def _values(value: JsonValue) -> list[float]:
    """The numbers that a member of a line holds."""
    numbers = (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, int | float))
    return [float(each) for each in numbers if not isinstance(each, bool) and _is_finite(each)]


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # A whole number with hundreds of digits.
        return False


def _member(value: JsonValue, name: str) -> JsonValue:
    return value.get(name) if isinstance(value, dict) else None


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _objects(value: JsonValue) -> list[JsonObject]:
    return [each for each in _list(value) if isinstance(each, dict)]
