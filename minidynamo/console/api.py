"""The console's one endpoint: a method by its name, with parameters; every error is a line in words."""

from __future__ import annotations

import json
import logging

from minidynamo.console.console import Console, Method
from minidynamo.console.pages import collections, cost, databases, faults, item_edits, items, live, partitions, tables
from minidynamo.console.parameters import Refused, text_of
from minidynamo.errors import DynamoError, StoreError
from minidynamo.http.bodies import body_of
from minidynamo.values.api_types import JsonObject

logger = logging.getLogger("minidynamo.console")

_PAGES: tuple[tuple[Method, ...], ...] = (
    *(databases.METHODS, tables.METHODS, items.METHODS, item_edits.METHODS, collections.METHODS),
    *(partitions.METHODS, live.METHODS, cost.METHODS, faults.METHODS),
)
METHODS = {method.name: method for page in _PAGES for method in page}
READ_ONLY = "This console is for reading only: it was started with --console=read-only."

assert len(METHODS) == sum(map(len, _PAGES)), "methods of the console share names"


def answered(console: Console, body: bytes) -> tuple[int, bytes]:
    """Status and JSON of the response to a request of a page."""
    try:
        return 200, body_of(_answer(console, body))
    except Refused as refusal:
        status, members = refusal.status, {"error": refusal.text, "code": refusal.code}
    except DynamoError as error:
        status, members = 400, {"error": error.message, "code": error.code}
    except (StoreError, ValueError) as error:
        status, members = 400, {"error": str(error), "code": ""}
    except Exception:
        logger.exception("a method of the console failed: this is a bug in minidynamo")
        status, members = 500, {"error": "This is a bug in minidynamo: the server's log has more.", "code": ""}
    return status, body_of(members)


def _answer(console: Console, body: bytes) -> JsonObject:
    try:
        parameters = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is no JSON.") from None
    if not isinstance(parameters, dict):
        raise Refused(400, "The body is no JSON object.")
    name = text_of(parameters, "method")
    method = METHODS.get(name)
    if method is None:
        raise Refused(404, f"There is no method {name[:100]!r}.")
    if method.writes and console.is_read_only:
        raise Refused(403, READ_ONLY)
    return method.answer(console, parameters)
