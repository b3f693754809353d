"""Signatures: what a right one opens, and that nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

import minidynamo
from minidynamo import ManualClock
from minidynamo.errors import DynamoError
from minidynamo.http.messages import HttpRequest
from minidynamo.http.server.server import Server
from minidynamo.http.verification import Verifier
from minidynamo.remote.signing import sign_formally
from tests.http.botocore_signing import botocore_signer
from tests.http.servers import HEADERS, KEYS, TABLE, client_of, endpoint_at, verifying_server

NOW = 1_700_000_000.0


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
        with pytest.raises(DynamoError, match="No credentials were found, and the server verifies signatures"):
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
