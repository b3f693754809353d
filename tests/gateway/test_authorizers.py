"""Functions that say who may call.

Source: Amazon API Gateway Developer Guide, "Use API Gateway Lambda authorizers", "Control access to HTTP APIs with AWS
Lambda authorizers".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minidynamo.gateway.definition import Authorizer
from minidynamo.gateway.gateway import ApiGateway
from tests.gateway.apis import Asked, said

ARN = "arn:aws:execute-api:us-east-1:123456789012:minidynamo"
LET_IN = {"Authorization": "let me in"}
EXPLICIT = {"Message": "User is not authorized to access this resource with an explicit deny"}
IMPLICIT = {"Message": "User is not authorized to access this resource"}


def policy(effect: str = "Allow", resource: Any = "*", action: str = "execute-api:Invoke", **more: Any) -> Any:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more.pop("statement", {})}
    return {"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}, **more}


def guarded(asked: Asked, kind: str, answer: Callable[[Any], Any], *paths: str, **members: Any) -> ApiGateway:
    """An API whose routes are guarded by a function, whose events stand in `asked.events` as well."""

    def who(event: Any) -> Any:
        asked.events.append(event)
        return answer(event)

    asked.function("who", who)
    settings = {"identity_sources": ("method.request.header.Authorization",), "ttl_seconds": 0, **members}
    authorizers = {"guard": Authorizer("guard", "who", **settings)}
    paths = paths or ("GET /items/{id}",)
    return asked.api(kind, *paths, route={"authorizer": "guard"}, authorizers=authorizers)


def test_a_token_authorizer(asked: Asked) -> None:
    gateway = guarded(asked, "REST", lambda event: policy(), type="TOKEN", identity_sources=())
    assert gateway.request("GET", "/items/1", LET_IN).status == 200
    asks, event = asked.events
    assert asks == {"type": "TOKEN", "methodArn": f"{ARN}/Prod/GET/items/1", "authorizationToken": "let me in"}
    assert event["requestContext"]["authorizer"] == {"principalId": "ann", "integrationLatency": 0}


def test_a_request_authorizer_of_a_rest_api(asked: Asked) -> None:
    context = {"text": "x", "number": 1, "truth": True, "nothing": None}
    gateway = guarded(asked, "REST", lambda event: policy(context=context))
    assert gateway.request("GET", "/items/1?q=2", LET_IN).status == 200
    asks, event = asked.events
    assert (asks["type"], asks["methodArn"]) == ("REQUEST", f"{ARN}/Prod/GET/items/1")
    assert (asks["pathParameters"], asks["queryStringParameters"]) == ({"id": "1"}, {"q": "2"})
    assert asks["headers"]["Authorization"] == "let me in" and "body" not in asks
    passed = event["requestContext"]["authorizer"]
    assert (passed["text"], passed["number"], passed["truth"]) == ("x", "1", "true") and "nothing" not in passed


def test_a_simple_response_of_an_http_api(asked: Asked) -> None:
    context = {"number": 1, "list": [1]}
    members = {"payload_format": "2.0", "simple_responses": True}
    members["identity_sources"] = ("$request.header.Authorization", "$request.querystring.q")
    gateway = guarded(asked, "HTTP", lambda event: {"isAuthorized": True, "context": context}, **members)
    assert gateway.request("GET", "/items/1?q=2", LET_IN).status == 200
    asks, event = asked.events
    assert (asks["version"], asks["type"], asks["routeArn"]) == ("2.0", "REQUEST", f"{ARN}/$default/GET/items/1")
    assert (asks["identitySource"], asks["routeKey"]) == (["let me in", "2"], "GET /items/{id}")
    assert event["requestContext"]["authorizer"] == {"lambda": context}


def test_the_older_format_of_an_http_api(asked: Asked) -> None:
    gateway = guarded(asked, "HTTP", lambda event: policy(), payload_format="1.0")
    assert gateway.request("GET", "/items/1", LET_IN).status == 200
    asks = asked.events[0]
    assert (asks["version"], asks["methodArn"]) == ("1.0", f"{ARN}/$default/GET/items/1")
    assert (asks["identitySource"], asks["authorizationToken"]) == ("let me in", "let me in")


@pytest.mark.parametrize(
    ("answer", "rest", "http"),
    [
        (policy(), 200, 200),
        (policy(resource=f"{ARN}/Prod/GET/items/*"), 200, (403, {"message": "Forbidden"})),
        (policy(resource=[f"{ARN}/*/GET/items/1"]), 200, 200),
        (policy(resource=f"{ARN}/*/POST/*"), (403, IMPLICIT), (403, {"message": "Forbidden"})),
        (policy(resource=f"{ARN}/????/GET/items/?"), 200, (403, {"message": "Forbidden"})),
        (policy(action="execute-api:*"), 200, 200),
        (policy(action="s3:*"), (403, IMPLICIT), (403, {"message": "Forbidden"})),
        (policy("Deny"), (403, EXPLICIT), (403, {"message": "Forbidden"})),
        (
            policy(statement={"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}),
            (403, IMPLICIT),
            (403, {"message": "Forbidden"}),
        ),
        (RuntimeError("Unauthorized"), (401, {"message": "Unauthorized"}), (401, {"message": "Unauthorized"})),
        (RuntimeError("no"), (500, {"message": None}), (500, {"message": "Internal Server Error"})),
        (None, (500, {"message": None}), (500, {"message": "Internal Server Error"})),
        ({"policyDocument": {}}, (500, {"message": None}), (500, {"message": "Internal Server Error"})),
        (policy("Perhaps"), (500, {"message": None}), (500, {"message": "Internal Server Error"})),
        (policy(context=[1]), (500, {"message": None}), (500, {"message": "Internal Server Error"})),
        (policy(context={"a": {}}), (500, {"message": None}), 200),
    ],
)
@pytest.mark.parametrize("kind", ["REST", "HTTP"])
def test_what_an_answer_means(asked: Asked, kind: str, answer: Any, rest: Any, http: Any) -> None:
    def said_of(event: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    response = guarded(asked, kind, said_of).request("GET", "/items/1", LET_IN)
    expected = rest if kind == "REST" else http
    assert (response.status if isinstance(expected, int) else said(response)) == expected


@pytest.mark.parametrize(
    ("answer", "status"),
    [({"isAuthorized": False}, 403), ({"isAuthorized": "true"}, 500), ({}, 500), (policy(), 500), (None, 500)],
)
def test_simple_responses_that_let_nobody_in(asked: Asked, answer: Any, status: int) -> None:
    gateway = guarded(asked, "HTTP", lambda event: answer, payload_format="2.0", simple_responses=True)
    assert gateway.request("GET", "/items/1", LET_IN).status == status


@pytest.mark.parametrize(
    ("members", "headers", "is_asked"),
    [
        ({"type": "TOKEN"}, {}, False),
        ({"type": "TOKEN"}, {"Authorization": ""}, False),
        ({"type": "TOKEN", "token_validation": "Bearer .+"}, {"Authorization": "Basic x"}, False),
        ({"type": "TOKEN", "token_validation": "Bearer .+"}, {"Authorization": "Bearer x"}, True),
        ({"identity_sources": ("method.request.header.X", "stageVariables.no")}, {"X": "1"}, False),
        ({"identity_sources": ("method.request.header.X", "context.httpMethod")}, {"X": "1"}, True),
        ({"identity_sources": ()}, {}, True),
    ],
)
def test_who_is_refused_without_being_asked_for(
    asked: Asked, members: dict[str, Any], headers: dict[str, str], is_asked: bool
) -> None:
    """Source: "if a specified identity source is missing, null, or empty, API Gateway returns 401"."""
    response = guarded(asked, "REST", lambda event: policy(), **members).request("GET", "/items/1", headers)
    assert bool(asked.events) is is_asked
    if not is_asked:
        assert said(response) == (401, {"message": "Unauthorized"})
        assert response.headers["x-amzn-errortype"] == "UnauthorizedException"


def test_answers_are_kept_by_identity_and_time(asked: Asked) -> None:
    """A kept policy is held against each request anew."""
    answer = lambda event: policy(resource=f"{ARN}/Prod/GET/items/1")  # noqa: E731
    gateway = guarded(asked, "REST", answer, ttl_seconds=300)
    asks = lambda: sum("methodArn" in each for each in asked.events)  # noqa: E731
    assert [gateway.request("GET", f"/items/{number}", LET_IN).status for number in (1, 2, 1)] == [200, 403, 200]
    assert asks() == 1
    assert gateway.request("GET", "/items/1", {"authorization": "another"}).status == 200
    assert asks() == 2
    asked.clock.advance(299)
    assert gateway.request("GET", "/items/1", LET_IN).status == 200
    assert asks() == 2
    asked.clock.advance(1)
    assert gateway.request("GET", "/items/1", LET_IN).status == 200
    assert asks() == 3


def test_failures_are_not_kept(asked: Asked) -> None:
    answers = iter([None, policy()])
    gateway = guarded(asked, "REST", lambda event: next(answers), ttl_seconds=300)
    assert [gateway.request("GET", "/items/1", LET_IN).status for _ in range(2)] == [500, 200]


def test_an_authorizer_that_is_not_there(asked: Asked) -> None:
    gateway = guarded(asked, "REST", lambda event: policy())
    asked.database.functions.remove("who")
    response = gateway.request("GET", "/items/1", LET_IN)
    assert said(response) == (500, {"message": None})
    assert response.headers["x-amzn-errortype"] == "AuthorizerConfigurationException"
