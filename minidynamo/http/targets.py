"""The operations of the API by the two services they belong to, whether this package carries them out or not.

Source: service models of DynamoDB (2012-08-10) and DynamoDB Streams (2012-08-10).
"""

from __future__ import annotations

_DYNAMODB = """
BatchExecuteStatement BatchGetItem BatchWriteItem CancelBulkOperation CreateBackup CreateGlobalTable
CreateTable DeleteBackup DeleteItem DeleteResourcePolicy DeleteTable DescribeBackup DescribeBulkOperation
DescribeContinuousBackups DescribeContributorInsights DescribeEndpoints DescribeExport DescribeGlobalTable
DescribeGlobalTableSettings DescribeImport DescribeKinesisStreamingDestination DescribeLimits DescribeTable
DescribeTableReplicaAutoScaling DescribeTimeToLive DisableKinesisStreamingDestination
EnableKinesisStreamingDestination ExecuteStatement ExecuteTransaction ExportTableToPointInTime GetItem
GetResourcePolicy ImportTable ListBackups ListBulkOperations ListContributorInsights ListExports
ListGlobalTables ListImports ListTables ListTagsOfResource PutItem PutResourcePolicy Query
RestoreTableFromBackup RestoreTableToPointInTime Scan SearchVectors StartBulkPutItems TagResource
TransactGetItems TransactWriteItems UntagResource UpdateContinuousBackups UpdateContributorInsights
UpdateGlobalTable UpdateGlobalTableSettings UpdateItem UpdateKinesisStreamingDestination UpdateTable
UpdateTableReplicaAutoScaling UpdateTimeToLive
"""
_STREAMS = "DescribeStream GetRecords GetShardIterator ListStreams"

SERVICES = {
    "DynamoDB_20120810": frozenset(_DYNAMODB.split()),
    "DynamoDBStreams_20120810": frozenset(_STREAMS.split()),
}
# Their answers have no members, and no body either.
WITHOUT_BODY = frozenset({"TagResource", "UntagResource"})


def operation_of(target: str | None) -> str | None:
    """The operation that an X-Amz-Target names, such as "DynamoDB_20120810.GetItem"; None where it names none."""
    service, _, operation = (target or "").partition(".")
    return operation if operation in SERVICES.get(service, ()) else None


def target_of(operation: str) -> str:
    """The X-Amz-Target of an operation; that of DynamoDB itself for an unknown one."""
    service = next((name for name, known in SERVICES.items() if operation in known), "DynamoDB_20120810")
    return f"{service}.{operation}"
