"""A plain client of an endpoint: signs requests and sends them as they are, however wrong they may be."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from minidynamo.conformance.replay import Fault
from minidynamo.http.bodies import body_of
from minidynamo.http.messages import HttpAnswer, HttpRequest
from minidynamo.http.targets import target_of
from minidynamo.values.json_form import binaries_decoded

_CONTENT_TYPE = "application/x-amz-json-1.0"
_TIMEOUT_SECONDS = 60
Sign = Callable[[HttpRequest], HttpRequest]


def sign_formally(request: HttpRequest) -> HttpRequest:
    """The request with a well-formed signature that nobody can verify; local servers accept it."""
    date = "20260101T000000Z"
    credential = f"local/{date[:8]}/us-east-1/dynamodb/aws4_request"
    header = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    return request._replace(headers={"authorization": header, "x-amz-date": date, **request.headers})


def signer(endpoint_url: str, credentials: Any, region: str) -> Sign:
    """What signs requests to an endpoint with credentials of botocore."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    def sign(request: HttpRequest) -> HttpRequest:
        url = f"{endpoint_url.rstrip('/')}{request.path}{'?' + request.query if request.query else ''}"
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        prepared = AWSRequest(request.method, url, headers, request.body)
        SigV4Auth(credentials, "dynamodb", region).add_auth(prepared)
        signed = {name.lower(): value for name, value in prepared.headers.items()}
        return request._replace(headers={**signed, "host": urlsplit(endpoint_url).netloc})

    return sign


class Endpoint:
    """A connection to an endpoint, kept alive from request to request.

    Parameters:
        url: such as "http://127.0.0.1:8000".
        sign: signs requests.
    """

    def __init__(self, url: str, sign: Sign = sign_formally) -> None:
        self.url = url
        self.sign = sign
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"an endpoint is a URL such as http://127.0.0.1:8000, not {url!r}")
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = connect(parts.hostname, parts.port, timeout=_TIMEOUT_SECONDS)

    def exchange(self, request: HttpRequest) -> HttpAnswer:
        """Sends a request as it is; raises OSError where there is no answer."""
        url = f"{request.path}{'?' + request.query if request.query else ''}"
        try:
            return self._exchange(request, url)
        except (ConnectionError, http.client.HTTPException):
            self._connection.close()  # It may have been closed for having been idle.
            return self._exchange(request, url)

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Calls an operation; binary values are bytes. Raises Fault for an error answer."""
        headers = {"content-type": _CONTENT_TYPE, "x-amz-target": target_of(operation)}
        answer = self.exchange(self.sign(HttpRequest("POST", "/", "", headers, body_of(request))))
        members = json.loads(answer.body) if answer.body else {}
        if answer.status < 300:
            decoded: dict[str, Any] = binaries_decoded(members)
            return decoded
        code = members.pop("__type", f"HTTP {answer.status}").partition("#")[2]
        message = members.pop("message", members.pop("Message", ""))
        raise Fault(code, message, binaries_decoded(members))

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _exchange(self, request: HttpRequest, url: str) -> HttpAnswer:
        connection = self._connection
        connection.putrequest(request.method, url, skip_host="host" in request.headers, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        connection.putheader("content-length", str(len(request.body)))
        with suppress(BrokenPipeError):  # A body that is refused may not be read to its end; the answer is there.
            connection.endheaders(request.body)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return HttpAnswer(response.status, headers, response.read())
