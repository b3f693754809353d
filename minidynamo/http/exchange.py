"""One exchange: an HTTP request in, an HTTP response out, through `Endpoint.execute`.

Source: wire protocol of Amazon DynamoDB, "Order of HTTP-level checks".
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError, InternalServerError, NoResponse, SerializationError, UnknownOperation
from minidynamo.http.bodies import body_of, parsed_body, with_binaries
from minidynamo.http.compression import BodyTooLarge, compressed, decompressed
from minidynamo.http.messages import HttpRequest, HttpResponse, http_date
from minidynamo.http.signatures import Signature
from minidynamo.http.targets import operation_of
from minidynamo.http.verification import accept_any
from minidynamo.limits import HTTP_BODY_BYTES_MAX, HTTP_INLINE_BODY_BYTES_MAX, HTTP_UNSIGNED_BODY_BYTES_MAX
from minidynamo.requests.operations import API
from minidynamo.requests.subjects import tables_of
from minidynamo.values.api_types import Response

logger = logging.getLogger("minidynamo.server")

JSON_TYPES = frozenset({"application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json"})
_SUMMARY_CHARACTERS_MAX = 200
_NO_SUCH_PAGE = b"<UnknownOperationException/>\n"
_EXPOSED_HEADERS = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"

Authenticate = Callable[[HttpRequest], Signature]
Choose = Callable[[Signature | None], Endpoint]
Around = Callable[[HttpRequest], AbstractContextManager[None]]


class Exchange:
    """Answers HTTP requests for the endpoints behind it.

    Parameters:
        choose: gives the endpoint for a signature; for None the one that answers what is not signed.
        authenticate: gives the signature of a request or raises; by default any well-formed one is accepted.
        allows_origins: whether pages of other origins may read the responses (CORS).
        own_address: tells host and port of a server, which DescribeEndpoints then names; None to leave its answer.
        around: what is entered while a request is carried out.
    """

    def __init__(
        self,
        choose: Choose,
        authenticate: Authenticate = accept_any,
        allows_origins: bool = False,
        own_address: Callable[[], str] | None = None,
        around: Around | None = None,
    ) -> None:
        self._choose = choose
        self._authenticate = authenticate
        self._allows_origins = allows_origins
        self._own_address = own_address
        self._around = around

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The response to a request.

        Raises:
            NoAnswer: there is to be none; nothing else is raised.
        """
        try:
            status, kind, body = self._responded(request)
        except NoResponse:
            raise
        except DynamoError as error:
            status, kind, body = error.status, _content_type(request), body_of(error.body)
        except BodyTooLarge:
            status, kind, body = 413, _content_type(request), b""
        except Exception:
            logger.exception("a request failed: this is a bug in minidynamo")
            status, kind, body = 500, _content_type(request), body_of(InternalServerError().body)
        return self._finished(request, status, kind, body)

    def refused(self, request: HttpRequest, error: DynamoError) -> HttpResponse:
        """The response to a request that goes no further."""
        return self._finished(request, error.status, _content_type(request), body_of(error.body))

    def _responded(self, request: HttpRequest) -> tuple[int, str, bytes]:
        if request.method != "POST" or request.path != "/":
            return self._without_operation(request)
        kind = _base_type(request.headers.get("content-type"))
        if request.body and kind is not None and kind not in JSON_TYPES:
            return 404, _content_type(request), _NO_SUCH_PAGE
        if len(request.body) > HTTP_BODY_BYTES_MAX:
            raise BodyTooLarge
        signature, encoding = None, request.headers.get("content-encoding")
        if encoding is not None or len(request.body) > HTTP_UNSIGNED_BODY_BYTES_MAX:
            signature = self._authenticate(request)  # Reading it takes more than whoever sends it has to pay.
        body = decompressed(request.body, encoding)
        members = parsed_body(body)
        operation = operation_of(request.headers.get("x-amz-target"))
        if operation is None:
            raise UnknownOperation()
        endpoint = self._choose(signature or self._authenticate(request))
        if members is None:
            raise SerializationError()
        parameters = with_binaries(operation, members, body)
        if self._around is None:
            response = endpoint.execute(operation, parameters)
        else:
            with self._around(request):
                response = endpoint.execute(operation, parameters)
        if operation == "DescribeEndpoints" and self._own_address is not None:
            response = _reached_at(request.headers.get("host") or self._own_address(), response)
        return 200, _content_type(request), body_of(response) if API[operation].has_body else b""

    def _without_operation(self, request: HttpRequest) -> tuple[int, str, bytes]:
        if request.method in ("GET", "HEAD") and request.path == "/":
            region = self._choose(None).scope.region
            return 200, "text/plain", f"healthy: dynamodb.{region}.amazonaws.com ".encode()
        if request.method == "OPTIONS" and self._allows_origins and "origin" in request.headers:
            return 200, "text/plain", b""
        return 404, _content_type(request), _NO_SUCH_PAGE

    def _finished(self, request: HttpRequest, status: int, kind: str, body: bytes) -> HttpResponse:
        body, encoding = compressed(body, request.headers.get("accept-encoding"))
        endpoint = self._choose(None)
        headers = {
            "server": "Server",
            "date": http_date(int(endpoint.clock.now())),
            "content-type": kind,
            "content-length": str(len(body)),
            "x-amzn-requestid": endpoint.new_request_id(),
            "x-amz-crc32": str(zlib.crc32(body)),
        }
        if encoding is not None:
            headers["content-encoding"] = encoding
        if self._allows_origins and "origin" in request.headers:
            headers |= _origin_headers(request)
        return HttpResponse(status, headers, body)


def _reached_at(address: str, response: Response) -> Response:
    """Endpoints that are where this server is: a client that discovers its endpoint is not sent to AWS."""
    return {"Endpoints": [{**each, "Address": address} for each in response["Endpoints"]]}


def _origin_headers(request: HttpRequest) -> dict[str, str]:
    headers = {"access-control-allow-origin": "*", "access-control-expose-headers": _EXPOSED_HEADERS}
    if request.method == "OPTIONS":
        headers["access-control-max-age"] = "172800"
        for asked, allowed in (("headers", "headers"), ("method", "methods")):
            wish = request.headers.get(f"access-control-request-{asked}")
            if wish is not None:
                headers[f"access-control-allow-{allowed}"] = wish
    return headers


@lru_cache(maxsize=64)
def _base_type(content_type: str | None) -> str | None:
    return content_type.partition(";")[0].strip().lower() if content_type else None


def _content_type(request: HttpRequest) -> str:
    kind = _base_type(request.headers.get("content-type"))
    return kind if kind in JSON_TYPES and kind is not None else "application/json"


def request_summary(request: HttpRequest) -> str:
    """What a request asks for, for a log: its operation and table, or its method and path.

    Whatever is in it, it is short and stays on its line.
    """
    operation = operation_of(request.headers.get("x-amz-target"))
    if operation is None:
        return printable(f"{request.method} {request.path}")
    if len(request.body) > HTTP_INLINE_BODY_BYTES_MAX:
        return operation
    try:
        members = parsed_body(decompressed(request.body, request.headers.get("content-encoding")))
    except (DynamoError, BodyTooLarge):
        return operation
    tables = tables_of(members or {})
    return printable(f"{operation} {', '.join(tables)}") if tables else operation


def printable(text: str) -> str:
    """A text as a terminal may be given it: control characters and the like are written out, the end is left off."""
    if len(text) > _SUMMARY_CHARACTERS_MAX:
        text = text[:_SUMMARY_CHARACTERS_MAX] + "..."
    return escaped(text)


def escaped(text: str) -> str:
    """A text in which control characters and the like are written out, line breaks among them."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
