"""Tables from answers of `aws dynamodb describe-table`, or from requests of CreateTable.

Source: DynamoDB API reference, TableDescription and CreateTable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minidynamo.interfaces.templates.table_definition import TableDefinition, TemplateError

_INDEX_MEMBERS = ("IndexName", "KeySchema", "Projection")


def described_tables(answers: Iterable[Any]) -> Iterator[TableDefinition]:
    """The tables that answers of DescribeTable, their `Table` members or requests of CreateTable describe."""
    for answer in answers:
        if not isinstance(answer, Mapping):
            raise TemplateError(f"a table is described by an object, not by {answer!r}")
        table = answer.get("Table", answer.get("TableDescription", answer))
        try:
            yield TableDefinition(_request(table))
        except (KeyError, TypeError, AttributeError) as error:
            raise TemplateError(f"a description lacks {error}, or it is no description of a table") from None


def _request(table: Mapping[str, Any]) -> dict[str, Any]:
    request = {name: table[name] for name in ("TableName", "KeySchema", "AttributeDefinitions")}
    summary = table.get("BillingModeSummary", {}).get("BillingMode")
    mode = table.get("BillingMode", summary or "PROVISIONED")
    request["BillingMode"] = mode
    if mode == "PROVISIONED":
        request["ProvisionedThroughput"] = _throughput(table["ProvisionedThroughput"])
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if table.get(member):
            request[member] = [_index(index, member, mode) for index in table[member]]
    stream = table.get("StreamSpecification", {})
    if stream.get("StreamEnabled"):
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    table_class = table.get("TableClass", table.get("TableClassSummary", {}).get("TableClass"))
    if table_class:
        request["TableClass"] = table_class
    for member in ("DeletionProtectionEnabled", "Tags", "OnDemandThroughput"):
        if table.get(member):
            request[member] = table[member]
    return request


def _index(index: Mapping[str, Any], member: str, mode: str) -> dict[str, Any]:
    definition = {name: index[name] for name in _INDEX_MEMBERS}
    if member == "GlobalSecondaryIndexes" and mode == "PROVISIONED":
        definition["ProvisionedThroughput"] = _throughput(index["ProvisionedThroughput"])
    return definition


def _throughput(described: Mapping[str, Any]) -> dict[str, Any]:
    return {name: described[name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
