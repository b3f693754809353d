"""Which route a request takes. Source: Amazon API Gateway Developer Guide, "Create routes for HTTP APIs"."""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo.gateway.definition import ApiDefinition, Authorizer, GatewayResponse, Route, Throttle
from minidynamo.gateway.routing import Routes
from tests.gateway.apis import Asked, definition, said

ITEMS = ("GET /items", "GET /items/{id}", "POST /items/{id}", "GET /items/special", "ANY /files/{proxy+}", "GET /")
TREE = ("GET /a/{x}/c", "GET /{y}/b/c", "GET /a/{rest+}", "ANY /a/{x}/c", "GET /caf é")


@pytest.mark.parametrize(
    ("kind", "routes", "method", "path", "key", "parameters"),
    [
        ("REST", ITEMS, "GET", "/items", "GET /items", {}),
        ("REST", ITEMS, "GET", "/items/", "GET /items", {}),
        ("REST", ITEMS, "GET", "/", "GET /", {}),
        ("REST", ITEMS, "GET", "/items/7", "GET /items/{id}", {"id": "7"}),
        ("REST", ITEMS, "POST", "/items/7", "POST /items/{id}", {"id": "7"}),
        ("REST", ITEMS, "GET", "/items/special", "GET /items/special", {}),
        ("REST", ITEMS, "POST", "/items/special", None, {}),
        ("HTTP", ITEMS, "POST", "/items/special", "POST /items/{id}", {"id": "special"}),
        ("REST", ITEMS, "GET", "/items/a%2Fb%20c", "GET /items/{id}", {"id": "a/b c"}),
        ("REST", ITEMS, "PUT", "/files/a/b%20c", "ANY /files/{proxy+}", {"proxy": "a/b c"}),
        ("REST", ITEMS, "GET", "/files/", None, {}),
        ("REST", ITEMS, "GET", "/files", None, {}),
        ("HTTP", ITEMS, "GET", "/items/", None, {}),
        ("HTTP", ITEMS, "GET", "/nowhere", None, {}),
        ("HTTP", (*ITEMS, "$default"), "GET", "/nowhere", "$default", {}),
        ("HTTP", (*ITEMS, "$default"), "PATCH", "/items", "$default", {}),
        ("REST", ("GET /x", "ANY /x", "ANY /{proxy+}"), "GET", "/x", "GET /x", {}),
        ("REST", ("GET /x", "ANY /x", "ANY /{proxy+}"), "PUT", "/x", "ANY /x", {}),
        ("REST", TREE, "GET", "/a/b/c", "GET /a/{x}/c", {"x": "b"}),
        ("REST", TREE, "PUT", "/a/b/c", "ANY /a/{x}/c", {"x": "b"}),
        ("REST", TREE, "GET", "/z/b/c", "GET /{y}/b/c", {"y": "z"}),
        ("REST", TREE, "GET", "/a/b/d", "GET /a/{rest+}", {"rest": "b/d"}),
        ("REST", TREE, "GET", "/caf%20%C3%A9", "GET /caf é", {}),
    ],
)
def test_the_route_of_a_request(
    kind: str, routes: tuple[str, ...], method: str, path: str, key: str | None, parameters: dict[str, str]
) -> None:
    found = Routes(definition(kind, *routes)).find(method, path)
    assert (found.route.key if found else None) == key
    assert (found.parameters if found else {}) == parameters


def test_without_a_route(asked: Asked) -> None:
    refused = asked.rest("GET /items").request("GET", "/nowhere")
    assert said(refused) == (403, {"message": "Missing Authentication Token"})
    assert refused.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    missing = asked.http("GET /items").request("POST", "/items")
    assert said(missing) == (404, {"message": "Not Found"})
    assert missing.headers["apigw-requestid"] and "x-amzn-errortype" not in missing.headers


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: Route("get", "/x", "fn"), "method takes a method in capitals, or ANY, not 'get'"),
        (lambda: Route("GET", "x", "fn"), "path takes a path such as"),
        (lambda: Route("GET", "/{a+}/b", "fn"), "path takes a path such as"),
        (lambda: Route("GET", "/x", "fn", "3.0"), "there is no payload_format '3.0'"),
        (lambda: Route("GET", "/x", "fn", timeout_seconds=-1), "timeout_seconds takes"),
        (lambda: Authorizer("a", "fn", "COGNITO"), "there is no type 'COGNITO'"),
        (lambda: Authorizer("a", "fn", token_validation="("), "token_validation takes a regular expression"),
        (lambda: Throttle(1, -1), "burst takes"),
        (lambda: GatewayResponse(99), "status takes a status from 200 to 599"),
        (lambda: GatewayResponse(templates={"a\nb": "x"}), "templates takes templates by content type"),
        (lambda: Throttle(1, 1, 1, "YEAR"), "there is no quota_period 'YEAR'"),
        (lambda: definition("SOAP", "GET /"), "there is no kind 'SOAP'"),
        (lambda: definition("REST", "$default"), "a REST API has no route $default"),
        (lambda: definition("REST", "GET /", route={"authorizer": "who"}), "names an authorizer 'who'"),
    ],
)
def test_wrong_definitions_are_refused(make: Any, fault: str) -> None:
    with pytest.raises(ValueError) as caught:
        make()
    assert fault in str(caught.value)


def test_stages_that_nobody_has_named() -> None:
    assert ApiDefinition("a", "REST", ()).stage == "Prod"
    assert ApiDefinition("a", "HTTP", ()).stage == "$default"
