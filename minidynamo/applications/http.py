"""Calls of an application's APIs from a program, without a socket: `app.http.get("/items")`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minidynamo.gateway.gateway import ApiGateway
from minidynamo.http.messages import HttpResponse
from minidynamo.values.api_types import JsonValue

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


class HttpClient:
    """Calls APIs.

    Parameters:
        gateway: answers.
    """

    def __init__(self, gateway: ApiGateway) -> None:
        self._gateway = gateway

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Query = "",
        json: JsonValue = None,
        data: bytes | str = b"",
    ) -> Answer:
        """Calls an API.

        Parameters:
            method: such as "GET".
            path: such as "/items/1?all=1", encoded.
            headers: by name.
            params: the query.
            json: the body, as JSON; or
            data: the body as it is.

        Raises:
            TypeError: a body is given in two ways.
        """
        if json is not None and data:
            raise TypeError("give a request a body as json or as data, not both")
        sent = dict(headers or {})
        body = data
        if json is not None:
            body = _text(json)
            if not any(name.lower() == "content-type" for name in sent):
                sent["Content-Type"] = "application/json"
        return Answer.of(self._gateway.request(method, path, sent, params, body))

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, params: Query = "") -> Answer:
        """Calls an API with GET; see `request`."""
        return self.request("GET", path, headers=headers, params=params)

    def delete(self, path: str, *, headers: Mapping[str, str] | None = None, params: Query = "") -> Answer:
        """Calls an API with DELETE; see `request`."""
        return self.request("DELETE", path, headers=headers, params=params)

    def options(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Calls an API with OPTIONS; see `request`."""
        return self.request("OPTIONS", path, headers=headers)

    def post(
        self,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Query = "",
        json: JsonValue = None,
        data: bytes | str = b"",
    ) -> Answer:
        """Calls an API with POST; see `request`."""
        return self.request("POST", path, headers=headers, params=params, json=json, data=data)

    def put(
        self,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Query = "",
        json: JsonValue = None,
        data: bytes | str = b"",
    ) -> Answer:
        """Calls an API with PUT; see `request`."""
        return self.request("PUT", path, headers=headers, params=params, json=json, data=data)

    def patch(
        self,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Query = "",
        json: JsonValue = None,
        data: bytes | str = b"",
    ) -> Answer:
        """Calls an API with PATCH; see `request`."""
        return self.request("PATCH", path, headers=headers, params=params, json=json, data=data)


def _text(value: JsonValue) -> str:
    return json.dumps(value)
