"""The requests of the data plane: items, queries, batches, transactions.

Source: the API model of DynamoDB, version 2012-08-10; enum orders and bounds as the service reports them.
"""

from __future__ import annotations

from dataclasses import replace

from minidynamo.limits import (
    BATCH_GET_KEYS_MAX,
    BATCH_STATEMENTS_MAX,
    BATCH_WRITE_REQUESTS_MAX,
    NEXT_TOKEN_CHARACTERS_MAX,
    STATEMENT_CHARACTERS_MAX,
    TRANSACTION_ACTIONS_MAX,
)
from minidynamo.requests.shapes import (
    ATTRIBUTE_NAMES,
    COMPARISON_OPERATOR,
    CONDITIONAL_OPERATOR,
    FLAG,
    INDEX_NAME,
    ITEM,
    NAME_PATTERN,
    NAMES_MAP,
    RETURN_CONSUMED_CAPACITY,
    RETURN_ITEM_COLLECTION_METRICS,
    RETURN_VALUES,
    RETURN_VALUES_ON_FAILURE,
    SELECT,
    TABLE_NAME,
    TEXT,
    VALUE,
    VALUES,
    Shape,
    enum,
    integer,
    list_of,
    map_of,
    string,
    structure,
)

_EXPECTED = structure(
    "ExpectedAttributeValue",
    Value=VALUE,
    Exists=FLAG,
    ComparisonOperator=COMPARISON_OPERATOR,
    AttributeValueList=VALUES,
)
_CONDITION = structure(
    "Condition", "ComparisonOperator", AttributeValueList=VALUES, ComparisonOperator=COMPARISON_OPERATOR
)
_UPDATE = structure("AttributeValueUpdate", Value=VALUE, Action=enum("ADD", "PUT", "DELETE"))

_CONDITION_MEMBERS = {
    "ConditionExpression": TEXT,
    "ExpressionAttributeNames": NAMES_MAP,
    "ExpressionAttributeValues": ITEM,
    "ReturnValuesOnConditionCheckFailure": RETURN_VALUES_ON_FAILURE,
}
_WRITE_MEMBERS = {
    "ReturnConsumedCapacity": RETURN_CONSUMED_CAPACITY,
    "TableName": TABLE_NAME,
    "ConditionalOperator": CONDITIONAL_OPERATOR,
    "ReturnValues": RETURN_VALUES,
    "ReturnItemCollectionMetrics": RETURN_ITEM_COLLECTION_METRICS,
    **_CONDITION_MEMBERS,
    "Expected": map_of(_EXPECTED),
}
_READ_MEMBERS = {
    "ReturnConsumedCapacity": RETURN_CONSUMED_CAPACITY,
    "TableName": TABLE_NAME,
    "IndexName": INDEX_NAME,
    "ConditionalOperator": CONDITIONAL_OPERATOR,
    "Select": SELECT,
    "Limit": integer(1),
    "ConsistentRead": FLAG,
    "AttributesToGet": ATTRIBUTE_NAMES,
    "ProjectionExpression": TEXT,
    "FilterExpression": TEXT,
    "ExpressionAttributeNames": NAMES_MAP,
    "ExpressionAttributeValues": ITEM,
    "ExclusiveStartKey": ITEM,
}

_KEYS_AND_ATTRIBUTES = structure(
    "KeysAndAttributes",
    "Keys",
    Keys=replace(list_of(ITEM, 1, BATCH_GET_KEYS_MAX), model_case=True),
    ConsistentRead=FLAG,
    AttributesToGet=ATTRIBUTE_NAMES,
    ProjectionExpression=TEXT,
    ExpressionAttributeNames=NAMES_MAP,
)
_WRITE_REQUEST = structure(
    "WriteRequest",
    PutRequest=structure("PutRequest", "Item", Item=ITEM),
    DeleteRequest=structure("DeleteRequest", "Key", Key=ITEM),
)
_TABLE_KEY_CONSTRAINTS = (
    "Member must have length less than or equal to 255, Member must have length greater than or equal to 3, "
    f"Member must satisfy regular expression pattern: {NAME_PATTERN}"
)
_WRITE_REQUESTS_CONSTRAINTS = (
    f"Member must have length less than or equal to {BATCH_WRITE_REQUESTS_MAX}, "
    "Member must have length greater than or equal to 1"
)


def _action(name: str, required: str, **members: Shape) -> Shape:
    return structure(name, required, TableName=TABLE_NAME, **members, **_CONDITION_MEMBERS)


TRANSACT_WRITE_ITEM = structure(
    "TransactWriteItem",
    ConditionCheck=_action("ConditionCheck", "Key TableName ConditionExpression", Key=ITEM),
    Put=_action("Put", "Item TableName", Item=ITEM),
    Delete=_action("Delete", "Key TableName", Key=ITEM),
    Update=_action("Update", "Key UpdateExpression TableName", Key=ITEM, UpdateExpression=TEXT),
)
_TRANSACT_GET_ITEM = structure(
    "TransactGetItem",
    "Get",
    Get=structure(
        "Get",
        "Key TableName",
        TableName=TABLE_NAME,
        Key=ITEM,
        ProjectionExpression=TEXT,
        ExpressionAttributeNames=NAMES_MAP,
    ),
)

_STATEMENT = {"Statement": string(1, STATEMENT_CHARACTERS_MAX), "Parameters": list_of(VALUE, 1)}
_STATEMENT_MEMBERS = {**_STATEMENT, "ReturnValuesOnConditionCheckFailure": RETURN_VALUES_ON_FAILURE}

DATA_PLANE: dict[str, Shape] = {
    "PutItem": structure("PutItemInput", "TableName Item", **_WRITE_MEMBERS, Item=ITEM),
    "GetItem": structure(
        "GetItemInput",
        "TableName Key",
        ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
        TableName=TABLE_NAME,
        ConsistentRead=FLAG,
        AttributesToGet=ATTRIBUTE_NAMES,
        ProjectionExpression=TEXT,
        ExpressionAttributeNames=NAMES_MAP,
        Key=ITEM,
    ),
    "UpdateItem": structure(
        "UpdateItemInput",
        "TableName Key",
        **_WRITE_MEMBERS,
        AttributeUpdates=map_of(_UPDATE),
        UpdateExpression=TEXT,
        Key=ITEM,
    ),
    "DeleteItem": structure("DeleteItemInput", "TableName Key", **_WRITE_MEMBERS, Key=ITEM),
    "Query": structure(
        "QueryInput",
        "TableName",
        **_READ_MEMBERS,
        KeyConditions=map_of(_CONDITION),
        QueryFilter=map_of(_CONDITION),
        ScanIndexForward=FLAG,
        KeyConditionExpression=TEXT,
    ),
    "Scan": structure(
        "ScanInput",
        "TableName",
        **_READ_MEMBERS,
        ScanFilter=map_of(_CONDITION),
        TotalSegments=integer(1, 1_000_000),
        Segment=integer(0, 999_999),
    ),
    "BatchGetItem": structure(
        "BatchGetItemInput",
        "RequestItems",
        RequestItems=Shape(
            "Map",
            element=_KEYS_AND_ATTRIBUTES,
            minimum=1,
            maximum=BATCH_GET_KEYS_MAX,
            key_constraints=_TABLE_KEY_CONSTRAINTS,
        ),
        ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
    ),
    "BatchWriteItem": structure(
        "BatchWriteItemInput",
        "RequestItems",
        ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
        ReturnItemCollectionMetrics=RETURN_ITEM_COLLECTION_METRICS,
        RequestItems=Shape(
            "Map",
            element=list_of(_WRITE_REQUEST, 1, BATCH_WRITE_REQUESTS_MAX),
            minimum=1,
            maximum=BATCH_WRITE_REQUESTS_MAX,
            key_constraints=_TABLE_KEY_CONSTRAINTS,
            value_constraints=_WRITE_REQUESTS_CONSTRAINTS,
        ),
    ),
    "TransactGetItems": structure(
        "TransactGetItemsInput",
        "TransactItems",
        ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
        TransactItems=list_of(_TRANSACT_GET_ITEM, 1, TRANSACTION_ACTIONS_MAX),
    ),
    "TransactWriteItems": structure(
        "TransactWriteItemsInput",
        "TransactItems",
        ClientRequestToken=string(1, 36),
        ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
        ReturnItemCollectionMetrics=RETURN_ITEM_COLLECTION_METRICS,
        TransactItems=list_of(TRANSACT_WRITE_ITEM, 1, TRANSACTION_ACTIONS_MAX),
    ),
    "ExecuteStatement": structure(
        "ExecuteStatementInput",
        "Statement",
        **_STATEMENT_MEMBERS,
        ConsistentRead=FLAG,
        NextToken=string(1, NEXT_TOKEN_CHARACTERS_MAX),
        ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
        Limit=integer(1),
    ),
    "BatchExecuteStatement": structure(
        "BatchExecuteStatementInput",
        "Statements",
        ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
        Statements=list_of(
            structure("BatchStatementRequest", "Statement", **_STATEMENT_MEMBERS, ConsistentRead=FLAG),
            1,
            BATCH_STATEMENTS_MAX,
        ),
    ),
    "ExecuteTransaction": structure(
        "ExecuteTransactionInput",
        "TransactStatements",
        ClientRequestToken=string(1, 36),
        ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
        TransactStatements=list_of(
            structure("ParameterizedStatement", "Statement", **_STATEMENT_MEMBERS), 1, TRANSACTION_ACTIONS_MAX
        ),
    ),
}
