"""How many, how large, how long: API keys, throttles, quotas, bodies and timeouts, all by the database's clock."""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo.gateway.definition import Throttle
from minidynamo.limits import GATEWAY_PAYLOAD_BYTES_MAX, INVOCATION_PAYLOAD_BYTES_MAX
from tests.gateway.apis import Asked, said

FORBIDDEN = (403, {"message": "Forbidden"})


def test_api_keys(asked: Asked) -> None:
    gateway = asked.rest("GET /x", route={"needs_api_key": True}, api_keys={"secret": "ann"})
    for headers in ({}, {"X-Api-Key": "wrong"}):
        response = gateway.request("GET", "/x", headers)
        assert said(response) == FORBIDDEN
        assert response.headers["x-amzn-errortype"] == "ForbiddenException"
    assert gateway.request("GET", "/x", {"X-Api-Key": "secret"}).status == 200
    identity = asked.event["requestContext"]["identity"]
    assert (identity["apiKey"], identity["apiKeyId"]) == ("secret", "ann")


@pytest.mark.parametrize("kind", ["REST", "HTTP"])
def test_a_throttle_fills_as_time_passes(asked: Asked, kind: str) -> None:
    gateway = asked.api(kind, "GET /x", throttle=Throttle(rate=2, burst=3))
    statuses = [gateway.request("GET", "/x").status for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert said(gateway.request("GET", "/x")) == (429, {"message": "Too Many Requests"})
    asked.clock.advance(0.5)
    assert [gateway.request("GET", "/x").status for _ in range(2)] == [200, 429]
    asked.clock.advance(3600)
    assert [gateway.request("GET", "/x").status for _ in range(4)] == [200, 200, 200, 429]


def test_each_key_has_a_throttle_of_its_own(asked: Asked) -> None:
    keys = {"one": "ann", "two": "bob"}
    gateway = asked.rest("GET /x", route={"needs_api_key": True}, api_keys=keys, throttle=Throttle(1, 1))
    found = [gateway.request("GET", "/x", {"x-api-key": key}).status for key in ("one", "one", "two")]
    assert found == [200, 429, 200]


@pytest.mark.parametrize(("period", "days"), [("DAY", 1), ("WEEK", 5), ("MONTH", 17)])
def test_a_quota_begins_anew_with_its_period(asked: Asked, period: str, days: int) -> None:
    """It is Tuesday, the 14th of November; weeks begin on Sundays."""
    gateway = asked.rest("GET /x", throttle=Throttle(100, 100, quota=2, quota_period=period))
    assert [gateway.request("GET", "/x").status for _ in range(2)] == [200, 200]
    refused = gateway.request("GET", "/x")
    assert said(refused) == (429, {"message": "Limit Exceeded"})
    assert refused.headers["x-amzn-errortype"] == "LimitExceededException"
    asked.clock.advance((days - 1) * 24 * 3600)
    assert gateway.request("GET", "/x").status == 429
    asked.clock.advance(24 * 3600)
    assert gateway.request("GET", "/x").status == 200


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("REST", (413, {"message": "Request Too Long"})), ("HTTP", (413, {"message": "Request Entity Too Large"}))],
)
def test_bodies_that_are_too_large(asked: Asked, kind: str, expected: Any) -> None:
    """A gateway takes ten megabytes, a function six, as base64 where the body is none."""
    gateway = asked.api(kind)
    assert gateway.request("POST", "/", body=b" " * INVOCATION_PAYLOAD_BYTES_MAX).status == 200
    for size in (INVOCATION_PAYLOAD_BYTES_MAX + 1, GATEWAY_PAYLOAD_BYTES_MAX + 1):
        assert said(gateway.request("POST", "/", body=b" " * size)) == expected
    assert len(asked.events) == 1


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("REST", (504, {"message": "Endpoint request timed out"})),
        ("HTTP", (503, {"message": "Service Unavailable"})),
    ],
)
def test_functions_that_take_too_long(asked: Asked, kind: str, expected: Any) -> None:
    gateway = asked.api(kind, "GET /x", route={"timeout_seconds": 5.0})
    assert gateway.seconds_max == 5.0

    def slow(event: Any) -> Any:
        asked.clock.advance(seconds)
        return {"statusCode": 200, "body": "1"}

    asked.answer = slow
    seconds = 5.0
    assert gateway.request("GET", "/x").status == 200
    seconds = 5.1
    assert said(gateway.request("GET", "/x")) == expected


@pytest.mark.parametrize(
    ("kind", "missing", "throttled"),
    [
        ("REST", (500, {"message": "Internal server error"}), (500, {"message": "Internal server error"})),
        ("HTTP", (500, {"message": "Internal Server Error"}), (503, {"message": "Service Unavailable"})),
    ],
)
def test_functions_that_cannot_be_invoked(asked: Asked, kind: str, missing: Any, throttled: Any) -> None:
    gateway = asked.api(kind)
    asked.database.functions.register("fn", lambda event, context: None, ReservedConcurrency=0)
    assert said(gateway.request("GET", "/")) == throttled
    asked.database.functions.remove("fn")
    assert said(gateway.request("GET", "/")) == missing


def test_an_alias_is_invoked(asked: Asked) -> None:
    asked.function("greet", lambda event: {"statusCode": 200, "body": "old"})
    functions = asked.database.functions
    functions.put_alias("greet", "live", functions.publish_version("greet"))
    asked.function("greet", lambda event: {"statusCode": 200, "body": "new"})
    from minidynamo.gateway.definition import ApiDefinition, Route
    from minidynamo.gateway.gateway import ApiGateway

    routes = (Route("GET", "/", "greet:live"), Route("GET", "/new", "greet"))
    gateway = ApiGateway(asked.database, [ApiDefinition("a", "REST", routes)])
    assert [gateway.request("GET", path).body for path in ("/", "/new")] == [b"old", b"new"]
