"""A database at a URL where another server is, or one that verifies signatures while there are no credentials."""

from __future__ import annotations

import http.server
import threading

import pytest

import minidynamo


@pytest.fixture
def without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")


@pytest.mark.usefixtures("without_credentials")
def test_credentials_that_were_not_found_are_missed() -> None:
    """By a server that verifies signatures: the error says where they come from."""
    origin = minidynamo.connect()
    with origin.serve(credentials={"key": "secret"}) as server, minidynamo.connect(server.url) as database:
        with pytest.raises(minidynamo.DynamoError) as raised:
            database.execute("ListTables", {})
        assert raised.value.code == "InvalidSignatureException"
        assert str(raised.value).startswith(
            "No credentials were found, and the server verifies signatures: set AWS_ACCESS_"
        )
        with pytest.raises(minidynamo.ClientError, match="No credentials were found"):
            database.client().list_tables()
        with minidynamo.connect(server.url, credentials=("key", "other")) as stranger:
            with pytest.raises(minidynamo.DynamoError) as refused:
                stranger.execute("ListTables", {})
            assert "No credentials were found" not in str(refused.value)


class _WebServer(http.server.BaseHTTPRequestHandler):
    """Answers everything with a page."""

    status = 200

    def do_POST(self) -> None:
        self.send_response(self.status)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", "6")
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *ignored: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("status", [200, 404, 501])
def test_another_server_is_no_dynamodb(status: int) -> None:
    handler = type("Handler", (_WebServer,), {"status": status})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        with minidynamo.connect(url) as database, pytest.raises(minidynamo.DynamoError) as raised:
            database.execute("ListTables", {})
        server.shutdown()
    assert str(raised.value) == f"{url} does not answer as a DynamoDB does: HTTP {status} with text/html"
