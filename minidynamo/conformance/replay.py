"""Replays spec cases through a face: anything that takes an operation and a request and answers or fails.

A face is a factory: `face(wording)` opens a fresh database and returns `call(operation, request)`, which returns the
response without ResponseMetadata or raises `DynamoError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from minidynamo.conformance.cases import Case
from minidynamo.errors import DynamoError, NoResponse
from minidynamo.formats.short_tables import create_table_request
from minidynamo.requests.operations import API
from minidynamo.values.api_types import JsonValue, Request, Response
from minidynamo.values.attribute_value import Item
from minidynamo.wording import DETECTED

Call = Callable[[str, Request], Response]
Face = Callable[[str], Call]


class WithItems(Protocol):
    """A case, of whichever kind: what it begins with."""

    @property
    def items(self) -> Mapping[str, list[Item]]: ...


class Disagreement(AssertionError):
    """A response that is not the one the case gives."""


def replay(case: Case, face: Face) -> None:
    """Runs one case on a fresh database; raises Disagreement where the face answers otherwise."""
    call = face(case.wording)
    for name, table in case.tables.items():
        call("CreateTable", create_table_request(name, table))
    put_items(case, call)
    perform(case, call)


def put_items(case: WithItems, call: Call) -> None:
    """Puts the items that a case begins with."""
    for name, items in case.items.items():
        for item in items:
            call("PutItem", {"TableName": name, "Item": item})


def perform(case: Case, call: Call) -> None:
    """Runs a case whose tables and items are there; raises Disagreement where the face answers otherwise."""
    for step in case.expected.get("before", ()):
        ((operation, request),) = step.items()
        call(operation, request)
    _compare(case, partial(call, case.operation, case.request), case.expected)
    for step in case.expected.get("after", ()):
        (operation,) = step.keys() - {"response", "error", "matches"}
        _compare(case, partial(call, operation, step[operation]), step)


def _compare(case: Case, act: Callable[[], Response], expected: Mapping[str, JsonValue]) -> None:
    try:
        response = act()
    except NoResponse:
        raise
    except DynamoError as error:
        if "error" not in expected:
            raise Disagreement(f"failed with {error.code}: {error.message}") from None
        _compare_error(case, error, expected)
        return
    if "error" in expected:
        raise Disagreement(f"did not fail, but answered {response}")
    wanted = expected.get("response")
    if wanted is not None:
        is_same = contains(response, wanted) if expected.get("matches") == "subset" else response == wanted
        _require(is_same, response, wanted)


def _compare_error(case: Case, found: DynamoError, expected: Mapping[str, JsonValue]) -> None:
    error = expected["error"]
    if isinstance(error, str):
        error = {"code": "ValidationException", "message": error}
    message = error.get("message")
    if expected.get("prefixed") and API[case.operation].layers.under(case.wording).newer:
        message = f"{DETECTED}{message}"
    message = expected.get(f"error_{case.wording}", message)
    _require(found.code == error["code"], found.code, error["code"])
    is_same = message is None or (message in found.message if expected.get("contains") else message == found.message)
    _require(is_same, found.message, message)
    if "members" in error:
        _require(found.members == error["members"], found.members, error["members"])


def _require(is_same: bool, found: object, wanted: object) -> None:
    if not is_same:
        raise Disagreement(f"answered {found!r}\n  instead of {wanted!r}")


def contains(response: object, wanted: object) -> bool:
    """Whether a response has all members that are wanted, at any depth; lists must be as long."""
    if isinstance(wanted, dict):
        return isinstance(response, dict) and all(
            name in response and contains(response[name], value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(response, list)
            and len(response) == len(wanted)
            and all(contains(one, two) for one, two in zip(response, wanted, strict=True))
        )
    return bool(response == wanted)
