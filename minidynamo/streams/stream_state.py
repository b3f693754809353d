"""What is stored of a stream itself: one record in the system keyspace, under "stream/<table>/<label>"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from minidynamo.schema.table_forms import key_schema_to_api
from minidynamo.schema.table_state import TableState
from minidynamo.storage.engine import Batch
from minidynamo.storage.keyspace import Keyspace
from minidynamo.streams.shard import StoredShard, new_shard
from minidynamo.values.records import packed_record, record_content

STREAM_PREFIX = b"stream/"


class StreamState(TypedDict):
    """What is stored of a stream; `DisabledAt` of one that is disabled."""

    TableName: str
    TableId: str
    Label: str
    ViewType: str
    KeySchema: list[dict[str, str]]
    CreatedAt: float
    Shards: list[StoredShard]
    DisabledAt: NotRequired[float]


def new_state(table: TableState, starts: Sequence[bytes], now: float) -> StreamState:
    """What is stored of a new stream of a table, whose partitions begin at `starts`."""
    label, view_type = table.stream_label, table.stream_view
    assert label is not None and view_type is not None, f"{table.name} has no stream: {label}, {view_type}"
    shards = [new_shard(label, ordinal, None, start, ordinal + 1, now) for ordinal, start in enumerate(starts)]
    return {
        "TableName": table.name,
        "TableId": table.id,
        "Label": label,
        "ViewType": view_type,
        "KeySchema": key_schema_to_api(table.key_schema),
        "CreatedAt": now,
        "Shards": [each.stored for each in shards],
    }


def read_state(record: bytes) -> StreamState:
    """What is stored of a stream, from its record."""
    state: StreamState = record_content(record)
    return state


def keyspace_name(state: StreamState) -> str:
    """The engine's name for the keyspace of a stream's records."""
    return f"{state['TableId']}/stream/{state['Label']}"


def state_key(state: StreamState) -> bytes:
    """Where what is known of a stream lies in the system keyspace."""
    return STREAM_PREFIX + f"{state['TableName']}/{state['Label']}".encode()


def stage_stream_state(batch: Batch, system: Keyspace, state: StreamState) -> None:
    """Stages what is known of a stream."""
    system.keep(batch, state_key(state), packed_record(state, 0))
