"""The actions that policies speak of: which there are, and which a resource's own policy may grant.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB"; DynamoDB
Developer Guide, "API operations supported by resource-based policies".
"""

from __future__ import annotations

from minidynamo.policies.patterns import matches
from minidynamo.requests.operations import ABSENT_OPERATIONS, API, STATEMENT, TRANSACTION

PREFIX = "dynamodb:"
# Actions that are no operations: parts of transactions, statements, and what is only asked for beside an operation.
_PARTS = ("ConditionCheckItem", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete")
_BESIDES = """
AssociateTableReplica DisassociateTableReplica CreateTableReplica DeleteTableReplica CreateGlobalTableWitness
DeleteGlobalTableWitness ReadDataForReplication WriteDataForReplication ReplicateSettings RestoreTableFromAwsBackup
StartAwsBackupJob InjectError UpdateGlobalTableVersion GetAbacStatus UpdateAbacStatus DescribeReservedCapacity
DescribeReservedCapacityOfferings PurchaseReservedCapacityOfferings
"""
# What no resource's policy may speak of.
_ACCOUNT_WIDE = """
CreateTable ListTables DescribeLimits DescribeEndpoints ListBackups DescribeBackup DeleteBackup RestoreTableFromBackup
ListContributorInsights DescribeExport ListExports ImportTable DescribeImport ListImports CreateGlobalTable
DescribeGlobalTable DescribeGlobalTableSettings ListGlobalTables UpdateGlobalTable UpdateGlobalTableSettings
ListStreams
"""

ACTIONS = frozenset(
    {
        *(name for name, row in API.items() if row.subject not in (TRANSACTION, STATEMENT)),
        *(*ABSENT_OPERATIONS, *_PARTS, *_BESIDES.split()),
    }
)
_GRANTABLE = frozenset(f"{PREFIX}{each}".lower() for each in ACTIONS.difference(_ACCOUNT_WIDE.split()))


def is_grantable(pattern: str) -> bool:
    """Whether a resource's policy may speak of an action, or of a pattern of actions."""
    lowered = pattern.lower()
    if "*" not in lowered and "?" not in lowered:
        return lowered in _GRANTABLE
    return any(matches(lowered, each) for each in _GRANTABLE)
