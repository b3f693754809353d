"""`minidynamo serve` in a process of its own, and the commands that talk to a server."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import History
from minidynamo.cli.command_line import main
from minidynamo.errors import DynamoError
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.access import ServeError
from minidynamo.http.server.server import Server
from minidynamo.remote.signing import sign_formally
from minidynamo.simulation import REJECTIONS
from tests.http.botocore_signing import botocore_signer
from tests.http.servers import HEADERS, KEYS, TABLE, client_of, endpoint_at, verifying_server


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`minidynamo serve` in a process of its own, and its URL."""
    command = [sys.executable, "-m", "minidynamo", "serve", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        yield process, line.split(" answers at ")[1].partition(";")[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


@pytest.mark.parametrize("arguments", [("--port", "0"), ("-port", "0", "-inMemory", "-sharedDb")])
def test_serve_with_our_flags_or_dynamodb_locals(arguments: tuple[str, ...]) -> None:
    with serving(*arguments) as (_, url):
        endpoint = endpoint_at(url)
        assert endpoint.execute("CreateTable", TABLE)["TableDescription"]["TableStatus"] == "CREATING"
        assert endpoint.execute("DescribeTable", {"TableName": "tbl"})["Table"]["TableStatus"] == "ACTIVE"


@pytest.mark.parametrize("wording", ["2025", "current"])
def test_serve_with_a_wording(wording: str) -> None:
    """Error texts are those of the generation that was asked for."""
    with serving("--port", "0", "--wording", wording) as (_, url), pytest.raises(DynamoError) as caught:
        endpoint_at(url).execute("PutItem", {"TableName": "tbl", "Item": {}, "ReturnValues": "X"})
    assert ("UPDATE_NEW" in caught.value.message) == (wording == "current")


def test_serve_simulates(tmp_path: Path) -> None:
    """DynamoErrors over HTTP, and their history at the end; the template's tables are spared."""
    template = str(Path(__file__).parents[1] / "templates" / "plan.json")
    history = tmp_path / "history.jsonl"
    options = ("--simulate", "stormy", "--seed", "3", "--history", str(history), "--tables", template)
    with serving("--port", "0", *options) as (_, url):
        for number in range(20):
            with suppress(DynamoError, http.client.HTTPException, ConnectionError):
                endpoint_at(url).execute("PutItem", {"TableName": "small", "Item": {"id": {"N": str(number)}}})
    saved = History.load(history)
    assert saved.seed == "3" and saved.profile.name == "stormy"
    assert {kind for _, kind, _ in saved.choices} & REJECTIONS
    assert not [call for call in saved.calls if call.operation == "CreateTable" and call.choices]


def test_serve_delays_statuses_where_asked_to() -> None:
    with serving("-port", "0", "-delayTransientStatuses") as (_, url):
        endpoint = endpoint_at(url)
        endpoint.execute("CreateTable", TABLE)
        assert endpoint.execute("DescribeTable", {"TableName": "tbl"})["Table"]["TableStatus"] == "CREATING"


def test_serve_starts_with_the_tables_of_a_template() -> None:
    template = str(Path(__file__).parents[1] / "templates" / "plan.json")
    with serving("--port", "0", "--tables", template, "--isolate-by-region") as (_, url):
        assert endpoint_at(url).execute("ListTables", {})["TableNames"] == ["games", "small"]


@pytest.mark.parametrize("flag", ["--db", "-dbPath"])
def test_serve_keeps_data_in_a_file(flag: str, tmp_path: Path) -> None:
    """Named, or in a folder; what another process owns is refused in a line."""
    path = tmp_path if flag == "-dbPath" else tmp_path / "shop.db"
    template = str(Path(__file__).parents[1] / "templates" / "plan.json")
    for turn in range(2):
        with serving("--port", "0", flag, str(path), "--tables", template) as (_, url):
            item = {"id": {"N": str(turn)}}
            endpoint_at(url).execute("PutItem", {"TableName": "small", "Item": item})
            assert endpoint_at(url).execute("Scan", {"TableName": "small"})["Count"] == turn + 1
            second = subprocess.run(
                [sys.executable, "-m", "minidynamo", "serve", "--port", "0", flag, str(path)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert second.returncode == 2
            assert "is in use by process" in second.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_closes_the_file(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Nothing is left beside it."""
    with serving("--port", "0", "--db", str(tmp_path / "shop.db")) as (process, url):
        endpoint_at(url).execute("CreateTable", TABLE)
        process.send_signal(number)
        assert process.wait(timeout=10) == code
    assert [each.name for each in tmp_path.iterdir()] == ["shop.db"]


def test_serve_verifies_and_logs(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{KEYS.access_key} {KEYS.secret_key}")
    with serving("--port", "0", "--credentials", str(tmp_path / "keys"), "--verbose") as (process, url):
        assert endpoint_at(url, botocore_signer(url, KEYS, "us-east-1")).execute("ListTables", {})["TableNames"] == []
        with pytest.raises(DynamoError):
            endpoint_at(url).execute("DescribeTable", {"TableName": "tbl"})
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        lines = process.stderr.read().splitlines()
    assert len(lines) == 2
    assert " ListTables 200 " in lines[0]
    assert " DescribeTable tbl 400 " in lines[1]
    assert lines[1].endswith("InvalidSignatureException")


def test_sigterm_lets_requests_in_flight_end() -> None:
    with serving("--port", "0") as (process, url):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            headers = sign_formally(HttpRequest("POST", "/", "", HEADERS, b"")).headers
            head = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "host": "localhost"}.items())
            connection.sendall(f"POST / HTTP/1.1\r\n{head}content-length: 2\r\n\r\n{{".encode())
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            connection.sendall(b"}")
            response = b"".join(iter(lambda: connection.recv(65536), b""))
            assert response.endswith(b'{"TableNames":[]}')
        process.wait(timeout=10)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--host", "0.0.0.0"], "can be reached from other machines"),
        (["--credentials", "/nonexistent"], "cannot read the credentials file"),
        (["--certfile", "/nonexistent"], "cannot read the certificate /nonexistent: No such file"),
        (["--port", "99999"], "port takes a number from 0 to 65535, 0 for a free port, not 99999"),
        (["--region", "bogus!"], "region takes the name of a region, such as 'us-east-1', not 'bogus!'"),
        (["--durability", "process"], "--durability is for data in a file: give --db FILE as well"),
        (["--db", "/nonexistent/x.db"], "there is no folder /nonexistent"),
        (["--db", "localhost:8000"], "--db takes a file, and localhost:8000 is an address: --host and --port say"),
        (["--db", "x.db", "--isolate-by-region"], "--db keeps one database"),
        (["--host", "256.0.0.1", "--allow-anonymous"], "cannot serve at 256.0.0.1"),
        (["--host", "192.0.2.1", "--allow-anonymous"], "; this machine has no such address: give one that it has"),
        (["--metrics", "--isolate-by-region"], "--metrics are of one database"),
        (["--host", "0.0.0.0", "--metrics", "--credentials", "keys.json"], "cannot read the credentials file"),
        (["--tables", "/nonexistent"], "cannot read /nonexistent: No such file or directory\n"),
    ],
)
def test_wrong_settings_end_in_one_line(arguments: list[str], fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "0", *arguments]) == 2
    error = capsys.readouterr().err
    assert fault in error
    assert error.count("\n") == 1


def test_a_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
        out, error = capsys.readouterr()
        with pytest.raises(OSError, match=f"cannot serve at 127.0.0.1:{port}: Address already in use; another program"):
            minidynamo.connect().serve(port=port).start()
    assert (out, error.count("\n")) == ("", 1)
    assert f"minidynamo: cannot serve at 127.0.0.1:{port}: " in error
    assert error.endswith("give another port, or 0 for a free one\n")


@pytest.mark.parametrize(("port", "kind"), [(99999, ServeError), (-1, ServeError), ("80", TypeError)])
def test_a_port_that_is_none_is_refused_at_the_call(port: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="port takes a number from 0 to 65535, 0 for a free port, not "):
        minidynamo.connect().serve(port=port)


def test_serve_with_a_durability(tmp_path: Path) -> None:
    with serving("--port", "0", "--db", str(tmp_path / "shop.db"), "--durability", "process") as (_, url):
        assert endpoint_at(url).execute("ListTables", {})["TableNames"] == []


def test_the_command_creates_tables(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    template = str(Path(__file__).parents[1] / "templates" / "orders.yaml")
    assert main(["tables", "create", template, "--endpoint", server.url, "--parameter", "Stage=production"]) == 0
    assert capsys.readouterr().out.split() == ["orders-production", "Archive", "Sessions", "Replicated"]
    assert main(["tables", "create", template, "--endpoint", server.url, "--parameter", "Stage"]) == 2
    assert main(["tables", "create", template, "--endpoint", "http://127.0.0.1:1"]) == 2
    assert main(["tables", "create", "/nonexistent", "--endpoint", server.url]) == 2
    assert all(line.startswith("minidynamo: ") for line in capsys.readouterr().err.splitlines())


def test_the_command_holds_cases_against_an_endpoint(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "--endpoint", server.url, "--only", "time_to_live"]) == 0
    assert "13 of 13 cases agree" in capsys.readouterr().out
    assert main(["spec", "--endpoint", server.url, "--only", "attribute_values", "--wording", "2025"]) == 1
    assert "instead of" in capsys.readouterr().out
    client_of(server).create_table(**TABLE)
    assert main(["spec", "--endpoint", server.url, "--only", "time_to_live"]) == 2
    assert main(["spec", "--endpoint", "localhost", "--only", "time_to_live"]) == 2
    assert main(["spec", "--endpoint", "http://127.0.0.1:1", "--only", "time_to_live"]) == 2
    assert main(["spec", "--endpoint", server.url, "--only", "nonsense"]) == 2
    assert capsys.readouterr().err.count("minidynamo: ") == 4


def test_the_command_says_why_it_is_not_let_in(capsys: pytest.CaptureFixture[str]) -> None:
    with verifying_server() as (server, _):
        assert main(["spec", "--endpoint", server.url]) == 2
    assert capsys.readouterr().err == f"minidynamo: {server.url} verifies signatures: give --sign\n"
