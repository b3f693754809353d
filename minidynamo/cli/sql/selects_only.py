"""What `--read-only` lays around an endpoint: nothing that could write is sent."""

from __future__ import annotations

from minidynamo.cli.sql.sources import first_word
from minidynamo.endpoints.middleware import Call, Proceed
from minidynamo.endpoints.write_refusal import WriteRefusal, refused
from minidynamo.values.api_types import Response


class SelectsOnly(WriteRefusal):
    """Refuses writes, and statements that begin with anything but SELECT: what we cannot read others may."""

    def execute(self, call: Call, proceed: Proceed) -> Response:
        statement = call.request.get("Statement")
        if isinstance(statement, str) and first_word(statement) != "select":
            raise refused(first_word(statement).upper() or call.operation)
        return super().execute(call, proceed)
