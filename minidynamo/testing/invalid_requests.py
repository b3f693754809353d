"""Requests with exactly one fault, which must be refused: what can be done to a valid one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

from minidynamo.limits import RESOURCE_NAME_CHARACTERS_MAX
from minidynamo.requests.subjects import items_of, parts_of
from minidynamo.testing.schemas import TableSchema
from minidynamo.values.api_types import RequestDraft


class InvalidRequest(NamedTuple):
    """A request with one fault.

    Attributes:
        fault: what is wrong with it.
        request: its members.
    """

    fault: str
    request: RequestDraft


@st.composite
def corrupted(draw: st.DrawFn, table: TableSchema, valid: st.SearchStrategy[RequestDraft]) -> InvalidRequest:
    """Valid requests to which one fault is done that is possible for them."""
    request = copy.deepcopy(draw(valid))
    possible = [name for name, corrupt in _FAULTS.items() if corrupt(table, copy.deepcopy(request)) is not None]
    fault = draw(st.sampled_from(possible))
    wrong = _FAULTS[fault](table, request)
    assert wrong is not None
    return InvalidRequest(fault, wrong)


def _parameters(request: RequestDraft) -> list[RequestDraft]:
    """The dicts in which expressions stand, so that one can be corrupted."""
    return [part.parameters for part in parts_of(request) if isinstance(part.parameters, dict)]


def _without_key_attribute(table: TableSchema, request: RequestDraft) -> RequestDraft | None:
    subjects = items_of(request)
    if not subjects:
        return None
    del subjects[0][table.key[-1]]
    return request


def _with_key_of_wrong_type(table: TableSchema, request: RequestDraft) -> RequestDraft | None:
    subjects = items_of(request)
    if not subjects:
        return None
    subjects[0][table.partition] = {"BOOL": True}
    return request


def _with_wrong_number(table: TableSchema, request: RequestDraft) -> RequestDraft | None:
    subjects = items_of(request)
    if not subjects:
        return None
    subjects[0]["n"] = {"N": "1" * 39}
    return request


def _of_unknown_table(table: TableSchema, request: RequestDraft) -> RequestDraft | None:
    other = f"not-{table.name}"[:RESOURCE_NAME_CHARACTERS_MAX]
    if "RequestItems" in request:
        request["RequestItems"] = {other: request["RequestItems"][table.name]}
    else:
        _parameters(request)[0]["TableName"] = other
    return request


def _without_table(table: TableSchema, request: RequestDraft) -> RequestDraft | None:
    if "RequestItems" in request:
        del request["RequestItems"]
    else:
        del _parameters(request)[0]["TableName"]
    return request


def _with_unused_placeholder(table: TableSchema, request: RequestDraft) -> RequestDraft | None:
    for part in _parameters(request):
        if any(member.endswith("Expression") for member in part):
            part["ExpressionAttributeValues"] = {**part.get("ExpressionAttributeValues", {}), ":unused": {"N": "1"}}
            return request
    return None


def _with_undefined_placeholder(table: TableSchema, request: RequestDraft) -> RequestDraft | None:
    return _with_syntax(request, " AND n = :undefined")


def _with_syntax_error(table: TableSchema, request: RequestDraft) -> RequestDraft | None:
    return _with_syntax(request, " AND ((")


def _with_syntax(request: RequestDraft, tail: str) -> RequestDraft | None:
    for part in _parameters(request):
        for member in ("ConditionExpression", "FilterExpression", "KeyConditionExpression"):
            if member in part:
                part[member] += tail
                return request
    return None


def _with_limit_of_zero(table: TableSchema, request: RequestDraft) -> RequestDraft | None:
    if "KeyConditionExpression" not in request and "Limit" not in request:
        return None
    return {**request, "Limit": 0}


def _with_wrong_option(table: TableSchema, request: RequestDraft) -> RequestDraft | None:
    return {**request, "ReturnConsumedCapacity": "SOME"}


_FAULTS: dict[str, Callable[[TableSchema, RequestDraft], RequestDraft | None]] = {
    "ReturnConsumedCapacity is none of its values": _with_wrong_option,
    "no table is named": _without_table,
    "the table does not exist": _of_unknown_table,
    "a key attribute is missing": _without_key_attribute,
    "a key attribute has a wrong type": _with_key_of_wrong_type,
    "a number has 39 digits": _with_wrong_number,
    "a placeholder is not used": _with_unused_placeholder,
    "a placeholder is not defined": _with_undefined_placeholder,
    "an expression has a syntax error": _with_syntax_error,
    "Limit is zero": _with_limit_of_zero,
}
