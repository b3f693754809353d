"""The requests of AWS Lambda's API, with the constraints of its model.

Source: the API model of AWS Lambda, version 2015-03-31.
"""

from __future__ import annotations

from minidynamo.lambda_api.function_names import PATTERN, QUALIFIER_PATTERN
from minidynamo.requests.shapes import FLAG, TEXT, TIMESTAMP, Shape, enum, integer, list_of, map_of, string, structure

_FUNCTION_NAME = string(1, 256, PATTERN)
_WEIGHT = Shape("Timestamp")  # Any number; `functions.py` says which are parts of a whole.
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
_NAMED = structure("FunctionRequest", "FunctionName", FunctionName=_FUNCTION_NAME)
_VERSION = string(1, 1024, r"(\$LATEST(\.PUBLISHED)?|[0-9]+)")
_PAGE: dict[str, Shape] = {"Marker": TEXT, "MaxItems": integer(1, 10_000)}
_ALIAS_NAME = string(1, 128, r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)")
_ALIAS = structure("AliasRequest", "FunctionName Name", FunctionName=_FUNCTION_NAME, Name=_ALIAS_NAME)
_ALIAS_SETTINGS: dict[str, Shape] = {
    "FunctionName": _FUNCTION_NAME,
    "Name": _ALIAS_NAME,
    "FunctionVersion": _VERSION,
    "Description": string(0, 256),
    "RoutingConfig": structure("AliasRoutingConfiguration", AdditionalVersionWeights=map_of(_WEIGHT)),
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
    ),
    "ListFunctions": structure("ListFunctionsRequest", FunctionVersion=enum("ALL"), **_PAGE),
    "GetFunction": _QUALIFIED,
    "GetFunctionConfiguration": _QUALIFIED,
    "DeleteFunction": _QUALIFIED,
    "PublishVersion": structure(
        "PublishVersionRequest",
        "FunctionName",
        FunctionName=_FUNCTION_NAME,
        CodeSha256=TEXT,
        Description=string(0, 256),
    ),
    "ListVersionsByFunction": structure(
        "ListVersionsByFunctionRequest", "FunctionName", FunctionName=_FUNCTION_NAME, **_PAGE
    ),
    "CreateAlias": structure("CreateAliasRequest", "FunctionName Name FunctionVersion", **_ALIAS_SETTINGS),
    "UpdateAlias": structure("UpdateAliasRequest", "FunctionName Name", **_ALIAS_SETTINGS),
    "GetAlias": _ALIAS,
    "DeleteAlias": _ALIAS,
    "ListAliases": structure(
        "ListAliasesRequest", "FunctionName", FunctionName=_FUNCTION_NAME, FunctionVersion=_VERSION, **_PAGE
    ),
    "PutFunctionConcurrency": structure(
        "PutFunctionConcurrencyRequest",
        "FunctionName ReservedConcurrentExecutions",
        FunctionName=_FUNCTION_NAME,
        ReservedConcurrentExecutions=integer(0),
    ),
    "GetFunctionConcurrency": _NAMED,
    "DeleteFunctionConcurrency": _NAMED,
    "PutFunctionEventInvokeConfig": _EVENTS,
    "UpdateFunctionEventInvokeConfig": _EVENTS,
    "GetFunctionEventInvokeConfig": _QUALIFIED,
    "DeleteFunctionEventInvokeConfig": _QUALIFIED,
    "ListTags": structure("ListTagsRequest", "Resource", Resource=TEXT),
    "TagResource": structure("TagResourceRequest", "Resource Tags", Resource=TEXT, Tags=map_of(TEXT)),
    "UntagResource": structure("UntagResourceRequest", "Resource TagKeys", Resource=TEXT, TagKeys=list_of(TEXT)),
}
