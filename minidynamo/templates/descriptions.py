"""Tables from answers of `aws dynamodb describe-table`, or from requests of CreateTable.

Source: DynamoDB API reference, TableDescription and CreateTable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from minidynamo.templates.parts import Part, shown
from minidynamo.templates.request_types import checked_definition
from minidynamo.templates.table_definition import TableDefinition, TemplateError
from minidynamo.values.api_types import RequestDraft

_INDEX_MEMBERS = ("IndexName", "KeySchema", "Projection")


def described_tables(responses: Iterable[object]) -> Iterator[TableDefinition]:
    """The tables that responses of DescribeTable, their `Table` members or requests of CreateTable describe."""
    for response in responses:
        if not isinstance(response, Mapping):
            raise TemplateError(f"a table is described by an object, not by {shown(response)}")
        table = Part(response, "the description")
        for member in ("Table", "TableDescription"):
            if member in response:
                table = table.part(member).called("the description")
                break
        if isinstance(table.get("TableName"), str):
            table = table.called(f"the description of {table.get('TableName')}")
        yield checked_definition(table, _request(table))


def _request(table: Part) -> RequestDraft:
    request = {name: table.required(name) for name in ("TableName", "KeySchema", "AttributeDefinitions")}
    mode = table.get("BillingMode") or _summed_up(table, "BillingModeSummary", "BillingMode") or "PROVISIONED"
    request["BillingMode"] = mode
    if mode == "PROVISIONED":
        request["ProvisionedThroughput"] = _throughput(table)
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if table.get(member):
            request[member] = [_index(index, member, mode) for index in table.parts(member)]
    if table.has("StreamSpecification"):
        stream = table.part("StreamSpecification")
        if stream.flag("StreamEnabled"):
            view_type = stream.required("StreamViewType")
            request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view_type}
    table_class = table.get("TableClass") or _summed_up(table, "TableClassSummary", "TableClass")
    if table_class:
        request["TableClass"] = table_class
    for member in ("DeletionProtectionEnabled", "Tags", "OnDemandThroughput"):
        if table.get(member):
            request[member] = table.get(member)
    return request


def _summed_up(table: Part, summary: str, member: str) -> object:
    return table.part(summary).get(member) if table.has(summary) else None


def _index(index: Part, member: str, mode: object) -> RequestDraft:
    definition = {name: index.required(name) for name in _INDEX_MEMBERS}
    if member == "GlobalSecondaryIndexes" and mode == "PROVISIONED":
        definition["ProvisionedThroughput"] = _throughput(index)
    return definition


def _throughput(described: Part) -> RequestDraft:
    throughput = described.part("ProvisionedThroughput")
    return {name: throughput.required(name) for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
