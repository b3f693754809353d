"""The streams of a DynamoDB that is reached through the API, for the functions that run in this process."""

from __future__ import annotations

from minidynamo.consumers.leases import LEASES_TABLE, LeaseTable
from minidynamo.consumers.shards import Execute
from minidynamo.errors import ResourceNotFound
from minidynamo.lambdas.remote_reader import RemoteReader, lease_group
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.source import no_stream
from minidynamo.schema.key_schema import PrimaryKey


class RemoteStreams:
    """The streams of tables elsewhere.

    Parameters:
        execute: carries out requests.
        leases_table: where it is kept who reads what, and how far it has come.
    """

    def __init__(self, execute: Execute, leases_table: str = LEASES_TABLE) -> None:
        self._execute, self._leases_table = execute, leases_table

    def reader(self, settings: MappingSettings, function_name: str, table_name: str) -> RemoteReader:
        """A reader of a table's stream; see `Streams.reader`."""
        table = self._execute("DescribeTable", {"TableName": table_name})["Table"]
        arn = table.get("LatestStreamArn")
        if arn is None or not table.get("StreamSpecification", {}).get("StreamEnabled"):
            raise no_stream(table_name)
        leases = LeaseTable(self._execute, lease_group(function_name, arn), self._leases_table)
        key = next(each["AttributeName"] for each in table["KeySchema"] if each["KeyType"] == "HASH")
        return RemoteReader(self._execute, settings, leases, arn, key)

    def primary_key(self, table_name: str) -> PrimaryKey | None:
        """The primary key of a table, None where there is none."""
        try:
            table = self._execute("DescribeTable", {"TableName": table_name})["Table"]
        except ResourceNotFound:
            return None
        types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        return PrimaryKey.of(table["KeySchema"], types)
