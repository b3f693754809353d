"""Tables from CloudFormation and SAM templates; what CDK synthesises is one, too.

Source: AWS CloudFormation resource reference, AWS::DynamoDB::Table and AWS::DynamoDB::GlobalTable; AWS SAM,
AWS::Serverless::SimpleTable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from minidynamo.interfaces.templates.intrinsics import Intrinsics
from minidynamo.interfaces.templates.table_definition import TableDefinition, TemplateError, as_flag, tag_list

Properties = Mapping[str, Any]

_KEPT = ("KeySchema", "AttributeDefinitions", "BillingMode")
_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")
# Where a global table scales by itself, this is what it is created with here.
_UNITS_WHERE_SCALED = 5


def template_tables(template: Properties, parameters: Mapping[str, str]) -> Iterator[TableDefinition]:
    """The tables among the resources of a template, without those whose condition is false.

    A table without a name of its own is called by its logical name.
    """
    intrinsics = Intrinsics(template, parameters)
    for logical_name, resource in template["Resources"].items():
        read = _READERS.get(resource.get("Type"))
        if read is None or not ("Condition" not in resource or intrinsics.holds(resource["Condition"])):
            continue
        properties = intrinsics.resolved(resource.get("Properties") or {})
        try:
            yield read(logical_name, properties)
        except (KeyError, TypeError, AttributeError) as error:
            raise TemplateError(f"the table {logical_name} lacks {error}, or has it in another form") from None


def _table(logical_name: str, properties: Properties) -> TableDefinition:
    request = _common(logical_name, properties)
    if "ProvisionedThroughput" in properties and request["BillingMode"] == "PROVISIONED":
        request["ProvisionedThroughput"] = _throughput(properties["ProvisionedThroughput"])
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if properties.get(member):
            request[member] = [_index(each, request["BillingMode"] == "PROVISIONED") for each in properties[member]]
    _add_settings(request, properties)
    return TableDefinition(request, _time_to_live(properties))


def _global_table(logical_name: str, properties: Properties) -> TableDefinition:
    """A global table, as CDK's TableV2 makes them: what its first replica adds counts as well."""
    request = _common(logical_name, properties)
    is_provisioned = request["BillingMode"] == "PROVISIONED"
    if is_provisioned:
        request["ProvisionedThroughput"] = dict.fromkeys(_UNITS, _UNITS_WHERE_SCALED)
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if properties.get(member):
            request[member] = [_index(each, has_throughput=False) for each in properties[member]]
    if is_provisioned:
        for index in request.get("GlobalSecondaryIndexes", ()):
            index["ProvisionedThroughput"] = dict.fromkeys(_UNITS, _UNITS_WHERE_SCALED)
    for replica in (properties.get("Replicas") or [])[:1]:
        _add_settings(request, replica)
    return TableDefinition(request, _time_to_live(properties))


def _simple_table(logical_name: str, properties: Properties) -> TableDefinition:
    key = properties.get("PrimaryKey") or {"Name": "id", "Type": "String"}
    kind = {"String": "S", "Number": "N", "Binary": "B"}[key.get("Type", "String")]
    request: dict[str, Any] = {
        "TableName": properties.get("TableName", logical_name),
        "KeySchema": [{"AttributeName": key["Name"], "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": key["Name"], "AttributeType": kind}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if "ProvisionedThroughput" in properties:
        request["BillingMode"] = "PROVISIONED"
        request["ProvisionedThroughput"] = _throughput(properties["ProvisionedThroughput"])
    if properties.get("Tags"):
        request["Tags"] = tag_list(properties["Tags"])
    return TableDefinition(request)


def _common(logical_name: str, properties: Properties) -> dict[str, Any]:
    request = {name: properties[name] for name in _KEPT if name in properties}
    if "StreamSpecification" in properties:
        view_type = properties["StreamSpecification"]["StreamViewType"]
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view_type}
    return {"TableName": properties.get("TableName", logical_name), "BillingMode": "PROVISIONED", **request}


def _add_settings(request: dict[str, Any], settings: Properties) -> None:
    """What stands with a table, and with each replica of a global one."""
    if "DeletionProtectionEnabled" in settings:
        request["DeletionProtectionEnabled"] = as_flag(settings["DeletionProtectionEnabled"])
    if "TableClass" in settings:
        request["TableClass"] = settings["TableClass"]
    if settings.get("Tags"):
        request["Tags"] = tag_list(settings["Tags"])


def _index(properties: Properties, has_throughput: bool) -> dict[str, Any]:
    index = {name: properties[name] for name in ("IndexName", "KeySchema", "Projection")}
    if has_throughput and "ProvisionedThroughput" in properties:
        index["ProvisionedThroughput"] = _throughput(properties["ProvisionedThroughput"])
    return index


def _throughput(properties: Properties) -> dict[str, int]:
    return {name: int(properties[name]) for name in _UNITS}


def _time_to_live(properties: Properties) -> str | None:
    specification = properties.get("TimeToLiveSpecification", {})
    return str(specification["AttributeName"]) if as_flag(specification.get("Enabled")) else None


_READERS: dict[str | None, Callable[[str, Properties], TableDefinition]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::DynamoDB::GlobalTable": _global_table,
    "AWS::Serverless::SimpleTable": _simple_table,
}
