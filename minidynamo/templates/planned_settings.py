"""How the values of Terraform's tables and indexes are read.

Source: aws_dynamodb_table and aws_dynamodb_global_secondary_index of Terraform's AWS provider.
"""

from __future__ import annotations

from minidynamo.templates.conversions import as_it_is, block, bound, flag, number, structures, tags
from minidynamo.templates.parts import Part
from minidynamo.templates.reading import LeftOut, Reading, Row

_FACTS = frozenset({"id", "arn", "region", "timeouts", "stream_arn", "stream_label", "table_name"})


def _blocks(rows: dict[str, Row], *required: str) -> Reading:
    return Reading(rows, _FACTS, required, empty_is_unset=True)


def _encryption(part: Part, member: str, left_out: LeftOut) -> object:
    draft = _ENCRYPTION(part, member, left_out)
    is_on = isinstance(draft, dict) and draft.get("Enabled")
    return {"SSEType": "KMS", **draft} if isinstance(draft, dict) and is_on else None


_ENCRYPTION = block(
    _blocks({"enabled": Row("Enabled", flag), "kms_key_arn": Row("KMSMasterKeyId", as_it_is)}),
)
_KEY_ELEMENT = {"attribute_name": Row("AttributeName", as_it_is), "key_type": Row("KeyType", as_it_is)}
_TYPED_ELEMENT = {**_KEY_ELEMENT, "attribute_type": Row("AttributeType", as_it_is)}
_KEY = {
    "hash_key": Row("KeyRoles.HASH", as_it_is),
    "range_key": Row("KeyRoles.RANGE", as_it_is),
    "key_schema": Row("KeySchema", structures(_blocks(_KEY_ELEMENT, *_KEY_ELEMENT))),
}
_PROVISIONED = {
    "read_capacity": Row("ProvisionedThroughput.ReadCapacityUnits", number),
    "write_capacity": Row("ProvisionedThroughput.WriteCapacityUnits", number),
}
_OTHER_THROUGHPUT = {
    "on_demand_throughput": Row(
        "OnDemandThroughput",
        block(
            _blocks(
                {
                    "max_read_request_units": Row("MaxReadRequestUnits", bound),
                    "max_write_request_units": Row("MaxWriteRequestUnits", bound),
                }
            )
        ),
    ),
    "warm_throughput": Row(
        "WarmThroughput",
        block(
            _blocks(
                {
                    "read_units_per_second": Row("ReadUnitsPerSecond", number),
                    "write_units_per_second": Row("WriteUnitsPerSecond", number),
                }
            )
        ),
    ),
}
_PROJECTION = {
    "projection_type": Row("Projection.ProjectionType", as_it_is),
    "non_key_attributes": Row("Projection.NonKeyAttributes", as_it_is),
}
_INDEX = {"name": Row("IndexName", as_it_is), **_KEY, **_PROJECTION}
_NAMED_INDEX = ("name", "projection_type")

TABLE = _blocks(
    {
        "name": Row("TableName", as_it_is),
        "billing_mode": Row("BillingMode", as_it_is),
        **_KEY,
        "attribute": Row(
            "AttributeDefinitions",
            structures(
                _blocks(
                    {"name": Row("AttributeName", as_it_is), "type": Row("AttributeType", as_it_is)}, "name", "type"
                )
            ),
        ),
        **_PROVISIONED,
        **_OTHER_THROUGHPUT,
        "local_secondary_index": Row("LocalSecondaryIndexes", structures(_blocks(_INDEX, *_NAMED_INDEX))),
        "global_secondary_index": Row(
            "GlobalSecondaryIndexes",
            structures(_blocks({**_INDEX, **_PROVISIONED, **_OTHER_THROUGHPUT}, *_NAMED_INDEX)),
        ),
        "server_side_encryption": Row("SSESpecification", _encryption),
        "ttl": Row(
            "TimeToLiveSpecification",
            block(_blocks({"enabled": Row("Enabled", flag), "attribute_name": Row("AttributeName", as_it_is)})),
        ),
        "tags": Row("Tags", tags),
        "tags_all": Row("Tags", tags),  # With the provider's own.
        "stream_enabled": Row("StreamSpecification.StreamEnabled", flag),
        "stream_view_type": Row("StreamSpecification.StreamViewType", as_it_is),
        "deletion_protection_enabled": Row("DeletionProtectionEnabled", flag),
        "table_class": Row("TableClass", as_it_is),
        "point_in_time_recovery": Row("PointInTimeRecoverySpecification"),
        "replica": Row("Replicas"),
        "global_table_witness": Row("GlobalTableWitnesses"),
        "import_table": Row("Source"),
        "restore_source_name": Row("Source"),
        "restore_source_table_arn": Row("Source"),
        "restore_backup_arn": Row("Source"),
        "restore_date_time": Row("Source"),
        "restore_to_latest_time": Row("Source"),
    },
    "name",
)
INDEX = _blocks(
    {
        "index_name": Row("IndexName", as_it_is),
        **_INDEX,
        "key_schema": Row("KeySchema", structures(_blocks(_TYPED_ELEMENT, *_KEY_ELEMENT))),
        **_PROVISIONED,
        **_OTHER_THROUGHPUT,
        "projection": Row(
            "Projection",
            block(
                _blocks(
                    {
                        "projection_type": Row("ProjectionType", as_it_is),
                        "non_key_attributes": Row("NonKeyAttributes", as_it_is),
                    }
                )
            ),
        ),
        "provisioned_throughput": Row(
            "ProvisionedThroughput",
            block(
                _blocks(
                    {
                        "read_capacity_units": Row("ReadCapacityUnits", number),
                        "write_capacity_units": Row("WriteCapacityUnits", number),
                    }
                )
            ),
        ),
    }
)
