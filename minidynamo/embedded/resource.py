"""The embedded resource: boto3's DynamoDB resource without boto3. Takes and gives Python values.

Source: boto3 documentation, "DynamoDB.ServiceResource" and "DynamoDB.Table".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Unpack

from minidynamo.embedded.batch_writer import BatchWriter
from minidynamo.embedded.client import DynamoClient
from minidynamo.embedded.conditions import ConditionLike
from minidynamo.embedded.resource_values import python_response, wire_request
from minidynamo.endpoints.endpoint import Endpoint
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


class ResourceClient(DynamoClient[PythonValue, Expression]):
    """A client that takes and gives Python values, as the client behind boto3's resource does."""

    def call(self, operation: str, parameters: Request) -> Response:
        """Calls an operation by its API name; raises what `Client.call` raises, and TypeError for bad values."""
        return python_response(super().call(operation, wire_request(operation, parameters)))


class Resource:
    """The tables of a database.

    Parameters:
        endpoint: what carries out its calls: a database, most often.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.meta = ResourceMeta(ResourceClient(endpoint))
        self.tables = TableCollection(self)

    def __repr__(self) -> str:
        return f"<Resource of {self._endpoint!r}>"

    def Table(self, name: str) -> TableResource:
        """The table of a name; there need not be such a table yet."""
        return TableResource(self, name)

    def create_table(self, **parameters: Unpack[tables.CreateTable]) -> TableResource:
        """Creates a table, with CreateTable's parameters, and returns its resource."""
        description = self.meta.client.create_table(**parameters)["TableDescription"]
        table = self.Table(description["TableName"])
        table.description = description
        return table

    def batch_get_item(self, **parameters: Unpack[items.BatchGetItem]) -> Response:
        """Calls BatchGetItem with Python values."""
        return self.meta.client.batch_get_item(**parameters)

    def batch_write_item(self, **parameters: Unpack[items.BatchWriteItem]) -> Response:
        """Calls BatchWriteItem with Python values."""
        return self.meta.client.batch_write_item(**parameters)


class TableCollection:
    """`resource.tables`: the tables of the database."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    def all(self) -> Iterator[TableResource]:
        """All tables, in byte order of their names."""
        for page in self._resource.meta.client.get_paginator("list_tables").paginate():
            for name in page["TableNames"]:
                yield self._resource.Table(name)

    __iter__ = all

    def limit(self, count: int) -> Iterator[TableResource]:
        """The first `count` tables."""
        for _, table in zip(range(count), self.all(), strict=False):
            yield table


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


class TableResource:
    """One table.

    Attributes such as `item_count` or `key_schema` are those of its description, which is loaded when first asked for.

    Parameters:
        resource: where it belongs.
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

    def __init__(self, resource: Resource, name: str) -> None:
        self.name = name
        self.meta = resource.meta
        self.description: Response | None = None

    @property
    def table_name(self) -> str:
        """The name of the table."""
        return self.name

    def __repr__(self) -> str:
        return f"dynamodb.Table(name={self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TableResource) and other.name == self.name

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

    def update(self, **parameters: Unpack[tables.UpdateTableOfTable]) -> TableResource:
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
        return BatchWriter(self.name, self.meta.client.batch_write_item, overwrite_by_pkeys)

    def wait_until_exists(self) -> None:
        """Returns when the table is ACTIVE."""
        self.meta.client.get_waiter("table_exists").wait(TableName=self.name)

    def wait_until_not_exists(self) -> None:
        """Returns when the table is gone."""
        self.meta.client.get_waiter("table_not_exists").wait(TableName=self.name)


_ATTRIBUTES = {snake_case(member): member for member in _DESCRIBED} | {"sse_description": "SSEDescription"}
