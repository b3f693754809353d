"""`minidynamo generate-event`: the event of each kind of change, and what is no change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minidynamo.cli.command_line import main

OLD, NEW = '{"id": "1", "n": 1.5}', '{"id": "1", "n": 2, "tags": ["a"]}'


def event_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["generate-event", "dynamodb", *arguments]) == 0
    (record,) = json.loads(capsys.readouterr().out)["Records"]
    return record


def test_an_insertion(capsys: pytest.CaptureFixture[str]) -> None:
    record = event_of(capsys, "--table", "Orders", "--key", "id", "--new", NEW, "--region", "eu-west-1")
    assert (record["eventName"], record["eventSource"], record["awsRegion"]) == ("INSERT", "aws:dynamodb", "eu-west-1")
    assert ":table/Orders/stream/" in record["eventSourceARN"]
    assert record["dynamodb"]["Keys"] == {"id": {"S": "1"}}
    image = {"id": {"S": "1"}, "n": {"N": "2"}, "tags": {"L": [{"S": "a"}]}}
    assert record["dynamodb"]["NewImage"] == image and "OldImage" not in record["dynamodb"]


def test_a_modification_and_a_removal(capsys: pytest.CaptureFixture[str]) -> None:
    changed = event_of(capsys, "--key", "id,n", "--old", NEW, "--new", '{"id": "1", "n": 2}', "--view", "OLD_IMAGE")
    assert (changed["eventName"], changed["dynamodb"]["StreamViewType"]) == ("MODIFY", "OLD_IMAGE")
    assert "tags" in changed["dynamodb"]["OldImage"] and "NewImage" not in changed["dynamodb"]
    removed = event_of(capsys, "--key", "id", "--old", OLD)
    assert removed["eventName"] == "REMOVE"
    assert removed["dynamodb"]["OldImage"]["n"] == {"N": "1.5"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--key", "id"], "give --new, --old, or both: the item after and before the change"),
        (["--key", "x", "--new", NEW], "--key takes one or two attributes of the item, which has no x"),
        (["--key", "a,b,c", "--new", NEW], "--key takes one or two attributes of the item, which has no a, b, c"),
        (["--key", "id", "--new", "{x"], "--new takes an item as JSON, such as '{\"id\": 1}': "),
        (["--key", "id", "--new", "[]"], "--new takes an item as JSON, such as '{\"id\": 1}': it is no object"),
        (["--key", "id", "--old", OLD, "--new", OLD], "--old and --new are the same: a stream tells nothing of that"),
        (["--key", "id,n", "--old", OLD, "--new", NEW], "--old and --new must have the same key: "),
        (["--key", "tags", "--new", NEW], "ValidationException: "),
        (["--key", "id", "--new", '{"id": ""}'], "ValidationException: "),
        (["--key", "id", "--new", NEW, "--table", "x"], "ValidationException: 1 validation error detected: "),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate-event", "dynamodb", *arguments]) == 2
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert error.startswith(f"minidynamo: {text}")
