"""The requests of the control plane: tables, tags, limits.

Parameters of features that a local store does not have (vector indexes, replicas) are described as opaque
(`OPAQUE`): `schema/` refuses them by name, so that nothing is accepted silently.
Source: the API model of DynamoDB, version 2012-08-10; enum orders and bounds as the service reports them.
"""

from __future__ import annotations

from minidynamo.limits import LIST_TABLES_PAGE_MAX
from minidynamo.requests.shapes import (
    CREATED_TABLE_NAME,
    FLAG,
    INDEX_NAME,
    KEY_ATTRIBUTE_NAME,
    TEXT,
    Shape,
    enum,
    integer,
    list_of,
    long,
    string,
    structure,
)

OPAQUE = Shape("Opaque")

_ATTRIBUTE_DEFINITION = structure(
    "AttributeDefinition",
    "AttributeName AttributeType",
    AttributeName=KEY_ATTRIBUTE_NAME,
    AttributeType=enum("B", "N", "S"),
)
_KEY_SCHEMA_ELEMENT = structure(
    "KeySchemaElement",
    "AttributeName KeyType",
    AttributeName=KEY_ATTRIBUTE_NAME,
    KeyType=enum("HASH", "RANGE"),
)
_TABLE_KEY_SCHEMA = list_of(_KEY_SCHEMA_ELEMENT, 1, 2)
_GLOBAL_KEY_SCHEMA = list_of(_KEY_SCHEMA_ELEMENT, 1)
_PROJECTION = structure(
    "Projection",
    ProjectionType=enum("ALL", "INCLUDE", "KEYS_ONLY"),
    NonKeyAttributes=list_of(KEY_ATTRIBUTE_NAME, 1, 20),
)
_PROVISIONED = structure(
    "ProvisionedThroughput",
    "ReadCapacityUnits WriteCapacityUnits",
    ReadCapacityUnits=long(1),
    WriteCapacityUnits=long(1),
)
_ON_DEMAND = structure("OnDemandThroughput", MaxReadRequestUnits=long(), MaxWriteRequestUnits=long())
_WARM = structure("WarmThroughput", ReadUnitsPerSecond=long(), WriteUnitsPerSecond=long())
_THROUGHPUT_MEMBERS = {
    "ProvisionedThroughput": _PROVISIONED,
    "OnDemandThroughput": _ON_DEMAND,
    "WarmThroughput": _WARM,
}
_STREAM = structure(
    "StreamSpecification",
    "StreamEnabled",
    StreamEnabled=FLAG,
    StreamViewType=enum("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"),
)
_SSE = structure("SSESpecification", Enabled=FLAG, SSEType=enum("AES256", "KMS"), KMSMasterKeyId=TEXT)
_TAG = structure("Tag", "Key Value", Key=TEXT, Value=TEXT)

_RESOURCE_ARN = string(1, 1283)
_REVISION = string(1, 255)

_LOCAL_INDEX = structure(
    "LocalSecondaryIndex",
    "IndexName KeySchema Projection",
    IndexName=INDEX_NAME,
    KeySchema=_TABLE_KEY_SCHEMA,
    Projection=_PROJECTION,
)
_GLOBAL_INDEX_MEMBERS = {
    "IndexName": INDEX_NAME,
    "KeySchema": _GLOBAL_KEY_SCHEMA,
    "Projection": _PROJECTION,
    **_THROUGHPUT_MEMBERS,
}
_GLOBAL_INDEX = structure("GlobalSecondaryIndex", "IndexName KeySchema Projection", **_GLOBAL_INDEX_MEMBERS)
_GLOBAL_INDEX_UPDATE = structure(
    "GlobalSecondaryIndexUpdate",
    Update=structure("UpdateGlobalSecondaryIndexAction", "IndexName", IndexName=INDEX_NAME, **_THROUGHPUT_MEMBERS),
    Create=structure("CreateGlobalSecondaryIndexAction", "IndexName KeySchema Projection", **_GLOBAL_INDEX_MEMBERS),
    Delete=structure("DeleteGlobalSecondaryIndexAction", "IndexName", IndexName=INDEX_NAME),
)
_TABLE_SETTINGS = {
    "BillingMode": enum("PROVISIONED", "PAY_PER_REQUEST"),
    "TableClass": TEXT,  # A wrong one is refused in words of its own.
    "DeletionProtectionEnabled": FLAG,
    "StreamSpecification": _STREAM,
    "SSESpecification": _SSE,
    "GlobalTableSettingsReplicationMode": OPAQUE,
    **_THROUGHPUT_MEMBERS,
}


def _about_table(name: str) -> Shape:
    return structure(name, "TableName", TableName=CREATED_TABLE_NAME)


CONTROL_PLANE: dict[str, Shape] = {
    "CreateTable": structure(
        "CreateTableInput",
        "TableName AttributeDefinitions KeySchema",
        TableName=CREATED_TABLE_NAME,
        AttributeDefinitions=list_of(_ATTRIBUTE_DEFINITION),
        KeySchema=_TABLE_KEY_SCHEMA,
        GlobalSecondaryIndexes=list_of(_GLOBAL_INDEX),
        LocalSecondaryIndexes=list_of(_LOCAL_INDEX),
        Tags=list_of(_TAG),
        ResourcePolicy=TEXT,
        GlobalTableSourceArn=OPAQUE,
        VectorIndexes=OPAQUE,
        **_TABLE_SETTINGS,
    ),
    "DescribeTable": _about_table("DescribeTableInput"),
    "DeleteTable": _about_table("DeleteTableInput"),
    "UpdateTable": structure(
        "UpdateTableInput",
        "TableName",
        TableName=CREATED_TABLE_NAME,
        AttributeDefinitions=list_of(_ATTRIBUTE_DEFINITION),
        GlobalSecondaryIndexUpdates=list_of(_GLOBAL_INDEX_UPDATE),
        ReplicaUpdates=OPAQUE,
        MultiRegionConsistency=OPAQUE,
        GlobalTableWitnessUpdates=OPAQUE,
        DisassociationProtectionEnabled=OPAQUE,
        VectorIndexUpdates=OPAQUE,
        **_TABLE_SETTINGS,
    ),
    "UpdateTimeToLive": structure(
        "UpdateTimeToLiveInput",
        "TableName TimeToLiveSpecification",
        TableName=CREATED_TABLE_NAME,
        TimeToLiveSpecification=structure(
            "TimeToLiveSpecification", "Enabled AttributeName", Enabled=FLAG, AttributeName=KEY_ATTRIBUTE_NAME
        ),
    ),
    "DescribeTimeToLive": _about_table("DescribeTimeToLiveInput"),
    "ListTables": structure(
        "ListTablesInput",
        ExclusiveStartTableName=INDEX_NAME,
        Limit=integer(1, LIST_TABLES_PAGE_MAX),
    ),
    "TagResource": structure("TagResourceInput", "ResourceArn Tags", ResourceArn=TEXT, Tags=list_of(_TAG)),
    "UntagResource": structure("UntagResourceInput", "ResourceArn TagKeys", ResourceArn=TEXT, TagKeys=list_of(TEXT)),
    "ListTagsOfResource": structure("ListTagsOfResourceInput", "ResourceArn", ResourceArn=TEXT, NextToken=string()),
    "PutResourcePolicy": structure(
        "PutResourcePolicyInput",
        "ResourceArn Policy",
        ResourceArn=_RESOURCE_ARN,
        Policy=TEXT,
        ExpectedRevisionId=_REVISION,
        ConfirmRemoveSelfResourceAccess=FLAG,
    ),
    "GetResourcePolicy": structure("GetResourcePolicyInput", "ResourceArn", ResourceArn=_RESOURCE_ARN),
    "DeleteResourcePolicy": structure(
        "DeleteResourcePolicyInput", "ResourceArn", ResourceArn=_RESOURCE_ARN, ExpectedRevisionId=_REVISION
    ),
    "DescribeLimits": structure("DescribeLimitsInput"),
    "DescribeEndpoints": structure("DescribeEndpointsRequest"),
}
