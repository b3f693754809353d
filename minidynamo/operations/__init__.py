"""The API's operations, one module each. `OPERATIONS` maps their names to what carries them out.

A module is imported when its operation is first called, which keeps `import minidynamo` fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

# Operations to the modules that hold them; the function has the operation's name in snake_case.
_MODULES = {
    "BatchGetItem": "items.batch_get_item",
    "BatchWriteItem": "items.batch_write_item",
    "CreateTable": "tables.create_table",
    "DeleteItem": "items.delete_item",
    "DeleteTable": "tables.delete_table",
    "DescribeEndpoints": "tables.describe_endpoints",
    "DescribeLimits": "tables.describe_limits",
    "DescribeStream": "streams.describe_stream",
    "DescribeTable": "tables.describe_table",
    "DescribeTimeToLive": "tables.describe_time_to_live",
    "GetItem": "items.get_item",
    "GetRecords": "streams.get_records",
    "GetShardIterator": "streams.get_shard_iterator",
    "ListStreams": "streams.list_streams",
    "ListTables": "tables.list_tables",
    "ListTagsOfResource": "tables.list_tags_of_resource",
    "PutItem": "items.put_item",
    "Query": "items.query",
    "Scan": "items.scan",
    "TagResource": "tables.tag_resource",
    "TransactGetItems": "items.transact_get_items",
    "TransactWriteItems": "items.transact_write_items",
    "UntagResource": "tables.untag_resource",
    "UpdateItem": "items.update_item",
    "UpdateTable": "tables.update_table",
    "UpdateTimeToLive": "tables.update_time_to_live",
}

# Those of the second service, DynamoDB Streams.
STREAM_OPERATIONS = frozenset({"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"})
# Those that change nothing.
READS = frozenset(
    name
    for name in _MODULES
    if name.startswith(("Get", "BatchGet", "TransactGet", "Query", "Scan", "Describe", "List"))
)

Operation = Callable[[Any, Any], dict[str, Any]]


class OperationTable(Mapping[str, Operation]):
    """Operations by name; each is imported on first use."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules
        self._loaded: dict[str, Operation] = {}

    def __getitem__(self, name: str) -> Operation:
        operation = self._loaded.get(name)
        if operation is None:
            module = import_module(f"{__name__}.{self._modules[name]}")
            operation = self._loaded[name] = getattr(module, self._modules[name].rpartition(".")[2])
        return operation

    def load(self) -> None:
        """Imports all of them, for processes in which that must not happen later."""
        for name in self._modules:
            self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


OPERATIONS = OperationTable(_MODULES)
