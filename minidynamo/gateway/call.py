"""One request on its way through a gateway: what was sent, and what has been found out about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl

from minidynamo.gateway.definition import ApiDefinition, Route
from minidynamo.schema.arns import ArnScope
from minidynamo.values.api_types import JsonObject


class Headers:
    """Headers as they were sent; names are found in any case.

    Parameters:
        pairs: names and values, in order.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._names.setdefault(name.lower(), name)
            self._values.setdefault(name.lower(), []).append(value)

    def get(self, name: str) -> str | None:
        """The last value of a header, None where it was not sent."""
        values = self._values.get(name.lower())
        return None if values is None else values[-1]

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return list(self._values.get(name.lower(), ()))

    @property
    def last(self) -> dict[str, str]:
        """The last value of each, by the name that was sent."""
        return {name: self._values[key][-1] for key, name in self._names.items()}

    @property
    def every(self) -> dict[str, list[str]]:
        """All values of each, by the name that was sent."""
        return {name: list(self._values[key]) for key, name in self._names.items()}

    @property
    def joined(self) -> dict[str, str]:
        """All values of each, joined, by lower-case name."""
        return {key: ",".join(values) for key, values in self._values.items()}


@dataclass(frozen=True)
class Call:
    """One request to an API.

    Attributes:
        api: that it is for.
        scope: of the database.
        method: in capitals.
        encoded_path: as it was sent, without what names the API and its stage.
        path: the same, decoded.
        query: as it was sent.
        headers: with those that the gateway adds.
        body: as it was sent.
        source_ip: where it came from.
        request_id, extended_id: what it is called.
        now: when it came, epoch seconds.
        route, parameters: what it takes, and the parameters of the path; None before that is known.
        authorizer: what the authorizer has said, None without one.
        api_key: the value of the key that it was let in by.
    """

    api: ApiDefinition
    scope: ArnScope
    method: str
    encoded_path: str
    path: str
    query: str
    headers: Headers
    body: bytes
    source_ip: str
    request_id: str
    extended_id: str
    now: float
    route: Route | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    authorizer: JsonObject | None = None
    api_key: str | None = None

    @cached_property
    def query_values(self) -> dict[str, list[str]]:
        """The values of each parameter of the query."""
        grouped: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            grouped.setdefault(name, []).append(value)
        return grouped

    @property
    def staged_path(self) -> str:
        """The path with the stage before it, unless that is the stage without a name."""
        return self.path if self.api.stage == "$default" else f"/{self.api.stage}{self.path}"

    @property
    def arn(self) -> str:
        """What policies call it."""
        api, scope = self.api, self.scope
        prefix = f"arn:aws:execute-api:{scope.region}:{scope.account_id}:{api.api_id}"
        return f"{prefix}/{api.stage}/{self.method}/{self.path.removeprefix('/')}"

    @property
    def content_type(self) -> str:
        """The media type of its body, without parameters, in lower case; "" where none is said."""
        return media_type(self.headers.get("content-type") or "")


def media_type(text: str) -> str:
    """A media type without its parameters, in lower case."""
    return text.partition(";")[0].strip().lower()
