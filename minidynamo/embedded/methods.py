"""The methods of the embedded clients as type checkers see them; `client.py` makes them from rows of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar, Unpack

if TYPE_CHECKING:
    from minidynamo.embedded import item_parameters as items
    from minidynamo.embedded import table_parameters as tables
    from minidynamo.values.api_types import Response

Value = TypeVar("Value")
Condition = TypeVar("Condition")


class Methods(Generic[Value, Condition]):
    """Those of DynamoDB, for attribute values or Python values, with conditions as text or as objects as well."""

    if TYPE_CHECKING:

        def batch_execute_statement(self, **parameters: Unpack[items.BatchExecuteStatement]) -> Response:
            """Calls BatchExecuteStatement."""

        def batch_get_item(self, **parameters: Unpack[items.BatchGetItem]) -> Response:
            """Calls BatchGetItem."""

        def batch_write_item(self, **parameters: Unpack[items.BatchWriteItem]) -> Response:
            """Calls BatchWriteItem."""

        def create_table(self, **parameters: Unpack[tables.CreateTable]) -> Response:
            """Calls CreateTable."""

        def delete_item(self, **parameters: Unpack[items.DeleteItem[Value, Condition]]) -> Response:
            """Calls DeleteItem."""

        def delete_resource_policy(self, **parameters: Unpack[tables.DeleteResourcePolicy]) -> Response:
            """Calls DeleteResourcePolicy."""

        def delete_table(self, **parameters: Unpack[tables.DeleteTable]) -> Response:
            """Calls DeleteTable."""

        def describe_endpoints(self) -> Response:
            """Calls DescribeEndpoints."""

        def describe_limits(self) -> Response:
            """Calls DescribeLimits."""

        def describe_table(self, **parameters: Unpack[tables.DescribeTable]) -> Response:
            """Calls DescribeTable."""

        def describe_time_to_live(self, **parameters: Unpack[tables.DescribeTimeToLive]) -> Response:
            """Calls DescribeTimeToLive."""

        def execute_statement(self, **parameters: Unpack[items.ExecuteStatement[Value]]) -> Response:
            """Calls ExecuteStatement."""

        def execute_transaction(self, **parameters: Unpack[items.ExecuteTransaction]) -> Response:
            """Calls ExecuteTransaction."""

        def get_item(self, **parameters: Unpack[items.GetItem[Value]]) -> Response:
            """Calls GetItem."""

        def get_resource_policy(self, **parameters: Unpack[tables.GetResourcePolicy]) -> Response:
            """Calls GetResourcePolicy."""

        def list_tables(self, **parameters: Unpack[tables.ListTables]) -> Response:
            """Calls ListTables."""

        def list_tags_of_resource(self, **parameters: Unpack[tables.ListTagsOfResource]) -> Response:
            """Calls ListTagsOfResource."""

        def put_item(self, **parameters: Unpack[items.PutItem[Value, Condition]]) -> Response:
            """Calls PutItem."""

        def put_resource_policy(self, **parameters: Unpack[tables.PutResourcePolicy]) -> Response:
            """Calls PutResourcePolicy."""

        def query(self, **parameters: Unpack[items.Query[Value, Condition]]) -> Response:
            """Calls Query."""

        def scan(self, **parameters: Unpack[items.Scan[Value, Condition]]) -> Response:
            """Calls Scan."""

        def tag_resource(self, **parameters: Unpack[tables.TagResource]) -> Response:
            """Calls TagResource."""

        def transact_get_items(self, **parameters: Unpack[items.TransactGetItems]) -> Response:
            """Calls TransactGetItems."""

        def transact_write_items(self, **parameters: Unpack[items.TransactWriteItems]) -> Response:
            """Calls TransactWriteItems."""

        def untag_resource(self, **parameters: Unpack[tables.UntagResource]) -> Response:
            """Calls UntagResource."""

        def update_item(self, **parameters: Unpack[items.UpdateItem[Value, Condition]]) -> Response:
            """Calls UpdateItem."""

        def update_table(self, **parameters: Unpack[tables.UpdateTable]) -> Response:
            """Calls UpdateTable."""

        def update_time_to_live(self, **parameters: Unpack[tables.UpdateTimeToLive]) -> Response:
            """Calls UpdateTimeToLive."""


class StreamMethods:
    """The client's methods of DynamoDB Streams."""

    if TYPE_CHECKING:

        def describe_stream(self, **parameters: Unpack[tables.DescribeStream]) -> Response:
            """Calls DescribeStream."""

        def get_records(self, **parameters: Unpack[tables.GetRecords]) -> Response:
            """Calls GetRecords."""

        def get_shard_iterator(self, **parameters: Unpack[tables.GetShardIterator]) -> Response:
            """Calls GetShardIterator."""

        def list_streams(self, **parameters: Unpack[tables.ListStreams]) -> Response:
            """Calls ListStreams."""
