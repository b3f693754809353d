"""The requests of AWS Lambda's API, with the constraints of its model.

Source: the API model of AWS Lambda, version 2015-03-31.
"""

from __future__ import annotations

from minidynamo.lambda_api.function_names import (
    PATTERN,
    PLAIN_PATTERN,
    QUALIFIER_PATTERN,
    TAGGED_PATTERN,
    URL_NAME_PATTERN,
    URL_QUALIFIER_PATTERN,
)
from minidynamo.requests.shapes import FLAG, TEXT, TIMESTAMP, Shape, enum, integer, list_of, map_of, string, structure

_FUNCTION_NAME = string(1, 256, PATTERN)
_PLAIN_NAME = string(1, 140, PLAIN_PATTERN)  # Of operations that take no dots.
_NOT_NULL = "Member must not be null"
_WEIGHTS = Shape(
    "Map",
    element=Shape("Timestamp", minimum=0, maximum=1),  # Any number in the range.
    key=string(1, 1024, "[0-9]+"),
    key_constraints="Member must have length less than or equal to 1024, Member must have length greater than or "
    f"equal to 1, Member must satisfy regular expression pattern: [0-9]+, {_NOT_NULL}",
    value_constraints="Member must have value less than or equal to 1.0, Member must have value greater than or "
    f"equal to 0.0, {_NOT_NULL}",
)
_VARIABLE = "[a-zA-Z]([a-zA-Z0-9_])+"
_VARIABLES = Shape(
    "Map",
    element=TEXT,
    key=string(None, None, _VARIABLE),
    key_constraints=f"Member must satisfy regular expression pattern: {_VARIABLE}, {_NOT_NULL}",
    hides_value=True,
)
_DESTINATION = structure("OnFailure", Destination=string(0, 350))
_MAPPING: dict[str, Shape] = {
    "FunctionName": _FUNCTION_NAME,
    "Enabled": FLAG,
    "BatchSize": integer(1, 10_000),
    "FilterCriteria": structure(
        "FilterCriteria", Filters=list_of(structure("Filter", Pattern=string(0, 4096)), maximum=5)
    ),
    "MaximumBatchingWindowInSeconds": integer(0, 300),
    "ParallelizationFactor": integer(1, 10),
    "DestinationConfig": structure("DestinationConfig", OnSuccess=_DESTINATION, OnFailure=_DESTINATION),
    "MaximumRecordAgeInSeconds": integer(-1, 604_800),
    "BisectBatchOnFunctionError": FLAG,
    "MaximumRetryAttempts": integer(-1, 10_000),
    "TumblingWindowInSeconds": integer(0, 900),
    "FunctionResponseTypes": list_of(enum("ReportBatchItemFailures"), 0, 1),
}
_UUID = structure("UUID", "UUID", UUID=TEXT)
_QUALIFIER = string(1, 128, QUALIFIER_PATTERN)
_QUALIFIED = structure("FunctionRequest", "FunctionName", FunctionName=_FUNCTION_NAME, Qualifier=_QUALIFIER)
_NAMED = structure("FunctionRequest", "FunctionName", FunctionName=_PLAIN_NAME)
_PROVISIONED = structure(
    "ProvisionedConcurrencyConfigRequest",
    "FunctionName Qualifier",
    FunctionName=_PLAIN_NAME,
    Qualifier=string(1, 128, r"(|[a-zA-Z0-9$_-]+)"),
)
_VERSION = string(1, 1024, r"(\$LATEST(\.PUBLISHED)?|[0-9]+)")
_PAGE: dict[str, Shape] = {"Marker": TEXT, "MaxItems": integer(1, 10_000)}
_ALIAS_NAME = string(1, 128, r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)")
_ALIAS = structure("AliasRequest", "FunctionName Name", FunctionName=_PLAIN_NAME, Name=_ALIAS_NAME)
_ALIAS_SETTINGS: dict[str, Shape] = {
    "FunctionName": _PLAIN_NAME,
    "Name": _ALIAS_NAME,
    "FunctionVersion": _VERSION,
    "Description": string(0, 256),
    "RoutingConfig": structure("AliasRoutingConfiguration", AdditionalVersionWeights=_WEIGHTS),
}
_EVENTS = structure(
    "FunctionEventInvokeConfigRequest",
    "FunctionName",
    FunctionName=_FUNCTION_NAME,
    Qualifier=_QUALIFIER,
    MaximumRetryAttempts=integer(0, 2),
    MaximumEventAgeInSeconds=integer(60, 21_600),
    DestinationConfig=structure("DestinationConfig", OnSuccess=_DESTINATION, OnFailure=_DESTINATION),
)

_DESCRIPTION = string(0, 256)
_SETTINGS: dict[str, Shape] = {
    "Role": string(None, None, r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"),
    "Handler": string(0, 128, r"[^\s]+"),
    "Runtime": TEXT,
    "Description": _DESCRIPTION,
    "Timeout": integer(1, 900),
    "MemorySize": integer(128, 10_240),
    "VpcConfig": structure("VpcConfig", SubnetIds=list_of(TEXT), SecurityGroupIds=list_of(TEXT)),
    "Environment": structure("Environment", Variables=_VARIABLES),
    "TracingConfig": structure("TracingConfig", Mode=enum("Active", "PassThrough")),
    "DeadLetterConfig": structure("DeadLetterConfig", TargetArn=TEXT),
    "KMSKeyArn": TEXT,
    "Layers": list_of(string(1, 140)),
    "FileSystemConfigs": list_of(structure("FileSystemConfig", Arn=TEXT, LocalMountPath=TEXT)),
    "EphemeralStorage": structure("EphemeralStorage", "Size", Size=integer(512, 10_240)),
    "LoggingConfig": structure(
        "LoggingConfig",
        LogFormat=enum("JSON", "Text"),
        ApplicationLogLevel=enum("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
        SystemLogLevel=enum("DEBUG", "INFO", "WARN"),
        LogGroup=TEXT,
    ),
}
_CODE: dict[str, Shape] = dict.fromkeys(("ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"), TEXT)
_ARCHITECTURES = list_of(enum("x86_64", "arm64"), 1, 1)
_URL: dict[str, Shape] = {
    "FunctionName": string(1, 140, URL_NAME_PATTERN),
    "Qualifier": string(1, 128, URL_QUALIFIER_PATTERN),
}
_URL_SETTINGS: dict[str, Shape] = {
    **_URL,
    "AuthType": enum("NONE", "AWS_IAM"),
    "Cors": structure(
        "Cors",
        AllowCredentials=FLAG,
        AllowHeaders=list_of(TEXT, maximum=100),
        AllowMethods=list_of(TEXT, maximum=6),
        AllowOrigins=list_of(TEXT, maximum=100),
        ExposeHeaders=list_of(TEXT, maximum=100),
        MaxAge=integer(0, 86_400),
    ),
    "InvokeMode": enum("BUFFERED", "RESPONSE_STREAM"),
}
_LAYER_NAME = string(1, 140)
_SUITABLE = {**_PAGE, "CompatibleRuntime": TEXT, "CompatibleArchitecture": enum("x86_64", "arm64")}
_LAYER_VERSION = structure("LayerVersion", "LayerName VersionNumber", LayerName=_LAYER_NAME, VersionNumber=integer())
_TAGGED = string(1, 10_000, TAGGED_PATTERN)
_STATEMENT_ID = string(1, 100, r"([a-zA-Z0-9-_]+)")
_ANY_ARN = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
_PERMISSION: dict[str, Shape] = {
    "FunctionName": _FUNCTION_NAME,
    "Qualifier": _QUALIFIER,
    "StatementId": _STATEMENT_ID,
    "RevisionId": TEXT,
    "Action": string(None, None, r"(lambda:[*]|lambda:[a-zA-Z]+|[*])"),
    "Principal": string(None, None, r"[^\s]+"),
    "SourceArn": string(None, None, _ANY_ARN),
    "SourceAccount": string(0, 12, r"\d{12}"),
    "EventSourceToken": string(0, 256, r"[a-zA-Z0-9._\-]+"),
    "PrincipalOrgID": string(12, 34, r"^o-[a-z0-9]{10,32}$"),
    "FunctionUrlAuthType": enum("NONE", "AWS_IAM"),
}

SHAPES: dict[str, Shape] = {
    "CreateEventSourceMapping": structure(
        "CreateEventSourceMappingRequest",
        "FunctionName",
        EventSourceArn=string(0, 10_000),
        **_MAPPING,
        StartingPosition=enum("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"),
        StartingPositionTimestamp=TIMESTAMP,
        Tags=map_of(TEXT),
    ),
    "GetEventSourceMapping": _UUID,
    "DeleteEventSourceMapping": _UUID,
    "UpdateEventSourceMapping": structure("UpdateEventSourceMappingRequest", "UUID", UUID=TEXT, **_MAPPING),
    "ListEventSourceMappings": structure(
        "ListEventSourceMappingsRequest",
        EventSourceArn=TEXT,
        FunctionName=_FUNCTION_NAME,
        Marker=TEXT,
        MaxItems=integer(1, 10_000),
    ),
    "Invoke": structure(
        "InvocationRequest",
        "FunctionName",
        Qualifier=_QUALIFIER,
        FunctionName=_FUNCTION_NAME,
        InvocationType=enum("Event", "RequestResponse", "DryRun"),
        LogType=enum("None", "Tail"),
        ClientContext=TEXT,
        TraceHeader=TEXT,
    ),
    "CreateFunction": structure(
        "CreateFunctionRequest",
        "FunctionName Role Code",
        FunctionName=_PLAIN_NAME,
        Code=structure("FunctionCode", **_CODE),
        Publish=FLAG,
        PackageType=enum("Image", "Zip"),
        Tags=map_of(TEXT),
        Architectures=_ARCHITECTURES,
        **_SETTINGS,
    ),
    "UpdateFunctionCode": structure(
        "UpdateFunctionCodeRequest",
        "FunctionName",
        FunctionName=_PLAIN_NAME,
        RevisionId=TEXT,
        Publish=FLAG,
        DryRun=FLAG,
        Architectures=_ARCHITECTURES,
        **_CODE,
    ),
    "UpdateFunctionConfiguration": structure(
        "UpdateFunctionConfigurationRequest",
        "FunctionName",
        FunctionName=_PLAIN_NAME,
        RevisionId=TEXT,
        **_SETTINGS,
    ),
    "PutProvisionedConcurrencyConfig": structure(
        "PutProvisionedConcurrencyConfigRequest",
        "FunctionName Qualifier ProvisionedConcurrentExecutions",
        **_PROVISIONED.members,
        ProvisionedConcurrentExecutions=integer(1),
    ),
    "GetProvisionedConcurrencyConfig": _PROVISIONED,
    "DeleteProvisionedConcurrencyConfig": _PROVISIONED,
    "ListProvisionedConcurrencyConfigs": structure(
        "ListProvisionedConcurrencyConfigsRequest", "FunctionName", FunctionName=_PLAIN_NAME, **_PAGE
    ),
    "AddPermission": structure("AddPermissionRequest", "FunctionName StatementId Action Principal", **_PERMISSION),
    "RemovePermission": structure(
        "RemovePermissionRequest",
        "FunctionName StatementId",
        FunctionName=_FUNCTION_NAME,
        StatementId=_STATEMENT_ID,
        Qualifier=_QUALIFIER,
        RevisionId=TEXT,
    ),
    "GetPolicy": _QUALIFIED,
    "CreateFunctionUrlConfig": structure("CreateFunctionUrlConfigRequest", "FunctionName AuthType", **_URL_SETTINGS),
    "UpdateFunctionUrlConfig": structure("UpdateFunctionUrlConfigRequest", "FunctionName", **_URL_SETTINGS),
    "GetFunctionUrlConfig": structure("GetFunctionUrlConfigRequest", "FunctionName", **_URL),
    "DeleteFunctionUrlConfig": structure("DeleteFunctionUrlConfigRequest", "FunctionName", **_URL),
    "ListFunctionUrlConfigs": structure(
        "ListFunctionUrlConfigsRequest", "FunctionName", FunctionName=_URL["FunctionName"], **_PAGE
    ),
    "PublishLayerVersion": structure(
        "PublishLayerVersionRequest",
        "LayerName Content",
        LayerName=_LAYER_NAME,
        Description=_DESCRIPTION,
        Content=structure("LayerVersionContentInput", **_CODE),
        CompatibleRuntimes=list_of(TEXT, 0, 15),
        CompatibleArchitectures=list_of(enum("x86_64", "arm64"), 0, 2),
        LicenseInfo=string(0, 512),
    ),
    "GetLayerVersion": _LAYER_VERSION,
    "DeleteLayerVersion": _LAYER_VERSION,
    "GetLayerVersionByArn": structure("GetLayerVersionByArnRequest", "Arn", Arn=string(1, 2048)),
    "ListLayerVersions": structure("ListLayerVersionsRequest", "LayerName", LayerName=_LAYER_NAME, **_SUITABLE),
    "ListLayers": structure("ListLayersRequest", **_SUITABLE),
    "ListFunctions": structure("ListFunctionsRequest", FunctionVersion=enum("ALL"), **_PAGE),
    "GetFunction": _QUALIFIED,
    "GetFunctionConfiguration": _QUALIFIED,
    "DeleteFunction": _QUALIFIED,
    "PublishVersion": structure(
        "PublishVersionRequest",
        "FunctionName",
        FunctionName=_PLAIN_NAME,
        RevisionId=TEXT,
        CodeSha256=TEXT,
        Description=string(0, 256),
    ),
    "ListVersionsByFunction": structure(
        "ListVersionsByFunctionRequest", "FunctionName", FunctionName=_FUNCTION_NAME, **_PAGE
    ),
    "CreateAlias": structure("CreateAliasRequest", "FunctionName Name FunctionVersion", **_ALIAS_SETTINGS),
    "UpdateAlias": structure("UpdateAliasRequest", "FunctionName Name", **_ALIAS_SETTINGS, RevisionId=TEXT),
    "GetAlias": _ALIAS,
    "DeleteAlias": _ALIAS,
    "ListAliases": structure(
        "ListAliasesRequest", "FunctionName", FunctionName=_PLAIN_NAME, FunctionVersion=_VERSION, **_PAGE
    ),
    "PutFunctionConcurrency": structure(
        "PutFunctionConcurrencyRequest",
        "FunctionName ReservedConcurrentExecutions",
        FunctionName=_PLAIN_NAME,
        ReservedConcurrentExecutions=integer(0),
    ),
    "GetFunctionConcurrency": _NAMED,
    "DeleteFunctionConcurrency": _NAMED,
    "PutFunctionEventInvokeConfig": _EVENTS,
    "UpdateFunctionEventInvokeConfig": _EVENTS,
    "GetFunctionEventInvokeConfig": _QUALIFIED,
    "DeleteFunctionEventInvokeConfig": _QUALIFIED,
    "ListFunctionEventInvokeConfigs": structure(
        "ListFunctionEventInvokeConfigsRequest", "FunctionName", FunctionName=_FUNCTION_NAME, **_PAGE
    ),
    "ListTags": structure("ListTagsRequest", "Resource", Resource=_TAGGED),
    "TagResource": structure("TagResourceRequest", "Resource Tags", Resource=_TAGGED, Tags=map_of(TEXT)),
    "UntagResource": structure("UntagResourceRequest", "Resource TagKeys", Resource=_TAGGED, TagKeys=list_of(TEXT)),
}
