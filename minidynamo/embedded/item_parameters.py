"""What the operations on items take, by keyword: for type checkers. A test compares them with the API's shapes.

Values are attribute values for a client and Python values for a resource, whose conditions may be objects as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, Required, TypedDict, TypeVar

from minidynamo.values.api_types import Structure

Value = TypeVar("Value")
Condition = TypeVar("Condition")


class Writing(TypedDict, Generic[Value, Condition], total=False):
    """What a write of one item may have."""

    ReturnConsumedCapacity: str
    ReturnItemCollectionMetrics: str
    ReturnValues: str
    ReturnValuesOnConditionCheckFailure: str
    ConditionExpression: Condition
    ExpressionAttributeNames: Mapping[str, str]
    ExpressionAttributeValues: Mapping[str, Value]
    ConditionalOperator: str
    Expected: Mapping[str, Structure]


class Reading(TypedDict, Generic[Value, Condition], total=False):
    """What Query and Scan may have."""

    ReturnConsumedCapacity: str
    IndexName: str
    Select: str
    Limit: int
    ConsistentRead: bool
    ProjectionExpression: str
    FilterExpression: Condition
    ExpressionAttributeNames: Mapping[str, str]
    ExpressionAttributeValues: Mapping[str, Value]
    ExclusiveStartKey: Mapping[str, Value]
    AttributesToGet: Sequence[str]
    ConditionalOperator: str


class PutItemOfTable(Writing[Value, Condition], Generic[Value, Condition], total=False):
    """What PutItem takes beside the table."""

    Item: Required[Mapping[str, Value]]


class PutItem(PutItemOfTable[Value, Condition], Generic[Value, Condition], total=False):
    """What PutItem takes."""

    TableName: Required[str]


class UpdateItemOfTable(Writing[Value, Condition], Generic[Value, Condition], total=False):
    """What UpdateItem takes beside the table."""

    Key: Required[Mapping[str, Value]]
    AttributeUpdates: Mapping[str, Structure]
    UpdateExpression: str


class UpdateItem(UpdateItemOfTable[Value, Condition], Generic[Value, Condition], total=False):
    """What UpdateItem takes."""

    TableName: Required[str]


class DeleteItemOfTable(Writing[Value, Condition], Generic[Value, Condition], total=False):
    """What DeleteItem takes beside the table."""

    Key: Required[Mapping[str, Value]]


class DeleteItem(DeleteItemOfTable[Value, Condition], Generic[Value, Condition], total=False):
    """What DeleteItem takes."""

    TableName: Required[str]


class GetItemOfTable(TypedDict, Generic[Value], total=False):
    """What GetItem takes beside the table."""

    Key: Required[Mapping[str, Value]]
    ReturnConsumedCapacity: str
    ConsistentRead: bool
    AttributesToGet: Sequence[str]
    ProjectionExpression: str
    ExpressionAttributeNames: Mapping[str, str]


class GetItem(GetItemOfTable[Value], Generic[Value], total=False):
    """What GetItem takes."""

    TableName: Required[str]


class QueryOfTable(Reading[Value, Condition], Generic[Value, Condition], total=False):
    """What Query takes beside the table."""

    KeyConditions: Mapping[str, Structure]
    QueryFilter: Mapping[str, Structure]
    ScanIndexForward: bool
    KeyConditionExpression: Condition


class Query(QueryOfTable[Value, Condition], Generic[Value, Condition], total=False):
    """What Query takes."""

    TableName: Required[str]


class ScanOfTable(Reading[Value, Condition], Generic[Value, Condition], total=False):
    """What Scan takes beside the table."""

    ScanFilter: Mapping[str, Structure]
    TotalSegments: int
    Segment: int


class Scan(ScanOfTable[Value, Condition], Generic[Value, Condition], total=False):
    """What Scan takes."""

    TableName: Required[str]


class BatchGetItem(TypedDict, total=False):
    """What BatchGetItem takes."""

    ReturnConsumedCapacity: str
    RequestItems: Required[Mapping[str, Structure]]


class BatchWriteItem(TypedDict, total=False):
    """What BatchWriteItem takes."""

    ReturnConsumedCapacity: str
    ReturnItemCollectionMetrics: str
    RequestItems: Required[Mapping[str, Sequence[Structure]]]


class TransactGetItems(TypedDict, total=False):
    """What TransactGetItems takes."""

    ReturnConsumedCapacity: str
    TransactItems: Required[Sequence[Structure]]


class TransactWriteItems(TypedDict, total=False):
    """What TransactWriteItems takes."""

    ClientRequestToken: str
    ReturnConsumedCapacity: str
    ReturnItemCollectionMetrics: str
    TransactItems: Required[Sequence[Structure]]


class ExecuteStatement(TypedDict, Generic[Value], total=False):
    """What ExecuteStatement takes."""

    Statement: Required[str]
    Parameters: Sequence[Value]
    ConsistentRead: bool
    Limit: int
    NextToken: str
    ReturnConsumedCapacity: str
    ReturnValuesOnConditionCheckFailure: str


class BatchExecuteStatement(TypedDict, total=False):
    """What BatchExecuteStatement takes."""

    ReturnConsumedCapacity: str
    Statements: Required[Sequence[Structure]]


class ExecuteTransaction(TypedDict, total=False):
    """What ExecuteTransaction takes."""

    ClientRequestToken: str
    ReturnConsumedCapacity: str
    TransactStatements: Required[Sequence[Structure]]
