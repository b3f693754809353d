"""The streams of a DynamoDB that is reached through the API, for the functions that run in this process."""

from __future__ import annotations

from minidynamo.consumers.leases import LEASES_TABLE, LeaseTable
from minidynamo.consumers.shards import Execute
from minidynamo.errors import ResourceNotFound
from minidynamo.lambdas.lease_groups import lease_group
from minidynamo.lambdas.remote_reader import RemoteReader
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.source import no_stream
from minidynamo.schema.key_schema import PrimaryKey

# Between pages that a drain finds empty: a shard of DynamoDB answers five times a second, and others ask it too.
_PAUSE_SECONDS = 0.25


class RemoteStreams:
    """The streams of tables elsewhere.

    Parameters:
        execute: carries out requests.
        leases_table: where it is kept who reads what, and how far it has come.
        is_far: whether it is on another machine, and so maybe a service that counts how often it is asked.
    """

    def __init__(self, execute: Execute, leases_table: str = LEASES_TABLE, is_far: bool = False) -> None:
        self._execute, self._leases_table = execute, leases_table
        self._pause_seconds = _PAUSE_SECONDS if is_far else 0.0

    def reader(self, settings: MappingSettings, function_name: str, table_name: str) -> RemoteReader:
        """A reader of a table's stream; see `Streams.reader`."""
        table = self._execute("DescribeTable", {"TableName": table_name})["Table"]
        arn = table.get("LatestStreamArn")
        if arn is None or not table.get("StreamSpecification", {}).get("StreamEnabled"):
            raise no_stream(table_name)
        leases = LeaseTable(self._execute, lease_group(function_name, arn), self._leases_table)
        key = next(each["AttributeName"] for each in table["KeySchema"] if each["KeyType"] == "HASH")
        return RemoteReader(self._execute, settings, leases, arn, key, self._pause_seconds)

    def primary_key(self, table_name: str) -> PrimaryKey | None:
        """The primary key of a table, None where there is none."""
        try:
            table = self._execute("DescribeTable", {"TableName": table_name})["Table"]
        except ResourceNotFound:
            return None
        types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        return PrimaryKey.of(table["KeySchema"], types)
