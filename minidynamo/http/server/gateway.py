"""The door to functions: HTTP requests that are not DynamoDB's become the events of an API Gateway proxy.

Source: Amazon API Gateway Developer Guide, "Lambda proxy integrations in API Gateway" (payload 1.0 of REST APIs) and
"Create AWS Lambda proxy integrations for HTTP APIs" (payload 2.0).
"""

from __future__ import annotations

import base64
import importlib
import json
import re
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, unquote

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.http.messages import WITHOUT_BODY, HttpRequest, HttpResponse
from minidynamo.http.server.access import ServeError
from minidynamo.lambdas.function import Handler
from minidynamo.lambdas.handler_calls import IN_BACKGROUND
from minidynamo.lambdas.service import Functions
from minidynamo.limits import FUNCTION_ANSWER_SECONDS_MAX
from minidynamo.values.api_types import JsonObject, JsonValue

FORMATS = ("1.0", "2.0")
# What the server itself says of a message, which a function's headers cannot.
_FRAMING = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"})
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_SOURCE = "127.0.0.1"
_API_ID = "minidynamo"


def load_handler(name: str) -> Handler:
    """The handler of a name such as "package.module:handler", looked for from the present folder on.

    Raises:
        ServeError: there is none.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise ServeError(f"{name!r} names no handler: write module:handler")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        handler = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise ServeError(f"cannot import {name}: {error}") from None
    if not callable(handler):
        raise ServeError(f"{name} cannot be called")
    return handler  # type: ignore[no-any-return]


class InvokingEndpoint(Endpoint, Protocol):
    """An endpoint with functions."""

    @property
    def functions(self) -> Functions:
        """The functions that the gateway invokes."""
        ...


class Gateway:
    """Invokes a function with HTTP requests.

    Parameters:
        database: whose functions it is one of.
        handler: the function's handler.
        payload_format: "1.0" for the events of REST APIs, "2.0" for those of HTTP APIs.
    """

    def __init__(self, database: InvokingEndpoint, handler: Handler, payload_format: str = "2.0") -> None:
        if payload_format not in FORMATS:
            raise ValueError(f"payload_format must be one of {', '.join(FORMATS)}, not {payload_format!r}")
        self._database = database
        self._is_rest = payload_format == "1.0"
        self._name = getattr(handler, "__name__", "api")
        database.functions.register(self._name, handler, Timeout=FUNCTION_ANSWER_SECONDS_MAX)

    seconds_max = FUNCTION_ANSWER_SECONDS_MAX

    @staticmethod
    def takes(request: HttpRequest) -> bool:
        """Whether a request is for the function: those of DynamoDB say so in a header."""
        return "x-amz-target" not in request.headers

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The function's answer to a request; as API Gateway words it where the function fails."""
        event = self._rest_event(request) if self._is_rest else self._http_event(request)
        token = IN_BACKGROUND.set(True)  # Whoever has called is a client, who is told by a response.
        try:
            outcome = self._database.functions.invoke(self._name, event)
        except DynamoError:
            return self.too_many()
        finally:
            IN_BACKGROUND.reset(token)
        value = json.loads(outcome["Payload"])
        if "FunctionError" in outcome:
            if value.get("errorType") == "Sandbox.Timedout":
                return self.too_late()
            return self._failure()
        try:
            return self._response_of(value)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return self._failure()

    @staticmethod
    def too_late() -> HttpResponse:
        """The response where the function has not answered in time; it may run on."""
        return _json_response(504, {"message": "Endpoint request timed out"})

    @staticmethod
    def too_many() -> HttpResponse:
        """The response where as many invocations run as may."""
        return _json_response(429, {"message": "Too Many Requests"})

    def _failure(self) -> HttpResponse:
        if self._is_rest:
            return _json_response(502, {"message": "Internal server error"})
        return _json_response(500, {"message": "Internal Server Error"})

    def _response_of(self, value: JsonValue) -> HttpResponse:
        if not self._is_rest and not (isinstance(value, dict) and "statusCode" in value):
            plain = value if isinstance(value, str) else json.dumps(value)
            return _respond(200, {"content-type": "application/json"}, plain.encode())
        status = HTTPStatus(int(value["statusCode"])).value
        if status < 200:
            raise ValueError(f"{status} is no status of an answer")
        headers = {str(name).lower(): str(each) for name, each in (value.get("headers") or {}).items()}
        for name, values in (value.get("multiValueHeaders") or {}).items():
            headers[name.lower()] = ",".join(map(str, values))
        if value.get("cookies"):
            headers["set-cookie"] = ", ".join(value["cookies"])
        text = value.get("body") or ""
        if not isinstance(text, str):
            raise TypeError("a body is a string")
        body = base64.b64decode(text) if value.get("isBase64Encoded") else text.encode()
        headers.setdefault("content-type", "application/json" if self._is_rest else "text/plain;charset=UTF-8")
        return _respond(status, headers, body)

    def _rest_event(self, request: HttpRequest) -> JsonObject:
        path, now = unquote(request.path), self._database.clock.now()
        pairs = parse_qsl(request.query, keep_blank_values=True)
        return {
            "resource": "/{proxy+}",
            "path": path,
            "httpMethod": request.method,
            "headers": dict(request.headers),
            "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
            "queryStringParameters": dict(pairs) or None,
            "multiValueQueryStringParameters": _grouped(pairs) or None,
            "pathParameters": {"proxy": path.lstrip("/")} if path != "/" else None,
            "stageVariables": None,
            "requestContext": {
                "accountId": self._database.scope.account_id,
                "apiId": _API_ID,
                "domainName": request.headers.get("host", ""),
                "httpMethod": request.method,
                "identity": {"sourceIp": _SOURCE, "userAgent": request.headers.get("user-agent")},
                "path": path,
                "protocol": "HTTP/1.1",
                "requestId": self._database.new_request_id(),
                "requestTime": _common_log_time(now),
                "requestTimeEpoch": int(now * 1000),
                "resourcePath": "/{proxy+}",
                "stage": "local",
            },
            **_body_members(request.body),
        }

    def _http_event(self, request: HttpRequest) -> JsonObject:
        path, now = unquote(request.path), self._database.clock.now()
        headers = {name: value for name, value in request.headers.items() if name != "cookie"}
        pairs = parse_qsl(request.query, keep_blank_values=True)
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": request.query,
            "headers": headers,
            "requestContext": {
                "accountId": self._database.scope.account_id,
                "apiId": _API_ID,
                "domainName": request.headers.get("host", ""),
                "domainPrefix": _API_ID,
                "http": {
                    "method": request.method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": _SOURCE,
                    "userAgent": request.headers.get("user-agent", ""),
                },
                "requestId": self._database.new_request_id(),
                "routeKey": "$default",
                "stage": "$default",
                "time": _common_log_time(now),
                "timeEpoch": int(now * 1000),
            },
            **_body_members(request.body),
        }
        if "cookie" in request.headers:
            event["cookies"] = [each.strip() for each in request.headers["cookie"].split(";")]
        if pairs:
            event["queryStringParameters"] = {name: ",".join(values) for name, values in _grouped(pairs).items()}
        return event


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _body_members(body: bytes) -> JsonObject:
    """The body as text, or as base64 where it is none."""
    if not body:
        return {"body": None, "isBase64Encoded": False}
    try:
        return {"body": body.decode("utf-8"), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _common_log_time(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def _json_response(status: int, value: JsonValue) -> HttpResponse:
    return _respond(status, {"content-type": "application/json"}, json.dumps(value).encode())


def _respond(status: int, headers: dict[str, str], body: bytes) -> HttpResponse:
    """A response whose end its client can tell; raises ValueError for headers that no HTTP message can have."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"no HTTP message has a header {name!r} of {value!r}")
    kept = {name: value for name, value in headers.items() if name not in _FRAMING}
    if status in WITHOUT_BODY:
        return HttpResponse(status, kept, b"")
    return HttpResponse(status, {**kept, "content-length": str(len(body))}, body)
