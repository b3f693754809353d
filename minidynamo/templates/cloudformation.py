"""Tables from CloudFormation and SAM templates; what CDK synthesises is one, too.

Source: AWS CloudFormation resource reference, AWS::DynamoDB::Table and AWS::DynamoDB::GlobalTable; AWS SAM,
AWS::Serverless::SimpleTable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from minidynamo.templates.intrinsics import NO_VALUE, Intrinsics
from minidynamo.templates.parts import Members, Part
from minidynamo.templates.request_types import checked_definition
from minidynamo.templates.table_definition import TableDefinition, TemplateError
from minidynamo.values.api_types import RequestDraft

_KEPT = ("KeySchema", "AttributeDefinitions", "BillingMode")
_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")
# Where a global table scales by itself, this is what it is created with here.
_UNITS_WHERE_SCALED = 5
_KINDS = {"String": "S", "Number": "N", "Binary": "B"}


def template_tables(template: Members, parameters: Mapping[str, str]) -> Iterator[TableDefinition]:
    """The tables among the resources of a template, without those whose condition is false.

    A table without a name of its own is called by its logical name.
    """
    whole = Part(template, "the template")
    intrinsics = Intrinsics(whole, parameters)
    for logical_name, resource in whole.part("Resources").each("resource"):
        read = _READERS.get(resource.text("Type")) if resource.has("Type") else None
        if read is None:
            continue
        table = resource.called(f"the table {logical_name}")
        properties = _properties(table, intrinsics)
        if properties is not None:
            with _standing_at(table, intrinsics):
                definition = read(str(logical_name), properties)
            yield definition


def _properties(table: Part, intrinsics: Intrinsics) -> Part | None:
    """The properties of a table with all functions carried out; None where its condition is false."""
    with _standing_at(table, intrinsics, f"{table.name}: "):
        if table.has("Condition") and not intrinsics.holds(table.get("Condition")):
            return None
        properties = intrinsics.resolved(table.get("Properties"))
    if properties is None or properties is NO_VALUE:
        properties = {}
    if not isinstance(properties, Mapping):
        raise table.wrong("Properties", properties, "an object")
    return Part(properties, table.name)


@contextmanager
def _standing_at(resource: Part, intrinsics: Intrinsics, prefix: str = "") -> Iterator[None]:
    """Has errors stand at the object of the template that is wrong, or else at the resource."""
    try:
        yield
    except TemplateError as error:
        at = resource.members if error.at is None else intrinsics.origin(error.at)
        raise TemplateError(f"{prefix}{error}", at=at) from None


def _table(logical_name: str, properties: Part) -> TableDefinition:
    request = _common(logical_name, properties)
    is_provisioned = request["BillingMode"] == "PROVISIONED"
    if properties.has("ProvisionedThroughput") and is_provisioned:
        request["ProvisionedThroughput"] = _throughput(properties)
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if properties.get(member):
            request[member] = [_index(each, is_provisioned) for each in properties.parts(member)]
    _add_settings(request, properties)
    return checked_definition(properties, request, _time_to_live(properties))


def _global_table(logical_name: str, properties: Part) -> TableDefinition:
    """A global table, as CDK's TableV2 makes them: what its first replica adds counts as well."""
    request = _common(logical_name, properties)
    is_provisioned = request["BillingMode"] == "PROVISIONED"
    if is_provisioned:
        request["ProvisionedThroughput"] = dict.fromkeys(_UNITS, _UNITS_WHERE_SCALED)
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if properties.get(member):
            request[member] = [_index(each, has_throughput=False) for each in properties.parts(member)]
    if is_provisioned:
        for index in request.get("GlobalSecondaryIndexes", ()):
            index["ProvisionedThroughput"] = dict.fromkeys(_UNITS, _UNITS_WHERE_SCALED)
    for replica in properties.parts("Replicas")[:1]:
        _add_settings(request, replica)
    return checked_definition(properties, request, _time_to_live(properties))


def _simple_table(logical_name: str, properties: Part) -> TableDefinition:
    key_name, kind = "id", "String"
    if properties.get("PrimaryKey"):
        key = properties.part("PrimaryKey")
        key_name, kind = key.text("Name"), key.text("Type") if key.has("Type") else kind
        if kind not in _KINDS:
            raise key.wrong("Type", kind, "String, Number or Binary")
    request: RequestDraft = {
        "TableName": properties.required("TableName") if properties.has("TableName") else logical_name,
        "KeySchema": [{"AttributeName": key_name, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": key_name, "AttributeType": _KINDS[kind]}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if properties.has("ProvisionedThroughput"):
        request["BillingMode"] = "PROVISIONED"
        request["ProvisionedThroughput"] = _throughput(properties)
    if properties.get("Tags"):
        request["Tags"] = properties.tags("Tags")
    return checked_definition(properties, request)


def _common(logical_name: str, properties: Part) -> RequestDraft:
    request = {name: properties.get(name) for name in ("TableName", *_KEPT) if properties.has(name)}
    if properties.has("StreamSpecification"):
        view_type = properties.part("StreamSpecification").required("StreamViewType")
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view_type}
    return {"TableName": logical_name, "BillingMode": "PROVISIONED", **request}


def _add_settings(request: RequestDraft, settings: Part) -> None:
    """What stands with a table, and with each replica of a global one."""
    if settings.has("DeletionProtectionEnabled"):
        request["DeletionProtectionEnabled"] = settings.flag("DeletionProtectionEnabled")
    if settings.has("TableClass"):
        request["TableClass"] = settings.get("TableClass")
    if settings.get("Tags"):
        request["Tags"] = settings.tags("Tags")


def _index(index: Part, has_throughput: bool) -> RequestDraft:
    definition = {name: index.required(name) for name in ("IndexName", "KeySchema", "Projection")}
    if has_throughput and index.has("ProvisionedThroughput"):
        definition["ProvisionedThroughput"] = _throughput(index)
    return definition


def _throughput(described: Part) -> dict[str, int]:
    throughput = described.part("ProvisionedThroughput")
    return {name: throughput.number(name) for name in _UNITS}


def _time_to_live(properties: Part) -> str | None:
    if not properties.has("TimeToLiveSpecification"):
        return None
    specification = properties.part("TimeToLiveSpecification")
    return specification.text("AttributeName") if specification.flag("Enabled") else None


_READERS: dict[str, Callable[[str, Part], TableDefinition]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::DynamoDB::GlobalTable": _global_table,
    "AWS::Serverless::SimpleTable": _simple_table,
}
