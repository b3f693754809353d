"""Tables from a Terraform plan or state in JSON, as `terraform show -json` prints them.

Source: Terraform's JSON output format; aws_dynamodb_table of its AWS provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from minidynamo.interfaces.templates.table_definition import TableDefinition, TemplateError, tag_list

Values = Mapping[str, Any]

_TYPE = "aws_dynamodb_table"


def planned_tables(document: Values) -> Iterator[TableDefinition]:
    """The tables that a plan would leave, in all its modules."""
    planned = document.get("planned_values", document.get("values")) or {}
    for resource in _resources(planned.get("root_module") or {}):
        if resource.get("type") == _TYPE and resource.get("mode", "managed") == "managed":
            try:
                yield _table(resource["values"])
            except (KeyError, TypeError, AttributeError) as error:
                where = resource.get("address", _TYPE)
                raise TemplateError(f"{where} lacks {error}, or has it in another form") from None


def _resources(module: Values) -> Iterator[Values]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def _table(values: Values) -> TableDefinition:
    request: dict[str, Any] = {
        "TableName": values["name"],
        "KeySchema": _key_schema(values["hash_key"], values.get("range_key")),
        "AttributeDefinitions": [
            {"AttributeName": each["name"], "AttributeType": each["type"]} for each in values["attribute"]
        ],
        "BillingMode": values.get("billing_mode") or "PROVISIONED",
    }
    is_provisioned = request["BillingMode"] == "PROVISIONED"
    if is_provisioned:
        request["ProvisionedThroughput"] = _throughput(values)
    if values.get("local_secondary_index"):
        request["LocalSecondaryIndexes"] = [
            _index(each, values["hash_key"], each["range_key"]) for each in values["local_secondary_index"]
        ]
    if values.get("global_secondary_index"):
        request["GlobalSecondaryIndexes"] = [
            _index(each, each["hash_key"], each.get("range_key"))
            | ({"ProvisionedThroughput": _throughput(each)} if is_provisioned else {})
            for each in values["global_secondary_index"]
        ]
    _add_settings(request, values)
    expiry = next((each["attribute_name"] for each in values.get("ttl") or () if each.get("enabled")), None)
    return TableDefinition(request, expiry or None)


def _add_settings(request: dict[str, Any], values: Values) -> None:
    if values.get("stream_enabled"):
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": values["stream_view_type"]}
    if values.get("table_class"):
        request["TableClass"] = values["table_class"]
    if values.get("deletion_protection_enabled"):
        request["DeletionProtectionEnabled"] = True
    if values.get("tags"):
        request["Tags"] = tag_list(values["tags"])


def _index(values: Values, hash_key: str, range_key: str | None) -> dict[str, Any]:
    projection = {"ProjectionType": values["projection_type"]}
    if values.get("non_key_attributes"):
        projection["NonKeyAttributes"] = list(values["non_key_attributes"])
    return {"IndexName": values["name"], "KeySchema": _key_schema(hash_key, range_key), "Projection": projection}


def _key_schema(hash_key: str, range_key: str | None) -> list[dict[str, str]]:
    schema = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    if range_key:
        schema.append({"AttributeName": range_key, "KeyType": "RANGE"})
    return schema


def _throughput(values: Values) -> dict[str, int]:
    return {
        "ReadCapacityUnits": int(values.get("read_capacity") or 1),
        "WriteCapacityUnits": int(values.get("write_capacity") or 1),
    }
