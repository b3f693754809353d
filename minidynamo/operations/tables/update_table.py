"""UpdateTable: one set of changes to a table: throughput, billing, class, protection, stream, encryption, one GSI.

Source: DynamoDB API reference, UpdateTable; observed answers.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from minidynamo.errors import LimitExceeded
from minidynamo.limits import (
    TABLE_CLASS_CHANGES_MAX,
    TABLE_CLASS_WINDOW_SECONDS,
    THROUGHPUT_DECREASES_FREE_PER_DAY,
)
from minidynamo.messages import SUBSCRIBER_LIMIT
from minidynamo.operations.context import OperationContext, Request, Response
from minidynamo.schema.creation_rules import new_global_index, sorted_definitions
from minidynamo.schema.throughput_rules import (
    UNITS,
    check_on_demand_quotas,
    check_quotas,
    provisioned_units,
    warm_throughput,
)
from minidynamo.schema.update_rules import check_changes, check_combination, index_actions
from minidynamo.tables.changes import WriteBatch, stage_backfill
from minidynamo.tables.description import table_description
from minidynamo.tables.table import Table

_HOUR_SECONDS = 3600


def update_table(context: OperationContext, request: Request) -> Response:
    """Changes the table; it is UPDATING in the answer and, without delays, ACTIVE again at once."""
    check_combination(request)
    with context.lock:
        table = context.catalog.described_table(request["TableName"])
        if table.description["TableStatus"] != "ACTIVE":
            raise table.in_use()
        check_changes(request, table.description, context.scope.region)
        _check_quotas(context, request, table)
        _check_class_changes(request, table, context.clock.now())
        changed = copy.deepcopy(table.description)
        _change_settings(context, request, changed)
        old_throughputs = _change_indexes(context, request, changed)
        changed["TableStatus"] = "UPDATING"
        changed["StatusDueAt"] = context.clock.now() + context.delays.updating
        _carry_out(context, request, table, changed)
        description = table_description(table, context.scope)
        context.catalog.advance_statuses()
    for index in description.get("GlobalSecondaryIndexes", ()):
        # The answer still shows the throughput from before.
        index["ProvisionedThroughput"] = old_throughputs.get(index["IndexName"], index["ProvisionedThroughput"])
    return {"TableDescription": description}


# Limits on changes.


def _check_quotas(context: OperationContext, request: Request, table: Table) -> None:
    set_here = (request, *(parameters for _, parameters in index_actions(request)))
    on_demand = [each["OnDemandThroughput"] for each in set_here if "OnDemandThroughput" in each]
    check_on_demand_quotas(on_demand, context.scope.region)
    throughputs: list[tuple[str | None, Any]] = []
    if "ProvisionedThroughput" in request:
        throughputs.append((None, request["ProvisionedThroughput"]))
        _check_decrease(table.description, request["ProvisionedThroughput"], context.clock.now())
    for kind, parameters in index_actions(request):
        if "ProvisionedThroughput" in parameters:
            throughputs.append((parameters["IndexName"], parameters["ProvisionedThroughput"]))
            if kind == "Update":
                index = table.index_description(parameters["IndexName"])
                _check_decrease(index, parameters["ProvisionedThroughput"], context.clock.now())
    own = provisioned_units(table.description)
    others = {unit: number - own[unit] for unit, number in context.catalog.reserved_units.items()}
    check_quotas(throughputs, others, context.scope.region)


def _check_decrease(described: dict[str, Any], throughput: dict[str, int], now: float) -> None:
    """Four decreases a day are free, then one an hour."""
    current = described["ProvisionedThroughput"]
    if not _is_decrease(current, throughput):
        return
    last, count = current.get("LastDecreaseDateTime"), _decreases_today(current, now)
    if count < THROUGHPUT_DECREASES_FREE_PER_DAY or now - last >= _HOUR_SECONDS:
        return
    when = datetime.fromtimestamp(last, UTC).strftime("%A, %B %d, %Y at %H:%M:%S UTC")
    raise LimitExceeded(
        f"{SUBSCRIBER_LIMIT}Provisioned throughput decreases are limited within a given UTC day. After the first "
        f"{THROUGHPUT_DECREASES_FREE_PER_DAY} decreases, each subsequent decrease in the same UTC day can be "
        f"performed at most once every {_HOUR_SECONDS} seconds. Number of decreases today: {count}. "
        f"Last decrease at {when}."
    )


def _is_decrease(current: dict[str, Any], throughput: dict[str, int]) -> bool:
    return any(throughput[unit] < current[unit] for unit in UNITS)


def _decreases_today(current: dict[str, Any], now: float) -> int:
    last = current.get("LastDecreaseDateTime")
    is_today = last is not None and last // 86400 == now // 86400
    return int(current["NumberOfDecreasesToday"]) if is_today else 0


def _check_class_changes(request: Request, table: Table, now: float) -> None:
    changes = table.description.get("TableClassChanges", [])
    recent = [each for each in changes if now - each < TABLE_CLASS_WINDOW_SECONDS]
    if _changes_class(request, table.description) and len(recent) >= TABLE_CLASS_CHANGES_MAX:
        text = f"Updates to TableClass are limited to {TABLE_CLASS_CHANGES_MAX} times in 30 day(s)."
        raise LimitExceeded(SUBSCRIBER_LIMIT + text)


def _changes_class(request: Request, description: dict[str, Any]) -> bool:
    old = description.get("TableClass", "STANDARD")
    return bool(request.get("TableClass", old) != old)


# Settings.


def _change_settings(context: OperationContext, request: Request, description: dict[str, Any]) -> None:
    now = context.clock.now()
    if _changes_class(request, description):
        description["TableClassChanges"] = [*description.get("TableClassChanges", []), now]
        description["TableClass"] = request["TableClass"]
    if "DeletionProtectionEnabled" in request:
        description["DeletionProtectionEnabled"] = request["DeletionProtectionEnabled"]
    if "SSESpecification" in request:
        description["SSESpecification"] = request["SSESpecification"]
    if "StreamSpecification" in request:
        description["StreamSpecification"] = request["StreamSpecification"]
        if request["StreamSpecification"]["StreamEnabled"]:
            description["LatestStreamLabel"] = context.catalog.streams.new_label(description["TableName"])
    if request.get("BillingMode", description["BillingMode"]) != description["BillingMode"]:
        _change_billing(request["BillingMode"], description, now)
    if "ProvisionedThroughput" in request:
        _change_throughput(description, request["ProvisionedThroughput"], now)
    if "OnDemandThroughput" in request:
        _change_on_demand(description, request["OnDemandThroughput"])
    if "WarmThroughput" in request:
        description["WarmThroughput"] = {**description["WarmThroughput"], **request["WarmThroughput"]}


def _change_billing(mode: str, description: dict[str, Any], now: float) -> None:
    description["BillingMode"] = mode
    for each in (description, *description.get("GlobalSecondaryIndexes", ())):
        each.pop("OnDemandThroughput", None)
        if mode == "PAY_PER_REQUEST":
            each["ProvisionedThroughput"] = {**each["ProvisionedThroughput"], **dict.fromkeys(UNITS, 0)}
            each["WarmThroughput"] = warm_throughput(each["WarmThroughput"], None)
    if mode == "PAY_PER_REQUEST":
        description["WasOnDemand"] = True
        description["OnDemandSince"] = now


def _change_throughput(described: dict[str, Any], throughput: dict[str, int], now: float) -> None:
    current = described["ProvisionedThroughput"]
    changed = {**current, **{unit: throughput[unit] for unit in UNITS}}
    if any(throughput[unit] > current[unit] for unit in UNITS):
        changed["LastIncreaseDateTime"] = now
    if _is_decrease(current, throughput):
        changed["NumberOfDecreasesToday"] = _decreases_today(current, now) + 1
        changed["LastDecreaseDateTime"] = now
    described["ProvisionedThroughput"] = changed


def _change_on_demand(described: dict[str, Any], on_demand: dict[str, int]) -> None:
    merged = {**described.get("OnDemandThroughput", {}), **on_demand}
    kept = {unit: value for unit, value in merged.items() if value != -1}
    if kept:
        described["OnDemandThroughput"] = kept
    else:
        described.pop("OnDemandThroughput", None)


# Indexes.


def _change_indexes(context: OperationContext, request: Request, description: dict[str, Any]) -> dict[str, Any]:
    """Describes GSIs as created, updated and deleted; gives the throughput of updated ones from before."""
    old_throughputs = {}
    due = context.clock.now() + context.delays.updating
    for kind, parameters in index_actions(request):
        name = parameters["IndexName"]
        if kind == "Create":
            _describe_new_index(request, parameters, description, due, context.delays.updating)
            continue
        index = next(each for each in description["GlobalSecondaryIndexes"] if each["IndexName"] == name)
        if kind == "Delete":
            index.update(IndexStatus="DELETING", StatusDueAt=due)
            _forget_unused_definitions(description)
            continue
        old_throughputs[name] = index["ProvisionedThroughput"]
        _update_index(index, parameters, context.clock.now())
        index.update(IndexStatus="UPDATING", StatusDueAt=due)
    return old_throughputs


def _describe_new_index(
    request: Request, parameters: dict[str, Any], description: dict[str, Any], due: float, delay: float
) -> None:
    used = {element["AttributeName"] for element in parameters["KeySchema"]}
    known = {each["AttributeName"] for each in description["AttributeDefinitions"]}
    new = [each for each in request["AttributeDefinitions"] if each["AttributeName"] in used - known]
    description["AttributeDefinitions"] = sorted_definitions([*description["AttributeDefinitions"], *new])
    index = {
        **new_global_index(parameters),
        "IndexStatus": "CREATING",
        "Backfilling": False,
        "StatusDueAt": due,
        "BackfillSeconds": delay,
    }
    description["GlobalSecondaryIndexes"] = [*description.get("GlobalSecondaryIndexes", []), index]


def _carry_out(context: OperationContext, request: Request, table: Table, changed: dict[str, Any]) -> None:
    """Commits the new description with the entries of a new index and the end of a deleted one."""
    batch = WriteBatch()
    created, deleted = (
        [parameters["IndexName"] for kind, parameters in index_actions(request) if kind == wanted]
        for wanted in ("Create", "Delete")
    )
    batch.drops += [table.indexes[name].keyspace.name for name in deleted]
    old, table.description = table.description, changed
    try:
        for name in created:
            stage_backfill(batch, table, table.open_index(table.index_description(name), is_local=False))
        context.catalog.change(table, changed, batch)
    except BaseException:
        table.description = old
        for name in created:
            table.close_index(name)
        raise
    for name in deleted:
        table.close_index(name)


def _update_index(index: dict[str, Any], parameters: dict[str, Any], now: float) -> None:
    if "ProvisionedThroughput" in parameters:
        _change_throughput(index, parameters["ProvisionedThroughput"], now)
    if "OnDemandThroughput" in parameters:
        _change_on_demand(index, parameters["OnDemandThroughput"])
    if "WarmThroughput" in parameters:
        index["WarmThroughput"] = {**index["WarmThroughput"], **parameters["WarmThroughput"]}


def _forget_unused_definitions(description: dict[str, Any]) -> None:
    schemas = [description["KeySchema"]]
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        schemas += [each["KeySchema"] for each in description.get(member, ()) if each.get("IndexStatus") != "DELETING"]
    used = {element["AttributeName"] for schema in schemas for element in schema}
    description["AttributeDefinitions"] = [
        each for each in description["AttributeDefinitions"] if each["AttributeName"] in used
    ]
