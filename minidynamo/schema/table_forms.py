"""The two forms of a table's state: the record that is stored, and the description that the API shows.

    record    msgpack of a map, in the system keyspace under "table/<name>". Its members are those of the API's
              TableDescription, with some of our own: StatusDueAt, BackfillSeconds (epoch seconds, seconds; in indexes
              too), WasOnDemand, OnDemandSince, TableClass, TableClassChanges, Tags (a map), TimeToLive (ChangedAt and
              AttributeName), SSESpecification, ResourcePolicies (a map from "" or the label of a stream to Policy and
              RevisionId). Members that are None in the state are left out.

Source of the description: DynamoDB API reference, TableDescription; observed responses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minidynamo.schema.arns import ArnScope
from minidynamo.schema.table_state import (
    DEFAULT_KMS_KEY,
    IndexKind,
    IndexState,
    KeyElement,
    ResourcePolicy,
    TableState,
    Throughput,
    TimeToLive,
)

Form = dict[str, Any]
# Size in bytes and number of items, of the table under None and of each index under its name.
Sizes = Mapping[str | None, tuple[int, int]]

# What is left of the description of a table that is being deleted.
_DELETED = (
    "TableName",
    "TableStatus",
    "ProvisionedThroughput",
    "TableSizeBytes",
    "ItemCount",
    "TableArn",
    "TableId",
    "BillingModeSummary",
    "DeletionProtectionEnabled",
)


# The record.


def to_record(state: TableState) -> Form:
    """The record of a table."""
    record: Form = {
        **_shared(state),
        "StatusDueAt": state.status_due_at,
        "BillingMode": state.billing_mode,
        "WasOnDemand": state.was_on_demand,
        "OnDemandSince": state.on_demand_since,
        "WarmThroughput": dict(state.warm),
        "Tags": dict(state.tags),
        "TableClass": state.table_class,
        "TableClassChanges": list(state.class_changes) or None,
        "StreamSpecification": _stream(state),
    }
    if state.encryption_key is not None:
        record["SSESpecification"] = {"Enabled": True, "KMSMasterKeyId": state.encryption_key}
    if state.time_to_live is not None:
        ttl = state.time_to_live
        record["TimeToLive"] = _present({"ChangedAt": ttl.changed_at, "AttributeName": ttl.attribute})
    if state.policies:
        record["ResourcePolicies"] = {
            label: _present({"Policy": each.document, "RevisionId": each.revision})
            for label, each in state.policies.items()
        }
    for kind in IndexKind:
        indexes = [_index_record(each) for each in state.indexes if each.kind is kind]
        if indexes:
            record[kind.value] = indexes
    return _present(record)


def from_record(record: Form) -> TableState:
    """The state of a table from its record."""
    stream, encryption = record.get("StreamSpecification", {}), record.get("SSESpecification", {})
    ttl = record.get("TimeToLive")
    return TableState(
        name=record["TableName"],
        id=record["TableId"],
        created_at=record["CreationDateTime"],
        status=record["TableStatus"],
        status_due_at=record.get("StatusDueAt"),
        attribute_types={each["AttributeName"]: each["AttributeType"] for each in record["AttributeDefinitions"]},
        key_schema=KeyElement.all_of(record["KeySchema"]),
        billing_mode=record["BillingMode"],
        was_on_demand=record["WasOnDemand"],
        on_demand_since=record.get("OnDemandSince"),
        throughput=_throughput_of(record["ProvisionedThroughput"]),
        warm=record["WarmThroughput"],
        on_demand=record.get("OnDemandThroughput"),
        is_protected=record["DeletionProtectionEnabled"],
        tags=record["Tags"],
        table_class=record.get("TableClass"),
        class_changes=tuple(record.get("TableClassChanges", ())),
        stream_view=stream.get("StreamViewType") if stream.get("StreamEnabled") else None,
        stream_label=record.get("LatestStreamLabel"),
        encryption_key=encryption.get("KMSMasterKeyId", DEFAULT_KMS_KEY) if encryption.get("Enabled") else None,
        time_to_live=None if ttl is None else TimeToLive(ttl.get("AttributeName"), ttl["ChangedAt"]),
        indexes=tuple(_index_of(each, kind) for kind in IndexKind for each in record.get(kind.value, ())),
        policies={
            label: ResourcePolicy(each.get("Policy"), each["RevisionId"])
            for label, each in record.get("ResourcePolicies", {}).items()
        },
    )


def _index_record(index: IndexState) -> Form:
    own = {"StatusDueAt": index.status_due_at, "BackfillSeconds": index.backfill_seconds}
    return _present({**_shared_index(index), **own, "WarmThroughput": index.warm})


def _index_of(record: Form, kind: IndexKind) -> IndexState:
    projection = record["Projection"]
    names, throughput = projection.get("NonKeyAttributes"), record.get("ProvisionedThroughput")
    return IndexState(
        name=record["IndexName"],
        kind=kind,
        key_schema=KeyElement.all_of(record["KeySchema"]),
        projection=projection["ProjectionType"],
        non_key_attributes=None if names is None else tuple(names),
        status=record.get("IndexStatus"),
        status_due_at=record.get("StatusDueAt"),
        is_backfilling=record.get("Backfilling"),
        backfill_seconds=record.get("BackfillSeconds"),
        throughput=None if throughput is None else _throughput_of(throughput),
        warm=record.get("WarmThroughput"),
        on_demand=record.get("OnDemandThroughput"),
    )


def _throughput_of(record: Form) -> Throughput:
    return Throughput(
        record["ReadCapacityUnits"],
        record["WriteCapacityUnits"],
        record["NumberOfDecreasesToday"],
        record.get("LastIncreaseDateTime"),
        record.get("LastDecreaseDateTime"),
    )


# The description.


def to_api(state: TableState, scope: ArnScope, sizes: Sizes) -> Form:
    """The TableDescription of a table."""
    arn = scope.table_arn(state.name)
    size_bytes, item_count = sizes[None]
    description = {
        **_shared(state),
        "TableSizeBytes": size_bytes,
        "ItemCount": item_count,
        "TableArn": arn,
        "WarmThroughput": {**state.warm, "Status": "ACTIVE"},
        "BillingModeSummary": _billing(state),
        "TableClassSummary": _table_class(state),
        "StreamSpecification": _stream(state),
        "SSEDescription": encryption_to_api(state, scope),
    }
    for kind in IndexKind:
        indexes = [_index_to_api(each, arn, sizes) for each in state.indexes if each.kind is kind]
        if indexes:
            description[kind.value] = indexes
    if state.stream_label is not None:
        description["LatestStreamArn"] = scope.stream_arn(state.name, state.stream_label)
    return _present(description)


def to_api_deleted(state: TableState, scope: ArnScope, sizes: Sizes) -> Form:
    """What DeleteTable returns: the description without keys, times and indexes."""
    description = to_api(state, scope, sizes)
    return {name: description[name] for name in _DELETED if name in description}


def throughput_to_api(throughput: Throughput) -> Form:
    """The ProvisionedThroughputDescription of a table or index."""
    return _present(
        {
            "NumberOfDecreasesToday": throughput.decreases,
            **throughput.units,
            "LastIncreaseDateTime": throughput.increased_at,
            "LastDecreaseDateTime": throughput.decreased_at,
        }
    )


def _index_to_api(index: IndexState, arn: str, sizes: Sizes) -> Form:
    size_bytes, item_count = sizes.get(index.name, (0, 0))
    description = {
        **_shared_index(index),
        "IndexSizeBytes": size_bytes,
        "ItemCount": item_count,
        "IndexArn": f"{arn}/index/{index.name}",
    }
    if index.warm is not None:
        description["WarmThroughput"] = {**index.warm, "Status": "ACTIVE"}
    return description


def _billing(state: TableState) -> Form | None:
    if not state.was_on_demand:
        return None
    since = state.created_at if state.on_demand_since is None else state.on_demand_since  # None: it was made so.
    return _present({"BillingMode": state.billing_mode, "LastUpdateToPayPerRequestDateTime": since})


def _table_class(state: TableState) -> Form | None:
    if state.table_class is None:
        return None
    changed_at = state.class_changes[-1] if state.class_changes else None
    return _present({"TableClass": state.table_class, "LastUpdateDateTime": changed_at})


def encryption_to_api(state: TableState, scope: ArnScope) -> Form | None:
    """The SSEDescription of a table; None where it has no key of its own."""
    key = state.encryption_key
    if key is None:
        return None
    if not key.startswith("arn:"):
        key = f"arn:aws:kms:{scope.region}:{scope.account_id}:{key if '/' in key else 'key/' + key}"
    return {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": _key_behind(key)}


def _key_behind(arn: str) -> str:
    """The ARN of a key; of an alias, that of the key behind it, which is made up and always the same."""
    place, is_alias, _ = arn.partition(":alias/")
    if not is_alias:
        return arn
    from uuid import NAMESPACE_URL, uuid5  # Slow to import, and seldom needed.

    return f"{place}:key/{uuid5(NAMESPACE_URL, arn)}"


# What both have.


def _shared(state: TableState) -> Form:
    return {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in state.attribute_types.items()
        ],
        "TableName": state.name,
        "KeySchema": key_schema_to_api(state.key_schema),
        "TableStatus": state.status,
        "CreationDateTime": state.created_at,
        "ProvisionedThroughput": throughput_to_api(state.throughput),
        "TableId": state.id,
        "DeletionProtectionEnabled": state.is_protected,
        "OnDemandThroughput": None if state.on_demand is None else dict(state.on_demand),
        "LatestStreamLabel": state.stream_label,
    }


def _shared_index(index: IndexState) -> Form:
    names = index.non_key_attributes
    projection = {"ProjectionType": index.projection, "NonKeyAttributes": None if names is None else list(names)}
    return _present(
        {
            "IndexName": index.name,
            "KeySchema": key_schema_to_api(index.key_schema),
            "Projection": _present(projection),
            "IndexStatus": index.status,
            "Backfilling": index.is_backfilling,
            "ProvisionedThroughput": None if index.throughput is None else throughput_to_api(index.throughput),
            "OnDemandThroughput": None if index.on_demand is None else dict(index.on_demand),
        }
    )


def key_schema_to_api(elements: tuple[KeyElement, ...]) -> list[dict[str, str]]:
    """The KeySchema of a table or index."""
    return [{"AttributeName": each.name, "KeyType": each.role} for each in elements]


def _stream(state: TableState) -> Form | None:
    return {"StreamEnabled": True, "StreamViewType": state.stream_view} if state.has_stream else None


def _present(form: Form) -> Form:
    return {name: value for name, value in form.items() if value is not None}
