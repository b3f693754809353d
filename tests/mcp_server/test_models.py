"""The tool `test_model`: data models as AWS's MCP server for DynamoDB writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minidynamo import Database
from minidynamo.mcp.aws_commands import command_request
from minidynamo.mcp.tool_error import ToolError
from tests.mcp_server.agents import TABLE, Agent, key, order

QUERY = """aws dynamodb query \\
  --table-name Shop --index-name by_status \\
  --key-condition-expression '#s = :s' \\
  --expression-attribute-names '{"#s": "status"}' \\
  --expression-attribute-values '{":s": {"S": "open"}}' \\
  --no-scan-index-forward --output json"""


def pattern(name: str, implementation: object = None, **more: object) -> dict[str, object]:
    return {"pattern": name, "description": f"Pattern {name}", "implementation": implementation, **more}


def model(*patterns: dict[str, object]) -> dict[str, Any]:
    """A model of the shop with ten orders."""
    items = [{"PutRequest": {"Item": order(number)}} for number in range(10)]
    return {"tables": [TABLE], "items": {"Shop": items}, "access_patterns": list(patterns)}


def test_patterns_are_carried_out(agent: Agent, shop: Database) -> None:
    """Commands, requests and statements, in their order, in a database of their own."""
    put = f"aws dynamodb put-item --table-name Shop --item '{json.dumps(order(90))}'"
    told = agent.ask(
        "test_model",
        model=model(
            pattern("1", QUERY, table="Shop", index="by_status", dynamodb_operation="Query"),
            pattern("2", put, table="Shop", dynamodb_operation="PutItem"),
            pattern("3", {"TableName": "Shop", "Key": key(90)}, dynamodb_operation="GetItem"),
            pattern("4", "SELECT * FROM Shop WHERE pk = 'CUSTOMER#1'"),
            pattern("5", reason="Full text search is OpenSearch's"),
        ),
    )
    query, written, got, selected, searched = told["results"]
    assert told["tables"] == {"made": 1}
    assert told["items"] == {"made": 10}
    assert "failed" not in told
    assert (query["results"], query["operation"]) == (5, "Query")
    assert query["cost"] == {"read_units": 0.5, "dollars_per_million_calls": 0.0625}
    assert "descending" in query["explained"]["reads"]
    assert written["cost"]["write_units"] == 2
    assert written["cost"]["dollars_per_million_calls"] == 1.25
    assert (got["results"], selected["results"]) == (1, 3)
    assert searched == {"pattern": "5", "description": "Pattern 5", "not_run": "Full text search is OpenSearch's"}
    assert shop.execute("Scan", {"TableName": "Shop"})["Count"] == 30


def test_contradictions_are_told(agent: Agent) -> None:
    """What the model says of a pattern, and its command does not do; and what finds nothing."""
    nobody = "aws dynamodb query --table-name Shop --key-condition-expression 'pk = :p' " + (
        '--expression-attribute-values \'{":p": {"S": "NOBODY"}}\''
    )
    told = agent.ask(
        "test_model", model=model(pattern("1", nobody, table="Orders", index="by_day", dynamodb_operation="Scan"))
    )
    assert told["results"][0]["remarks"] == [
        "said to be Scan, and is Query",
        "said to be of table Orders, and is of Shop",
        "said to use index by_day, and does not",
        "finds none of the model's items",
    ]


def test_errors_are_told_one_by_one(agent: Agent) -> None:
    """Of tables, items and patterns; all else is carried out."""
    wrong = model(
        pattern("1", "aws dynamodb query --table-name Shop"),
        pattern("2", "aws s3 ls"),
        pattern("3", QUERY.replace("by_status", "nowhere")),
        pattern("4", {"TableName": "Shop"}, dynamodb_operation="Fetch"),
        pattern("5", QUERY),
    )
    wrong["tables"].append({"TableName": "x"})
    wrong["items"]["Shop"].append({"PutRequest": {"Item": {"pk": {"N": "1"}}}})
    wrong["items"]["Nowhere"] = [{"PutRequest": {"Item": {"pk": {"S": "1"}}}}]
    told = agent.ask("test_model", model=wrong)
    assert (told["tables"]["made"], told["items"]["made"]) == (1, 10)
    assert "x: ValidationException" in told["tables"]["errors"][0]
    assert [each.split(":")[1].strip() for each in told["items"]["errors"]] == [
        "ValidationException",
        "ResourceNotFoundException",
    ]
    assert told["failed"] == ["1", "2", "3", "4"]
    errors = [each.get("error", "") for each in told["results"]]
    assert errors[0].startswith("ValidationException: ")
    assert errors[1] == "a command begins with aws dynamodb and an operation, such as query"
    assert "does not have the specified index: nowhere" in errors[2]
    assert errors[3] == "dynamodb_operation takes an operation such as Query, not 'Fetch'"


def test_many_patterns_are_shown_in_parts(agent: Agent) -> None:
    """All are carried out; the answer says from where to go on."""
    patterns = [pattern(str(number), QUERY, reason="z" * 1_000) for number in range(1, 151)]
    shown, first = [], 1
    while True:
        told = agent.ask("test_model", model=model(*patterns), **{"from": first})
        assert told["patterns"] == 150
        shown += [each["pattern"] for each in told["results"]]
        if "more" not in told:
            break
        first = len(shown) + 1
        assert told["more"].endswith(f"from: {first}")
    assert shown == [str(number) for number in range(1, 151)]


def test_a_model_in_a_file(agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the folder in which the server was started, and nowhere else."""
    folder = tmp_path / "work"
    folder.mkdir()
    text = json.dumps(model(pattern("1", QUERY)))
    for path in (folder / "dynamodb_data_model.json", tmp_path / "other.json", folder / "secret.txt"):
        path.write_text(text, "utf-8")
    (folder / "broken.json").write_text("{", "utf-8")
    (folder / "link.json").symlink_to(tmp_path / "other.json")
    monkeypatch.chdir(folder)
    assert agent.ask("test_model", path="dynamodb_data_model.json")["results"][0]["results"] == 5
    for path in ("../other.json", "secret.txt", str(tmp_path / "other.json"), "link.json", "a\0.json", ""):
        assert "takes a .json file below" in agent.refused("test_model", path=path)
    assert agent.refused("test_model", path="none.json") == "none.json cannot be read: No such file or directory"
    assert agent.refused("test_model", path="broken.json") == "broken.json is no JSON"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "takes a model, or the path of one"),
        ({"model": {"tables": []}, "path": "x.json"}, "and not both"),
        ({"model": {"tables": 3}}, "it has no list of tables"),
        ({"model": {"tables": [], "views": []}}, "it has a member 'views'"),
        ({"model": {"tables": [3]}}, "tables takes objects"),
        ({"model": {"tables": [], "items": []}}, None),
        ({"model": {"tables": [], "items": [1]}}, "items takes an object"),
        ({"model": {"tables": [], "items": {"a": 1}}}, "a of a model takes a list"),
        ({"model": {"tables": [TABLE] * 51}}, "at most 50 entries, not 51"),
        ({"model": {"tables": [], "access_patterns": [{}] * 201}}, "at most 200 entries, not 201"),
        ({"model": "no"}, "model of test_model takes an object"),
    ],
)
def test_what_is_no_model_is_refused(agent: Agent, given: dict[str, Any], words: str | None) -> None:
    if words is None:
        assert agent.ask("test_model", **given)["patterns"] == 0
    else:
        assert words in agent.refused("test_model", **given)


@pytest.mark.parametrize(
    ("options", "request_"),
    [
        ("scan --table-name T --limit 5 --consistent-read", {"TableName": "T", "Limit": 5, "ConsistentRead": True}),
        ("scan --table-name=T --no-consistent-read", {"TableName": "T", "ConsistentRead": False}),
        ("scan --table-name T --max-items 3 --region eu-west-1 --no-cli-pager", {"TableName": "T", "Limit": 3}),
        ("scan --table-name T --projection-expression 'a, b'", {"TableName": "T", "ProjectionExpression": "a, b"}),
        (
            "scan --table-name T --expression-attribute-names '#a=b,#c=d'",
            {"TableName": "T", "ExpressionAttributeNames": {"#a": "b", "#c": "d"}},
        ),
        (
            'get-item --cli-input-json \'{"TableName": "U", "Key": {"b": {"B": "AP8="}}}\' --table-name T',
            {"TableName": "T", "Key": {"b": {"B": b"\x00\xff"}}},
        ),
        (
            "create-table --table-name T --key-schema AttributeName=a,KeyType=HASH AttributeName=b,KeyType=RANGE",
            {
                "TableName": "T",
                "KeySchema": [
                    {"AttributeName": "a", "KeyType": "HASH"},
                    {"AttributeName": "b", "KeyType": "RANGE"},
                ],
            },
        ),
        (
            "execute-statement --statement \"SELECT * FROM T WHERE a='x'\"",
            {"Statement": "SELECT * FROM T WHERE a='x'"},
        ),
    ],
)  # fmt: skip
def test_commands_are_read(options: str, request_: dict[str, Any]) -> None:
    assert command_request(f"aws dynamodb {options}").request == request_


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("aws dynamodb", "begins with aws dynamodb and an operation"),
        ("rm -rf /", "begins with aws dynamodb"),
        ("aws dynamodb fetch-item", "has no operation 'fetch-item'"),
        ("aws dynamodb scan --table-name 'T", "no closing quotation"),
        ("aws dynamodb scan T", "has 'T' where an option is expected"),
        ("aws dynamodb scan --table-name T | jq .", "takes one value, and has 4 words"),
        ("aws dynamodb scan --table-name", "takes one value, and has none"),
        ("aws dynamodb scan --limit many", "takes a whole number, not 'many'"),
        ("aws dynamodb scan --colour red", "Scan has no option --colour"),
        ("aws dynamodb get-item --key '{'", "--key is no JSON"),
        ("aws dynamodb get-item --key file://key.json", "names a file, which is not read"),
        ("aws dynamodb get-item --key a={S=x}", "takes JSON, or name=value"),
        ("aws dynamodb scan " + "x" * 100_000, "at most 100,000 characters"),
    ],
)
def test_commands_that_cannot_be_read(command: str, words: str) -> None:
    """Say why, in one line; nothing is ever run."""
    with pytest.raises(ToolError) as raised:
        command_request(command)
    assert words in str(raised.value)
