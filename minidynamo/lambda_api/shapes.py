"""The requests of AWS Lambda's API, with the constraints of its model.

Source: the API model of AWS Lambda, version 2015-03-31.
"""

from __future__ import annotations

from minidynamo.lambda_api import member_shapes as its
from minidynamo.requests.shapes import FLAG, TEXT, TIMESTAMP, Shape, enum, integer, list_of, map_of, string, structure

SHAPES: dict[str, Shape] = {
    "CreateEventSourceMapping": structure(
        "CreateEventSourceMappingRequest",
        "FunctionName",
        EventSourceArn=string(0, 10_000),
        **its.MAPPING,
        StartingPosition=enum("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"),
        StartingPositionTimestamp=TIMESTAMP,
        Tags=map_of(TEXT),
    ),
    "GetEventSourceMapping": its.UUID,
    "DeleteEventSourceMapping": its.UUID,
    "UpdateEventSourceMapping": structure("UpdateEventSourceMappingRequest", "UUID", UUID=TEXT, **its.MAPPING),
    "ListEventSourceMappings": structure(
        "ListEventSourceMappingsRequest",
        EventSourceArn=TEXT,
        FunctionName=its.FUNCTION_NAME,
        Marker=TEXT,
        MaxItems=integer(1, 10_000),
    ),
    "Invoke": structure(
        "InvocationRequest",
        "FunctionName",
        Qualifier=its.QUALIFIER,
        FunctionName=its.FUNCTION_NAME,
        InvocationType=enum("Event", "RequestResponse", "DryRun"),
        LogType=enum("None", "Tail"),
        ClientContext=TEXT,
        TraceHeader=TEXT,
    ),
    "CreateFunction": structure(
        "CreateFunctionRequest",
        "FunctionName Role Code",
        FunctionName=its.PLAIN_NAME,
        Code=structure("FunctionCode", **its.CODE),
        Publish=FLAG,
        PackageType=enum("Image", "Zip"),
        Tags=map_of(TEXT),
        Architectures=its.ARCHITECTURES,
        **its.SETTINGS,
    ),
    "UpdateFunctionCode": structure(
        "UpdateFunctionCodeRequest",
        "FunctionName",
        FunctionName=its.PLAIN_NAME,
        RevisionId=TEXT,
        Publish=FLAG,
        DryRun=FLAG,
        Architectures=its.ARCHITECTURES,
        **its.CODE,
    ),
    "UpdateFunctionConfiguration": structure(
        "UpdateFunctionConfigurationRequest",
        "FunctionName",
        FunctionName=its.PLAIN_NAME,
        RevisionId=TEXT,
        **its.SETTINGS,
    ),
    "PutProvisionedConcurrencyConfig": structure(
        "PutProvisionedConcurrencyConfigRequest",
        "FunctionName Qualifier ProvisionedConcurrentExecutions",
        **its.PROVISIONED.members,
        ProvisionedConcurrentExecutions=integer(1),
    ),
    "GetProvisionedConcurrencyConfig": its.PROVISIONED,
    "DeleteProvisionedConcurrencyConfig": its.PROVISIONED,
    "ListProvisionedConcurrencyConfigs": structure(
        "ListProvisionedConcurrencyConfigsRequest", "FunctionName", FunctionName=its.PLAIN_NAME, **its.PAGE
    ),
    "AddPermission": structure("AddPermissionRequest", "FunctionName StatementId Action Principal", **its.PERMISSION),
    "RemovePermission": structure(
        "RemovePermissionRequest",
        "FunctionName StatementId",
        FunctionName=its.FUNCTION_NAME,
        StatementId=its.STATEMENT_ID,
        Qualifier=its.QUALIFIER,
        RevisionId=TEXT,
    ),
    "GetPolicy": its.QUALIFIED,
    "CreateFunctionUrlConfig": structure("CreateFunctionUrlConfigRequest", "FunctionName AuthType", **its.URL_SETTINGS),
    "UpdateFunctionUrlConfig": structure("UpdateFunctionUrlConfigRequest", "FunctionName", **its.URL_SETTINGS),
    "GetFunctionUrlConfig": structure("GetFunctionUrlConfigRequest", "FunctionName", **its.URL),
    "DeleteFunctionUrlConfig": structure("DeleteFunctionUrlConfigRequest", "FunctionName", **its.URL),
    "ListFunctionUrlConfigs": structure(
        "ListFunctionUrlConfigsRequest", "FunctionName", FunctionName=its.URL["FunctionName"], **its.PAGE
    ),
    "PublishLayerVersion": structure(
        "PublishLayerVersionRequest",
        "LayerName Content",
        LayerName=its.LAYER_NAME,
        Description=its.DESCRIPTION,
        Content=structure("LayerVersionContentInput", **its.CODE),
        CompatibleRuntimes=list_of(TEXT, 0, 15),
        CompatibleArchitectures=list_of(enum("x86_64", "arm64"), 0, 2),
        LicenseInfo=string(0, 512),
    ),
    "GetLayerVersion": its.LAYER_VERSION,
    "DeleteLayerVersion": its.LAYER_VERSION,
    "GetLayerVersionByArn": structure("GetLayerVersionByArnRequest", "Arn", Arn=string(1, 2048)),
    "ListLayerVersions": structure("ListLayerVersionsRequest", "LayerName", LayerName=its.LAYER_NAME, **its.SUITABLE),
    "ListLayers": structure("ListLayersRequest", **its.SUITABLE),
    "ListFunctions": structure("ListFunctionsRequest", FunctionVersion=enum("ALL"), **its.PAGE),
    "GetFunction": its.QUALIFIED,
    "GetFunctionConfiguration": its.QUALIFIED,
    "DeleteFunction": its.QUALIFIED,
    "PublishVersion": structure(
        "PublishVersionRequest",
        "FunctionName",
        FunctionName=its.PLAIN_NAME,
        RevisionId=TEXT,
        CodeSha256=TEXT,
        Description=string(0, 256),
    ),
    "ListVersionsByFunction": structure(
        "ListVersionsByFunctionRequest", "FunctionName", FunctionName=its.FUNCTION_NAME, **its.PAGE
    ),
    "CreateAlias": structure("CreateAliasRequest", "FunctionName Name FunctionVersion", **its.ALIAS_SETTINGS),
    "UpdateAlias": structure("UpdateAliasRequest", "FunctionName Name", **its.ALIAS_SETTINGS, RevisionId=TEXT),
    "GetAlias": its.ALIAS,
    "DeleteAlias": its.ALIAS,
    "ListAliases": structure(
        "ListAliasesRequest", "FunctionName", FunctionName=its.PLAIN_NAME, FunctionVersion=its.VERSION, **its.PAGE
    ),
    "PutFunctionConcurrency": structure(
        "PutFunctionConcurrencyRequest",
        "FunctionName ReservedConcurrentExecutions",
        FunctionName=its.PLAIN_NAME,
        ReservedConcurrentExecutions=integer(0),
    ),
    "GetFunctionConcurrency": its.NAMED,
    "DeleteFunctionConcurrency": its.NAMED,
    "PutFunctionEventInvokeConfig": its.EVENTS,
    "UpdateFunctionEventInvokeConfig": its.EVENTS,
    "GetFunctionEventInvokeConfig": its.QUALIFIED,
    "DeleteFunctionEventInvokeConfig": its.QUALIFIED,
    "ListFunctionEventInvokeConfigs": structure(
        "ListFunctionEventInvokeConfigsRequest", "FunctionName", FunctionName=its.FUNCTION_NAME, **its.PAGE
    ),
    "ListTags": structure("ListTagsRequest", "Resource", Resource=its.TAGGED),
    "TagResource": structure("TagResourceRequest", "Resource Tags", Resource=its.TAGGED, Tags=map_of(TEXT)),
    "UntagResource": structure("UntagResourceRequest", "Resource TagKeys", Resource=its.TAGGED, TagKeys=list_of(TEXT)),
}
