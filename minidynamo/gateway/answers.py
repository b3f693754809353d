"""What a function returns, as an HTTP response: both formats, and what is no answer in either.

Source: Amazon API Gateway Developer Guide, "Lambda proxy integrations in API Gateway", "Create AWS Lambda proxy
integrations for HTTP APIs"; "Amazon API Gateway important notes", for headers that are renamed.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping

from minidynamo.gateway.bodies import decodes_answer
from minidynamo.gateway.call import Call
from minidynamo.http.messages import WITHOUT_BODY, HttpResponse
from minidynamo.values.api_types import JsonValue

# What the server itself says of a message, which a function's headers cannot.
_FRAMING = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"})
# What a REST API passes on under another name.
_RENAMED = frozenset({"authorization", "connection", "content-length", "date", "server", "www-authenticate"})
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_REST_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded", "cookies"})
_STATUSES = range(200, 600)
_TEXT = "text/plain;charset=UTF-8"
_JSON = "application/json"
_COOKIE = "set-cookie"


def answer_of(call: Call, value: JsonValue) -> HttpResponse:
    """The response that a function's value stands for.

    Parameters:
        call: the request.
        value: what the function has returned.

    Raises:
        ArithmeticError, AttributeError, LookupError, TypeError, ValueError: it stands for none.
    """
    assert call.route is not None, "a function answers for a route"
    if call.api.format_of(call.route) == "2.0" and not (isinstance(value, dict) and "statusCode" in value):
        plain = value if isinstance(value, str) else json.dumps(value)
        return http_response(200, {"content-type": [_JSON]}, plain.encode())
    if not isinstance(value, dict) or (call.api.is_rest and not value.keys() <= _REST_MEMBERS):
        raise TypeError("an answer is an object with members that are known")
    given: JsonValue = value.get("statusCode") if call.api.is_rest else value["statusCode"]
    status = int(200 if given is None and call.api.is_rest else given)
    if status not in _STATUSES:
        raise ValueError(f"{status} is no status of an answer")
    headers = _headers_of(value)
    if call.api.is_rest:
        headers = {f"x-amzn-remapped-{name}" if name in _RENAMED else name: each for name, each in headers.items()}
    else:
        headers[_COOKIE] = [*headers.get(_COOKIE, ()), *_texts(value.get("cookies") or [])]
    headers.setdefault("content-type", [_JSON if call.api.is_rest else _TEXT])
    return http_response(status, headers, _body_of(call, value, headers["content-type"][-1]))


def _headers_of(value: Mapping[str, JsonValue]) -> dict[str, list[str]]:
    """The values of each header by lower-case name; those of `multiValueHeaders` win over equal ones of `headers`."""
    headers: dict[str, list[str]] = {}
    for name, values in (value.get("multiValueHeaders") or {}).items():
        texts = _texts(values)
        if texts:  # A header without values is none.
            headers.setdefault(name.lower(), []).extend(texts)
    for name, each in (value.get("headers") or {}).items():
        (text,) = _texts([each])
        values = headers.setdefault(name.lower(), [])
        if text not in values:
            values.insert(0, text)
    return headers


def _texts(values: JsonValue) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(each, str | bool | int | float) for each in values):
        raise TypeError("the values of headers are a list of texts")
    return [each if isinstance(each, str) else json.dumps(each) for each in values]


def _body_of(call: Call, value: Mapping[str, JsonValue], content_type: str) -> bytes:
    text = value.get("body") or ""
    if not isinstance(text, str):
        raise TypeError("a body is a text")
    if value.get("isBase64Encoded") and decodes_answer(call, content_type):
        return base64.b64decode(text)
    return text.encode()


def http_response(status: int, headers: Mapping[str, Iterable[str]], body: bytes) -> HttpResponse:
    """A response whose end its client can tell.

    Parameters:
        status: of it.
        headers: the values of each, by lower-case name.
        body: of it, left out where the status has none.

    Raises:
        ValueError: no HTTP message can have such headers.
    """
    assert status in _STATUSES, f"{status} is no status of an answer"
    kept: dict[str, str] = {}
    for name, values in headers.items():
        texts = list(values)
        if not all(is_header(name, each) for each in texts):
            raise ValueError(f"no HTTP message has a header {name!r} of {texts!r}")
        if name not in _FRAMING and name != _COOKIE:
            kept[name] = ",".join(texts)
    cookies = tuple(headers.get(_COOKIE, ()))
    if status in WITHOUT_BODY:
        return HttpResponse(status, kept, b"", cookies)
    return HttpResponse(status, {**kept, "content-length": str(len(body))}, body, cookies)


def is_header(name: str, value: str) -> bool:
    """Whether an HTTP message can have a header."""
    return bool(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value))
