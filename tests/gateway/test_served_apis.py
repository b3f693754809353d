"""APIs through a real server: what only sockets show."""

from __future__ import annotations

import http.client
import json
from typing import Any

from minidynamo.gateway.definition import ApiDefinition, Route
from minidynamo.gateway.gateway import ApiGateway
from minidynamo.http.server.server import Server
from tests.gateway.apis import Asked

ROUTES = (Route("GET", "/items/{id}", "fn"), Route("POST", "/", "fn"))


def ask(server: Server, method: str, path: str, headers: list[tuple[str, str]], body: bytes = b"") -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest(method, path)
    for name, value in [*headers, ("Content-Length", str(len(body)))]:
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    found = response.status, response.getheaders(), response.read()
    connection.close()
    return found


def test_headers_and_cookies_through_a_socket(asked: Asked) -> None:
    """Headers keep the names and the values that were sent, cookies stand in headers of their own."""
    asked.answer = {
        "statusCode": 299,
        "multiValueHeaders": {"Set-Cookie": ["a=1; Expires=Mon, 01 Jan 2024 00:00:00 GMT", "b=2"]},
        "body": "done",
    }
    gateway = ApiGateway(asked.database, [ApiDefinition("shop", "REST", ROUTES)])
    with Server(asked.database, gateway=gateway) as server:
        status, headers, body = ask(server, "GET", "/Prod/items/a%20b?x=1", [("X-Own", "1"), ("x-own", "2")])
        assert (status, body) == (299, b"done")
        cookies = [value for name, value in headers if name == "set-cookie"]
        assert cookies == ["a=1; Expires=Mon, 01 Jan 2024 00:00:00 GMT", "b=2"]
        event = asked.event
        assert event["headers"]["X-Own"] == "2" and event["multiValueHeaders"]["X-Own"] == ["1", "2"]
        assert event["headers"]["X-Forwarded-Port"] == str(server.port)
        assert event["pathParameters"] == {"id": "a b"}
        asked.answer = {"statusCode": 200}
        assert ask(server, "POST", "/", [("Content-Type", "text/plain"), ("X-Case", "1")], b"x")[0] == 200
        assert asked.event["headers"]["X-Case"] == "1"
        status, _, body = ask(server, "PUT", "/items/1", [])
        assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"})
        status, _, body = ask(server, "GET", "/openapi.json", [])
        assert json.loads(body)["servers"] == [{"url": server.url}]


def test_a_function_that_hangs_is_not_waited_for(asked: Asked) -> None:
    """By the time of the machine, since its client waits in that."""
    import threading

    may_end = threading.Event()
    asked.answer = lambda event: may_end.wait(30) and None
    routes = (Route("GET", "/items/{id}", "fn", timeout_seconds=0.2),)
    gateway = ApiGateway(asked.database, [ApiDefinition("shop", "REST", routes)])
    with Server(asked.database, gateway=gateway) as server:
        status, headers, body = ask(server, "GET", "/items/1", [])
        may_end.set()
    assert (status, json.loads(body)) == (504, {"message": "Endpoint request timed out"})
    assert "x-amzn-requestid" in dict(headers)
