"""`serverless.yml`: its resources, and the variables in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.templates.table_definition import TemplateError

SERVICE = Path(__file__).parent / "serverless.yml"
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}


def service(name: str, **sections: Any) -> dict[str, Any]:
    named = {**TABLE, "Properties": {**TABLE["Properties"], "TableName": name}}  # type: ignore[dict-item]
    return {"service": "shop", "provider": {"name": "aws"}, "resources": {"Resources": {"T": named}}, **sections}


def test_a_service(database: Database) -> None:
    """With variables of the document, their defaults, and objects that variables stand for."""
    schema = minidynamo.schema_from(SERVICE)
    assert schema.create(database) == ["shop-orders-test", "kept"]
    orders = schema.tables[0].request
    assert orders["ProvisionedThroughput"] == {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    assert orders["Tags"] == [{"Key": "of", "Value": "shop.us-east-1.kept"}]


def test_values_that_are_given() -> None:
    one, other = minidynamo.schema_from(SERVICE, {"stage": "live", "env:COLOUR": "red"})
    assert (one.name, other.name) == ("shop-orders-live", "kept-red")
    assert one.request["ProvisionedThroughput"]["WriteCapacityUnits"] == 40


NAMES = {
    "${self:service}-${self:provider.stage}": "shop-dev",
    "${self:service.name}": "shop",
    "${sls:stage}.${aws:region}.${aws:accountId}": "dev.us-east-1.123456789012",
    "${opt:name, opt:other, 'a, b'}": "a, b",
    '${opt:name, "x"}': "x",
    "${opt:name, ${self:service}}": "shop",
    "${self:custom.list.1}": "two",
    "${self:custom.${opt:name, 'none'}, 'else'}": "else",
    "${opt:units, 5}-${opt:on, true}": "5-true",
    "${Unknown}-${AWS::Region}": "${Unknown}-${AWS::Region}",
    "${Unknown.${self:service}}": "${Unknown.shop}",
    "${self:custom": "${self:custom",
}


@pytest.mark.parametrize("text", NAMES)
def test_variables(text: str) -> None:
    (table,) = minidynamo.schema_from(service(text, custom={"list": ["one", "two"], "none": None}))
    assert table.name == NAMES[text]


WRONG = {
    "${opt:name}": "the variable ${opt:name} has no value: give one as the parameter name",
    "a-${env:NAME}": "the variable ${env:NAME} has no value: give one as the parameter NAME",
    "${param:name}": "give one as the parameter name",
    "${ssm:/a/b}": "the variable ${ssm:/a/b} has no value: give one as the parameter ssm:/a/b",
    "${self:custom.absent}": "the variable ${self:custom.absent} has no value: give one as the parameter self:custom",
    "${self:custom.${opt:name}}": "the variable ${opt:name} has no value",
    "${file(names.yml):table}": "is in another file, which is not read",
    "${self:custom.itself}": "values are nested more than 100 levels deep",
    "${self:custom.inside}": "values are nested more than 100 levels deep",
    "${self:}": "values are nested more than 100 levels deep",
    "${self:custom.twice29}": "a text is longer than 65,536 characters",
    "${" * 200 + "}" * 200: "values are nested more than 100 levels deep",
    "a${self:custom.object}": "'a${self:custom.object}' has a variable that is {'a': 1}, not text",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_known_is_refused_in_a_line(text: str) -> None:
    custom: dict[str, Any] = {
        "itself": "${self:custom.itself}",
        "inside": {"a": "${self:custom.inside}"},
        "object": {"a": 1},
        "twice0": "x" * 100,
    }
    custom |= {f"twice{n}": f"${{self:custom.twice{n - 1}}}" * 2 for n in range(1, 30)}
    with pytest.raises(TemplateError) as caught:
        minidynamo.schema_from(service(text, custom=custom))
    assert WRONG[text] in str(caught.value)
    assert str(caught.value).startswith("the table T: ")


def test_resources_that_are_elsewhere() -> None:
    for resources in ("${file(tables.yml)}", ["${file(tables.yml)}"], {"Resources": {"T": "${file(tables.yml)}"}}):
        with pytest.raises(TemplateError, match=r"\$\{file\(tables.yml\)\} is in another file, which is not read"):
            minidynamo.schema_from(service("t", resources=resources))
    (table,) = minidynamo.schema_from(
        service("t", resources="${self:custom.tables}", custom={"tables": [{"Resources": {"T": TABLE}}]})
    )
    assert table.name == "T"
    with pytest.raises(TemplateError, match="declares no DynamoDB table"):
        minidynamo.schema_from({"service": "shop", "provider": {}})
    with pytest.raises(TemplateError, match="the service has 5 in 'resources', not an object"):
        minidynamo.schema_from(service("t", resources=[5]))
