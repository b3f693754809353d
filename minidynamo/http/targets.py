"""Targets: how the header X-Amz-Target names an operation, such as "DynamoDB_20120810.GetItem"."""

from __future__ import annotations

from minidynamo.requests.operations import API, DYNAMODB, SERVICES


def operation_of(target: str | None) -> str | None:
    """The operation that a target names, whether this package carries it out or not; None where it names none."""
    service, _, operation = (target or "").partition(".")
    return operation if operation in SERVICES.get(service, ()) else None


def target_of(operation: str) -> str:
    """The target of an operation; that of DynamoDB itself for an unknown one."""
    row = API.get(operation)
    return f"{DYNAMODB if row is None else row.service}.{operation}"
