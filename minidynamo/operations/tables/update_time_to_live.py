"""UpdateTimeToLive: names the attribute that holds the time at which items expire, or ends that."""

from __future__ import annotations

from dataclasses import replace

from minidynamo.errors import ValidationError
from minidynamo.limits import TIME_TO_LIVE_CHANGE_SECONDS_MIN
from minidynamo.operations.context import OperationContext
from minidynamo.schema.table_state import TimeToLive
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.expiry_times import stage_index
from minidynamo.tables.table import expiry_keyspace_name
from minidynamo.values.api_types import Request, Response


def update_time_to_live(context: OperationContext, request: Request) -> Response:
    """Changes the setting at once and echoes it."""
    specification = request["TimeToLiveSpecification"]
    with context.lock:
        table = context.catalog.described_table(request["TableName"])
        if table.state.status != "ACTIVE":
            raise table.in_use()
        now = context.clock.now()
        _check_change(table.state.time_to_live, specification, now)
        setting = TimeToLive(specification["AttributeName"] if specification["Enabled"] else None, now)
        batch = WriteBatch()
        if specification["Enabled"]:
            stage_index(batch, expiry_keyspace_name(table.state), table.keyspace)
        else:
            batch.drops.append(expiry_keyspace_name(table.state))
        context.catalog.stage(batch, table, replace(table.state, time_to_live=setting))
        context.commit(batch)
    return {"TimeToLiveSpecification": dict(specification)}


def _check_change(current: TimeToLive | None, specification: Request, now: float) -> None:
    name = None if current is None else current.attribute
    if not specification["Enabled"] and name is None:
        raise ValidationError("TimeToLive is already disabled")
    if name is not None and name != specification["AttributeName"]:
        error = f"TimeToLive is active on a different AttributeName: current AttributeName is {name}"
        raise ValidationError(error)
    if specification["Enabled"] and name is not None:
        raise ValidationError("TimeToLive is already enabled")
    if current is not None and now < current.changed_at + TIME_TO_LIVE_CHANGE_SECONDS_MIN:
        raise ValidationError("Time to live has been modified multiple times within a fixed interval")
