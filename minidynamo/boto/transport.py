"""The end of the full botocore path: requests that botocore has built, signed and would send, answered in process.

Nothing here reaches a network. Sleeping between retries is left to botocore, but a clock that can be advanced is
advanced instead; see `sleep.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from io import BytesIO, IOBase
from types import SimpleNamespace
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from minidynamo.boto.botocore_types import Client, PreparedRequest, RawResponse, Signer
from minidynamo.boto.new_clients import PROVIDED_KEY
from minidynamo.boto.routes import endpoint_of_caller
from minidynamo.embedded.client_errors import no_response_error
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError, NoResponse
from minidynamo.http.exchange import Exchange
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.http.signatures import Signature, signature_of
from minidynamo.schema.arns import calling_from

_TARGETS = ("DynamoDB_", "DynamoDBStreams_")
_UNSIGNED = Signature("", "", (), "", "")


@dataclass
class Travel:
    """A call on the full botocore path.

    Attributes:
        client: whose call it is.
        endpoint: what answers it.
        asynchronous: whether the client is aiobotocore's.
        first: the error that its first attempt is answered with, taken once.
        makes_twin: whether something that the client keeps is just being made for the endpoint; see `retry_state.py`.
    """

    client: Client
    endpoint: Endpoint
    asynchronous: bool
    first: DynamoError | None = None
    makes_twin: bool = False


# How many calls sign with credentials of ours, by what signs for a client.
_borrowers: WeakKeyDictionary[Signer, int] = WeakKeyDictionary()
_lending = threading.Lock()
TRAVEL: ContextVar[Travel | None] = ContextVar("minidynamo travel", default=None)


@contextmanager
def travelling(client: Client, endpoint: Endpoint, first: DynamoError | None = None) -> Iterator[None]:
    """While this is on, what the client sends in this thread or task is answered by the database."""
    # Before all other hooks on sending, since another double's might answer too.
    client.meta.events.register_first(
        f"before-send.{client.meta.service_model.service_id.hyphenize()}", respond_before_send, "minidynamo-send"
    )
    token = TRAVEL.set(Travel(client, endpoint, is_asynchronous(client), first))
    try:
        with with_credentials(client):
            yield
    finally:
        TRAVEL.reset(token)


@contextmanager
def with_credentials(client: Client) -> Iterator[None]:
    """Lets a client without credentials sign, for as long as this is on in any thread."""
    signer = client._request_signer
    with _lending:
        lends = signer in _borrowers or getattr(signer, "_credentials", None) is None
        if lends:
            _borrowers[signer] = _borrowers.get(signer, 0) + 1
            signer._credentials = _provided_credentials(is_asynchronous(client))
    try:
        yield
    finally:
        with _lending:
            if lends:
                _borrowers[signer] -= 1
                if not _borrowers[signer]:
                    del _borrowers[signer]
                    signer._credentials = None


def _provided_credentials(asynchronous: bool) -> object:
    if asynchronous:
        from aiobotocore.credentials import AioCredentials

        return AioCredentials(PROVIDED_KEY, PROVIDED_KEY)
    from botocore.credentials import Credentials

    return Credentials(PROVIDED_KEY, PROVIDED_KEY)


def respond_before_send(request: PreparedRequest, **ignored: object) -> RawResponse | None:
    """Hook on `before-send`: the response to a request on the full botocore path, None for any other."""
    travel = TRAVEL.get()
    return None if travel is None else response_to(request, travel.endpoint, travel.asynchronous)


def is_asynchronous(client: Client) -> bool:
    """Whether a client is aiobotocore's."""
    return any(each.__module__.startswith("aiobotocore.") for each in type(client).__mro__)


def is_for_dynamodb(request: PreparedRequest) -> bool:
    """Whether a prepared request calls an operation of DynamoDB or its streams."""
    target = request.headers.get("X-Amz-Target", b"")
    return (target.decode() if isinstance(target, bytes) else str(target)).startswith(_TARGETS)


def response_to(request: PreparedRequest, endpoint: Endpoint, asynchronous: bool) -> RawResponse:
    """botocore's response object for a request it has prepared, or aiobotocore's.

    Raises:
        ConnectionClosedError, ReadTimeoutError: botocore's, where there is to be no response.
    """
    http = received(request)
    exchange = Exchange(lambda signature: endpoint, authenticate=lambda request: _UNSIGNED)
    travel = TRAVEL.get()
    try:
        if travel is not None and travel.first is not None:
            error, travel.first = travel.first, None
            if isinstance(error, NoResponse):
                raise error
            response = exchange.refused(http, error)
        else:
            response = exchange.respond(http)
    except NoResponse as silence:
        raise no_response_error(silence, request.url) from None
    return raw_response(response, request, asynchronous)


def raw_response(response: HttpResponse, request: PreparedRequest, asynchronous: bool) -> RawResponse:
    """botocore's response object, or aiobotocore's, for a response."""
    raw = _Raw(response)
    shown = _response_class(asynchronous)(request.url, response.status, response.headers, raw)
    shown._content = response.body
    return shown


def response_to_sender(request: PreparedRequest, asynchronous: bool) -> RawResponse:
    """The response to a request that is known by its signature alone, while a mock is on."""
    try:
        signature = signature_of(received(request))
    except DynamoError:
        signature = _UNSIGNED
    endpoint = endpoint_of_caller(signature.region, signature.access_key)
    assert endpoint is not None, "no mock is on"
    with calling_from(signature.region or None):
        return response_to(request, endpoint, asynchronous)


class _Raw(BytesIO):
    """What botocore reads a body from that it hands on as a stream.

    Attributes:
        raw_headers: from which older versions of aiobotocore read the headers.
        content: from which aiobotocore reads the body.
    """

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.body)
        self.raw_headers = [(name.encode(), text.encode()) for name, text in response.headers.items()]
        self.content = SimpleNamespace(read=self._read_asynchronously)

    async def _read_asynchronously(self, size: int = -1) -> bytes:
        return self.read(size)


def received(request: PreparedRequest) -> HttpRequest:
    """A prepared request as a server would receive it."""
    url = urlsplit(request.url)
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    return HttpRequest(request.method, url.path or "/", url.query, headers, _bytes_of(request.body))


def _bytes_of(body: object) -> bytes:
    """The bytes of a body, which may be a file that is read from where it is, and left there."""
    if isinstance(body, IOBase):
        position = body.tell()
        read: bytes = body.read()
        body.seek(position)
        return read
    if isinstance(body, str):
        return body.encode()
    return b"" if body is None else bytes(body)  # type: ignore[call-overload]  # Raises for what is no body.


def _response_class(asynchronous: bool) -> Callable[..., RawResponse]:
    if asynchronous:
        from aiobotocore.awsrequest import AioAWSResponse

        asynchronous_class: Callable[..., RawResponse] = AioAWSResponse
        return asynchronous_class
    from botocore.awsrequest import AWSResponse

    synchronous_class: Callable[..., RawResponse] = AWSResponse
    return synchronous_class


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
