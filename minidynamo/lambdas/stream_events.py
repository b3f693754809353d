"""Change records as AWS Lambda hands them to functions: binary values as base64, the service in lower-case members.

Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".
"""

from __future__ import annotations

from minidynamo.consumers.cursor import ReadRecord
from minidynamo.streams.change_record import ChangeRecord, StreamOrigin
from minidynamo.values.api_types import JsonObject
from minidynamo.values.json_form import item_to_json

_IMAGES = frozenset({"Keys", "NewImage", "OldImage"})


def event_record(origin: StreamOrigin, change: ChangeRecord) -> JsonObject:
    """A change of a stream as it stands in an event."""
    record: JsonObject = change.shown(origin)
    if change.holds_binaries:
        record["dynamodb"] = _in_json(record["dynamodb"])
    return _for_lambda(record, origin.arn)


def api_event_record(stream_arn: str, change: ReadRecord) -> JsonObject:
    """A change that GetRecords has given as it stands in an event."""
    record = dict(change.record)
    shown = {**record["dynamodb"], "ApproximateCreationDateTime": change.time}
    return _for_lambda({**record, "dynamodb": _in_json(shown)}, stream_arn)


def _in_json(shown: JsonObject) -> JsonObject:
    """What is said of a change, its images in JSON."""
    return {name: item_to_json(value) if name in _IMAGES else value for name, value in shown.items()}


def _for_lambda(record: JsonObject, stream_arn: str) -> JsonObject:
    """A record with what the events of AWS Lambda have and GetRecords does not; it may be changed."""
    record["eventSourceARN"] = stream_arn
    identity = record.pop("userIdentity", None)
    if identity is not None:
        record["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
    return record
