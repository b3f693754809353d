"""Change records as AWS Lambda hands them to functions: binary values as base64, the service in lower-case members.

Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".
"""

from __future__ import annotations

import base64
from typing import Any

from minidynamo.streams.record import StreamOrigin, holds_binaries, shown_change


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
            change[image] = {name: _as_json(value) for name, value in change[image].items()}
    record["eventSourceARN"] = origin.arn
    identity = record.pop("userIdentity", None)
    if identity is not None:
        record["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
    return record


def _as_json(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": base64.b64encode(content).decode()}
    if kind == "BS":
        return {"BS": [base64.b64encode(each).decode() for each in content]}
    if kind == "L":
        return {"L": [_as_json(each) for each in content]}
    if kind == "M":
        return {"M": {name: _as_json(each) for name, each in content.items()}}
    return value
