"""Pages of other origins.

Source: Amazon API Gateway Developer Guide, "Configure CORS for HTTP APIs in API Gateway"; AWS SAM, "CorsConfiguration".
"""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo.gateway.definition import Cors
from tests.gateway.apis import Asked

CORS = Cors(("https://a.example", "https://*.b.example"), ("GET", "PUT"), ("X-One", "X-Two"), ("X-Three",), 60, True)
ASKS = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}


def cors_of(response: Any) -> dict[str, str]:
    prefix = "access-control-"
    return {name.removeprefix(prefix): each for name, each in response.headers.items() if name.startswith(prefix)}


def test_a_preflight_of_an_http_api(asked: Asked) -> None:
    """No function sees it, a route that takes it or not."""
    for gateway in (asked.http("GET /x", cors=CORS), asked.http(cors=CORS)):
        response = gateway.request("OPTIONS", "/x", ASKS)
        assert (response.status, response.body) == (204, b"")
        assert cors_of(response) == {
            "allow-origin": "https://a.example",
            "allow-methods": "GET,PUT",
            "allow-headers": "X-One,X-Two",
            "expose-headers": "X-Three",
            "max-age": "60",
            "allow-credentials": "true",
        }
    assert asked.events == []


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        (("*",), "https://c.example", "*"),
        (("https://a.example",), "https://A.example", "https://A.example"),
        (("https://a.example",), "https://c.example", None),
        (("https://*",), "https://c.example", "https://c.example"),
        (("https://*",), "http://c.example", None),
    ],
)
def test_whom_an_http_api_answers(asked: Asked, origins: tuple[str, ...], origin: str, allowed: str | None) -> None:
    """Headers of the function do not count."""
    asked.answer = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "of the function"}}
    response = asked.http("GET /x", cors=Cors(origins)).request("GET", "/x", {"Origin": origin})
    assert cors_of(response).get("allow-origin") == allowed
    assert response.status == 200


def test_options_that_are_no_preflight_take_their_route(asked: Asked) -> None:
    assert asked.http(cors=CORS).request("OPTIONS", "/x").status == 200
    assert len(asked.events) == 1
    assert asked.http("GET /x", cors=CORS).request("OPTIONS", "/x").status == 204
    assert asked.http("GET /x").request("OPTIONS", "/x", ASKS).status == 404


@pytest.mark.parametrize(
    ("routes", "path", "methods"),
    [
        (("GET /x", "PUT /x"), "/x", "GET,OPTIONS,PUT"),
        (("ANY /{proxy+}",), "/x/y", "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT"),
    ],
)
def test_the_method_that_sam_adds_to_a_rest_api(asked: Asked, routes: tuple[str, ...], path: str, methods: str) -> None:
    gateway = asked.rest(*routes, cors=Cors(("*",), headers=("X-One",), max_age=60))
    response = gateway.request("OPTIONS", path)
    assert (response.status, response.body) == (200, b"{}\n")
    assert cors_of(response) == {
        "allow-origin": "*",
        "allow-methods": methods,
        "allow-headers": "X-One",
        "max-age": "60",
    }
    assert asked.events == []
    assert cors_of(gateway.request("GET", path, ASKS)) == {}  # That is the function's to say.


def test_a_rest_api_may_have_options_of_its_own(asked: Asked) -> None:
    gateway = asked.rest("OPTIONS /x", "GET /x", cors=CORS)
    assert gateway.request("OPTIONS", "/x").body == b"done"
    assert gateway.request("OPTIONS", "/nowhere").status == 403
