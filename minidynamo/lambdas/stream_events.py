"""Change records as AWS Lambda hands them to functions: binary values as base64, the service in lower-case members.

Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".
"""

from __future__ import annotations

from minidynamo.streams.change_record import ChangeRecord, StreamOrigin
from minidynamo.values.api_types import JsonObject
from minidynamo.values.json_form import item_to_json


def event_record(origin: StreamOrigin, change: ChangeRecord) -> JsonObject:
    """A change of a stream as it stands in an event."""
    record: JsonObject = change.shown(origin)
    if change.holds_binaries:
        shown = record["dynamodb"]
        for image in shown.keys() & {"Keys", "NewImage", "OldImage"}:
            shown[image] = item_to_json(shown[image])
    record["eventSourceARN"] = origin.arn
    identity = record.pop("userIdentity", None)
    if identity is not None:
        record["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
    return record
