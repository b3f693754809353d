"""Asking a console as a browser does, without one."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from minidynamo.console.door import ConsoleDoor
from minidynamo.http.messages import HttpRequest, HttpResponse

HOST = "localhost:8000"


class Answer(NamedTuple):
    """Status, headers and text of a response."""

    status: int
    headers: dict[str, str]
    text: str


def request_to(path: str, method: str = "GET", body: bytes = b"", query: str = "", **headers: str) -> HttpRequest:
    """A request as the server hands it over; underscores in names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest(method, path, query, {"host": HOST, **named}, body)


def got(door: ConsoleDoor, path: str, query: str = "", **headers: str) -> HttpResponse:
    return door.respond(request_to(path, query=query, **headers))


def posted(door: ConsoleDoor, parameters: object, **headers: str) -> HttpResponse:
    """The response to a request for the endpoint; headers may say more, or something else."""
    own = {"content_type": "application/json", "origin": f"http://{HOST}", **headers}
    return door.respond(request_to("/console/api", "POST", json.dumps(parameters).encode(), **own))


def called(door: ConsoleDoor, method: str, **parameters: Any) -> Any:
    """What a method answers; fails where it refuses."""
    response = posted(door, {"method": method, **parameters})
    assert response.status == 200, response.body
    return json.loads(response.body)


def refusal(door: ConsoleDoor, method: str, **parameters: Any) -> tuple[int, str]:
    """Status and text with which a method refuses."""
    response = posted(door, {"method": method, **parameters})
    assert response.status >= 400, response.body
    return response.status, json.loads(response.body)["error"]


def news(door: ConsoleDoor, topics: str, last: str = "") -> tuple[str, Any]:
    """The id and the data of the events that have come after one."""
    headers = {"last_event_id": last} if last else {}
    text = got(door, "/console/events", f"topics={topics}", **headers).body.decode()
    lines = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    return lines.get("id", ""), json.loads(lines["data"])


def asked_over_http(url: str, method: str = "GET", path: str = "/console/", **headers: str) -> Answer:
    """A request over the network."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read().decode())
    finally:
        connection.close()
