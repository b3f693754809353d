"""CreateTable: what a new table must satisfy, check by check, and the description that the catalog keeps of it.

Source: DynamoDB API reference, CreateTable; observed answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minidynamo.errors import ValidationError
from minidynamo.schema.index_rules import (
    check_global_key,
    check_index_counts,
    check_local_index,
    check_projection,
    check_table_key,
    invalid,
    names_of,
)
from minidynamo.schema.tag_rules import check_tags, merged_tags
from minidynamo.schema.throughput_rules import (
    check_on_demand,
    check_unit_values,
    check_warm,
    new_throughput,
    warm_throughput,
)

Request = Mapping[str, Any]

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
    "ResourcePolicy",
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


def new_description(request: Request) -> dict[str, Any]:
    """What the catalog keeps of a new table, without its identity, times and status."""
    billing_mode = request.get("BillingMode", "PROVISIONED")
    provisioned = request.get("ProvisionedThroughput")
    description: dict[str, Any] = {
        "AttributeDefinitions": sorted_definitions(request["AttributeDefinitions"]),
        "KeySchema": [dict(each) for each in request["KeySchema"]],
        "BillingMode": billing_mode,
        "WasOnDemand": billing_mode == "PAY_PER_REQUEST",
        "ProvisionedThroughput": new_throughput(provisioned),
        "WarmThroughput": warm_throughput(request.get("WarmThroughput"), provisioned),
        "DeletionProtectionEnabled": request.get("DeletionProtectionEnabled", False),
        "Tags": merged_tags({}, request.get("Tags", ())),
    }
    for name in ("TableClass", "OnDemandThroughput", "StreamSpecification", "SSESpecification"):
        if name in request:
            description[name] = request[name]
    if "LocalSecondaryIndexes" in request:
        description["LocalSecondaryIndexes"] = [{**_index_members(index)} for index in request["LocalSecondaryIndexes"]]
    if "GlobalSecondaryIndexes" in request:
        description["GlobalSecondaryIndexes"] = [new_global_index(index) for index in request["GlobalSecondaryIndexes"]]
    return description


def new_global_index(index: Request) -> dict[str, Any]:
    """What the catalog keeps of a new GSI, without its status."""
    provisioned = index.get("ProvisionedThroughput")
    description = {
        **_index_members(index),
        "ProvisionedThroughput": new_throughput(provisioned),
        "WarmThroughput": warm_throughput(index.get("WarmThroughput"), provisioned),
    }
    if "OnDemandThroughput" in index:
        description["OnDemandThroughput"] = dict(index["OnDemandThroughput"])
    return description


def sorted_definitions(definitions: list[dict[str, str]]) -> list[dict[str, str]]:
    """AttributeDefinitions as the service returns them: by name."""
    return [dict(each) for each in sorted(definitions, key=lambda each: each["AttributeName"])]


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


def _index_members(index: Request) -> dict[str, Any]:
    projection = {"ProjectionType": index["Projection"]["ProjectionType"]}
    if "NonKeyAttributes" in index["Projection"]:
        projection["NonKeyAttributes"] = sorted(index["Projection"]["NonKeyAttributes"])
    return {
        "IndexName": index["IndexName"],
        "KeySchema": [dict(each) for each in index["KeySchema"]],
        "Projection": projection,
    }


def _check_billing(request: Request) -> None:
    throughput = request.get("ProvisionedThroughput")
    if request.get("BillingMode") == "PAY_PER_REQUEST":
        if throughput is not None:
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
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
    if len(defined) < len(set(names_of(request["KeySchema"]))):
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
        check_on_demand(index.get("OnDemandThroughput"), billing_mode, f"index: {name}")
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
    check_on_demand(request.get("OnDemandThroughput"), billing_mode, "table")
    check_warm(request.get("WarmThroughput"), request.get("ProvisionedThroughput"), "table")
    check_encryption(request.get("SSESpecification"))
    check_tags(request.get("Tags", ()))
    merged_tags({}, request.get("Tags", ()))
