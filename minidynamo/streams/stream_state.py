"""What is stored of a stream itself: one record in the system keyspace, under "stream/<table>/<label>"."""

from __future__ import annotations

from typing import Any

from minidynamo.storage.engine import Batch
from minidynamo.storage.keyspace import Keyspace
from minidynamo.values.records import packed_record

STREAM_PREFIX = b"stream/"


def new_state(description: dict[str, Any], now: float) -> dict[str, Any]:
    """What is stored of a new stream of a table with this description."""
    return {
        "TableName": description["TableName"],
        "TableId": description["TableId"],
        "Label": description["LatestStreamLabel"],
        "ViewType": description["StreamSpecification"]["StreamViewType"],
        "KeySchema": description["KeySchema"],
        "CreatedAt": now,
        "Shards": [],
    }


def keyspace_name(state: dict[str, Any]) -> str:
    """The engine's name for the keyspace of a stream's records."""
    return f"{state['TableId']}/stream/{state['Label']}"


def state_key(state: dict[str, Any]) -> bytes:
    """Where what is known of a stream lies in the system keyspace."""
    return STREAM_PREFIX + f"{state['TableName']}/{state['Label']}".encode()


def stage_stream_state(batch: Batch, system: Keyspace, state: dict[str, Any]) -> None:
    """Stages what is known of a stream."""
    system.keep(batch, state_key(state), packed_record(state, 0))
