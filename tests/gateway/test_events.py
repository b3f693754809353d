"""The events of both payload formats, member for member.

Source: Amazon API Gateway Developer Guide, "Lambda proxy integrations in API Gateway", "Create AWS Lambda proxy
integrations for HTTP APIs".
"""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from tests.gateway.apis import Asked

HEADERS = {"Host": "shop.example:8000", "User-Agent": "agent", "X-Own": "z", "Cookie": "one=1; two=2"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
EXTENDED = re.compile(r"[A-Za-z0-9+/]{15}=")
TRACE = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}")


def test_the_whole_event_of_a_rest_api(asked: Asked) -> None:
    gateway = asked.rest("POST /items/{id}", stage="Dev", stage_variables={"color": "red"})
    response = gateway.request("POST", "/Dev/items/a%20b?x=1&x=2&y=", HEADERS, body="text é")
    event = asked.event
    headers = event.pop("headers")
    trace = headers.pop("X-Amzn-Trace-Id")
    assert TRACE.fullmatch(trace)
    assert headers == {
        **HEADERS,
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Port": "8000",
        "X-Forwarded-Proto": "http",
    }
    assert event.pop("multiValueHeaders") == {**{k: [v] for k, v in headers.items()}, "X-Amzn-Trace-Id": [trace]}
    assert event.pop("requestContext")["stage"] == "Dev"
    assert event == {
        "resource": "/items/{id}",
        "path": "/items/a b",
        "httpMethod": "POST",
        "queryStringParameters": {"x": "2", "y": ""},
        "multiValueQueryStringParameters": {"x": ["1", "2"], "y": [""]},
        "pathParameters": {"id": "a b"},
        "stageVariables": {"color": "red"},
        "body": "text é",
        "isBase64Encoded": False,
    }
    assert response.headers["x-amzn-trace-id"] == trace


def test_the_whole_context_of_a_rest_api(asked: Asked) -> None:
    response = asked.rest("POST /items/{id}", stage="Dev").request("POST", "/items/a%20b", HEADERS)
    context = asked.event["requestContext"]
    identity = context.pop("identity")
    assert (identity["sourceIp"], identity["userAgent"], identity["cognitoIdentityId"]) == ("127.0.0.1", "agent", None)
    assert UUID.fullmatch(context["requestId"]) and EXTENDED.fullmatch(context["extendedRequestId"])
    assert response.headers["x-amzn-requestid"] == context.pop("requestId")
    assert response.headers["x-amz-apigw-id"] == context.pop("extendedRequestId")
    assert re.fullmatch("[0-9a-f]{6}", context.pop("resourceId"))
    assert context == {
        "accountId": "123456789012",
        "apiId": "minidynamo",
        "deploymentId": "local",
        "domainName": "shop.example:8000",
        "domainPrefix": "minidynamo",
        "httpMethod": "POST",
        "path": "/Dev/items/a b",
        "protocol": "HTTP/1.1",
        "requestTime": "14/Nov/2023:22:13:20 +0000",
        "requestTimeEpoch": 1_700_000_000_000,
        "resourcePath": "/items/{id}",
        "stage": "Dev",
    }


def test_the_whole_event_of_an_http_api(asked: Asked) -> None:
    gateway = asked.http("POST /items/{id}", stage="dev", stage_variables={"color": "red"})
    given = {"Content-Type": "text/plain", "X-Amzn-Trace-Id": "Root=1-own"}
    response = gateway.request("POST", "/items/a%20b?x=1&x=2&y=", {**HEADERS, **given}, body="text")
    event = asked.event
    context, headers = event.pop("requestContext"), event.pop("headers")
    assert headers["x-amzn-trace-id"] == "Root=1-own" and headers["x-own"] == "z" and "cookie" not in headers
    assert event == {
        "version": "2.0",
        "routeKey": "POST /items/{id}",
        "rawPath": "/dev/items/a b",
        "rawQueryString": "x=1&x=2&y=",
        "cookies": ["one=1", "two=2"],
        "queryStringParameters": {"x": "1,2", "y": ""},
        "pathParameters": {"id": "a b"},
        "stageVariables": {"color": "red"},
        "body": "text",
        "isBase64Encoded": False,
    }
    assert response.headers["apigw-requestid"] == context.pop("requestId")
    assert context == {
        "accountId": "123456789012",
        "apiId": "minidynamo",
        "domainName": "shop.example:8000",
        "domainPrefix": "minidynamo",
        "http": {
            "method": "POST",
            "path": "/dev/items/a b",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "agent",
        },
        "routeKey": "POST /items/{id}",
        "stage": "dev",
        "time": "14/Nov/2023:22:13:20 +0000",
        "timeEpoch": 1_700_000_000_000,
    }


def test_what_is_not_there(asked: Asked) -> None:
    """Is null in payload 1.0, and left out of payload 2.0."""
    asked.rest().request("GET", "/")
    names = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body")
    assert [asked.event[name] for name in names] == [None] * 5
    asked.http().request("GET", "/")
    assert not {"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"} & set(asked.event)
    assert (asked.event["rawPath"], asked.event["rawQueryString"], asked.event["isBase64Encoded"]) == ("/", "", False)


def test_an_http_api_may_speak_the_older_format(asked: Asked) -> None:
    gateway = asked.http("GET /items/{id}", route={"payload_format": "1.0"}, stage="dev")
    gateway.request("GET", "/items/1", HEADERS)
    event = asked.event
    assert (event["version"], event["resource"], event["path"]) == ("1.0", "/items/{id}", "/dev/items/1")
    assert event["pathParameters"] == {"id": "1"}
    assert event["requestContext"]["resourceId"] == "GET /items/{id}"


PNG = b"\x89PNG\xff"


@pytest.mark.parametrize(
    ("kind", "types", "content_type", "body", "seen"),
    [
        ("REST", (), "image/png", PNG, PNG.decode("utf-8", "replace")),
        ("REST", ("image/png",), "image/png; q=1", PNG, PNG),
        ("REST", ("image/png",), "text/plain", b"text", "text"),
        ("REST", ("*/*",), "text/plain", b"text", b"text"),
        ("HTTP", (), "image/png", PNG, PNG),
        ("HTTP", (), "text/csv", b"1,2", "1,2"),
        ("HTTP", (), "application/json", b"{}", "{}"),
        ("HTTP", (), "application/problem+json", b"{}", "{}"),
        ("HTTP", (), "application/x-www-form-urlencoded", b"a=b", b"a=b"),
        ("HTTP", (), "", b"text", "text"),
        ("HTTP", (), "text/plain", PNG, PNG),
    ],
)
def test_which_bodies_are_base64(
    asked: Asked, kind: str, types: tuple[str, ...], content_type: str, body: bytes, seen: Any
) -> None:
    gateway = asked.api(kind, binary_media_types=types)
    gateway.request("POST", "/x", {"content-type": content_type} if content_type else {}, body=body)
    event = asked.event
    assert event["isBase64Encoded"] is isinstance(seen, bytes)
    assert (base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"]) == seen
