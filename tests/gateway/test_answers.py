"""What functions return, as responses: both formats, what is no answer, and anything at all."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.gateway.answers import is_header
from minidynamo.http.messages import WITHOUT_BODY
from tests.gateway.apis import Asked, said

BROKEN = {"REST": (502, {"message": "Internal server error"}), "HTTP": (500, {"message": "Internal Server Error"})}


def raising(error: Exception) -> Any:
    def handler(event: Any) -> Any:
        raise error

    return handler


@pytest.mark.parametrize(
    ("kind", "returned", "status", "body"),
    [
        ("REST", {"statusCode": 201, "body": "x"}, 201, b"x"),
        ("REST", {"statusCode": "201", "body": "x"}, 201, b"x"),
        ("REST", {"body": "x"}, 200, b"x"),
        ("REST", {}, 200, b""),
        ("REST", {"statusCode": 599}, 599, b""),
        ("HTTP", {"statusCode": 404, "body": "x"}, 404, b"x"),
        ("HTTP", {"statusCode": 200, "body": "/w==", "isBase64Encoded": True}, 200, b"\xff"),
        ("HTTP", {"a": 1}, 200, b'{"a": 1}'),
        ("HTTP", "text", 200, b"text"),
        ("HTTP", [1], 200, b"[1]"),
        ("HTTP", None, 200, b"null"),
    ],
)
def test_answers(kind: str, returned: Any, status: int, body: bytes) -> None:
    asked = Asked(lambda event: returned)
    response = asked.api(kind).request("GET", "/")
    assert (response.status, response.body) == (status, body)
    assert response.headers["content-length"] == str(len(body))


@pytest.mark.parametrize("kind", ["REST", "HTTP"])
@pytest.mark.parametrize(
    "returned",
    [
        raising(RuntimeError("no")),
        lambda event: {"statusCode": "many"},
        lambda event: {"statusCode": 999},
        lambda event: {"statusCode": 101},
        lambda event: {"statusCode": 200, "body": {"not": "text"}},
        lambda event: {"statusCode": 200, "headers": ["x"]},
        lambda event: {"statusCode": 200, "headers": {"x": {}}},
        lambda event: {"statusCode": 200, "headers": {"x": "a\r\nb: c"}},
        lambda event: {"statusCode": 200, "headers": {"set-cookie": "a\r\nb: c"}},
        lambda event: {"statusCode": 200, "multiValueHeaders": {"x": "no list"}},
        lambda event: {"statusCode": 200, "body": "a", "isBase64Encoded": True, "headers": {"content-type": "a/b"}},
    ],
)
def test_what_is_no_answer(kind: str, returned: Any) -> None:
    asked = Asked(returned)
    response = asked.api(kind, binary_media_types=("a/b",)).request("GET", "/")
    assert said(response) == BROKEN[kind]
    assert response.headers.get("x-amzn-errortype") == ("InternalServerErrorException" if kind == "REST" else None)


@pytest.mark.parametrize("returned", [None, "text", [], {"statusCode": 200, "status": 1}])
def test_what_is_no_answer_of_a_rest_api_alone(returned: Any) -> None:
    """Members that are not known make an answer malformed."""
    asked = Asked(lambda event: returned)
    assert said(asked.rest().request("GET", "/")) == BROKEN["REST"]


def test_headers_of_both_kinds_are_merged(asked: Asked) -> None:
    asked.answer = {
        "statusCode": 200,
        "headers": {"X-One": "1", "X-Both": "a", "X-Number": 5, "Set-Cookie": "c=3"},
        "multiValueHeaders": {"x-both": ["b", "a"], "x-many": ["1", "2"], "set-cookie": ["a=1", "b=2; Path=/"]},
    }
    response = asked.rest().request("GET", "/")
    assert response.headers["x-one"] == "1" and response.headers["x-number"] == "5"
    assert (response.headers["x-both"], response.headers["x-many"]) == ("b,a", "1,2")
    assert response.cookies == ("c=3", "a=1", "b=2; Path=/") and "set-cookie" not in response.headers
    assert response.headers["content-type"] == "application/json"


def test_cookies_of_an_http_api(asked: Asked) -> None:
    asked.answer = {"statusCode": 200, "cookies": ["a=1", "b=2"], "headers": {"set-cookie": "c=3"}}
    response = asked.http().request("GET", "/")
    assert response.cookies == ("c=3", "a=1", "b=2")
    assert response.headers["content-type"] == "text/plain;charset=UTF-8"


def test_a_rest_api_renames_what_is_its_own_to_say(asked: Asked) -> None:
    """Source: "Amazon API Gateway important notes", the table of headers."""
    asked.answer = {"statusCode": 401, "headers": {"WWW-Authenticate": "Basic", "Date": "today", "X": "y"}}
    headers = asked.rest().request("GET", "/").headers
    assert headers["x-amzn-remapped-www-authenticate"] == "Basic" and headers["x-amzn-remapped-date"] == "today"
    assert headers["x"] == "y" and "www-authenticate" not in headers


@pytest.mark.parametrize(
    ("accept", "content_type", "is_decoded"),
    [
        ("image/png", "image/png", True),
        ("image/png, text/html", "image/png", True),
        ("text/html, image/png", "image/png", False),
        (None, "image/png", True),
        (None, "text/html", False),
    ],
)
def test_which_answers_of_a_rest_api_are_decoded(
    asked: Asked, accept: str | None, content_type: str, is_decoded: bool
) -> None:
    """Of the media types that are accepted the first alone counts."""
    text = base64.b64encode(b"\x89PNG").decode()
    headers = {"Content-Type": content_type}
    asked.answer = {"statusCode": 200, "headers": headers, "body": text, "isBase64Encoded": True}
    gateway = asked.rest(binary_media_types=("image/png",))
    response = gateway.request("GET", "/", {"Accept": accept} if accept else {})
    assert response.body == (b"\x89PNG" if is_decoded else text.encode())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMED = st.fixed_dictionaries(
    {},
    optional={
        "statusCode": st.integers(90, 700) | VALUES,
        "headers": st.dictionaries(st.sampled_from(["X-A", "set-cookie", "content-length", "a b"]), VALUES) | VALUES,
        "multiValueHeaders": st.dictionaries(st.text(max_size=4), st.lists(st.text(max_size=4)) | VALUES) | VALUES,
        "cookies": st.lists(st.text(max_size=5)) | VALUES,
        "body": st.text() | VALUES,
        "isBase64Encoded": st.booleans() | VALUES,
        "isAuthorized": VALUES,
        "context": VALUES,
        "principalId": VALUES,
        "policyDocument": VALUES,
    },
)


@pytest.fixture(scope="module")
def doors() -> Any:
    """Gateways of both kinds whose function returns what is in the box."""
    from minidynamo.gateway.definition import Authorizer

    asked = Asked()
    asked.function("who", asked._handle)
    gateways = []
    for kind, simple in (("REST", False), ("HTTP", True), ("HTTP", False)):
        authorizers = {"who": Authorizer("who", "who", simple_responses=simple, ttl_seconds=0)}
        gateways.append(asked.api(kind))
        gateways.append(asked.api(kind, route={"authorizer": "who"}, authorizers=authorizers))
    yield asked, gateways
    asked.database.close()


def test_headers_without_values_are_none(doors: Any) -> None:
    asked, gateways = doors
    asked.answer = lambda event: {"statusCode": 200, "multiValueHeaders": {"": [], "Content-Type": [], "x": []}}
    for gateway in gateways:
        headers = gateway.request("GET", "/x", {"Accept": "*/*"}).headers
        assert "" not in headers and "x" not in headers


@given(returned=VALUES | NAMED)
def test_whatever_a_function_returns_the_response_is_one(doors: Any, returned: Any) -> None:
    """For those of authorizers as well."""
    asked, gateways = doors
    asked.answer = lambda event: returned
    for gateway in gateways:
        response = gateway.request("GET", "/x", {"Accept": "*/*"})
        assert 200 <= response.status < 600
        assert all(is_header(name, value) for name, value in response.headers.items())
        assert all(is_header("set-cookie", value) for value in response.cookies)
        if response.status not in WITHOUT_BODY:
            assert response.headers["content-length"] == str(len(response.body))


@given(
    method=st.sampled_from(["GET", "OPTIONS", "X"]),
    path=st.text(),
    query=st.text(),
    value=st.text(max_size=9) | st.just("a\r\nb: c"),
)
def test_whatever_is_sent_the_response_is_one(doors: Any, method: str, path: str, query: str, value: str) -> None:
    """Paths, queries and headers that no client could send among them."""
    asked, gateways = doors
    asked.answer = {"statusCode": 200}
    for gateway in gateways:
        response = gateway.request(
            method, path, dict.fromkeys(("Accept", "Origin", "content-type", "x-amzn-trace-id"), value), query
        )
        assert 200 <= response.status < 600
        assert all(is_header(name, value) for name, value in response.headers.items())
        json.dumps(asked.events[-1:])
