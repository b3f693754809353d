"""What a table can be created with: the one list that every reader of templates is held against.

A reader has a row for each of these, or its source has no words for it; `tests/templates/test_settings.py` compares.
Source: DynamoDB API reference, CreateTable, and the operations that set what CreateTable does not.
"""

from __future__ import annotations

# Members of a request of CreateTable, and what its companions set.
SIMULATED = frozenset(
    {
        "TableName",
        "AttributeDefinitions",
        "KeySchema",
        "LocalSecondaryIndexes",
        "GlobalSecondaryIndexes",
        "BillingMode",
        "ProvisionedThroughput",
        "OnDemandThroughput",
        "WarmThroughput",
        "StreamSpecification",
        "SSESpecification",
        "TableClass",
        "DeletionProtectionEnabled",
        "Tags",
        "ResourcePolicy",
        "TimeToLiveSpecification",  # UpdateTimeToLive.
    }
)
NOT_SIMULATED = frozenset(
    {
        "VectorIndexes",
        "GlobalTableSourceArn",
        "GlobalTableSettingsReplicationMode",
        "PointInTimeRecoverySpecification",  # UpdateContinuousBackups.
        "ContributorInsightsSpecification",  # UpdateContributorInsights.
        "KinesisStreamSpecification",  # EnableKinesisStreamingDestination.
        "Replicas",  # UpdateTable, as the three below.
        "MultiRegionConsistency",
        "GlobalTableWitnesses",
        "DisassociationProtectionEnabled",
        "Source",  # ImportTable and the operations that restore: what a table begins with.
    }
)
LOCAL_INDEX = frozenset({"IndexName", "KeySchema", "Projection"})
GLOBAL_INDEX = LOCAL_INDEX | {"ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"}
