"""Several APIs behind one door, stages, LocalStack's paths, OpenAPI, and what is told of requests."""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo.gateway.definition import ApiDefinition, Authorizer, Route
from minidynamo.gateway.gateway import ApiGateway
from minidynamo.http.messages import HttpRequest
from tests.gateway.apis import Asked, definition, said


@pytest.fixture
def two(asked: Asked) -> ApiGateway:
    return ApiGateway(
        asked.database,
        [
            definition("REST", "GET /items", name="Shop", api_id="abc"),
            definition("HTTP", "GET /items", name="Web", api_id="def", stage="dev"),
        ],
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/Shop/items", ("abc", "/Prod/items")),
        ("/Shop/Prod/items", ("abc", "/Prod/items")),
        ("/Web/items", ("def", "/dev/items")),
        ("/Web/dev/items", ("def", "/dev/items")),
        ("/restapis/abc/Prod/_user_request_/items", ("abc", "/Prod/items")),
        ("/restapis/Web/dev/_user_request_/items", ("def", "/dev/items")),
        ("/_aws/execute-api/abc/Prod/items", ("abc", "/Prod/items")),
        ("/items", None),
        ("/restapis/xyz/Prod/_user_request_/items", None),
    ],
)
def test_which_api_a_path_is_for(asked: Asked, two: ApiGateway, path: str, expected: Any) -> None:
    response = two.request("GET", path)
    if expected is None:
        assert said(response) == (404, {"message": "Not Found"})
        return
    assert response.status == 200
    context = asked.event["requestContext"]
    assert (context["apiId"], context.get("path") or context["http"]["path"]) == expected


@pytest.mark.parametrize("path", ["/items", "/Prod/items", "/restapis/minidynamo/Prod/_user_request_/items"])
def test_one_api_needs_no_name(asked: Asked, path: str) -> None:
    assert asked.rest("GET /items").request("GET", path).status == 200
    assert asked.event["path"] == "/items"


def test_names_differ(asked: Asked) -> None:
    with pytest.raises(ValueError, match="names of APIs differ: shop, shop"):
        ApiGateway(asked.database, [definition("REST"), definition("HTTP")])


def test_no_apis_take_nothing(asked: Asked) -> None:
    gateway = ApiGateway(asked.database, [])
    request = HttpRequest("GET", "/openapi.json", "", {}, b"")
    assert not gateway.takes(request)
    assert gateway.respond(request).status == 404
    assert asked.rest().takes(request)
    assert not asked.rest().takes(request._replace(headers={"x-amz-target": "x"}))


def test_what_is_told_of_requests(asked: Asked) -> None:
    told: list[tuple[Any, ...]] = []
    gateway = ApiGateway(asked.database, [definition("REST", "GET /x")], lambda *values: told.append(values))

    def slow(event: Any) -> Any:
        asked.clock.advance(0.25)
        return {"statusCode": 201}

    asked.answer = slow
    gateway.request("GET", "/x")
    gateway.request("GET", "/y")
    asked.answer = "no answer"
    gateway.request("GET", "/x")
    gateway.too_many(HttpRequest("GET", "/x", "", {}, b""))
    gateway.too_late(HttpRequest("GET", "/x", "", {}, b""))
    assert [(api.name, *rest) for api, *rest in told] == [
        ("shop", 201, 250.0, 250.0),
        ("shop", 403, 0.0, None),
        ("shop", 502, 0.0, 0.0),
        ("shop", 429, 0.0, None),
    ]


def test_whoever_measures_breaks_no_answer(asked: Asked) -> None:
    def broken(*values: object) -> None:
        raise RuntimeError("no")

    gateway = ApiGateway(asked.database, [definition("REST", "GET /x")], broken)
    assert gateway.request("GET", "/x").status == 200


def test_what_ends_a_test_passes_to_whoever_asks(asked: Asked) -> None:
    """A client behind a server is told by a response instead."""

    def interrupted(event: Any) -> Any:
        raise KeyboardInterrupt

    asked.answer = interrupted
    gateway = asked.rest("GET /x")
    with pytest.raises(KeyboardInterrupt):
        gateway.request("GET", "/x")
    assert gateway.respond(HttpRequest("GET", "/x", "", {}, b"")).status == 502


DOCUMENTED = ApiDefinition(
    "shop",
    "REST",
    (
        Route("GET", "/items/{id}", "fn", authorizer="guard", needs_api_key=True),
        Route("ANY", "/items/{id}", "other"),
        Route("GET", "/files/{proxy+}", "fn"),
    ),
    authorizers={"guard": Authorizer("guard", "who", identity_sources=("method.request.querystring.token",))},
    title="The shop",
    description="Sells things.",
    version="2.1",
)


def test_the_document_of_openapi(asked: Asked) -> None:
    gateway = ApiGateway(asked.database, [DOCUMENTED])
    status, document = said(gateway.request("GET", "/openapi.json", {"Host": "127.0.0.1:8000"}))
    assert (status, document["openapi"]) == (200, "3.0.3")
    assert document["info"] == {"title": "The shop", "description": "Sells things.", "version": "2.1"}
    assert document["servers"] == [{"url": "http://127.0.0.1:8000"}]
    items = document["paths"]["/items/{id}"]
    assert sorted(items) == ["delete", "get", "head", "options", "patch", "post", "put"]
    assert items["get"]["security"] == [{"guard": [], "api_key": []}] and "security" not in items["put"]
    assert items["get"]["parameters"] == [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    assert document["paths"]["/files/{proxy}"]["get"]["parameters"][0]["name"] == "proxy"
    schemes = document["components"]["securitySchemes"]
    assert (schemes["guard"]["in"], schemes["guard"]["name"]) == ("query", "token")
    assert schemes["api_key"] == {"type": "apiKey", "in": "header", "name": "x-api-key"}
    names = [each["operationId"] for paths in document["paths"].values() for each in paths.values()]
    assert len(set(names)) == len(names)


def test_the_document_of_several(two: ApiGateway) -> None:
    _, document = said(two.request("GET", "/openapi.json"))
    assert list(document["paths"]) == ["/Shop/items", "/Web/items"]
    _, of_one = said(two.request("GET", "/Web/openapi.json"))
    assert list(of_one["paths"]) == ["/items"]


def test_a_route_of_that_name_comes_first(asked: Asked) -> None:
    assert asked.rest().request("GET", "/openapi.json").body == b"done"
    assert "/$default" in asked.http().openapi()["paths"]
