"""Plans of writes, made of the parameters of requests, of actions of transactions and of entries of batches.

Everything that can be checked without the table is checked here. Source: order of checks as observed.
"""

from __future__ import annotations

from minidynamo.expressions.binding import bind
from minidynamo.expressions.bound import NOTHING_BOUND, Bound
from minidynamo.operations.items.item_writes import (
    UNGUARDED,
    ConditionCheck,
    Guard,
    ItemDeletion,
    ItemPut,
    ItemUpdate,
)
from minidynamo.values.api_types import Structure
from minidynamo.values.attribute_value import checked_item
from minidynamo.values.records import checked_record
from minidynamo.wording import ValidationLayer


def bound_write(parameters: Structure, layer: ValidationLayer) -> Bound:
    """The expressions of a write. The older layer takes one level more of expression values."""
    return bind(parameters, layer, level=1 if layer.newer else 0)


def planned_check(parameters: Structure, layer: ValidationLayer) -> ConditionCheck:
    """The plan of a ConditionCheck."""
    key, _ = checked_item(parameters["Key"])
    return ConditionCheck(parameters["TableName"], guard_of(bound_write(parameters, layer), parameters), key)


def planned_put(parameters: Structure, layer: ValidationLayer) -> ItemPut:
    """The plan of PutItem, or of a Put."""
    item, record = checked_record(parameters["Item"])
    bound = bound_write(parameters, layer)
    guard = UNGUARDED if bound is NOTHING_BOUND else guard_of(bound, parameters)
    return ItemPut(parameters["TableName"], guard, item, record)


def planned_deletion(parameters: Structure, layer: ValidationLayer) -> ItemDeletion:
    """The plan of DeleteItem, or of a Delete."""
    key, _ = checked_item(parameters["Key"])
    return ItemDeletion(parameters["TableName"], guard_of(bound_write(parameters, layer), parameters), key)


def planned_update(parameters: Structure, layer: ValidationLayer) -> ItemUpdate:
    """The plan of UpdateItem, or of an Update."""
    key, _ = checked_item(parameters["Key"])
    bound = bound_write(parameters, layer)
    guard = guard_of(bound, parameters)
    return ItemUpdate(parameters["TableName"], guard, key, bound.update, bound.is_legacy_update, layer.newer)


def guard_of(bound: Bound, parameters: Structure) -> Guard:
    """What the expressions and legacy parameters of a write demand."""
    shows_item = parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return Guard(bound.condition, bound.nested_attributes, shows_item)
