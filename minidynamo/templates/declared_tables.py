"""How the properties of CloudFormation's and SAM's tables are read.

Source: AWS CloudFormation resource reference, AWS::DynamoDB::Table and AWS::DynamoDB::GlobalTable; AWS SAM,
AWS::Serverless::SimpleTable.
"""

from __future__ import annotations

from minidynamo.requests.operations import API
from minidynamo.templates.conversions import (
    EXPIRY,
    INDEX_REQUIRED,
    as_it_is,
    flag,
    number,
    policy,
    rows_of,
    structure,
    structures,
    tags,
)
from minidynamo.templates.parts import Part
from minidynamo.templates.reading import Conversion, LeftOut, Reading, Row

_CREATED = API["CreateTable"].request.members
_ROWS = rows_of(API["CreateTable"].request)
_ENCRYPTION = Row(
    "SSESpecification",
    structure(
        Reading(
            {
                "SSEEnabled": Row("Enabled", flag),
                "SSEType": Row("SSEType", as_it_is),
                "KMSMasterKeyId": Row("KMSMasterKeyId", as_it_is),
            }
        )
    ),
)
_STREAM = Row(
    "StreamSpecification",
    structure(
        Reading(
            {
                "StreamEnabled": Row("StreamEnabled", flag),
                "StreamViewType": Row("StreamViewType", as_it_is),
                "ResourcePolicy": Row("ResourcePolicy", policy),
            }
        )
    ),
)
_LOCAL_INDEXES = Row(
    "LocalSecondaryIndexes",
    structures(Reading(rows_of(_CREATED["LocalSecondaryIndexes"].inner), required=INDEX_REQUIRED)),
)
_INSIGHTS = {"ContributorInsightsSpecification": Row("ContributorInsightsSpecification")}
# Of a table, and of a replica of a global one.
_OF_ONE_REGION = {
    "Tags": Row("Tags", tags),
    "TableClass": Row("TableClass", as_it_is),
    "DeletionProtectionEnabled": Row("DeletionProtectionEnabled", flag),
    "ResourcePolicy": Row("ResourcePolicy", policy),
    "PointInTimeRecoverySpecification": Row("PointInTimeRecoverySpecification"),
    "KinesisStreamSpecification": Row("KinesisStreamSpecification"),
    **_INSIGHTS,
}

TABLE = Reading(
    {
        **_ROWS,
        **_OF_ONE_REGION,
        "LocalSecondaryIndexes": _LOCAL_INDEXES,
        "GlobalSecondaryIndexes": Row(
            "GlobalSecondaryIndexes",
            structures(
                Reading({**rows_of(_CREATED["GlobalSecondaryIndexes"].inner), **_INSIGHTS}, required=INDEX_REQUIRED)
            ),
        ),
        "SSESpecification": _ENCRYPTION,
        "StreamSpecification": _STREAM,
        "TimeToLiveSpecification": EXPIRY,
        "ImportSourceSpecification": Row("Source"),
    }
)


def _scaled(access: str) -> Conversion:
    """The fixed units of a global table's settings, or those at which it begins where it scales by itself."""
    units, scaling = f"{access}CapacityUnits", f"{access}CapacityAutoScalingSettings"

    def convert(part: Part, member: str, left_out: LeftOut) -> int:
        settings = part.part(member)
        if settings.has(scaling) and not settings.has(units):
            left_out.within(member).note(f"{scaling} (but for MinCapacity)")
            return settings.part(scaling).number("MinCapacity")
        return settings.number(units)

    return convert


def _throughput(access: str) -> dict[str, Row]:
    bound = f"Max{access}RequestUnits"
    return {
        f"{access}ProvisionedThroughputSettings": Row(f"ProvisionedThroughput.{access}CapacityUnits", _scaled(access)),
        f"{access}OnDemandThroughputSettings": Row(
            "OnDemandThroughput", structure(Reading({bound: Row(bound, number)}))
        ),
    }


_NOT_OF_GLOBAL_TABLES = _OF_ONE_REGION.keys() | {"ProvisionedThroughput", "OnDemandThroughput"}
_GLOBAL_INDEX_ROWS = {
    name: row
    for name, row in rows_of(_CREATED["GlobalSecondaryIndexes"].inner).items()
    if name not in _NOT_OF_GLOBAL_TABLES
}

GLOBAL_TABLE = Reading(
    {
        **{name: row for name, row in _ROWS.items() if name not in _NOT_OF_GLOBAL_TABLES},
        **_throughput("Read"),
        **_throughput("Write"),
        "LocalSecondaryIndexes": _LOCAL_INDEXES,
        "GlobalSecondaryIndexes": Row(
            "GlobalSecondaryIndexes",
            structures(
                Reading({**_GLOBAL_INDEX_ROWS, **_throughput("Read"), **_throughput("Write")}, required=INDEX_REQUIRED)
            ),
        ),
        "SSESpecification": _ENCRYPTION,
        "StreamSpecification": _STREAM,
        "TimeToLiveSpecification": EXPIRY,
        "MultiRegionConsistency": Row("MultiRegionConsistency"),
        "GlobalTableWitnesses": Row("GlobalTableWitnesses"),
    },
    silent=frozenset({"Replicas"}),  # Read by the reading below, one by one.
)
REPLICA = Reading(
    {
        **_OF_ONE_REGION,
        **_throughput("Read"),
        "SSESpecification": _ENCRYPTION,
        "GlobalSecondaryIndexes": Row(
            "GlobalSecondaryIndexes",
            structures(
                Reading(
                    {"IndexName": Row("IndexName", as_it_is), **_throughput("Read"), **_INSIGHTS},
                    required=("IndexName",),
                )
            ),
        ),
        "ReplicaStreamSpecification": Row(
            "StreamSpecification", structure(Reading({"ResourcePolicy": Row("ResourcePolicy", policy)}))
        ),
        "GlobalTableSettingsReplicationMode": Row("GlobalTableSettingsReplicationMode"),
    },
    silent=frozenset({"Region"}),
)

_KINDS = {"String": "S", "Number": "N", "Binary": "B"}


def _primary_key(part: Part, member: str, left_out: LeftOut) -> dict[str, str]:
    key = part.part(member)
    kind = key.text("Type") if key.has("Type") else "String"
    if kind not in _KINDS:
        raise key.wrong("Type", kind, "String, Number or Binary")
    return {"AttributeName": key.text("Name"), "AttributeType": _KINDS[kind]}


SIMPLE_TABLE = Reading(
    {
        "TableName": _ROWS["TableName"],
        "PrimaryKey": Row("PrimaryKey", _primary_key),
        "ProvisionedThroughput": _ROWS["ProvisionedThroughput"],
        "SSESpecification": _ENCRYPTION,
        "Tags": Row("Tags", tags),
        "PointInTimeRecoverySpecification": Row("PointInTimeRecoverySpecification"),
    }
)
