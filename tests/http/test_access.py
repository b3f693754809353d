"""Who is let in: names of hosts, other machines, credentials files."""

from __future__ import annotations

from pathlib import Path

import pytest

from minidynamo import Database
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.access import ServeError, host_check, is_loopback
from minidynamo.http.server.credentials import read_credentials
from minidynamo.http.server.server import Server
from tests.http.servers import endpoint_at


@pytest.mark.parametrize(
    ("host", "is_answered"),
    [
        ("localhost", True),
        ("localhost:8000", True),
        ("127.0.0.1:8000", True),
        ("127.8.8.8", True),
        ("[::1]:8000", True),
        ("app.localhost:1", True),
        ("", True),
        ("evil.example", False),
        ("evil.example:8000", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("192.168.0.1", False),
    ],
)
def test_on_loopback_only_its_own_names_are_answered(host: str, is_answered: bool) -> None:
    """A page in a browser cannot reach it by letting a name of its own point here."""
    assert host_check("127.0.0.1")(host) is is_answered
    assert host_check("0.0.0.0")(host)


def test_a_foreign_host_is_refused(server: Server) -> None:
    request = HttpRequest("GET", "/", "", {"host": "evil.example"}, b"")
    response = endpoint_at(server.url).connections.exchange(request)
    assert response.status == 400
    assert "evil.example" in response.body.decode()


def test_addresses_of_this_machine() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "::1", "localhost", "[::1]")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.com")))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com"])
def test_other_machines_are_not_let_in_by_accident(host: str, database: Database) -> None:
    with pytest.raises(ServeError, match="allows_anonymous=True"):
        database.serve(host=host)
    assert database.serve(host=host, allows_anonymous=True).options.host == host


@pytest.mark.parametrize(
    "text", ['{"AKID": "secret"}', "AKID secret\n", "# keys\n\nAKID   secret\n"], ids=["JSON", "line", "comment"]
)
def test_credentials_files(text: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(text)
    (credential,) = read_credentials(tmp_path / "keys", "111122223333").values()
    assert (credential.secret, credential.principal.arn) == ("secret", "arn:aws:iam::111122223333:root")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"a": 1}', "a b c\n", "a\n"])
def test_wrong_credentials_files_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(text)
    with pytest.raises(ServeError, match="holds no credentials"):
        read_credentials(tmp_path / "keys", "111122223333")
    with pytest.raises(ServeError, match="cannot read"):
        read_credentials(tmp_path / "absent", "111122223333")
