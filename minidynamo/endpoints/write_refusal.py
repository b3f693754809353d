"""Middleware that refuses every write."""

from __future__ import annotations

from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.errors import AccessDenied
from minidynamo.requests.operations import API, WRITE
from minidynamo.values.api_types import Response


def refused(what: str) -> AccessDenied:
    """The error for something that would write."""
    return AccessDenied(f"{what} is not allowed: the database is open for reading only")


class WriteRefusal(Middleware):
    """Refuses every operation that writes, whatever its request."""

    def execute(self, call: Call, proceed: Proceed) -> Response:
        row = API.get(call.operation)
        if row is not None and row.access == WRITE:
            raise refused(call.operation)
        return proceed(call.operation, call.request)
