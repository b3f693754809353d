"""What the operations on tables and streams take, by keyword: for type checkers. See `item_parameters.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Required, TypedDict

from minidynamo.values.api_types import JsonValue, Structure


class CreateTable(TypedDict, total=False):
    """What CreateTable takes."""

    TableName: Required[str]
    AttributeDefinitions: Required[Sequence[Mapping[str, str]]]
    KeySchema: Required[Sequence[Mapping[str, str]]]
    GlobalSecondaryIndexes: Sequence[Structure]
    LocalSecondaryIndexes: Sequence[Structure]
    Tags: Sequence[Mapping[str, str]]
    ResourcePolicy: str
    GlobalTableSourceArn: JsonValue
    VectorIndexes: JsonValue
    BillingMode: str
    TableClass: str
    DeletionProtectionEnabled: bool
    StreamSpecification: Structure
    SSESpecification: Structure
    GlobalTableSettingsReplicationMode: JsonValue
    ProvisionedThroughput: Structure
    OnDemandThroughput: Structure
    WarmThroughput: Structure


class DeleteResourcePolicy(TypedDict, total=False):
    """What DeleteResourcePolicy takes."""

    ResourceArn: Required[str]
    ExpectedRevisionId: str


class DeleteTable(TypedDict, total=False):
    """What DeleteTable takes."""

    TableName: Required[str]


class DescribeStream(TypedDict, total=False):
    """What DescribeStream takes."""

    StreamArn: Required[str]
    Limit: int
    ExclusiveStartShardId: str
    ShardFilter: Mapping[str, str]


class DescribeTable(TypedDict, total=False):
    """What DescribeTable takes."""

    TableName: Required[str]


class DescribeTimeToLive(TypedDict, total=False):
    """What DescribeTimeToLive takes."""

    TableName: Required[str]


class GetRecords(TypedDict, total=False):
    """What GetRecords takes."""

    ShardIterator: Required[str]
    Limit: int


class GetResourcePolicy(TypedDict, total=False):
    """What GetResourcePolicy takes."""

    ResourceArn: Required[str]


class GetShardIterator(TypedDict, total=False):
    """What GetShardIterator takes."""

    StreamArn: Required[str]
    ShardId: Required[str]
    ShardIteratorType: Required[str]
    SequenceNumber: str
    Timestamp: datetime | float


class ListStreams(TypedDict, total=False):
    """What ListStreams takes."""

    TableName: str
    Limit: int
    ExclusiveStartStreamArn: str


class ListTables(TypedDict, total=False):
    """What ListTables takes."""

    ExclusiveStartTableName: str
    Limit: int


class ListTagsOfResource(TypedDict, total=False):
    """What ListTagsOfResource takes."""

    ResourceArn: Required[str]
    NextToken: str


class PutResourcePolicy(TypedDict, total=False):
    """What PutResourcePolicy takes."""

    ResourceArn: Required[str]
    Policy: Required[str]
    ExpectedRevisionId: str
    ConfirmRemoveSelfResourceAccess: bool


class TagResource(TypedDict, total=False):
    """What TagResource takes."""

    ResourceArn: Required[str]
    Tags: Required[Sequence[Mapping[str, str]]]


class UntagResource(TypedDict, total=False):
    """What UntagResource takes."""

    ResourceArn: Required[str]
    TagKeys: Required[Sequence[str]]


class UpdateTableOfTable(TypedDict, total=False):
    """What UpdateTable takes beside the table."""

    AttributeDefinitions: Sequence[Mapping[str, str]]
    GlobalSecondaryIndexUpdates: Sequence[Structure]
    ReplicaUpdates: JsonValue
    MultiRegionConsistency: JsonValue
    GlobalTableWitnessUpdates: JsonValue
    DisassociationProtectionEnabled: JsonValue
    VectorIndexUpdates: JsonValue
    BillingMode: str
    TableClass: str
    DeletionProtectionEnabled: bool
    StreamSpecification: Structure
    SSESpecification: Structure
    GlobalTableSettingsReplicationMode: JsonValue
    ProvisionedThroughput: Structure
    OnDemandThroughput: Structure
    WarmThroughput: Structure


class UpdateTable(UpdateTableOfTable, total=False):
    """What UpdateTable takes."""

    TableName: Required[str]


class UpdateTimeToLive(TypedDict, total=False):
    """What UpdateTimeToLive takes."""

    TableName: Required[str]
    TimeToLiveSpecification: Required[Structure]
