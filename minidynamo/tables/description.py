"""TableDescription: a table as DescribeTable and its kin return it.

Source: DynamoDB API reference, TableDescription; observed answers.
"""

from __future__ import annotations

import copy
from typing import Any

from minidynamo.schema.arns import ArnScope
from minidynamo.tables.table import Table

# Members that the catalog keeps and the API returns as they are.
_PLAIN = (
    "AttributeDefinitions",
    "TableName",
    "KeySchema",
    "TableStatus",
    "CreationDateTime",
    "ProvisionedThroughput",
    "TableId",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "LatestStreamLabel",
)
_INDEX_PLAIN = (
    "IndexName",
    "KeySchema",
    "Projection",
    "IndexStatus",
    "Backfilling",
    "ProvisionedThroughput",
    "OnDemandThroughput",
)
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


def table_description(table: Table, scope: ArnScope) -> dict[str, Any]:
    """The TableDescription of a table. Sizes and counts are exact at all times."""
    kept = table.description
    arn = scope.table_arn(table.name)
    description = {name: copy.deepcopy(kept[name]) for name in _PLAIN if name in kept}
    description["TableSizeBytes"] = table.keyspace.size_bytes
    description["ItemCount"] = table.keyspace.item_count
    description["TableArn"] = arn
    description["WarmThroughput"] = {**kept["WarmThroughput"], "Status": "ACTIVE"}
    _add_billing(description, kept)
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if member in kept:
            description[member] = [_index_description(table, index, arn) for index in kept[member]]
    _add_stream(description, kept, scope)
    _add_encryption(description, kept, scope)
    return description


def deleted_description(table: Table, scope: ArnScope) -> dict[str, Any]:
    """What DeleteTable returns: the description without keys, times and indexes."""
    description = table_description(table, scope)
    return {name: description[name] for name in _DELETED if name in description}


def _add_billing(description: dict[str, Any], kept: dict[str, Any]) -> None:
    if kept["WasOnDemand"]:
        description["BillingModeSummary"] = {"BillingMode": kept["BillingMode"]}
        if "OnDemandSince" in kept:
            description["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = kept["OnDemandSince"]
    if "TableClass" in kept:
        description["TableClassSummary"] = {"TableClass": kept["TableClass"]}
        if kept.get("TableClassChanges"):
            description["TableClassSummary"]["LastUpdateDateTime"] = kept["TableClassChanges"][-1]


def _index_description(table: Table, kept: dict[str, Any], arn: str) -> dict[str, Any]:
    name = kept["IndexName"]
    index = table.indexes.get(name)
    description = {member: copy.deepcopy(kept[member]) for member in _INDEX_PLAIN if member in kept}
    description["IndexSizeBytes"] = 0 if index is None else index.keyspace.size_bytes
    description["ItemCount"] = 0 if index is None else index.keyspace.item_count
    description["IndexArn"] = f"{arn}/index/{name}"
    if "WarmThroughput" in kept:
        description["WarmThroughput"] = {**kept["WarmThroughput"], "Status": "ACTIVE"}
    return description


def _add_stream(description: dict[str, Any], kept: dict[str, Any], scope: ArnScope) -> None:
    if kept.get("StreamSpecification", {}).get("StreamEnabled"):
        description["StreamSpecification"] = dict(kept["StreamSpecification"])
    if "LatestStreamLabel" in kept:
        description["LatestStreamArn"] = scope.stream_arn(kept["TableName"], kept["LatestStreamLabel"])


def _add_encryption(description: dict[str, Any], kept: dict[str, Any], scope: ArnScope) -> None:
    encryption = kept.get("SSESpecification", {})
    if encryption.get("Enabled"):
        key = encryption.get("KMSMasterKeyId", "alias/aws/dynamodb")
        if not key.startswith("arn:"):
            key = f"arn:aws:kms:{scope.region}:{scope.account_id}:{key if '/' in key else 'key/' + key}"
        description["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
