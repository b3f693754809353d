"""The requests of AWS Lambda's API, with the constraints of its model.

Source: the API model of AWS Lambda, version 2015-03-31.
"""

from __future__ import annotations

from minidynamo.lambda_api.function_names import PATTERN, QUALIFIER_PATTERN
from minidynamo.requests.shapes import FLAG, TEXT, TIMESTAMP, Shape, enum, integer, list_of, map_of, string, structure

_FUNCTION_NAME = string(1, 256, PATTERN)
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
        Qualifier=string(1, 128, QUALIFIER_PATTERN),
        FunctionName=string(1, 256, PATTERN),
        InvocationType=enum("Event", "RequestResponse", "DryRun"),
        LogType=enum("None", "Tail"),
        ClientContext=TEXT,
    ),
    "ListTags": structure("ListTagsRequest", "Resource", Resource=TEXT),
    "TagResource": structure("TagResourceRequest", "Resource Tags", Resource=TEXT, Tags=map_of(TEXT)),
    "UntagResource": structure("UntagResourceRequest", "Resource TagKeys", Resource=TEXT, TagKeys=list_of(TEXT)),
}
