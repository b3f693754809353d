"""CreateTable: what a new table must satisfy, check by check, and the state that it begins with.

Source: DynamoDB API reference, CreateTable; observed responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from minidynamo.errors import ValidationError
from minidynamo.messages import UNITS_ON_DEMAND
from minidynamo.schema.index_rules import (
    check_global_key,
    check_index_counts,
    check_local_index,
    check_projection,
    check_table_key,
    invalid,
    names_of,
)
from minidynamo.schema.table_state import DEFAULT_KMS_KEY, IndexKind, IndexState, KeyElement, ResourcePolicy, TableState
from minidynamo.schema.tag_rules import check_tags, merged_tags
from minidynamo.schema.throughput_rules import (
    check_on_demand,
    check_unit_values,
    check_warm,
    new_throughput,
    warm_throughput,
)
from minidynamo.values.api_types import Request

TABLE_CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")
# Parameters of features that a local store does not have. They are refused, never ignored.
_UNAVAILABLE = (
    "VectorIndexes",
    "VectorIndexUpdates",
    "GlobalTableSourceArn",
    "GlobalTableSettingsReplicationMode",
    "GlobalTableWitnessUpdates",
    "MultiRegionConsistency",
    "ReplicaUpdates",
    "DisassociationProtectionEnabled",
)


def check_creation(request: Request) -> None:
    """Raises ValidationError for the first rule that a CreateTable request breaks."""
    check_available(request)
    _check_billing(request)
    _check_definitions(request)
    _check_indexes(request)
    _check_all_used(request)
    _check_index_throughput(request)
    _check_settings(request)


def check_available(request: Request) -> None:
    """Refuses parameters of features that minidynamo does not have."""
    for name in _UNAVAILABLE:
        if name in request:
            raise invalid(f"minidynamo has no {name}; leave the parameter out")


def new_state(
    request: Request,
    name: str,
    table_id: str,
    now: float,
    due: float,
    stream_label: str | None,
    policy: str | None = None,
) -> TableState:
    """The state of a new table.

    Parameters:
        request: a checked CreateTable request.
        name, table_id: its identity.
        now: the time, epoch seconds.
        due: when it becomes ACTIVE.
        stream_label: of its stream, if it has one.
        policy: its resource policy, if it has one.
    """
    provisioned = request.get("ProvisionedThroughput")
    billing_mode = request.get("BillingMode", "PROVISIONED")
    local = [new_index(each, IndexKind.LOCAL) for each in request.get("LocalSecondaryIndexes", ())]
    global_ = [new_index(each, IndexKind.GLOBAL) for each in request.get("GlobalSecondaryIndexes", ())]
    return TableState(
        name=name,
        id=table_id,
        created_at=now,
        status="CREATING",
        status_due_at=due,
        attribute_types=types_of(request["AttributeDefinitions"]),
        key_schema=KeyElement.all_of(request["KeySchema"]),
        billing_mode=billing_mode,
        was_on_demand=billing_mode == "PAY_PER_REQUEST",
        throughput=new_throughput(provisioned),
        warm=warm_throughput(request.get("WarmThroughput"), provisioned),
        on_demand=request.get("OnDemandThroughput") or None,
        is_protected=request.get("DeletionProtectionEnabled", False),
        tags=merged_tags({}, request.get("Tags", ())),
        table_class=request.get("TableClass"),
        stream_view=stream_view(request.get("StreamSpecification")),
        stream_label=stream_label,
        encryption_key=encryption_key(request.get("SSESpecification")),
        indexes=(*local, *(replace(each, status="CREATING", status_due_at=due) for each in global_)),
        policies={} if policy is None else {"": ResourcePolicy.after(None, policy, now)},
    )


def new_index(index: Request, kind: IndexKind) -> IndexState:
    """The state of a new index, without its status."""
    projection, provisioned = index["Projection"], index.get("ProvisionedThroughput")
    names = projection.get("NonKeyAttributes")
    state = IndexState(
        name=index["IndexName"],
        kind=kind,
        key_schema=KeyElement.all_of(index["KeySchema"]),
        projection=projection["ProjectionType"],
        non_key_attributes=None if names is None else tuple(sorted(names)),
    )
    if not kind.has_own_throughput:
        return state
    return replace(
        state,
        throughput=new_throughput(provisioned),
        warm=warm_throughput(index.get("WarmThroughput"), provisioned),
        on_demand=index.get("OnDemandThroughput") or None,
    )


def types_of(definitions: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The types of AttributeDefinitions by name, in the order of the names, in which the service returns them."""
    types = {each["AttributeName"]: each["AttributeType"] for each in definitions}
    return {name: types[name] for name in sorted(types)}


def stream_view(specification: Request | None) -> str | None:
    """What a StreamSpecification wants to be shown; None for no stream."""
    is_enabled = specification is not None and specification["StreamEnabled"]
    return str(specification["StreamViewType"]) if specification is not None and is_enabled else None


def encryption_key(specification: Request | None) -> str | None:
    """The key of the KMS that an SSESpecification wants; None for the service's own."""
    if specification is None or not specification.get("Enabled", False):
        return None
    return str(specification.get("KMSMasterKeyId", DEFAULT_KMS_KEY))


def check_table_class(table_class: str | None) -> None:
    """Refuses an unknown TableClass."""
    if table_class is not None and table_class not in TABLE_CLASSES:
        raise ValidationError(
            "Invalid table-class parameter provided. Please try again with a valid table-class value: "
            f"[{', '.join(TABLE_CLASSES)}]."
        )


def check_encryption(specification: Request | None) -> None:
    """Refuses an SSESpecification whose members do not fit."""
    if specification is None:
        return
    kind, key = specification.get("SSEType"), specification.get("KMSMasterKeyId")
    if not specification.get("Enabled", False) and kind is not None:
        raise invalid("SSEType can not be specified if Enabled is false")
    if key is not None and kind != "KMS":
        raise invalid("SSEType KMS is required if KMSMasterKeyId is specified")
    if kind == "AES256":
        raise invalid("SSEType AES256 is not supported")


def _check_billing(request: Request) -> None:
    throughput = request.get("ProvisionedThroughput")
    if request.get("BillingMode") == "PAY_PER_REQUEST":
        if throughput is not None:
            raise ValidationError(UNITS_ON_DEMAND)
    elif throughput is None:
        raise invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
    check_unit_values(throughput)


def _check_definitions(request: Request) -> None:
    defined = names_of(request["AttributeDefinitions"])
    seen: set[str] = set()
    for name in defined:
        if name in seen:
            raise ValidationError(f"Attribute Name is duplicated: {name}")
        seen.add(name)
    if len(defined) < len(request["KeySchema"]):
        raise ValidationError("Invalid KeySchema: Some index key attribute have no definition")
    check_table_key(request["KeySchema"], defined)


def _check_indexes(request: Request) -> None:
    defined = names_of(request["AttributeDefinitions"])
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if request.get(member) == []:
            raise invalid(f"List of {member} is empty")
    local, global_ = request.get("LocalSecondaryIndexes", []), request.get("GlobalSecondaryIndexes", [])
    for index in local:
        check_local_index(index, request["KeySchema"], defined)
        check_projection(index["Projection"])
    for index in global_:
        check_global_key(index["KeySchema"], defined)
        check_projection(index["Projection"])
    check_index_counts(local, global_)


def _check_all_used(request: Request) -> None:
    defined = names_of(request["AttributeDefinitions"])
    indexes = (*request.get("LocalSecondaryIndexes", ()), *request.get("GlobalSecondaryIndexes", ()))
    schemas = [request["KeySchema"], *(index["KeySchema"] for index in indexes)]
    used = list(dict.fromkeys(name for schema in schemas for name in names_of(schema)))
    if set(used) == set(defined):
        return
    if not indexes:
        raise invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions"
        )
    raise invalid(
        f"Some AttributeDefinitions are not used. AttributeDefinitions: [{', '.join(defined)}], "
        f"keys used: [{', '.join(used)}]"
    )


def _check_index_throughput(request: Request) -> None:
    billing_mode = request.get("BillingMode", "PROVISIONED")
    for index in request.get("GlobalSecondaryIndexes", ()):
        name, throughput = index["IndexName"], index.get("ProvisionedThroughput")
        if billing_mode == "PAY_PER_REQUEST" and throughput is not None:
            text = "ProvisionedThroughput should not be specified for index: "
            raise invalid(f"{text}{name} when BillingMode is PAY_PER_REQUEST")
        if billing_mode == "PROVISIONED" and throughput is None:
            raise invalid(f"ProvisionedThroughput is not specified for index: {name}")
        check_unit_values(throughput)
        check_on_demand(index.get("OnDemandThroughput"), billing_mode, f"index: {name}", is_new=True)
        check_warm(index.get("WarmThroughput"), throughput, f"index {name}")


def _check_settings(request: Request) -> None:
    stream = request.get("StreamSpecification")
    if stream is not None:
        if stream["StreamEnabled"] and "StreamViewType" not in stream:
            raise invalid("Table is being created with a stream enabled, UpdateViewType is required")
        if not stream["StreamEnabled"] and "StreamViewType" in stream:
            raise invalid("Table is being created with a stream disabled, UpdateViewType should not be specified")
    check_table_class(request.get("TableClass"))
    billing_mode = request.get("BillingMode", "PROVISIONED")
    check_on_demand(request.get("OnDemandThroughput"), billing_mode, "table", is_new=True)
    check_warm(request.get("WarmThroughput"), request.get("ProvisionedThroughput"), "table")
    check_encryption(request.get("SSESpecification"))
    check_tags(request.get("Tags", ()))
    merged_tags({}, request.get("Tags", ()))
