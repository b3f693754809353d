"""UpdateTable: which changes go together, and what each must satisfy given the table as it is.

Source: DynamoDB API reference, UpdateTable; observed responses.
"""

from __future__ import annotations

from minidynamo.errors import LimitExceeded, ResourceInUse, ResourceNotFound, ValidationError
from minidynamo.limits import GLOBAL_INDEXES_MAX
from minidynamo.messages import IN_USE, NOT_FOUND, ONE_ONLINE_INDEX, SEE_GUIDE, SUBSCRIBER_LIMIT, UNITS_ON_DEMAND
from minidynamo.schema.creation_rules import check_available, check_encryption, check_table_class
from minidynamo.schema.index_rules import (
    check_global_key,
    check_non_key_count,
    check_projection,
    invalid,
    names_of,
)
from minidynamo.schema.table_state import IndexState, TableState, Units
from minidynamo.schema.throughput_rules import UNITS, check_on_demand, check_unit_values, check_warm
from minidynamo.values.api_types import Request, Structure

# Request members to the names under which the service lists them where nothing is to be changed.
_CHANGES = {
    "ProvisionedThroughput": "ProvisionedThroughput",
    "BillingMode": "BillingMode",
    "StreamSpecification": "UpdateStreamEnabled",
    "GlobalSecondaryIndexUpdates": "GlobalSecondaryIndexUpdates",
    "SSESpecification": "SSESpecification",
    "ReplicaUpdates": "ReplicaUpdates",
    "MultiAccountReplicaReady": "MultiAccountReplicaReady",
    "ReplicaTransitRoleArn": "ReplicaTransitRoleArn",
    "MultiRegionConsistency": "MultiRegionConsistency",
    "DeletionProtectionEnabled": "DeletionProtectionEnabled",
    "OnDemandThroughput": "OnDemandThroughput",
    "WarmThroughput": "WarmThroughput",
    "TableClass": "TableClass",
}
# Changes that must stand alone, in order of precedence, with their names in the message.
_EXCLUSIVE_CHANGES = {
    "SSESpecification": "Server-Side Encryption modification",
    "TableClass": "Table Class modification",
    "DeletionProtectionEnabled": "Deletion Protection modification",
    "WarmThroughput": "WarmThroughput",
}


def index_actions(request: Request) -> list[tuple[str, Structure]]:
    """The GSI changes of a request as ("Create" | "Update" | "Delete", its parameters)."""
    return [
        (kind, parameters)
        for entry in request.get("GlobalSecondaryIndexUpdates", ())
        for kind, parameters in entry.items()
    ]


def changes_class(request: Request, state: TableState) -> bool:
    """Whether a request gives a table another class."""
    old = state.table_class or "STANDARD"
    return bool(request.get("TableClass", old) != old)


def check_combination(request: Request) -> None:
    """Raises ValidationError where a request changes nothing, or things that do not go together."""
    check_available(request)
    changes = [name for name in _CHANGES if name in request and request[name] not in ([], {})]
    if not changes:
        # Members that are there but empty drop out of the list.
        missing = [text for name, text in _CHANGES.items() if name not in request]
        listed = f"{', '.join(missing[:-1])} or {missing[-1]}"
        raise ValidationError(f"At least one of {listed} is required")
    if request.get("GlobalSecondaryIndexUpdates") == []:
        raise invalid("List of GlobalSecondaryIndexUpdates is empty")
    kinds = {kind for kind, _ in index_actions(request)}
    for name, text in _EXCLUSIVE_CHANGES.items():
        if name not in changes or len(changes) == 1:
            continue
        if name == "WarmThroughput" and kinds & {"Create"}:
            raise invalid("Create global secondary index cannot be specified when updating WarmThroughput")
        raise invalid(f"{text} must be the only operation in the request")
    if "OnDemandThroughput" in changes and set(changes) - {"OnDemandThroughput", "BillingMode"}:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    has_stream, has_throughput = "StreamSpecification" in changes, "ProvisionedThroughput" in changes
    if has_stream and has_throughput:
        raise invalid("You cannot modify stream status while updating table IOPS")
    if kinds & {"Create", "Delete"} and (has_stream or has_throughput):
        doing = "updating table IOPS" if has_throughput else "changing stream status"
        raise invalid(f"You cannot create or delete index while {doing}")
    _check_index_entries(request)


def check_changes(request: Request, table: TableState, region: str) -> None:
    """Raises the error for the first change that the table, as it is, does not allow."""
    old_mode = table.billing_mode
    mode = request.get("BillingMode", old_mode)
    _check_throughput(request, table, mode)
    for unit in request.get("OnDemandThroughput", ()):
        if mode == "PROVISIONED":
            text = "for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
            raise invalid(f"{unit} {text}")
    check_on_demand(request.get("OnDemandThroughput"), mode, "table")
    for kind, parameters in index_actions(request):
        _INDEX_CHECKS[kind](parameters, request, table, mode)
    _check_online_indexes(request, table)
    _check_stream(request.get("StreamSpecification"), table)
    _check_encryption(request.get("SSESpecification"), table)
    check_table_class(request.get("TableClass"))
    _check_warm_growth(request.get("WarmThroughput"), table.warm, "table")


def _check_index_entries(request: Request) -> None:
    seen: set[str] = set()
    for entry in request.get("GlobalSecondaryIndexUpdates", ()):
        if not entry:
            raise invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(entry) > 1:
            raise invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
        ((_, parameters),) = entry.items()
        name = parameters["IndexName"]
        if name in seen:
            text = "Only one global secondary index update per index is allowed simultaneously. Index: "
            raise invalid(text + name)
        seen.add(name)
    creations_and_deletions = [kind for kind, _ in index_actions(request) if kind != "Update"]
    if len(creations_and_deletions) > 1:
        raise LimitExceeded(ONE_ONLINE_INDEX)


def _check_throughput(request: Request, table: TableState, mode: str) -> None:
    throughput, current = request.get("ProvisionedThroughput"), table.throughput.units
    if mode == "PAY_PER_REQUEST":
        if throughput is not None:
            raise ValidationError(UNITS_ON_DEMAND)
        return
    check_unit_values(throughput)
    if not table.is_provisioned:
        if throughput is None:
            raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
        updated = {parameters["IndexName"] for kind, parameters in index_actions(request) if kind == "Update"}
        for index in table.global_indexes:
            if index.name not in updated:
                raise invalid(f"ProvisionedThroughput must be specified for index: {index.name}")
    elif throughput is not None:
        _require_difference(throughput, current, "table")


def _require_difference(throughput: Request, current: Request, place: str) -> None:
    if any(throughput[unit] != current[unit] for unit in UNITS):
        return
    pairs = " ".join(
        f"Current {unit} provisioned for the {place}: {current[unit]}. Requested {unit}: {throughput[unit]}."
        for unit in UNITS
    )
    raise ValidationError(
        f"The provisioned throughput for the {place} will not change. "
        f"The requested value equals the current value. {pairs} {SEE_GUIDE}"
    )


def _check_index_creation(index: Request, request: Request, table: TableState, mode: str) -> None:
    name, throughput = index["IndexName"], index.get("ProvisionedThroughput")
    if mode == "PROVISIONED" and throughput is None:
        raise invalid(f"Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {name}")
    if mode == "PAY_PER_REQUEST" and throughput is not None:
        text = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
        raise invalid(f"{text}{name} when BillingMode is PAY_PER_REQUEST")
    if not request.get("AttributeDefinitions"):
        raise invalid(f"AttributeDefinitions is not specified for index: {name}")
    check_unit_values(throughput)
    check_on_demand(index.get("OnDemandThroughput"), mode, f"index: {name}", is_new=True)
    check_warm(index.get("WarmThroughput"), throughput, f"index {name}")
    check_global_key(index["KeySchema"], names_of(request["AttributeDefinitions"]))
    check_projection(index["Projection"])
    if table.index(name) is not None:
        raise ValidationError("Attempting to create an index which already exists")
    _check_redefinition(index, request, table)
    if len(table.global_indexes) >= GLOBAL_INDEXES_MAX:
        text = f"Number of global secondary indexes exceeds per-table limit of {GLOBAL_INDEXES_MAX}"
        raise LimitExceeded(SUBSCRIBER_LIMIT + text)
    names = [name for each in table.indexes for name in each.non_key_attributes or ()]
    check_non_key_count(len(names) + len(index["Projection"].get("NonKeyAttributes", ())))


def _check_redefinition(index: Request, request: Request, table: TableState) -> None:
    old = table.attribute_types
    new = {each["AttributeName"]: each["AttributeType"] for each in request["AttributeDefinitions"]}
    for element in index["KeySchema"]:
        name, role = element["AttributeName"], element["KeyType"]
        if old.get(name, new[name]) != new[name]:
            raise invalid(
                "Attributes cannot be redefined. Please check that your attribute has the same type as previously "
                f"defined. Existing schema: Schema:[SchemaElement: key{{{name}:{old[name]}:{role}}}] "
                f"New schema: Schema:[SchemaElement: key{{{name}:{new[name]}:{role}}}]"
            )


def _check_index_update(update: Request, request: Request, table: TableState, mode: str) -> None:
    name = update["IndexName"]
    index = _existing_global_index(name, table, "update")
    throughput = update.get("ProvisionedThroughput")
    if mode == "PAY_PER_REQUEST" and throughput is not None:
        raise invalid(
            f"The only Updates for index: {name} when TableThroughputMode is PAY_PER_REQUEST can be to "
            "OnDemandThroughput, WarmThroughput"
        )
    check_unit_values(throughput)
    check_on_demand(update.get("OnDemandThroughput"), mode, f"index: {name}")
    if throughput is not None and table.is_provisioned:
        assert index.throughput is not None, f"index {name} has no throughput"
        _require_difference(throughput, index.throughput.units, f"index {name}")
    _check_warm_growth(update.get("WarmThroughput"), index.warm, f"index {name}")


def _check_index_deletion(deletion: Request, request: Request, table: TableState, mode: str) -> None:
    _existing_global_index(deletion["IndexName"], table, "delete")


def _existing_global_index(name: str, table: TableState, verb: str) -> IndexState:
    index = table.index(name)
    if index is None:
        raise ResourceNotFound(f"{NOT_FOUND}: Index {name} for table {table.name}")
    if not index.kind.has_own_throughput:
        raise ValidationError(f"Cannot {verb} an index that is not a GlobalSecondaryIndex: {name}")
    return index


def check_allocation(request: Request, table: TableState) -> None:
    """Refuses the deletion of an index that is made, and for which resources are still allocated."""
    for kind, parameters in index_actions(request):
        index = table.index(parameters["IndexName"]) if kind == "Delete" else None
        if index is not None and index.status == "CREATING" and index.is_backfilling is False:
            raise ResourceInUse(
                f"{IN_USE}Index creation is in resource allocation phase. Retry deletion during backfilling phase or "
                f"when the index is active. Table: {table.name} Index: {index.name}"
            )


def _check_online_indexes(request: Request, table: TableState) -> None:
    """Only one GSI may be created or deleted at a time; one that is being filled may be deleted all the same."""
    actions = [(kind, parameters["IndexName"]) for kind, parameters in index_actions(request) if kind != "Update"]
    if not actions:
        return
    deleted = {name for kind, name in actions if kind == "Delete"}
    for each in table.global_indexes:
        is_ending = each.name in deleted and each.status == "CREATING"
        if each.status in ("CREATING", "DELETING") and not is_ending:
            raise LimitExceeded(ONE_ONLINE_INDEX)


def _check_stream(stream: Request | None, table: TableState) -> None:
    if stream is None:
        return
    if stream["StreamEnabled"] and "StreamViewType" not in stream:
        raise invalid("If stream is being enabled then UpdateViewType is required")
    if not stream["StreamEnabled"] and "StreamViewType" in stream:
        raise invalid("If stream is being disabled, then UpdateViewType must not be specified")
    if stream["StreamEnabled"] and table.has_stream:
        raise ValidationError(f"Table already has an enabled stream: TableName: {table.name}")
    if not stream["StreamEnabled"] and not table.has_stream:
        raise ValidationError(f"Table has no stream to disable: TableName: {table.name}")


def _check_encryption(specification: Request | None, table: TableState) -> None:
    check_encryption(specification)
    if specification is None or specification.get("Enabled", False):
        return
    if table.encryption_key is None:
        raise invalid("Table is already encrypted by default")


def _check_warm_growth(warm: Request | None, current: Units | None, place: str) -> None:
    for unit in ("ReadUnitsPerSecond", "WriteUnitsPerSecond"):
        if warm is not None and current is not None and unit in warm and warm[unit] < current[unit]:
            raise invalid(
                f"Requested {unit} for WarmThroughput for {place} is lower than current WarmThroughput, "
                "decreasing WarmThroughput is not supported"
            )


_INDEX_CHECKS = {
    "Create": _check_index_creation,
    "Update": _check_index_update,
    "Delete": _check_index_deletion,
}
