"""CloudFormation's functions and parameters: evaluated, or refused in a line that says what to do."""

from __future__ import annotations

from typing import Any

import pytest

import minidynamo
from minidynamo.templates.table_definition import TemplateError, TemplateWarning

ID: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def table(name: Any = None, **properties: Any) -> dict[str, Any]:
    named = {} if name is None else {"TableName": name}
    return {"Type": "AWS::DynamoDB::Table", "Properties": {**ID, **named, **properties}}


def names(resources: dict[str, Any], parameters: dict[str, str] | None = None, **sections: Any) -> list[str]:
    template = {**sections, "Resources": resources}
    return [each.name for each in minidynamo.schema_from(template, parameters)]


def refusal(resources: dict[str, Any], parameters: dict[str, str] | None = None, **sections: Any) -> str:
    with pytest.raises(TemplateError) as caught:
        names(resources, parameters, **sections)
    return str(caught.value)


def test_loops_of_resources() -> None:
    """One resource per value; variables are replaced in keys, in texts, by Ref and by Fn::Sub."""
    loop = {
        "Fn::ForEach::Stages": [
            "Stage",
            {"Ref": "Stages"},
            {
                "Fn::ForEach::Kinds": [
                    "Kind",
                    ["a.b", "c"],
                    {"Table${Stage}&{Kind}": table({"Fn::Sub": "${Stage}-${Kind}-${AWS::Region}"})},
                ],
                "Plain${Stage}": table({"Fn::Join": ["-", [{"Ref": "Stage"}, "of ${Stage}"]]}),
            },
        ],
        "One": table({"Fn::Sub": "like-${Tabletestab}"}),
    }
    stages = {"Stages": {"Type": "CommaDelimitedList", "Default": "test, live"}}
    assert names(loop, Parameters=stages) == [
        "test-a.b-us-east-1",
        "test-c-us-east-1",
        "test-of test",
        "live-a.b-us-east-1",
        "live-c-us-east-1",
        "live-of live",
        "like-test-a.b-us-east-1",
    ]


def test_loops_of_conditions() -> None:
    """And resources that stand under them."""
    conditions = {"Fn::ForEach::C": ["S", ["a", "b"], {"Is${S}": {"Fn::Equals": [{"Ref": "S"}, {"Ref": "Stage"}]}}]}
    loop = {"Fn::ForEach::T": ["S", ["a", "b"], {"Table${S}": {**table(), "Condition": "Is${S}"}}]}
    stage = {"Stage": {"Type": "String", "Default": "b"}}
    assert names(loop, Conditions=conditions, Parameters=stage) == ["Tableb"]
    unknown = {"Fn::ForEach::C": ["S", [{"Ref": "Other"}], {"Is${S}": True}]}
    assert "no parameter and no resource Other" in refusal({"Other": table()}, Conditions=unknown)
    assert "the template has no condition Isc" in refusal(
        {"T": {**table(), "Condition": "Isc"}}, Conditions=conditions, Parameters=stage
    )


def test_loops_of_properties() -> None:
    loop = {"Fn::ForEach::Units": ["Unit", ["Read", "Write"], {"${Unit}CapacityUnits": 7}]}
    properties = table("t", BillingMode="PROVISIONED", ProvisionedThroughput=loop)
    (found,) = minidynamo.schema_from({"Resources": {"T": properties}})
    assert found.request["ProvisionedThroughput"] == {"ReadCapacityUnits": 7, "WriteCapacityUnits": 7}


def test_loops_that_come_to_too_much() -> None:
    body: dict[str, Any] = {"T": table()}
    for number in range(8):
        body = {f"Fn::ForEach::Loop{number}": [f"V{number}", [str(each) for each in range(100)], body]}
    assert "the template comes to more than 200,000 values" in refusal(body)
    long = {"Fn::ForEach::L": ["V", ["x" * 60_000], {"T": table("${V}${V}")}]}
    assert "a text is longer than 65,536 characters" in refusal(long)
    named = {"Fn::ForEach::L": ["V", [{"Ref": "Other"}], {"T": table()}], "Other": table()}
    assert "no parameter and no resource Other" in refusal(named)
    assert "Fn::ForEach takes a list with 3 in it" in refusal({"Fn::ForEach::L": ["V"]})
    assert "Fn::ForEach takes an object as what it repeats" in refusal({"Fn::ForEach::L": ["V", ["a"], "b"]})


def test_lengths_and_mappings_with_defaults() -> None:
    mappings = {"M": {"a": {"b": "found"}}}
    assert names(
        {
            "A": table({"Fn::Join": ["", ["length-", {"Fn::Length": ["a", "b"]}]]}),
            "B": table({"Fn::FindInMap": ["M", "a", "b", {"DefaultValue": "not"}]}),
            "C": table({"Fn::FindInMap": ["M", "z", "b", {"DefaultValue": {"Fn::Sub": "else-${AWS::Region}"}}]}),
        },
        Mappings=mappings,
    ) == ["length-2", "found", "else-us-east-1"]
    assert "Fn::Length takes a list, not 'a'" in refusal({"A": table({"Fn::Length": "a"})})
    assert "mappings have no M.z.b" in refusal({"A": table({"Fn::FindInMap": ["M", "z", "b", {}]})}, Mappings=mappings)
    assert "Fn::ToJsonString is not understood" in refusal({"A": table({"Fn::ToJsonString": {}})})


def test_names_of_other_resources() -> None:
    """Are those that the template or the caller gives; without any there is nothing to guess."""
    resources = {
        "Files": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "files-${Stage}"}}},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Key": {"Type": "AWS::KMS::Key"},
        "A": table({"Fn::Sub": "${Files}-${B}-${Bare}"}),
        "B": table("b", SSESpecification={"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "Key"}}),
        "Bare": table(),
    }
    stage = {"Stage": {"Type": "String", "Default": "test"}}
    assert names(resources, Parameters=stage) == ["files-test-b-Bare", "b", "Bare"]
    resources["A"] = table({"Ref": "Topic"})
    text = "the name of the resource Topic is not in the template: give it as a parameter"
    assert text in refusal(resources, Parameters=stage)
    assert names(resources, {"Topic": "news"}, Parameters=stage)[0] == "news"
    assert "no parameter and no resource Nowhere" in refusal({"A": table({"Ref": "Nowhere"})})
    assert "nested more than 100 levels" in refusal({"A": table({"Ref": "B"}), "B": table({"Ref": "A"})})


def test_pseudo_parameters() -> None:
    """A part of the stack's id makes a name that no other stack has."""
    part = {"Fn::Select": ["4", {"Fn::Split": ["-", {"Ref": "AWS::StackId"}]}]}
    assert names({"T": table({"Fn::Sub": ["t-${Part}", {"Part": part}]})}) == ["t-0000"]


def test_values_of_other_types() -> None:
    """Numbers and truth values are texts, and whatever is no text is no value."""
    declared = {"N": {"Type": "Number", "MinValue": 1}}
    given: Any = {"N": 7}
    assert names({"T": table({"Fn::Sub": "t-${N}"})}, given, Parameters=declared) == ["t-7"]
    for wrong in ({"N": [7]}, {"N": None}, {5: "a"}, ["N"]):
        with pytest.raises(TypeError, match="parameters are names with texts, not "):
            names({"T": table()}, wrong, Parameters=declared)  # type: ignore[arg-type]


def test_arns_of_tables() -> None:
    """Are known, and other attributes stand for themselves."""
    resources = {
        "A": table("a"),
        "B": table("b", Tags=[{"Key": "of", "Value": {"Fn::GetAtt": ["A", "Arn"]}}]),
        "C": table("c", Tags=[{"Key": "of", "Value": {"Fn::Sub": "${A.Arn} ${K.Arn}"}}]),
    }
    _, one, other = minidynamo.schema_from({"Resources": resources})
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/a"
    assert one.request["Tags"] == [{"Key": "of", "Value": arn}]
    assert other.request["Tags"] == [{"Key": "of", "Value": f"{arn} K.Arn"}]


PARAMETERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "values": ({"Type": "String", "AllowedValues": ["a", 5]}, "b", "'b' as its value, not one of a, 5"),
    "values of a list": ({"Type": "CommaDelimitedList", "AllowedValues": ["a"]}, "a, b", "not one of a"),
    "short": ({"Type": "String", "MinLength": "3"}, "ab", "not text of at least 3 characters"),
    "long": ({"Type": "String", "MaxLength": 3}, "abcd", "not text of at most 3 characters"),
    "no number": ({"Type": "Number"}, "abcd", "not a number"),
    "small": ({"Type": "Number", "MinValue": 3}, "2.5", "not a number of at least 3"),
    "large": ({"Type": "Number", "MaxValue": 3}, "4", "not a number of at most 3"),
    "pattern": ({"Type": "String", "AllowedPattern": "[a-z]+"}, "ab1", "not text like '[a-z]+'"),
    "no pattern": ({"Type": "String", "AllowedPattern": "(a"}, "a", "not a pattern that is understood here"),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_values_that_are_not_allowed(name: str) -> None:
    declared, value, fault = PARAMETERS[name]
    assert fault in refusal({"T": table()}, {"P": value}, Parameters={"P": declared})


def test_values_that_are_allowed() -> None:
    declared = {
        "P": {"Type": "String", "AllowedValues": ["abc"], "MinLength": 3, "MaxLength": "3", "AllowedPattern": "[a-c]*"},
        "N": {"Type": "Number", "MinValue": 1, "MaxValue": 2},
    }
    assert names({"T": table({"Fn::Sub": "${P}-${N}"})}, {"P": "abc", "N": "1.5"}, Parameters=declared) == ["abc-1.5"]


@pytest.mark.parametrize("pattern", ["(a+)+b", "a*a*a*a*a*b", "(a|a)" * 30, "a" * 2_000])
def test_patterns_that_could_take_all_time(pattern: str) -> None:
    """Are not tried, which is told."""
    declared = {"P": {"Type": "String", "AllowedPattern": pattern}}
    with pytest.warns(TemplateWarning, match="AllowedPattern of the parameter P is too costly to check"):
        names({"T": table()}, {"P": "a" * 200}, Parameters=declared)


def test_parameters_from_ssm() -> None:
    """Have a value only where one is given: the default is but its name there."""
    declared = {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/shop/table"}}
    assert names({"T": table("t")}, Parameters=declared) == ["t"]
    text = "the table T: the parameter P is read from SSM: give a value for it"
    assert text in refusal({"T": table({"Ref": "P"})}, Parameters=declared)
    assert names({"T": table({"Ref": "P"})}, {"P": "orders"}, Parameters=declared) == ["orders"]
