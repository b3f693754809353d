"""Tables from the files that infrastructure code is made of."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError, ParamValidationError

import minidynamo
from minidynamo import Database, DynamoError
from minidynamo.cli.command_line import main
from minidynamo.templates.table_definition import TemplateError

TEMPLATES = Path(__file__).parent


def described(database: Database, name: str) -> dict[str, Any]:
    table: dict[str, Any] = database.execute("DescribeTable", {"TableName": name})["Table"]
    return table


def test_a_cloudformation_template(database: Database) -> None:
    """With parameters, conditions, mappings, short forms, SAM's simple tables and what CDK makes of TableV2."""
    names = minidynamo.schema_from(TEMPLATES / "orders.yaml").create(database)
    assert names == ["orders-test", "Sessions", "Replicated"]
    orders = described(database, "orders-test")
    assert orders["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [each["IndexName"] for each in orders["LocalSecondaryIndexes"]] == ["by_status"]
    assert orders["GlobalSecondaryIndexes"][0]["IndexName"] == "all-status"
    assert orders["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"] == ["total"]
    assert orders["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    expiry = database.execute("DescribeTimeToLive", {"TableName": "orders-test"})["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    tags = database.execute("ListTagsOfResource", {"ResourceArn": orders["TableArn"]})["Tags"]
    assert tags == [{"Key": "stage", "Value": "test"}]
    assert described(database, "Replicated")["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}


def test_values_of_parameters(database: Database) -> None:
    schema = minidynamo.schema_from(TEMPLATES / "orders.yaml", {"Stage": "production", "Retain": "yes"})
    assert schema.create(database)[:2] == ["orders-production", "Archive"]
    orders = described(database, "orders-production")
    assert orders["ProvisionedThroughput"]["ReadCapacityUnits"] == 300
    assert orders["DeletionProtectionEnabled"] is True
    with pytest.raises(ValueError, match="no parameter Nonsense"):
        minidynamo.schema_from(TEMPLATES / "orders.yaml", {"Nonsense": "1"})


def test_a_terraform_plan(database: Database) -> None:
    """Of all its modules."""
    assert minidynamo.schema_from(TEMPLATES / "plan.json").create(database) == ["games", "small"]
    games = described(database, "games")
    assert games["ProvisionedThroughput"]["ReadCapacityUnits"] == 20
    assert games["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"] == 10
    assert games["LocalSecondaryIndexes"][0]["Projection"] == {"ProjectionType": "ALL"}
    assert games["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"


@pytest.mark.parametrize("source", ["orders.yaml", "plan.json"])
def test_a_described_table_gives_the_same_table_again(source: str, tmp_path: Path) -> None:
    """What `aws dynamodb describe-table` prints, for one table or several."""
    database, copy = minidynamo.connect(), minidynamo.connect()
    names = minidynamo.schema_from(TEMPLATES / source).create(database)
    responses = [{"Table": described(database, name)} for name in names]
    (tmp_path / "several.json").write_text(json.dumps(responses))
    assert minidynamo.schema_from(tmp_path / "several.json").create(copy) == names
    for name in names:
        one, other = described(database, name), described(copy, name)
        assert one.keys() == other.keys()
        for each in (one, other):
            each.get("BillingModeSummary", {}).pop("LastUpdateToPayPerRequestDateTime", None)  # When it was created.
        differing = {"TableId", "CreationDateTime", "LatestStreamLabel", "LatestStreamArn"}
        assert {k: v for k, v in one.items() if k not in differing} == {
            k: v for k, v in other.items() if k not in differing
        }
    (tmp_path / "one.json").write_text(json.dumps(responses[0]))
    assert [table.name for table in minidynamo.schema_from(tmp_path / "one.json")] == names[:1]


def test_tables_are_created_through_boto3_too() -> None:
    with minidynamo.mock():
        client = boto3.client("dynamodb")
        minidynamo.schema_from(TEMPLATES / "plan.json").create(client)
        assert client.list_tables()["TableNames"] == ["games", "small"]


WRONG = {
    "absent.json": (None, "cannot read"),
    "broken.json": ("{", "no valid JSON"),
    "broken.yaml": ("a: [", "no valid YAML"),
    "other.json": ('{"a": 1}', "neither an answer of describe-table"),
    "scalar.yaml": ("just text", "neither an answer of describe-table"),
    "empty.json": ('{"Resources": {}}', "declares no DynamoDB table"),
    "half.json": (
        '{"Resources": {"T": {"Type": "AWS::Serverless::SimpleTable", "Properties": "x"}}}',
        "line 1: the table T has 'x' as 'Properties', not an object",
    ),
    "list.json": ("[5]", "a table is described by an object"),
    "lacks.json": ('{"Table": {"TableName": "t"}}', "lacks 'KeySchema'"),
    "noparam.json": (
        '{"Parameters": {"P": {"Type": "String"}}, "Resources": {"T": {"Type": "AWS::DynamoDB::Table", '
        '"Properties": {"TableName": {"Ref": "P"}}}}}',
        "parameter P has no default",
    ),
    "function.json": (
        '{"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Fn::Cidr": 1}}}}}',
        "Fn::Cidr is not understood",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_other_files_are_refused_in_a_line(name: str, tmp_path: Path) -> None:
    text, fault = WRONG[name]
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=fault) as caught:
        minidynamo.schema_from(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_anchors_merges_dates_and_long_numbers(tmp_path: Path) -> None:
    """A few anchors are as good as what they stand for; dates and numbers that nobody counts with are texts."""
    key = "{AttributeName: 2012-10-17, KeyType: HASH}"
    both = "KeySchema: [*key]\n      AttributeDefinitions: [{AttributeName: 2012-10-17, AttributeType: S}]"
    texts = [f"Key: &key {key}\nBoth: &both\n      {both}\n      BillingMode: PAY_PER_REQUEST\nResources:"]
    texts += [
        f"  T{n}: {{Type: AWS::DynamoDB::Table, Properties: {{<<: *both, TableName: {n}}}}}" for n in (10**20, 10**19)
    ]
    (tmp_path / "t.yaml").write_text("\n".join(texts))
    one, other = minidynamo.schema_from(tmp_path / "t.yaml")
    assert [one.name, other.name] == [str(10**20), str(10**19)]
    assert (
        one.request["KeySchema"] == other.request["KeySchema"] == [{"AttributeName": "2012-10-17", "KeyType": "HASH"}]
    )


def malformed(kind: str) -> dict[str, str]:
    """What is wrong in some way, with what it is refused with."""
    texts: dict[str, str] = json.loads((TEMPLATES / "malformed" / f"{kind}.json").read_text())
    return texts


def refused(path: Any, content: str | bytes | None = None) -> str:
    """What a file is refused with, which is a TemplateError of one line."""
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(TemplateError) as caught:
        minidynamo.schema_from(path)
    assert type(caught.value) is TemplateError
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_paths_texts_and_documents() -> None:
    """A template may be given as any of them."""
    path = TEMPLATES / "sam.yaml"
    document: dict[str, Any] = yaml.safe_load(path.read_text().replace("!Sub ", ""))
    names = ["stack-simple", "Other"]
    for source in (path, str(path), path.read_text()):
        assert [table.name for table in minidynamo.schema_from(source)] == names
    assert len(minidynamo.schema_from(document).tables) == 2
    assert len(minidynamo.schema_from(json.dumps(document)).tables) == 2
    assert len(minidynamo.schema_from([{"Table": each.request} for each in minidynamo.schema_from(path)]).tables) == 2


def test_what_is_no_source() -> None:
    cycle: dict[str, Any] = {}
    cycle["Resources"] = cycle
    for source, fault in {
        "absent.json": "cannot read absent.json: .*No such file",
        "{": "the text is no valid JSON",
        "a: [\n": "the text is no valid YAML: line 2",
        "Resources:\n  T: 5": "the text, line 2: Resources of the template has 5 as 'T'",
    }.items():
        assert re.match(fault, refused(source)), refused(source)
    assert "the document is nested more than 100 levels deep" in refused(cycle)
    assert "the document is neither" in refused({})
    for other in (5, b"{}", None):
        with pytest.raises(TypeError, match="schema_from takes a path, a text or a document, not"):
            minidynamo.schema_from(other)  # type: ignore[arg-type]


TEMPLATE = """Parameters: {Text: {Default: x}, Long: {Default: "%s"}, Itself: {Default: {Ref: Itself}}}
Conditions: {Never: !Equals [a, b], Itself: !Not [!Condition Itself]}
Mappings: {Map: {a: {b: c}, d: e}}
Resources:
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: %s
"""
FUNCTIONS = {
    **malformed("functions"),
    # Small ones that would come to a lot.
    '!Join ["", [!Ref Long, !Ref Long]]': "a text is longer than 65,536 characters",
    "[" + "!Sub '${Long}'," * 30 + "]": "functions give more than 1,048,576 characters",
    "!Split [x, !Ref Long]": "T has ['', '', '', '', '', '', ...] as 'TableName', not text",
    "[" + "!Split [x, !Ref Long]," * 5 + "]": "the template comes to more than 200,000 values",
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_malformed_functions_are_told_with_their_table_and_line(function: str, tmp_path: Path) -> None:
    text = refused(tmp_path / "t.yaml", TEMPLATE % ("x" * 60_000, function))
    assert FUNCTIONS[function] in text
    assert f"{tmp_path / 't.yaml'}, line 8: the table T" in text or function in ("!Ref Itself", "!If [Itself, a, b]")
    assert "the table T" in text


def test_functions_take_no_longer_than_their_texts(tmp_path: Path) -> None:
    """Texts that open many variables and end none of them, variables in variables, and conditions of conditions."""
    variables = "x"
    for _ in range(30):
        variables = '!Sub ["${v}${v}", {v: ' + variables + "}]"
    assert "longer than 65,536" in refused(tmp_path / "sub.yaml", TEMPLATE % ("", variables))
    conditions = "".join(f"  C{n}: !Or [!Condition C{n - 1}, !Condition C{n - 1}]\n" for n in range(1, 30))
    chain = "Conditions:\n  C0: !Equals [a, b]\n" + conditions
    resources = "Resources:\n  Tab: {Type: AWS::DynamoDB::Table, Properties: {TableName: !If [C29, a, %s]}}\n"
    opening = resources.partition("\n")[2] % ("!Sub '" + "${" * 30_000 + "'")
    tables = "".join(opening.replace("Tab:", f"T{number}:") for number in range(15))
    (tmp_path / "many.yaml").write_text(f"{chain}Resources:\n{tables}")
    assert {each.name for each in minidynamo.schema_from(tmp_path / "many.yaml")} == {"${" * 30_000}
    (tmp_path / "join.yaml").write_text(chain + resources % "!Sub '${Tab2.A}-${!B}-${AWS::Region}-${'")
    assert minidynamo.schema_from(tmp_path / "join.yaml").tables[0].name == "Tab2.A-${B}-us-east-1-${"


MALFORMED = malformed("documents") | {
    f"Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      {text}": f"line 5: {fault}"
    if fault.startswith("the table T")
    else fault
    for text, fault in malformed("tables").items()
}


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_documents_are_told_with_their_line(text: str, tmp_path: Path) -> None:
    assert MALFORMED[text] in refused(tmp_path / "t", text)


KEY = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}
TOO_LONG = {
    "TableName": ("x" * 70_000, "has a text of more than 65,536 characters as 'TableName'"),
    "AttributeDefinitions": (KEY["AttributeDefinitions"] * 150_000, "has a list of more than 1,000 entries"),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_tables_with_far_too_much_in_them(name: str, tmp_path: Path) -> None:
    member, fault = TOO_LONG[name]
    table = {"TableName": "abc", **KEY, "BillingMode": "PAY_PER_REQUEST", name: member}
    assert fault in refused(tmp_path / "t", json.dumps(table))


def test_what_the_service_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Is its own error from a database, the client's from a client, and one line on the command line."""
    (tmp_path / "t.json").write_text(
        json.dumps({"TableName": "a b", **KEY, "BillingMode": "PAY_PER_REQUEST", "Tags": [{}]})
    )
    schema = minidynamo.schema_from(tmp_path / "t.json")
    with pytest.raises(DynamoError, match="failed to satisfy constraint"):
        schema.create(minidynamo.connect())
    with pytest.raises(ParamValidationError, match="Unknown parameter"):
        schema.create(minidynamo.connect(), Nonsense=1)
    with minidynamo.mock():
        with pytest.raises(ParamValidationError, match="Missing required parameter"):
            schema.create(boto3.client("dynamodb"))
        assert main(["tables", "create", str(tmp_path / "t.json")]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)


@pytest.mark.parametrize("kind", ["database", "client", "boto3"])
def test_a_table_that_is_refused_is_named(kind: str) -> None:
    """With what has been created before it; the class of the error is that of whoever raises it."""
    key = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    types = [{"AttributeName": "id", "AttributeType": "S"}]
    tables = {name: {**key, "TableName": f"tbl-{name}", "AttributeDefinitions": types} for name in "ABCD"}
    resources = {name: {"Type": "AWS::DynamoDB::Table", "Properties": each} for name, each in tables.items()}
    schema = minidynamo.schema_from({"Resources": resources})
    text = r"table tbl-C \(resource C\): .*Table already exists: tbl-C; created before it: tbl-A, tbl-B$"
    with minidynamo.mock() as database:
        database.execute("CreateTable", tables["C"])
        target: dict[str, Any] = {"database": database, "client": database.client(), "boto3": boto3.client("dynamodb")}
        with pytest.raises(minidynamo.DynamoError if kind != "boto3" else ClientError, match=text):
            schema.create(target[kind])


def test_a_table_without_a_name_says_so(database: Database) -> None:
    resource = {"address": "aws_dynamodb_table.t", "type": "aws_dynamodb_table", "mode": "managed"}
    values = {
        "name": "",
        "hash_key": "id",
        "attribute": [{"name": "id", "type": "S"}],
        "billing_mode": "PAY_PER_REQUEST",
    }
    plan = {"format_version": "1.0", "planned_values": {"root_module": {"resources": [{**resource, "values": values}]}}}
    with pytest.raises(DynamoError, match=r"^a table without a name \(aws_dynamodb_table.t\): The parameter"):
        minidynamo.schema_from(plan).create(database)
