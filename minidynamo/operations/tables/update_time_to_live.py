"""UpdateTimeToLive: names the attribute that holds the time at which items expire, or ends that."""

from __future__ import annotations

from minidynamo.errors import ValidationError
from minidynamo.limits import TIME_TO_LIVE_CHANGE_SECONDS_MIN
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.tables.table import Description


def update_time_to_live(context: OperationContext, request: Request) -> Response:
    """Changes the setting at once and echoes it."""
    specification = request["TimeToLiveSpecification"]
    with context.lock:
        table = context.catalog.described_table(request["TableName"])
        if table.description["TableStatus"] != "ACTIVE":
            raise table.in_use()
        now = context.clock.now()
        _check_change(table.description.get("TimeToLive", {}), specification, now)
        kept = {"ChangedAt": now}
        if specification["Enabled"]:
            kept["AttributeName"] = specification["AttributeName"]
        context.catalog.change(table, {**table.description, "TimeToLive": kept})
    return {"TimeToLiveSpecification": dict(specification)}


def _check_change(current: Description, specification: Description, now: float) -> None:
    name = current.get("AttributeName")
    if not specification["Enabled"] and name is None:
        raise ValidationError("TimeToLive is already disabled")
    if name is not None and name != specification["AttributeName"]:
        fault = f"TimeToLive is active on a different AttributeName: current AttributeName is {name}"
        raise ValidationError(fault)
    if specification["Enabled"] and name is not None:
        raise ValidationError("TimeToLive is already enabled")
    if current and now < current["ChangedAt"] + TIME_TO_LIVE_CHANGE_SECONDS_MIN:
        raise ValidationError("Time to live has been modified multiple times within a fixed interval")
