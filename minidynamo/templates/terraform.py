"""Tables from a Terraform plan or state in JSON, as `terraform show -json` prints them.

Source: Terraform's JSON output format; aws_dynamodb_table of its AWS provider.
"""

from __future__ import annotations

from collections.abc import Iterator

from minidynamo.templates.parts import Members, Part
from minidynamo.templates.request_types import checked_definition
from minidynamo.templates.table_definition import TableDefinition
from minidynamo.values.api_types import RequestDraft

_TYPE = "aws_dynamodb_table"


def planned_tables(document: Members) -> Iterator[TableDefinition]:
    """The tables that a plan would leave, in all its modules."""
    whole = Part(document, "the plan")
    member = "planned_values" if whole.has("planned_values") else "values"
    planned = whole.part(member) if whole.get(member) else None
    if planned is None or not planned.get("root_module"):
        return
    for resource in _resources(planned.part("root_module")):
        if resource.get("type") == _TYPE and resource.get("mode") in (None, "managed"):
            name = resource.text("address") if resource.has("address") else _TYPE
            yield _table(resource.called(name).part("values").called(name))


def _resources(module: Part) -> Iterator[Part]:
    yield from module.parts("resources")
    for child in module.parts("child_modules"):
        yield from _resources(child)


def _table(values: Part) -> TableDefinition:
    request: RequestDraft = {
        "TableName": values.required("name"),
        "KeySchema": _key_schema(values.required("hash_key"), values.get("range_key")),
        "AttributeDefinitions": [
            {"AttributeName": each.required("name"), "AttributeType": each.required("type")}
            for each in values.parts("attribute")
        ],
        "BillingMode": values.get("billing_mode") or "PROVISIONED",
    }
    is_provisioned = request["BillingMode"] == "PROVISIONED"
    if is_provisioned:
        request["ProvisionedThroughput"] = _throughput(values)
    if values.get("local_secondary_index"):
        request["LocalSecondaryIndexes"] = [
            _index(each, values.required("hash_key"), each.required("range_key"))
            for each in values.parts("local_secondary_index")
        ]
    if values.get("global_secondary_index"):
        request["GlobalSecondaryIndexes"] = [
            _index(each, each.required("hash_key"), each.get("range_key"))
            | ({"ProvisionedThroughput": _throughput(each)} if is_provisioned else {})
            for each in values.parts("global_secondary_index")
        ]
    _add_settings(request, values)
    expiry = next((each.text("attribute_name") for each in values.parts("ttl") if each.flag("enabled")), None)
    return checked_definition(values, request, expiry or None)


def _add_settings(request: RequestDraft, values: Part) -> None:
    if values.flag("stream_enabled"):
        view_type = values.required("stream_view_type")
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view_type}
    if values.get("table_class"):
        request["TableClass"] = values.get("table_class")
    if values.flag("deletion_protection_enabled"):
        request["DeletionProtectionEnabled"] = True
    if values.get("tags"):
        request["Tags"] = values.tags("tags")


def _index(index: Part, hash_key: object, range_key: object) -> RequestDraft:
    projection = {"ProjectionType": index.required("projection_type")}
    if index.get("non_key_attributes"):
        projection["NonKeyAttributes"] = index.get("non_key_attributes")
    key_schema = _key_schema(hash_key, range_key)
    return {"IndexName": index.required("name"), "KeySchema": key_schema, "Projection": projection}


def _key_schema(hash_key: object, range_key: object) -> list[RequestDraft]:
    schema = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    if range_key:
        schema.append({"AttributeName": range_key, "KeyType": "RANGE"})
    return schema


def _throughput(values: Part) -> dict[str, int]:
    return {
        name: values.number(member) if values.get(member) else 1
        for name, member in (("ReadCapacityUnits", "read_capacity"), ("WriteCapacityUnits", "write_capacity"))
    }
