"""The resource of one table: boto3's `Table` without boto3. Takes and gives Python values.

Source: boto3 documentation, "DynamoDB.Table".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self, Unpack

from minidynamo.arguments import require
from minidynamo.embedded.batch_writer import BatchWriter
from minidynamo.embedded.boto3_types import DynamoDBClient, NamesOnly, Table
from minidynamo.embedded.client import DynamoClient
from minidynamo.embedded.conditions import ConditionLike
from minidynamo.embedded.resource_values import python_response, wire_request
from minidynamo.requests.operations import snake_case
from minidynamo.values.api_types import JsonObject, PythonValue, Request, Response

if TYPE_CHECKING:
    from minidynamo.embedded import item_parameters as items
    from minidynamo.embedded import table_parameters as tables

Expression = str | ConditionLike
"""An expression as text, or as a condition object."""


class ResourceMeta:
    """`resource.meta`: gives access to the client, which speaks the same Python values."""

    def __init__(self, client: ResourceClient) -> None:
        self.client = client

    def __repr__(self) -> str:
        return f"<ResourceMeta: {self.client!r}>"


class ResourceClient(DynamoClient[PythonValue, Expression], DynamoDBClient):  # type: ignore[misc]
    """A client that takes and gives Python values, as the client behind boto3's resource does."""

    def call(self, operation: str, parameters: Request) -> Response:
        """Calls an operation by its API name; raises what `Client.call` raises, and TypeError for bad values."""
        return python_response(super().call(operation, wire_request(operation, parameters)))


# Attributes of a table resource that come from its description.
_DESCRIBED = (
    "AttributeDefinitions",
    "BillingModeSummary",
    "CreationDateTime",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "ItemCount",
    "KeySchema",
    "LatestStreamArn",
    "LatestStreamLabel",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSEDescription",
    "StreamSpecification",
    "TableArn",
    "TableClassSummary",
    "TableId",
    "TableSizeBytes",
    "TableStatus",
    "WarmThroughput",
)


class TableActions(NamesOnly):
    """What one table can do, and what it is.

    Attributes such as `item_count` or `key_schema` are those of its description, which is loaded when first asked for.

    Parameters:
        meta: gives access to the client of its resource.
        name: its name.
    """

    attribute_definitions: list[dict[str, str]]
    billing_mode_summary: JsonObject | None
    creation_date_time: datetime
    deletion_protection_enabled: bool
    global_secondary_indexes: list[JsonObject] | None
    item_count: int
    key_schema: list[dict[str, str]]
    latest_stream_arn: str | None
    latest_stream_label: str | None
    local_secondary_indexes: list[JsonObject] | None
    on_demand_throughput: JsonObject | None
    provisioned_throughput: JsonObject
    sse_description: JsonObject | None
    stream_specification: JsonObject | None
    table_arn: str
    table_class_summary: JsonObject | None
    table_id: str
    table_size_bytes: int
    table_status: str
    warm_throughput: JsonObject | None

    def __init__(self, meta: ResourceMeta, name: str) -> None:
        self.name = name
        self.meta = meta
        self.description: Response | None = None

    @property
    def table_name(self) -> str:
        """The name of the table."""
        return self.name

    def __repr__(self) -> str:
        return f"dynamodb.Table(name={self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TableActions) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    if not TYPE_CHECKING:  # Checkers know the attributes above, and no others.

        def __getattr__(self, attribute: str) -> object:
            member = _ATTRIBUTES.get(attribute)
            if member is None:
                raise AttributeError(f"a table has no attribute {attribute!r}")
            if self.description is None:
                self.load()
            assert self.description is not None
            return self.description.get(member)

    def load(self) -> None:
        """Loads the description anew."""
        self.description = self.meta.client.describe_table(TableName=self.name)["Table"]

    reload = load

    def put_item(self, **parameters: Unpack[items.PutItemOfTable[PythonValue, Expression]]) -> Response:
        """Calls PutItem on this table."""
        return self.meta.client.call("PutItem", {"TableName": self.name, **parameters})

    def get_item(self, **parameters: Unpack[items.GetItemOfTable[PythonValue]]) -> Response:
        """Calls GetItem on this table."""
        return self.meta.client.call("GetItem", {"TableName": self.name, **parameters})

    def update_item(self, **parameters: Unpack[items.UpdateItemOfTable[PythonValue, Expression]]) -> Response:
        """Calls UpdateItem on this table."""
        return self.meta.client.call("UpdateItem", {"TableName": self.name, **parameters})

    def delete_item(self, **parameters: Unpack[items.DeleteItemOfTable[PythonValue, Expression]]) -> Response:
        """Calls DeleteItem on this table."""
        return self.meta.client.call("DeleteItem", {"TableName": self.name, **parameters})

    def query(self, **parameters: Unpack[items.QueryOfTable[PythonValue, Expression]]) -> Response:
        """Calls Query on this table."""
        return self.meta.client.call("Query", {"TableName": self.name, **parameters})

    def scan(self, **parameters: Unpack[items.ScanOfTable[PythonValue, Expression]]) -> Response:
        """Calls Scan on this table."""
        return self.meta.client.call("Scan", {"TableName": self.name, **parameters})

    def update(self, **parameters: Unpack[tables.UpdateTableOfTable]) -> Self:
        """Calls UpdateTable on this table."""
        self.description = self.meta.client.update_table(TableName=self.name, **parameters)["TableDescription"]
        return self

    def delete(self) -> Response:
        """Calls DeleteTable on this table."""
        return self.meta.client.delete_table(TableName=self.name)

    def batch_writer(self, overwrite_by_pkeys: list[str] | None = None) -> BatchWriter:
        """A context manager that collects puts and deletions and sends them in batches.

        Parameters:
            overwrite_by_pkeys: names of key attributes; of several requests with equal keys only the last is sent.
        """
        is_right = overwrite_by_pkeys is None or isinstance(overwrite_by_pkeys, list | tuple)
        require(is_right, "overwrite_by_pkeys", "names of key attributes, such as ['pk', 'sk']", overwrite_by_pkeys)
        return BatchWriter(self.name, self.meta.client.batch_write_item, overwrite_by_pkeys)

    def wait_until_exists(self) -> None:
        """Returns when the table is ACTIVE."""
        self.meta.client.get_waiter("table_exists").wait(TableName=self.name)

    def wait_until_not_exists(self) -> None:
        """Returns when the table is gone."""
        self.meta.client.get_waiter("table_not_exists").wait(TableName=self.name)


class TableResource(TableActions, Table):  # type: ignore[misc, override]
    """One table, as boto3's resource has it."""


_ATTRIBUTES = {snake_case(member): member for member in _DESCRIBED} | {"sse_description": "SSEDescription"}
