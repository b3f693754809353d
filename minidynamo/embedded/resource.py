"""The embedded resource: boto3's DynamoDB resource without boto3. Takes and gives Python values.

Source: boto3 documentation, "DynamoDB.ServiceResource".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Unpack

from minidynamo.arguments import TABLE_NAME, check_arguments
from minidynamo.embedded.boto3_types import DynamoDBServiceResource, NamesOnly
from minidynamo.embedded.table_resource import ResourceClient, ResourceMeta, TableResource
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.values.api_types import Response

if TYPE_CHECKING:
    from minidynamo.embedded import item_parameters as items
    from minidynamo.embedded import table_parameters as tables


_TABLE = {"Table": TABLE_NAME}


class ResourceActions(NamesOnly):
    """What the resource of a database can do.

    Parameters:
        endpoint: what carries out its calls: a database, most often.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.meta = ResourceMeta(ResourceClient(endpoint))
        self.tables = TableCollection(self.meta.client, self.Table)

    def __repr__(self) -> str:
        return f"<Resource of {self._endpoint!r}>"

    def Table(self, name: str) -> TableResource:
        """The table of a name; there need not be such a table yet."""
        if name is None:
            raise ValueError("Required parameter name not set")  # boto3's words, where a variable is not set.
        check_arguments(_TABLE, Table=name)
        return TableResource(self.meta, name)

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


class Resource(ResourceActions, DynamoDBServiceResource):  # type: ignore[misc]
    """The tables of a database, as boto3's resource has them."""


class TableCollection:
    """`resource.tables`: the tables of the database."""

    def __init__(self, client: ResourceClient, table: Callable[[str], TableResource]) -> None:
        self._client, self._table = client, table

    def __repr__(self) -> str:
        return f"<TableCollection of {self._client!r}>"

    def all(self) -> Iterator[TableResource]:
        """All tables, in byte order of their names."""
        for page in self._client.get_paginator("list_tables").paginate():
            for name in page["TableNames"]:
                yield self._table(name)

    __iter__ = all

    def limit(self, count: int) -> Iterator[TableResource]:
        """The first `count` tables."""
        for _, table in zip(range(count), self.all(), strict=False):
            yield table
