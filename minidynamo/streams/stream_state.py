"""What is stored of a stream itself: one record in the system keyspace, under "stream/<table>/<label>"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minidynamo.schema.table_forms import key_schema_to_api
from minidynamo.schema.table_state import TableState
from minidynamo.storage.engine import Batch
from minidynamo.storage.keyspace import Keyspace
from minidynamo.streams.shard import new_shard
from minidynamo.values.records import packed_record

STREAM_PREFIX = b"stream/"


def new_state(table: TableState, starts: Sequence[bytes], now: float) -> dict[str, Any]:
    """What is stored of a new stream of a table, whose partitions begin at `starts`."""
    label = str(table.stream_label)
    shards = [new_shard(label, ordinal, None, start, ordinal + 1, now) for ordinal, start in enumerate(starts)]
    return {
        "TableName": table.name,
        "TableId": table.id,
        "Label": table.stream_label,
        "ViewType": table.stream_view,
        "KeySchema": key_schema_to_api(table.key_schema),
        "CreatedAt": now,
        "Shards": [each.stored for each in shards],
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
