"""Calls of an application's APIs from a program, without a socket: `app.http.get("/items")`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from minidynamo.arguments import refuse_unknown
from minidynamo.gateway.gateway import ApiGateway
from minidynamo.http.messages import HttpResponse
from minidynamo.values.api_types import JsonValue

# What every client sends.
_HEADERS = {"Host": "localhost", "User-Agent": "minidynamo", "Accept": "*/*"}

Query = str | Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """What an API has answered.

    Attributes:
        status_code: of the response.
        headers: by lower-case name.
        cookies: those that are set, as their headers say it.
        content: the body.
    """

    status_code: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    content: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(errors="replace")

    def json(self) -> JsonValue:
        """What the body says in JSON; raises ValueError where it says nothing."""
        return json.loads(self.content)

    @classmethod
    def of(cls, response: HttpResponse) -> Answer:
        """The answer in a response."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        return cls(response.status, headers, tuple(response.cookies), response.body)


class RequestOptions(TypedDict, total=False):
    """What a request has besides its method and path."""

    headers: Mapping[str, str] | None
    params: Query
    json: JsonValue
    data: bytes | str


class HttpClient:
    """Calls APIs.

    Parameters:
        gateway: answers.
    """

    def __init__(self, gateway: ApiGateway) -> None:
        self._gateway = gateway

    def request(self, method: str, path: str, **options: Unpack[RequestOptions]) -> Answer:
        """Calls an API.

        Parameters:
            method: such as "GET".
            path: such as "/items/1?all=1", encoded.
            options: headers, by name; params, the query; and the body: json, or data as it is.

        Raises:
            TypeError: a body is given in two ways, or there is no such option.
        """
        refuse_unknown("request", options, RequestOptions.__annotations__)
        body, value = options.get("data", b""), options.get("json")
        if value is not None and body:
            raise TypeError("give a request a body as json or as data, not both")
        given = options.get("headers") or {}
        known = {name.lower() for name in given}
        sent = {**{name: value for name, value in _HEADERS.items() if name.lower() not in known}, **given}
        if value is not None:
            body = json.dumps(value)
            if "content-type" not in known:
                sent["Content-Type"] = "application/json"
        return Answer.of(self._gateway.request(method, path, sent, options.get("params", ""), body))

    def get(self, path: str, **options: Unpack[RequestOptions]) -> Answer:
        """Calls an API with GET; see `request`."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Unpack[RequestOptions]) -> Answer:
        """Calls an API with POST; see `request`."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Unpack[RequestOptions]) -> Answer:
        """Calls an API with PUT; see `request`."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Unpack[RequestOptions]) -> Answer:
        """Calls an API with PATCH; see `request`."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Unpack[RequestOptions]) -> Answer:
        """Calls an API with DELETE; see `request`."""
        return self.request("DELETE", path, **options)

    def options(self, path: str, **options: Unpack[RequestOptions]) -> Answer:
        """Calls an API with OPTIONS; see `request`."""
        return self.request("OPTIONS", path, **options)
