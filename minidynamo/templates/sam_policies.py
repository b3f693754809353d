"""SAM's policy templates and what its connectors grant, as far as they concern DynamoDB.

Source: AWS SAM Developer Guide, "AWS SAM policy template list", "AWS SAM connector reference".
"""

from __future__ import annotations

from minidynamo.values.api_types import JsonObject

_READ = ("GetItem", "Scan", "Query", "BatchGetItem", "DescribeTable")
_TABLE, _INDEXES, _STREAMS, _BACKUPS = "", "/index/*", "/stream/*", "/backup/*"
_STREAM_NAME = "StreamName"
_CONSUMED = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")

Grant = tuple[tuple[str, ...], tuple[str, ...]]
"""Operations, and what stands behind the ARN of the table on which they are allowed."""

# By the names of the templates: their statements.
_TEMPLATES: dict[str, tuple[Grant, ...]] = {
    "DynamoDBCrudPolicy": (
        (
            (
                *("GetItem", "DeleteItem", "PutItem", "Scan", "Query", "UpdateItem", "BatchWriteItem", "BatchGetItem"),
                *("DescribeTable", "ConditionCheckItem"),
            ),
            (_TABLE, _INDEXES),
        ),
    ),
    "DynamoDBReadPolicy": ((_READ, (_TABLE, _INDEXES)),),
    "DynamoDBWritePolicy": ((("PutItem", "UpdateItem", "BatchWriteItem"), (_TABLE, _INDEXES)),),
    "DynamoDBReconfigurePolicy": ((("UpdateTable",), (_TABLE,)),),
    "DynamoDBStreamReadPolicy": (
        (("DescribeStream", "GetRecords", "GetShardIterator"), (f"/stream/{{{_STREAM_NAME}}}",)),
        (("ListStreams",), (_STREAMS,)),
    ),
    "DynamoDBBackupFullAccessPolicy": (
        (("CreateBackup", "DescribeContinuousBackups"), (_TABLE,)),
        (("DeleteBackup", "DescribeBackup", "ListBackups"), (_BACKUPS,)),
    ),
    "DynamoDBRestoreFromBackupPolicy": (
        (("RestoreTableFromBackup",), (_BACKUPS,)),
        (("PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "BatchWriteItem"), (_TABLE,)),
    ),
}
# What a connector grants a function on a table, by its permissions; and on the stream of a table that is its source.
_CONNECTORS: dict[str, Grant] = {
    "Read": (
        ("GetItem", "Query", "Scan", "BatchGetItem", "ConditionCheckItem", "PartiQLSelect"),
        (_TABLE, _INDEXES),
    ),
    "Write": (
        ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLDelete", "PartiQLInsert", "PartiQLUpdate"),
        (_TABLE, _INDEXES),
    ),
}
_STREAM_CONNECTORS: dict[str, Grant] = {"Read": (_CONSUMED, (_STREAMS,))}
# Templates that grant nothing on DynamoDB.
_OTHER_NAMES = """
AMIDescribePolicy AWSSecretsManagerGetSecretValuePolicy AWSSecretsManagerRotationPolicy AcmGetCertificatePolicy
AthenaQueryPolicy CloudFormationDescribeStacksPolicy CloudWatchDashboardPolicy
CloudWatchDescribeAlarmHistoryPolicy CloudWatchPutMetricPolicy CodeCommitCrudPolicy CodeCommitReadPolicy
CodePipelineLambdaExecutionPolicy CodePipelineReadOnlyPolicy ComprehendBasicAccessPolicy CostExplorerReadOnlyPolicy
EC2CopyImagePolicy EC2DescribePolicy EFSWriteAccessPolicy EKSDescribePolicy ElasticMapReduceAddJobFlowStepsPolicy
ElasticMapReduceCancelStepsPolicy ElasticMapReduceModifyInstanceFleetPolicy
ElasticMapReduceModifyInstanceGroupsPolicy ElasticMapReduceSetTerminationProtectionPolicy
ElasticMapReduceTerminateJobFlowsPolicy ElasticsearchHttpPostPolicy EventBridgePutEventsPolicy
FilterLogEventsPolicy FirehoseCrudPolicy FirehoseWritePolicy KMSDecryptPolicy KMSEncryptPolicy KinesisCrudPolicy
KinesisStreamReadPolicy LambdaInvokePolicy MobileAnalyticsWriteOnlyAccessPolicy OrganizationsListAccountsPolicy
PinpointEndpointAccessPolicy PollyFullAccessPolicy RekognitionDetectOnlyPolicy RekognitionFacesManagementPolicy
RekognitionFacesPolicy RekognitionLabelsPolicy RekognitionNoDataAccessPolicy RekognitionReadPolicy
RekognitionWriteOnlyAccessPolicy Route53ChangeResourceRecordSetsPolicy S3CrudPolicy S3FullAccessPolicy S3ReadPolicy
S3WritePolicy SESBulkTemplatedCrudPolicy SESBulkTemplatedCrudPolicy_v2 SESCrudPolicy SESEmailTemplateCrudPolicy
SESSendBouncePolicy SNSCrudPolicy SNSPublishMessagePolicy SQSPollerPolicy SQSSendMessagePolicy
SSMParameterReadPolicy SSMParameterWithSlashPrefixReadPolicy ServerlessRepoReadWriteAccessPolicy
StepFunctionsExecutionPolicy TextractDetectAnalyzePolicy TextractGetResultPolicy TextractPolicy VPCAccessPolicy
"""
_OTHERS = frozenset(_OTHER_NAMES.split())


def is_policy_template(name: str) -> bool:
    """Whether SAM has a policy template of a name."""
    assert _OTHERS.isdisjoint(_TEMPLATES), "a template is listed twice"
    return name in _TEMPLATES or name in _OTHERS


def template_parameters(name: str) -> tuple[str, ...]:
    """The parameters of a policy template that concerns DynamoDB; none of another one."""
    if name not in _TEMPLATES:
        return ()
    places = [place for _, places in _TEMPLATES[name] for place in places]
    return ("TableName", _STREAM_NAME) if any(_STREAM_NAME in each for each in places) else ("TableName",)


def template_policy(name: str, table_arn: str, stream_name: str = "") -> JsonObject:
    """The document of a policy template that concerns DynamoDB."""
    assert name in _TEMPLATES, f"{name} is not about DynamoDB"
    grants = [
        (actions, tuple(place.replace(f"{{{_STREAM_NAME}}}", stream_name) for place in places))
        for actions, places in _TEMPLATES[name]
    ]
    return _document(grants, table_arn)


def connector_policy(permissions: list[str], table_arn: str, is_source: bool) -> JsonObject | None:
    """What a connector grants a function on a table; None for a permission that it does not know.

    Parameters:
        permissions: Read, Write or both.
        table_arn: of the table.
        is_source: whether the table is the connector's source.
    """
    known = _STREAM_CONNECTORS if is_source else _CONNECTORS
    if not permissions or not set(permissions) <= known.keys():
        return None
    return _document([known[each] for each in permissions], table_arn)


def _document(grants: list[Grant], table_arn: str) -> JsonObject:
    statements = [
        {
            "Effect": "Allow",
            "Action": [f"dynamodb:{each}" for each in actions],
            "Resource": [f"{table_arn}{place}" for place in places],
        }
        for actions, places in grants
    ]
    return {"Version": "2012-10-17", "Statement": statements}
