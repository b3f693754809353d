"""Programs that are installed for the test: aioboto3, the AWS command line, the JavaScript SDK, dynamodb-admin."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from minidynamo import Database
from minidynamo.formats.short_tables import create_table_request
from tests.clients.environments import node_environment, python_environment

pytestmark = pytest.mark.installs
HERE = Path(__file__).parent


def output_of(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("is_served", [False, True])
def test_aioboto3(endpoint: str, is_served: bool) -> None:
    """In process and through the server."""
    python = python_environment("aioboto3", "aioboto3>=15") / "python"
    arguments = [endpoint] if is_served else []
    lines = output_of(str(python), str(HERE / "program.py"), *arguments).splitlines()
    assert lines == ["The conditional request failed", "[25, 25, 10]"]


def test_the_aws_command_line(endpoint: str) -> None:
    aws = str(python_environment("awscli", "awscli") / "aws")

    def run(*arguments: str) -> Any:
        printed = output_of(aws, "dynamodb", *arguments, "--endpoint-url", endpoint, "--output", "json")
        return json.loads(printed) if printed.strip() else None

    run(
        "create-table", "--table-name", "Music", "--billing-mode", "PAY_PER_REQUEST",
        "--attribute-definitions", "AttributeName=Artist,AttributeType=S", "AttributeName=Song,AttributeType=S",
        "--key-schema", "AttributeName=Artist,KeyType=HASH", "AttributeName=Song,KeyType=RANGE",
    )  # fmt: skip
    output_of(aws, "dynamodb", "wait", "table-exists", "--table-name", "Music", "--endpoint-url", endpoint)
    item = {"Artist": {"S": "Ann"}, "Song": {"S": "Call"}, "n": {"N": "1"}}
    run("put-item", "--table-name", "Music", "--item", json.dumps(item))
    found = run(
        "query", "--table-name", "Music", "--key-condition-expression", "Artist = :a",
        "--expression-attribute-values", '{":a": {"S": "Ann"}}',
    )  # fmt: skip
    assert found["Items"] == [item]
    assert run("list-tables")["TableNames"] == ["Music"]
    command = [aws, "dynamodb", "describe-table", "--table-name", "Nope", "--endpoint-url", endpoint]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "ResourceNotFoundException" in failed.stderr
    assert "Requested resource not found: Table: Nope not found" in failed.stderr


def test_the_javascript_sdk(endpoint: str, tmp_path: Path) -> None:
    folder = node_environment("javascript", "@aws-sdk/client-dynamodb@3", "@aws-sdk/lib-dynamodb@3")
    program = folder / "movies.mjs"
    program.write_text((HERE / "movies.mjs").read_text("utf-8"), "utf-8")
    lines = output_of("node", str(program), endpoint, cwd=folder).splitlines()
    assert json.loads(lines[0]) == [["Alan Gold", ["a", "b"], [0, 255]], ["Alice Fox", ["a", "b"], [0, 255]]]
    assert lines[1:] == [
        "1",
        "ConditionalCheckFailedException 400 52",
        "TransactionCanceledException ConditionalCheckFailed",
    ]


def test_dynamodb_admin_shows_a_table(endpoint: str, database: Database) -> None:
    """Its list of tables and the items of one."""
    folder = node_environment("dynamodb-admin", "dynamodb-admin@5")
    database.execute("CreateTable", create_table_request("Shelves", {"key": ["shelf S"]}))
    database.execute("PutItem", {"TableName": "Shelves", "Item": {"shelf": {"S": "top left"}, "books": {"N": "7"}}})
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["node", "node_modules/.bin/dynamodb-admin", "-p", str(port), "-H", "127.0.0.1"]
    environment = {**os.environ, "DYNAMO_ENDPOINT": endpoint, "AWS_REGION": "us-east-1"}
    admin = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert "Shelves" in page(f"http://127.0.0.1:{port}/")
        assert "shelf" in page(f"http://127.0.0.1:{port}/tables/Shelves")
        # The page of a table fetches its items from here.
        assert "top left" in page(f"http://127.0.0.1:{port}/tables/Shelves/items")
    finally:
        admin.terminate()
        admin.wait(timeout=10)


def page(url: str) -> str:
    """A page, as soon as there is one."""
    ends = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                text: str = response.read().decode()
                return text
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)
