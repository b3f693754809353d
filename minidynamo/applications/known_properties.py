"""The properties that resources and events of a template have: what has none of these names is a slip, or newer.

Source: AWS SAM Developer Guide, "AWS SAM resources and properties"; AWS CloudFormation, AWS::Lambda::Function.
"""

from __future__ import annotations

import difflib

from minidynamo.applications.declared import DeclaredApplication
from minidynamo.templates.parts import Part

# By the type of a resource, or of an event.
_KNOWN = {
    "AWS::Serverless::Function": """
        Architectures AssumeRolePolicyDocument AutoPublishAlias AutoPublishAliasAllProperties AutoPublishCodeSha256
        CapacityProviderConfig CodeSigningConfigArn CodeUri DeadLetterQueue DeploymentPreference Description
        DurableConfig Environment EphemeralStorage EventInvokeConfig Events FileSystemConfigs FunctionName
        FunctionScalingConfig FunctionUrlConfig Handler ImageConfig ImageUri InlineCode KmsKeyArn Layers LoggingConfig
        MemorySize PackageType PermissionsBoundary Policies PropagateTags ProvisionedConcurrencyConfig
        PublishToLatestPublished RecursiveLoop ReservedConcurrentExecutions Role RolePath Runtime
        RuntimeManagementConfig SnapStart SourceKMSKeyArn Tags TenancyConfig Timeout Tracing VersionDeletionPolicy
        VersionDescription VpcConfig
    """,
    "AWS::Lambda::Function": """
        Architectures CapacityProviderConfig Code CodeSigningConfigArn DeadLetterConfig Description DurableConfig
        Environment EphemeralStorage FileSystemConfigs FunctionName FunctionScalingConfig Handler ImageConfig KmsKeyArn
        Layers LoggingConfig MemorySize PackageType PublishToLatestPublished RecursiveLoop
        ReservedConcurrentExecutions Role Runtime RuntimeManagementConfig SnapStart Tags TenancyConfig Timeout
        TracingConfig VpcConfig
    """,
    "AWS::Serverless::Api": """
        AccessLogSetting AlwaysDeploy ApiKeySourceType Auth BinaryMediaTypes CacheClusterEnabled CacheClusterSize
        CanarySetting Cors DefinitionBody DefinitionUri Description DisableExecuteApiEndpoint Domain
        EndpointAccessMode EndpointConfiguration FailOnWarnings GatewayResponses MergeDefinitions MethodSettings
        MinimumCompressionSize Mode Models Name OpenApiVersion Policy PropagateTags SecurityPolicy StageName Tags
        TracingEnabled Variables
    """,
    "AWS::Serverless::HttpApi": """
        AccessLogSettings Auth CorsConfiguration DefaultRouteSettings DefinitionBody DefinitionUri Description
        DisableExecuteApiEndpoint Domain FailOnWarnings Name PropagateTags RouteSettings StageName StageVariables Tags
    """,
    "Api": "Auth Method Path RequestModel RequestParameters ResponseTransferMode RestApiId TimeoutInMillis",
    "HttpApi": "ApiId Auth Method Path PayloadFormatVersion RouteSettings TimeoutInMillis",
    "DynamoDB": """
        BatchSize BisectBatchOnFunctionError DestinationConfig Enabled FilterCriteria FunctionResponseTypes KmsKeyArn
        MaximumBatchingWindowInSeconds MaximumRecordAgeInSeconds MaximumRetryAttempts MetricsConfig
        ParallelizationFactor StartingPosition StartingPositionTimestamp Stream TumblingWindowInSeconds
    """,
    "SQS": """
        BatchSize Enabled FilterCriteria FunctionResponseTypes KmsKeyArn MaximumBatchingWindowInSeconds MetricsConfig
        Queue ScalingConfig
    """,
    "SNS": "FilterPolicy FilterPolicyScope RedrivePolicy Region SqsSubscription Topic",
    "Schedule": "DeadLetterConfig Description Enabled Input Name RetryPolicy RoleArn Schedule State",
    "ScheduleV2": """
        DeadLetterConfig Description EndDate FlexibleTimeWindow GroupName Input KmsKeyArn Name OmitName
        PermissionsBoundary RetryPolicy RoleArn ScheduleExpression ScheduleExpressionTimezone StartDate State
    """,
}
_NAMES = {kind: tuple(names.split()) for kind, names in _KNOWN.items()}
# Those that would change much and change nothing here, with why.
_WITHOUT_EFFECT = {
    "RouteSettings": "not simulated",
    "RequestModel": "not simulated",
    "RequestParameters": "not simulated",
    "FileSystemConfigs": "not simulated",
}
# How alike two names are of which one is a slip.
_ALIKE = 0.85


def check_properties(application: DeclaredApplication, properties: Part, kind: str, name: str) -> None:
    """Notes what properties have no effect, and those that nobody knows.

    Parameters:
        application: the template.
        properties: of a resource or an event.
        kind: its type.
        name: what it is called where something is noted of it.

    Raises:
        TemplateError: one is a slip: its name is almost that of another.
    """
    assert kind in _NAMES, f"the properties of {kind} are not known"
    known = _NAMES[kind]
    for member in map(str, properties.members):
        if member in _WITHOUT_EFFECT and member in known:
            application.leave_out(f"{member} of {name}", _WITHOUT_EFFECT[member])
        elif member not in known:
            meant = difflib.get_close_matches(member, known, n=1, cutoff=_ALIKE)
            if meant:
                raise properties.error(f"has no property {member!r}: did you mean {meant[0]}?")
            application.leave_out(f"{member} of {name}", "not known")
