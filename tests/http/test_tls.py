"""TLS: a server that speaks it, and files with which it cannot."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
from pathlib import Path

import boto3
import pytest

import minidynamo
from minidynamo.cli.command_line import main
from minidynamo.http.server.access import ServeError, in_python
from tests.http.test_serve_command import serving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate and its key, both in one file, another key, and a text."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    try:
        for name in ("", "other-"):
            names = ["-keyout", str(folder / f"{name}key.pem"), "-out", str(folder / f"{name}cert.pem")]
            subprocess.run([*command, *names], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs openssl to make a certificate")
    (folder / "both.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    (folder / "text.pem").write_text("hello")
    (folder / "cut.pem").write_text((folder / "cert.pem").read_text()[:100])
    return folder


@pytest.mark.parametrize("files", [("--certfile", "cert.pem", "--keyfile", "key.pem"), ("--certfile", "both.pem")])
def test_a_server_speaks_tls(files: tuple[str, ...], folder: Path) -> None:
    """And tells clients that ask for its endpoint the one they have called."""
    paths = [str(folder / each) if each.endswith("pem") else each for each in files]
    with serving("--port", "0", *paths) as (_, url):
        assert url.startswith("https://")
        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            verify=False,
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
        )
        with pytest.warns(Warning, match="Unverified HTTPS"):
            assert client.describe_endpoints()["Endpoints"][0]["Address"] == url.removeprefix("https://")


def test_a_server_that_ends_waits_for_no_silent_client(folder: Path) -> None:
    """A connection that is kept, and on which nothing is under way, is closed at once."""
    context = ssl.create_default_context(cafile=folder / "cert.pem")
    context.check_hostname = False
    with serving("--port", "0", "--certfile", str(folder / "both.pem")) as (process, url):
        port = int(url.rpartition(":")[2])
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port))) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
            process.send_signal(signal.SIGTERM)
            process.wait(5)


@pytest.mark.parametrize(
    ("certificate", "key", "fault"),
    [
        ("cert.pem", None, "cert.pem holds no private key: give the certificate's with --keyfile FILE"),
        (None, "key.pem", "--keyfile is the key of a certificate: give --certfile FILE as well"),
        ("cert.pem", "other-key.pem", "other-key.pem holds another key than that of {folder}/cert.pem"),
        ("text.pem", "key.pem", "text.pem holds no certificate in PEM: give one with --certfile"),
        ("cert.pem", "text.pem", "text.pem holds no private key in PEM: give the certificate's with --keyfile"),
        ("cut.pem", "key.pem", "cannot speak TLS with {folder}/cut.pem and {folder}/key.pem: "),
        ("cert.pem", "missing", "cannot read the private key {folder}/missing: No such file or directory"),
    ],
)
def test_files_without_which_there_is_no_tls(
    certificate: str | None, key: str | None, fault: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are refused before the server says that it answers, and before a database is made."""
    paths = [None if each is None else folder / each for each in (certificate, key)]
    options = [("--certfile", paths[0]), ("--keyfile", paths[1])]
    given = [each for name, path in options if path is not None for each in (name, str(path))]
    assert main(["serve", "--port", "0", "--db", str(folder / "shop.db"), *given]) == 2
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert fault.format(folder=folder) in error
    assert not (folder / "shop.db").exists()
    with pytest.raises(ServeError) as raised:
        minidynamo.connect().serve(certificate=paths[0], private_key=paths[1])
    assert str(raised.value) == str(in_python(ServeError(error.removeprefix("minidynamo: ").rstrip())))
    assert "--" not in str(raised.value)
