"""The HTTP server as its users and its enemies meet it."""

from __future__ import annotations

import http.client
import json
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

import minidynamo
from minidynamo import Database, History, ManualClock
from minidynamo.cli.command_line import main
from minidynamo.errors import DynamoError, NoResponse
from minidynamo.formats.short_tables import create_table_request
from minidynamo.http.exchange import Exchange
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.access import Databases, ServeError, host_check, is_loopback, read_credentials
from minidynamo.http.server.server import Server, ServerOptions
from minidynamo.http.verification import Verifier
from minidynamo.remote.connection import Connections
from minidynamo.remote.endpoint import RemoteEndpoint
from minidynamo.remote.signing import sign_formally
from minidynamo.requests.operations import API
from minidynamo.simulation import REJECTIONS
from tests.http.botocore_signing import botocore_signer

TABLE = create_table_request("tbl", {"key": ["pk S"]})
NOW = 1_700_000_000.0
KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
HEADERS = {"x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0"}


_opened: list[RemoteEndpoint] = []


def endpoint_at(url: str, sign: Any = sign_formally) -> RemoteEndpoint:
    """A plain connection, closed when the test ends."""
    _opened.append(RemoteEndpoint(Connections(url), sign))
    return _opened[-1]


@pytest.fixture(autouse=True)
def connections_are_closed() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def client_of(server: Server, **options: Any) -> Any:
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1", **options}
    return boto3.client("dynamodb", endpoint_url=server.url, **keys)


@pytest.fixture
def server(database: Database) -> Iterator[Server]:
    with database.serve() as server:
        yield server


# Use.


def test_boto3_works_through_it(database: Database, server: Server) -> None:
    client = client_of(server)
    client.create_table(**TABLE)
    client.put_item(TableName="tbl", Item={"pk": {"S": "a"}, "b": {"B": b"\x00\xff"}})
    assert client.get_item(TableName="tbl", Key={"pk": {"S": "a"}})["Item"]["b"] == {"B": b"\x00\xff"}
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="Table: nope not found"):
        client.describe_table(TableName="nope")
    table = boto3.resource("dynamodb", endpoint_url=server.url, region_name="eu-west-1").Table("tbl")
    table.meta.client._request_signer._credentials = KEYS
    with table.batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"pk": str(number)})
    assert database.Table("tbl").scan()["Count"] == 61


def test_one_database_answers_whatever_key_or_region(server: Server) -> None:
    client_of(server).create_table(**TABLE)
    other = client_of(server, region_name="eu-west-1", aws_access_key_id="other")
    assert other.list_tables()["TableNames"] == ["tbl"]


def test_callers_may_be_isolated() -> None:
    databases = Databases(minidynamo.connect(), lambda region: minidynamo.connect(region=region), True, True)
    with Server(databases) as server:
        client_of(server).create_table(**TABLE)
        for options in ({"region_name": "eu-west-1"}, {"aws_access_key_id": "other"}):
            assert client_of(server, **options).list_tables()["TableNames"] == []
        europe = client_of(server, region_name="eu-west-1")
        europe.create_table(**TABLE)
        assert ":eu-west-1:" in europe.describe_table(TableName="tbl")["Table"]["TableArn"]
        assert client_of(server).list_tables()["TableNames"] == ["tbl"]


def test_many_clients_at_once(database: Database, server: Server) -> None:
    database.execute("CreateTable", TABLE)

    def work(number: int) -> None:
        endpoint = endpoint_at(server.url)
        for turn in range(50):
            endpoint.execute("PutItem", {"TableName": "tbl", "Item": {"pk": {"S": f"{number}/{turn}"}}})
        endpoint.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.Table("tbl").scan()["Count"] == 400


def test_a_stopped_server_is_gone(database: Database) -> None:
    server = database.serve()
    with server:
        url = server.url
    with pytest.raises(NoResponse, match="refused"):
        endpoint_at(url).execute("ListTables", {})
    server.stop()


def test_a_port_in_use_is_reported(server: Server, database: Database) -> None:
    with pytest.raises(OSError, match="in use"):
        database.serve(port=server.port).start()


# Enemies.


def test_a_slow_client_stops_nobody(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        assert client_of(server).list_tables()["TableNames"] == []


def test_a_client_that_hangs_up_stops_nobody(server: Server) -> None:
    for sent in (b"", b"POST", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"):
        with socket.create_connection(("127.0.0.1", server.port)) as broken:
            broken.sendall(sent)
    assert client_of(server).list_tables()["TableNames"] == []


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x00\xff\xfe" * 100,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_gets_400_or_nothing(server: Server, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        response = b"".join(iter(lambda: connection.recv(65536), b""))
    assert response == b"" or b" 400 " in response.split(b"\r\n")[0]
    assert client_of(server).list_tables()["TableNames"] == []


def test_a_chunked_body_is_read_and_bounded(server: Server) -> None:
    def chunked(parts: list[bytes]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        headers = sign_formally(HttpRequest("POST", "/", "", HEADERS, b"")).headers
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", "/", iter(parts), headers, encode_chunked=True)
        received = connection.getresponse()
        response = received.status, received.read()
        connection.close()
        return response

    assert chunked([b"{", b"}"]) == (200, b'{"TableNames":[]}')
    assert chunked([b"x" * 2**20] * 17)[0] == 413


def test_a_bug_is_a_500_without_a_traceback(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    database = minidynamo.connect()
    monkeypatch.setattr(database, "execute", lambda operation, request: 1 / 0)
    request = sign_formally(HttpRequest("POST", "/", "", HEADERS, b"{}"))
    response = Exchange(lambda signature: database).respond(request)
    assert response.status == 500
    assert json.loads(response.body) == {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}
    assert "ZeroDivisionError" in caplog.text


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
    with pytest.raises(ServeError, match="--allow-anonymous"):
        database.serve(host=host)
    assert database.serve(host=host, allows_anonymous=True).options.host == host


# Signatures.


@contextmanager
def verifying_server() -> Iterator[tuple[Server, ManualClock]]:
    clock = ManualClock(time.time())
    options = ServerOptions(credentials={KEYS.access_key: KEYS.secret_key})
    with Server(minidynamo.connect(clock=clock), options) as server:
        yield server, clock


def test_the_right_secret_opens() -> None:
    with verifying_server() as (server, _):
        client = client_of(
            server, aws_access_key_id=KEYS.access_key, aws_secret_access_key=KEYS.secret_key, region_name="eu-west-3"
        )
        client.create_table(**TABLE)
        assert client.list_tables(Limit=5)["TableNames"] == ["tbl"]


def error_code(server: Server, **options: Any) -> tuple[str, str]:
    client = client_of(server, config=Config(retries={"max_attempts": 0}), **options)
    with pytest.raises(ClientError) as caught:
        client.list_tables()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_nothing_else_does() -> None:
    with verifying_server() as (server, clock):
        right = {"aws_access_key_id": KEYS.access_key, "aws_secret_access_key": KEYS.secret_key}
        assert error_code(server, **{**right, "aws_access_key_id": "unknown"}) == (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )
        code, message = error_code(server, **{**right, "aws_secret_access_key": "wrong"})
        assert code == "InvalidSignatureException"
        assert message.startswith("The request signature we calculated does not match")
        assert error_code(server, **right, aws_session_token="token") == (
            "UnrecognizedClientException",
            "The security token included in the request is invalid",
        )
        with pytest.raises(DynamoError, match="Request is missing Authentication Token"):
            endpoint_at(server.url, lambda request: request).execute("ListTables", {})
        with pytest.raises(DynamoError, match="Signature expired"):
            endpoint_at(server.url, sign_formally).execute("ListTables", {})
        clock.advance(901)
        code, message = error_code(server, **right)
        assert code == "InvalidSignatureException"
        assert message.startswith("Signature expired: ")


def signed(body: bytes = b"{}", **changes: str) -> HttpRequest:
    """A request signed by botocore at NOW, then changed."""
    sign = botocore_signer("http://localhost:8000", KEYS, "us-east-1")
    with pytest.MonkeyPatch.context() as patch:
        from datetime import UTC, datetime

        patch.setattr("botocore.auth.get_current_datetime", lambda **ignored: datetime.fromtimestamp(NOW, UTC))
        request = sign(HttpRequest("POST", "/", "", dict(HEADERS), body))
    return HttpRequest(request.method, request.path, request.query, {**request.headers, **changes}, request.body)


def verdict(request: HttpRequest, at: float = NOW) -> str:
    verify = Verifier({KEYS.access_key: KEYS.secret_key}, ManualClock(at))
    try:
        return verify(request).access_key
    except minidynamo.DynamoError as error:
        return f"{error.code}: {error.message}"


def test_botocores_signature_is_ours() -> None:
    assert verdict(signed()) == KEYS.access_key
    assert verdict(signed("äöü".encode())) == KEYS.access_key


@pytest.mark.parametrize("seconds", [-899, 0, 899])
def test_a_signature_holds_for_a_quarter_of_an_hour(seconds: float) -> None:
    assert verdict(signed(), NOW + seconds) == KEYS.access_key


def test_a_signature_is_not_taken_late_or_early() -> None:
    assert verdict(signed(), NOW + 901) == (
        "InvalidSignatureException: Signature expired: 20231114T221320Z is now earlier than 20231114T221321Z "
        "(20231114T222821Z - 15 min.)"
    )
    assert verdict(signed(), NOW - 901) == (
        "InvalidSignatureException: Signature not yet current: 20231114T221320Z is still later than 20231114T221319Z "
        "(20231114T215819Z + 15 min.)"
    )


def test_whatever_is_signed_may_not_be_changed() -> None:
    original = signed()
    header = original.headers["authorization"]
    changed = [
        HttpRequest("POST", "/", "", original.headers, b'{"Limit":1}'),
        HttpRequest("POST", "/x", "", original.headers, original.body),
        HttpRequest("POST", "/", "a=b", original.headers, original.body),
        HttpRequest("PUT", "/", "", original.headers, original.body),
        signed(**{"x-amz-target": "DynamoDB_20120810.DeleteTable"}),
        signed(host="other:8000"),
        signed(authorization=header[:-1] + ("0" if header[-1] != "0" else "1")),
        signed(authorization=header.replace("us-east-1", "us-east-2")),
        signed(authorization=header.rpartition("=")[0] + "="),
    ]
    assert all("Exception" in verdict(request) for request in changed)
    assert verdict(signed(**{"x-unsigned": "anything"})) == KEYS.access_key


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("host;", "", "InvalidSignatureException: 'Host' must be a 'SignedHeader' in the AWS Authorization."),
        (
            "/dynamodb/",
            "/s3/",
            "InvalidSignatureException: Credential should be scoped to correct service: 'dynamodb'. ",
        ),
        (
            "aws4_request",
            "aws3",
            "InvalidSignatureException: Credential should be scoped with a valid terminator: 'aws4_request', not "
            "'aws3'. ",
        ),
        (
            "/20231114/",
            "/20130609/",
            "InvalidSignatureException: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            "from HTTP: '20130609' != '20231114', from '20231114T221320Z'.",
        ),
        ("us-east-1", "c!", "InvalidSignatureException: Credential should be scoped to a valid region, not 'c!'. "),
    ],
)
def test_faults_of_scope_are_named(old: str, new: str, fault: str) -> None:
    header = signed().headers["authorization"]
    assert verdict(signed(authorization=header.replace(old, new))) == fault


def test_a_date_of_another_form_is_named() -> None:
    fault = "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601"
    assert verdict(signed(**{"x-amz-date": "201"})) == f"IncompleteSignatureException: {fault}"


def test_the_first_of_several_faults_is_named() -> None:
    """Date, host, algorithm, credential, scope, key, signature."""
    header = signed().headers["authorization"]
    steps = [
        ("20231114T221320Z", "x", "Date must be in"),
        ("host;", "", "'Host' must be"),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA25", "Unsupported AWS 'algorithm'"),
        ("us-east-1/", "", "Credential must have exactly 5"),
        ("/dynamodb/", "/s3/", "correct service"),
        (KEYS.access_key, "unknown", "security token"),
    ]
    for first in range(len(steps)):
        changed, date = header, "20231114T221320Z"
        for old, new, _ in reversed(steps[first:]):
            changed, date = changed.replace(old, new), date.replace(old, new)
        assert steps[first][2] in verdict(signed(authorization=changed, **{"x-amz-date": date})), steps[first]


def presigned(expires: int) -> HttpRequest:
    from datetime import UTC, datetime

    request = AWSRequest("POST", "http://localhost:8000/?a=b%20c", {"X-Amz-Target": HEADERS["x-amz-target"]}, b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda **ignored: datetime.fromtimestamp(NOW, UTC))
        SigV4QueryAuth(KEYS, "dynamodb", "us-east-1", expires).add_auth(request)
    query = request.url.partition("?")[2]
    headers = {name.lower(): value for name, value in request.headers.items()}
    return HttpRequest("POST", "/", query, {**headers, "host": "localhost:8000"}, b"")


def test_a_signed_url_holds_until_it_expires() -> None:
    assert verdict(presigned(600), NOW + 599) == KEYS.access_key
    assert "Signature expired" in verdict(presigned(600), NOW + 601)
    assert "Signature expired" in verdict(presigned(10**6), NOW + 1)
    request = presigned(600)
    longer = HttpRequest("POST", "/", request.query.replace("Expires=600", "Expires=900"), request.headers, b"")
    assert "does not match" in verdict(longer)


def test_sigv4_is_botocores_for_odd_headers() -> None:
    """Spaces in values, and headers given twice."""
    request = AWSRequest("POST", "http://localhost:8000/", {"X-Amz-Meta": "  a   b "}, b"{}")
    from datetime import UTC, datetime

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda **ignored: datetime.fromtimestamp(NOW, UTC))
        SigV4Auth(KEYS, "dynamodb", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert verdict(HttpRequest("POST", "/", "", {**headers, "host": "localhost:8000"}, b"{}")) == KEYS.access_key


# The command line.


@pytest.mark.parametrize(
    "text", ['{"AKID": "secret"}', "AKID secret\n", "# keys\n\nAKID   secret\n"], ids=["JSON", "line", "comment"]
)
def test_credentials_files(text: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(text)
    assert read_credentials(tmp_path / "keys") == {"AKID": "secret"}


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"a": 1}', "a b c\n", "a\n"])
def test_wrong_credentials_files_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(text)
    with pytest.raises(ServeError, match="holds no credentials"):
        read_credentials(tmp_path / "keys")
    with pytest.raises(ServeError, match="cannot read"):
        read_credentials(tmp_path / "absent")


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
        for number in range(60):
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


def test_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    try:
        subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs openssl to make a certificate")
    with serving("--port", "0", "--certfile", str(certificate), "--keyfile", str(key)) as (_, url):
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
            assert client.list_tables()["TableNames"] == []


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--host", "0.0.0.0"], "can be reached from other machines"),
        (["--credentials", "/nonexistent"], "cannot read the credentials file"),
        (["--certfile", "/nonexistent"], "there is no file /nonexistent"),
        (["--db", "/nonexistent/x.db"], "there is no folder /nonexistent"),
        (["--db", "x.db", "--isolate-by-region"], "--db keeps one database"),
        (["--host", "256.0.0.1", "--allow-anonymous"], "cannot serve at 256.0.0.1"),
        (["--tables", "/nonexistent"], "cannot read /nonexistent"),
    ],
)
def test_wrong_settings_end_in_one_line(arguments: list[str], fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "0", *arguments]) == 2
    error = capsys.readouterr().err
    assert fault in error
    assert error.count("\n") == 1


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
    assert "InvalidSignatureException: Signature expired" in capsys.readouterr().err


def test_logs_are_off_by_default(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        client_of(server).list_tables()
    assert caplog.text == ""


def test_targets_are_the_models() -> None:
    """Every operation that this package carries out, and every one of botocore's model, has a target."""
    from minidynamo.requests.operations import SERVICES

    session = boto3.Session()
    for service, target in (("dynamodb", "DynamoDB_20120810"), ("dynamodbstreams", "DynamoDBStreams_20120810")):
        model = session.client(service, region_name="us-east-1").meta.service_model
        assert model.metadata["targetPrefix"] == target
        assert set(model.operation_names) <= SERVICES[target]
    assert API.keys() <= SERVICES["DynamoDB_20120810"] | SERVICES["DynamoDBStreams_20120810"]
    assert SERVICES["DynamoDBStreams_20120810"] == {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}


# HTTP on one connection.


def raw_exchange(server: Server, sent: bytes, count: int = 1) -> bytes:
    """Sends bytes as they are and reads until `count` answers are whole."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while received.count(b'{"TableNames":[]}') < count:
            part = connection.recv(65536)
            if not part:
                break
            received += part
    return received


def raw_request(body: bytes = b"{}", **headers: str) -> bytes:
    signed = sign_formally(HttpRequest("POST", "/", "", {"host": "localhost", **HEADERS, **headers}, body)).headers
    head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    return f"POST / HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body


def test_requests_may_follow_one_another_without_waiting(server: Server) -> None:
    received = raw_exchange(server, raw_request() * 5, count=5)
    assert received.count(b"HTTP/1.1 200 OK") == 5


def test_a_request_may_come_byte_by_byte(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(2):
            for byte in raw_request():
                connection.sendall(bytes([byte]))
            assert b"200 OK" in connection.recv(65536), number


def test_a_client_may_ask_before_it_sends_a_body(server: Server) -> None:
    head, body = raw_request(expect="100-continue").split(b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert b"200 OK" in connection.recv(65536)


def test_a_connection_is_closed_where_asked_to(server: Server) -> None:
    received = raw_exchange(server, raw_request(connection="close"), count=2)
    assert b"connection: close" in received


def test_version_1_0_of_http_is_answered(server: Server) -> None:
    received = raw_exchange(server, raw_request().replace(b"HTTP/1.1", b"HTTP/1.0"), count=2)
    assert b"200 OK" in received


def test_an_upgrade_is_not_taken_up(server: Server) -> None:
    """Some clients offer HTTP/2 so; they get no response that they could mistake, and others go on."""
    raw_exchange(server, raw_request(connection="Upgrade, HTTP2-Settings", upgrade="h2c"))
    assert client_of(server).list_tables()["TableNames"] == []


def test_silent_connections_are_closed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a request with 408, between requests without a word."""
    from minidynamo.http.server import connection as server_connection

    monkeypatch.setattr(server_connection, "_WATCH_SECONDS", 0.05)
    monkeypatch.setattr(server_connection, "HTTP_IDLE_SECONDS_MAX", 0.1)
    monkeypatch.setattr(server_connection, "HTTP_BODY_SECONDS_MAX", 0.1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(raw_request()[:-1])
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert connection.recv(65536) == b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        assert connection.recv(65536) == b""
