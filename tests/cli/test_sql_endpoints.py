"""`minidynamo sql` at an endpoint: what is refused before it is sent, and servers that do not answer."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

import minidynamo
from minidynamo import Database
from tests.cli.commands import run
from tests.cli.songs import session_of, songs

ALL = "SELECT song FROM Music WHERE artist = 'Joni'"


@pytest.fixture
def music() -> Database:
    return songs(1)


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("DELETE FROM Music WHERE artist = 'Joni' AND song = '000'", "DELETE"),
        ("/* SELECT */ UPSERT INTO Music VALUE 1", "UPSERT"),
    ],
)
def test_nothing_is_written_for_a_reader(
    music: Database, capsys: pytest.CaptureFixture[str], statement: str, word: str
) -> None:
    with music.serve() as server:
        code, out, told = run(capsys, "sql", "--endpoint", server.url, "--read-only", "-c", ALL, "-c", statement)
        assert run(capsys, "sql", "--endpoint", server.url, "--read-only", "-c", "\\d")[0] == 0
    assert code == 1 and out == '{"song": "000"}\n'
    words = f"{word} is not allowed: the database is open for reading only"
    assert told == f"-c, line 1: AccessDeniedException: {words}\n"
    assert music.execute("Scan", {"TableName": "Music"})["Count"] == 1


@pytest.fixture
def closed_url() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("command", [ALL, "\\d", "\\d Music"])
def test_nobody_there(closed_url: str, capsys: pytest.CaptureFixture[str], command: str) -> None:
    told = f"minidynamo: no response from {closed_url}: [Errno 111] Connection refused\n"
    assert run(capsys, "sql", "--endpoint", closed_url, "-c", command) == (2, "", told)


@pytest.mark.parametrize("command", [ALL, "\\d"])
def test_another_protocol(music: Database, capsys: pytest.CaptureFixture[str], command: str) -> None:
    with music.serve() as server:
        code, out, told = run(capsys, "sql", "--endpoint", server.url.replace("http:", "https:"), "-c", command)
    assert (code, out, told.count("\n")) == (2, "", 1)
    assert told.startswith("minidynamo: no response from https://")


@pytest.mark.parametrize("command", [ALL, "\\d", "\\d Music"])
def test_a_server_that_goes_away(music: Database, command: str) -> None:
    """The session goes on, and says so in one line."""
    with music.serve() as server:
        database = minidynamo.connect(server.url)
        session, shown, _ = session_of(database, "json")
        assert session.run(ALL) and shown()
    assert not session.run(command)
    assert len(shown()) == 1


@pytest.fixture
def web_url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *ignored: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("command", [ALL, "\\d"])
def test_a_web_server_is_no_dynamodb(web_url: str, capsys: pytest.CaptureFixture[str], command: str) -> None:
    told = f"minidynamo: {web_url} does not answer as a DynamoDB does: HTTP 501 with text/html\n"
    assert run(capsys, "sql", "--endpoint", web_url, "-c", command) == (2, "", told)
