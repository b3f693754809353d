"""The endpoint that is somewhere else: requests are signed, sent over HTTP, tried again, and their responses read."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import zlib

from minidynamo.clock import Clock, SystemClock
from minidynamo.embedded.client_errors import no_response_error
from minidynamo.errors import NoResponse, error_of
from minidynamo.http.bodies import body_of
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.http.targets import target_of
from minidynamo.remote.connection import Connections
from minidynamo.remote.retries import Attempt, QuotaContext, Retries
from minidynamo.remote.signing import NO_CREDENTIALS, SIGNATURE_ERRORS, Sign, sign_formally
from minidynamo.requests.checker import check_request_types
from minidynamo.requests.operations import API, STREAM, named
from minidynamo.schema.arns import ArnScope
from minidynamo.values.api_types import JsonValue, Request, Response
from minidynamo.values.json_form import binaries_decoded

_CONTENT_TYPE = "application/x-amz-json-1.0"
_UNKNOWN_ACCOUNT = "000000000000"
_STREAM_OPERATIONS = named(subjects=(STREAM,))
_UNREACHABLE = (ConnectionRefusedError, socket.gaierror)


class RemoteEndpoint:
    """A DynamoDB reached over HTTP. Safe to use from many threads.

    Parameters:
        connections: to its address.
        sign: signs requests.
        region: where it is.
        streams: connections to where its streams are, and what signs requests there, if that is another address.

    Its account is not known, nor when the statuses of its tables change; its clock is this machine's.
    """

    def __init__(
        self,
        connections: Connections,
        sign: Sign,
        region: str = "us-east-1",
        streams: tuple[Connections, Sign] | None = None,
    ) -> None:
        self.clock: Clock = SystemClock()
        self.scope = ArnScope(region, _UNKNOWN_ACCOUNT)
        self.sign = sign
        self.connections = connections
        self._streams = streams
        self._retries = Retries()
        self._last = threading.local()

    @property
    def url(self) -> str:
        """The address of the DynamoDB that is called."""
        return self.connections.url

    @property
    def next_status_change(self) -> float | None:
        """Not known: None."""
        return None

    def new_request_id(self) -> str:
        """The identifier that the last response on this thread carried; "" where none did."""
        return getattr(self._last, "request_id", "")

    def try_lock(self, is_read: bool) -> bool:
        """Never: whoever asks waits for the network."""
        return False

    def unlock(self) -> None:
        """Nothing is ever locked."""

    def close(self) -> None:
        """Closes its connections."""
        for each in self._all_connections():
            each.close()

    def leave(self) -> None:
        """Leaves its connections to the parent of this process, and begins anew."""
        for each in self._all_connections():
            each.leave()

    def execute(self, operation: str, request: Request) -> Response:
        """Carries out one request; see `Endpoint.execute`.

        Raises:
            NoAnswer: no response came back, after all attempts.
        """
        body = _body(operation, request)
        context: QuotaContext = {}
        number = 1
        while True:
            attempt = self._attempt(operation, body)
            delay = self._retries.delay_after(number, attempt, context)
            if delay is None:
                break
            time.sleep(delay)
            number += 1
        if attempt.failure is not None:
            raise attempt.failure
        assert attempt.response is not None, f"{operation} has neither failed nor been answered"
        return attempt.response

    def _attempt(self, operation: str, body: bytes) -> Attempt:
        headers = {"content-type": _CONTENT_TYPE, "x-amz-target": target_of(operation)}
        self._last.request_id = ""
        connections, sign = self._way_of(operation)
        try:
            response = connections.exchange(sign(HttpRequest("POST", "/", "", headers, body)))
        except (OSError, http.client.HTTPException) as error:
            is_timeout, is_unreachable = isinstance(error, TimeoutError), isinstance(error, _UNREACHABLE)
            return self._unanswered(
                NoResponse(f"no response from {connections.url}: {error}", is_timeout, is_unreachable)
            )
        self._last.request_id = response.headers.get("x-amzn-requestid", "")
        checksum = response.headers.get("x-amz-crc32")
        if checksum is not None and checksum != str(zlib.crc32(response.body)):
            return self._unanswered(NoResponse(f"the response of {self.url} was damaged on its way"))
        return self._explained(self._read(response))

    def _way_of(self, operation: str) -> tuple[Connections, Sign]:
        """Where an operation is answered, and what signs it."""
        if self._streams is not None and operation in _STREAM_OPERATIONS:
            return self._streams
        return self.connections, self.sign

    def _all_connections(self) -> list[Connections]:
        return [self.connections] if self._streams is None else [self.connections, self._streams[0]]

    def _read(self, response: HttpResponse) -> Attempt:
        try:
            members: JsonValue = json.loads(response.body) if response.body else {}
        except ValueError:
            members = None
        if not isinstance(members, dict):
            error = error_of(f"HTTP{response.status}", _foreign(self.url, response), {}, response.status)
            return Attempt(response.status, failure=error)
        if response.status < 300:
            return Attempt(response.status, response=binaries_decoded(members))
        code = str(members.pop("__type", f"HTTP{response.status}")).rpartition("#")[2]
        message = str(members.pop("message", members.pop("Message", "")))
        error = error_of(code, message, binaries_decoded(members), response.status)
        return Attempt(response.status, failure=error)

    def _explained(self, attempt: Attempt) -> Attempt:
        """An attempt whose failure says where credentials are to be given, if they are what is wanting."""
        failure = attempt.failure
        if failure is not None and self.sign is sign_formally and failure.code in SIGNATURE_ERRORS:
            return Attempt(attempt.status, failure=error_of(failure.code, NO_CREDENTIALS, {}, failure.status))
        return attempt

    def _unanswered(self, failure: NoResponse) -> Attempt:
        return Attempt(exception=no_response_error(failure, self.url), failure=failure)


def _foreign(url: str, response: HttpResponse) -> str:
    """What is said of a response that no DynamoDB gives."""
    held = response.headers.get("content-type", "").partition(";")[0] or "a body of no type"
    return f"{url} does not answer as a DynamoDB does: HTTP {response.status} with {held}"


def _body(operation: str, request: Request) -> bytes:
    """The body of a request; raises what the service would say of types that JSON does not have."""
    try:
        return body_of(request)
    except (TypeError, ValueError):
        if operation in API:
            check_request_types(operation, request)
        raise
