"""The managed policies of AWS, as far as they concern DynamoDB.

Source: AWS Managed Policy Reference Guide.
"""

from __future__ import annotations

import re

from minidynamo.policies.patterns import matches
from minidynamo.values.api_types import JsonObject

_ARN = re.compile(r"arn:[^:]*:iam::aws:policy/(?:[^/]+/)*([^/]+)")
_EVERYWHERE = {"Effect": "Allow", "Resource": "*"}
_STREAMS = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")


def _allowed(*operations: str) -> JsonObject:
    return {**_EVERYWHERE, "Action": [f"dynamodb:{each}" for each in operations]}


# The statements of each that are about DynamoDB.
_STATEMENTS: dict[str, JsonObject] = {
    "AdministratorAccess": {**_EVERYWHERE, "Action": "*"},
    "PowerUserAccess": {**_EVERYWHERE, "NotAction": ["iam:*", "organizations:*", "account:*"]},
    "ReadOnlyAccess": _allowed("BatchGet*", "Describe*", "Get*", "List*", "PartiQLSelect", "Query", "Scan"),
    "AmazonDynamoDBFullAccess": _allowed("*"),
    "AmazonDynamoDBFullAccess_v2": _allowed("*"),
    "AmazonDynamoDBReadOnlyAccess": _allowed(
        *("BatchGetItem", "Describe*", "List*", "GetAbacStatus", "GetItem", "GetResourcePolicy", "Query", "Scan"),
        "PartiQLSelect",
    ),
    "AWSLambdaDynamoDBExecutionRole": _allowed(*_STREAMS),
    "AWSLambdaInvocation-DynamoDB": _allowed(*_STREAMS),
}
# Patterns of the names of those that grant nothing on DynamoDB.
_SILENT_NAMES = """
AWSLambdaBasicExecutionRole AWSLambdaBasicDurableExecutionRolePolicy AWSLambdaENIManagementAccess AWSLambdaExecute
AWSLambdaKinesisExecutionRole AWSLambdaMSKExecutionRole AWSLambdaRole AWSLambdaSQSQueueExecutionRole
AWSLambdaVPCAccessExecutionRole AWSXRayDaemonWriteAccess AWSXrayReadOnlyAccess AWSXrayWriteOnlyAccess
AmazonAPIGatewayInvokeFullAccess AmazonAPIGatewayPushToCloudWatchLogs AmazonBedrockFullAccess AmazonBedrockReadOnly
AmazonCognitoPowerUser AmazonCognitoReadOnly AmazonEC2ContainerRegistryPowerUser AmazonEC2ContainerRegistryPullOnly
AmazonEC2ContainerRegistryReadOnly AmazonECSTaskExecutionRolePolicy AmazonEKSWorkerNodePolicy AmazonEKS_CNI_Policy
AmazonEventBridgeFullAccess AmazonKinesisFullAccess AmazonKinesisReadOnlyAccess AmazonS3FullAccess
AmazonS3ReadOnlyAccess AmazonSES* AmazonSNS* AmazonSQS* AmazonSSMManagedInstanceCore AmazonSSMReadOnlyAccess
AWSAppSyncPushToCloudWatchLogs AWSStepFunctionsFullAccess CloudWatchAgentServerPolicy
CloudWatchLambdaApplicationSignalsExecutionRolePolicy CloudWatchLambdaInsightsExecutionRolePolicy
CloudWatchLogsFullAccess CloudWatchLogsReadOnlyAccess SecretsManagerReadWrite
"""
_SILENT = tuple(_SILENT_NAMES.split())


def managed_policy(name_or_arn: str) -> JsonObject | None:
    """The document of a policy of AWS; None where it grants nothing on DynamoDB, or is not known."""
    statement = _STATEMENTS.get(_name_of(name_or_arn))
    return None if statement is None else {"Version": "2012-10-17", "Statement": [dict(statement)]}


def is_without_dynamodb(name_or_arn: str) -> bool:
    """Whether a policy of AWS is known to grant nothing on DynamoDB."""
    name = _name_of(name_or_arn)
    is_silent = any(matches(pattern, name) for pattern in _SILENT)
    assert not (is_silent and name in _STATEMENTS), f"{name} is known in two ways"
    return is_silent


def _name_of(name_or_arn: str) -> str:
    """The name of a policy of AWS; what is none of them stays as it is."""
    match = _ARN.fullmatch(name_or_arn)
    return name_or_arn if match is None else match[1]
