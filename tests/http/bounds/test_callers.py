"""What reaches a terminal, and what callers may take."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading

import pytest
from botocore.credentials import Credentials

import minidynamo
from minidynamo import Database, SystemClock
from minidynamo.cli import serve_command, server_log
from minidynamo.cli.command_line import main
from minidynamo.endpoints import isolation
from minidynamo.errors import InvalidSignature
from minidynamo.gateway.single_function import Gateway
from minidynamo.http.exchange import request_summary
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.access import ServeError, SignedDatabases
from minidynamo.http.server.server import Server, ServerOptions
from minidynamo.http.verification import Verifier
from minidynamo.remote.signing import sign_formally
from tests.http.botocore_signing import botocore_signer
from tests.http.bounds.raw_clients import TABLE, TARGET, another_client


def test_nothing_unsigned_reaches_a_terminal_raw() -> None:
    """Line breaks and escape sequences are written out; long texts are cut off."""
    nasty = "\x1b[2J\nforged \x9b31m\u202e"
    unsigned = HttpRequest("GET", f"/{nasty}", "", {}, b"")
    table = HttpRequest(
        "POST", "/", "", {"x-amz-target": TARGET + "GetItem"}, json.dumps({"TableName": nasty + "x" * 5_000}).encode()
    )
    for request in (unsigned, table, table._replace(method=nasty, headers={})):
        summary = request_summary(request)
        assert summary.isprintable()
        assert len(summary) < 300
    formatter = server_log._Formatter("%(message)s")
    record = logging.LogRecord("minidynamo", logging.WARNING, "", 0, "said %s", (nasty,), None)
    assert formatter.format(record).isprintable()
    try:
        raise ValueError(nasty)
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    assert all(line.isprintable() for line in formatter.format(record).split("\n"))
    assert "Traceback" in formatter.format(record)


def test_callers_who_are_told_apart_are_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """And they share the thread that deletes what has expired."""
    monkeypatch.setattr(isolation, "SERVED_DATABASES_MAX", 5)
    clock = minidynamo.ManualClock()
    databases = SignedDatabases(
        minidynamo.connect(clock=clock), lambda region, access_key: minidynamo.connect(clock=clock), by_access_key=True
    )
    before = threading.active_count()
    with Server(databases) as server:
        for number in range(7):
            request = sign_formally(HttpRequest("POST", "/", "", {"x-amz-target": TARGET + "ListTables"}, b"{}"))
            authorization = request.headers["authorization"].replace("Credential=", f"Credential={number}")
            with another_client(server) as endpoint:
                response = endpoint.connections.exchange(
                    request._replace(headers={**request.headers, "authorization": authorization})
                )
            assert response.status == (200 if number < 5 else 400)
        assert b"keeps a database for each of 5 callers" in response.body
    assert threading.active_count() <= before + 1
    own = next(iter(databases._opened.values()))
    own.execute("CreateTable", TABLE)
    own.execute(
        "UpdateTimeToLive",
        {"TableName": "tbl", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "at"}},
    )
    own.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": "a"}, "at": {"N": str(int(clock.now()))}}})
    assert databases.expire() == 1


def test_a_server_without_files_left_answers_everything() -> None:
    """What answering needs is loaded before it listens."""
    code = """
import os, resource
import minidynamo
from minidynamo.cli.serve_command import load_everything
from minidynamo.operations import OPERATIONS
load_everything()
database = minidynamo.connect()
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
try:
    open(os.devnull)
    raise SystemExit("files can still be opened")
except OSError:
    pass
for operation in OPERATIONS:
    try:
        database.execute(operation, {})
    except minidynamo.DynamoError:
        pass
keys = dict(KeySchema=[dict(AttributeName="pk", KeyType="HASH")], BillingMode="PAY_PER_REQUEST")
attributes = [dict(AttributeName="pk", AttributeType="S")]
stream = dict(StreamEnabled=True, StreamViewType="KEYS_ONLY")
keys |= dict(TableName="tbl", AttributeDefinitions=attributes, StreamSpecification=stream)
database.execute("CreateTable", keys)
database.execute("Scan", dict(TableName="tbl", FilterExpression="begins_with(pk, a) OR size(pk) IN (a)"))
print("answered")
"""
    if os.name == "nt":
        pytest.skip("limits on files are POSIX's")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "answered\n"


def test_a_door_that_others_can_reach_is_opened_on_purpose(database: Database) -> None:
    """Credentials are DynamoDB's: whoever calls the function needs none."""
    gateway = Gateway(database, lambda event, context: None)
    options = {"host": "0.0.0.0", "credentials": {"key": "secret"}}
    with pytest.raises(ServeError, match="--api answers everybody"):
        Server(database, ServerOptions(**options), gateway)  # type: ignore[arg-type]
    Server(database, ServerOptions(**options, allows_anonymous=True), gateway)  # type: ignore[arg-type]
    Server(database, ServerOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["x-amz-target", "x-amz-security-token", "x-amz-api-version"])
def test_headers_that_nobody_has_signed_are_refused(name: str) -> None:
    """They could be changed on the way, and DescribeTable become DeleteTable."""
    sign = botocore_signer("http://localhost", Credentials("key", "secret"), "us-east-1")
    verify = Verifier({"key": "secret"}, SystemClock())
    request = sign(HttpRequest("POST", "/", "", {"x-amz-target": TARGET + "ListTables"}, b"{}"))
    assert verify(request).access_key == "key"
    authorization = request.headers["authorization"].replace(f";{name}", "")
    headers = {**request.headers, "authorization": authorization, name: request.headers.get(name, "x")}
    shown = "-".join(part.capitalize() for part in name.split("-"))
    with pytest.raises(InvalidSignature, match=f"'{shown}' must be a 'SignedHeader'"):
        verify(request._replace(headers=headers))


@pytest.mark.parametrize("text", ["9", "rw", "1777", "-1", "0o640", ""])
def test_permissions_are_three_octal_digits(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["serve", f"--file-mode={text}"])
    assert stop.value.code == 2
    assert "write three octal digits, such as 640" in capsys.readouterr().err
    assert [serve_command._file_mode(each) for each in ("640", "0640")] == [0o640, 0o640]
