"""Change records as AWS Lambda hands them to functions: binary values as base64, the service in lower-case members.

Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".
"""

from __future__ import annotations

from typing import Any

from minidynamo.streams.record import StreamOrigin, holds_binaries, shown_change
from minidynamo.values.json_form import item_to_json


def event_record(origin: StreamOrigin, number: int, packed: bytes) -> dict[str, Any]:
    """A change as it stands in an event.

    Parameters:
        origin: the stream.
        number: the sequence number.
        packed: the change record.
    """
    record = shown_change(origin, number, packed)
    if holds_binaries(packed):
        change = record["dynamodb"]
        for image in change.keys() & {"Keys", "NewImage", "OldImage"}:
            change[image] = item_to_json(change[image])
    record["eventSourceARN"] = origin.arn
    identity = record.pop("userIdentity", None)
    if identity is not None:
        record["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
    return record
