"""`minidynamo invoke`: what it sends, what it prints, and how it ends."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.cli.command_line import main
from minidynamo.http.server.server import Server, ServerOptions


@pytest.fixture
def database() -> Iterator[Database]:
    database = minidynamo.connect()
    database.functions.register("echo", lambda event, context: event)
    yield database
    database.close()


@pytest.fixture
def url(database: Database) -> Iterator[str]:
    with Server(database) as server:
        yield server.url


def test_it_prints_what_a_function_returns(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"name": "Ä"}')
    assert main(["invoke", "echo", "--endpoint", url, "--event", str(event)]) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "Ä"}
    assert main(["invoke", "echo:$LATEST", "--endpoint", url]) == 0
    assert capsys.readouterr().out == "{}\n"


def test_the_event_comes_from_standard_input(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[1, 2]")))
    assert main(["invoke", "echo", "--endpoint", url, "--event", "-"]) == 0
    assert json.loads(capsys.readouterr().out) == [1, 2]


def test_it_queues_and_looks(url: str, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    called: list[object] = []
    database.functions.register("later", lambda event, context: called.append(event))
    assert main(["invoke", "later", "--endpoint", url, "--mode", "look"]) == 0
    assert main(["invoke", "later", "--endpoint", url, "--mode", "queue"]) == 0
    assert (called, capsys.readouterr().out) == ([], "")
    database.drain()
    assert called == [{}]


def test_a_function_that_fails(url: str, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(event: object, context: object) -> None:
        raise ValueError("no")

    database.functions.register("fail", fail)
    assert main(["invoke", "fail", "--endpoint", url]) == 1
    out, error = capsys.readouterr()
    assert json.loads(out)["errorMessage"] == "no"
    assert error == "minidynamo: the function fail failed (Unhandled)\n"


def test_it_signs_for_a_server_that_verifies(
    database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Server(database, ServerOptions(credentials={"AKIA": "secret"})) as server:
        assert main(["invoke", "echo", "--endpoint", server.url]) == 0
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        assert main(["invoke", "echo", "--endpoint", server.url]) == 1
    assert "InvalidSignatureException" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["none"], 1, "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:"),
        (["a:b:c:d"], 1, "ValidationException: 1 validation error detected: Value 'a:b:c:d' at 'functionName'"),
        (["echo", "--event", "{folder}/none.json"], 2, "cannot read the event {folder}/none.json: No such file"),
        (["echo", "--event", "{folder}/bad.json"], 2, "the event {folder}/bad.json is not JSON: "),
        (["echo", "--endpoint", "http://127.0.0.1:9"], 2, "no response from http://127.0.0.1:9: "),
        (["echo", "--endpoint", "127.0.0.1:9"], 2, "an endpoint is a URL such as http://127.0.0.1:8000, not '127."),
    ],
)
def test_mistakes_are_one_line(
    url: str, arguments: list[str], status: int, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.json").write_text("{x")
    given = [each.format(folder=tmp_path) for each in arguments]
    assert main(["invoke", *given, *([] if "--endpoint" in given else ["--endpoint", url])]) == status
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert error.startswith(f"minidynamo: {text.format(folder=tmp_path)}")
