"""Middleware that refuses every write."""

from __future__ import annotations

from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.errors import AccessDenied
from minidynamo.requests.statements import is_write
from minidynamo.values.api_types import Response


def refused(what: str) -> AccessDenied:
    """The error for something that would write."""
    return AccessDenied(f"{what} is not allowed: the database is open for reading only")


class WriteRefusal(Middleware):
    """Refuses every operation that writes, whatever its request, and every statement that does."""

    def execute(self, call: Call, proceed: Proceed) -> Response:
        if is_write(call.operation, call.request):
            raise refused(call.operation)
        return proceed(call.operation, call.request)
