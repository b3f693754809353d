"""How a request's capacity units are learned: it is asked for all of them, and its caller sees what it asked for.

So metrics count what the operation itself reports, to the last half unit, whatever a request reads or writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from minidynamo.requests.operations import API, WRITE, named
from minidynamo.requests.statements import is_write
from minidynamo.schema.table_state import IndexKind
from minidynamo.values.api_types import JsonValue, Request, RequestDraft, Response

_PARAMETER, _MEMBER = "ReturnConsumedCapacity", "ConsumedCapacity"
_MODES = (None, "NONE", "TOTAL", "INDEXES")
_DETAILS = ("Table", *(kind.value for kind in IndexKind))
# Members of a report that tells of no index: TableName, CapacityUnits and Table.
_WITHOUT_INDEXES = 3
# Members that tell the units of indexes.
ALL_INDEXES = _DETAILS[1:]
_GLOBAL_INDEXES = tuple(kind.value for kind in IndexKind if kind.has_own_throughput)

_WRITES = named(access=WRITE)
ASKING = frozenset(name for name, row in API.items() if _PARAMETER in row.request.members)
assert ASKING, "no operation reports what it consumes"


class Consumed(NamedTuple):
    """Units that a request has consumed.

    Attributes:
        table: the name, or the ARN, that was asked for.
        index_name: an index; None for the table, with its local indexes where these are not told apart.
        units: how many.
        is_write: whether of writing.
    """

    table: str
    index_name: str | None
    units: float
    is_write: bool


def read_and_written(consumed: Iterable[Consumed]) -> tuple[float, float]:
    """The units of reading, and those of writing."""
    read: float = 0
    written: float = 0
    for each in consumed:
        if each.is_write:
            written += each.units
        else:
            read += each.units
    return read, written


def asking_for_all(operation: str, request: Request) -> Request:
    """A request that reports all units; one that would be refused for what it says of them stays as it is."""
    if operation not in ASKING or request.get(_PARAMETER) not in _MODES:
        return request
    asking: RequestDraft = {**request, _PARAMETER: "INDEXES"}
    return asking


def take_consumed(
    operation: str, request: Request, response: Response, kinds: Sequence[str] = _GLOBAL_INDEXES
) -> list[Consumed]:
    """What a response reports. It is then left with what its request asked for.

    Parameters:
        operation: by its API name.
        request: as its caller made it.
        response: to what `asking_for_all` has made of it.
        kinds: of indexes that are told apart from their tables; the others' units are their tables' own.
    """
    consumed = consumed_in(operation, request, response.get(_MEMBER), kinds)
    if consumed or _MEMBER in response:
        leave_what_was_asked(request, response)
    return consumed


def consumed_in(
    operation: str, request: Request, reported: JsonValue, kinds: Sequence[str] = _GLOBAL_INDEXES
) -> list[Consumed]:
    """What the member ConsumedCapacity of a response reports; see `take_consumed`."""
    if reported is None or operation not in ASKING:
        return []
    writes = operation in _WRITES or is_write(operation, request)
    consumed: list[Consumed] = []
    for entry in reported if isinstance(reported, list) else (reported,):
        _add_consumed(consumed, entry, writes, kinds)
    return consumed


def leave_what_was_asked(request: Request, response: Response) -> None:
    """Takes from a response what its request, as its caller made it, did not ask for."""
    reported = response.get(_MEMBER)
    mode = request.get(_PARAMETER)
    if reported is None or mode == "INDEXES":
        return
    if mode != "TOTAL":
        del response[_MEMBER]
        return
    for entry in reported if isinstance(reported, list) else (reported,):
        for name in _DETAILS:
            entry.pop(name, None)


def _add_consumed(consumed: list[Consumed], entry: Response, writes: bool, kinds: Sequence[str]) -> None:
    # A transaction that is answered again says that it has read, and what.
    if "ReadCapacityUnits" in entry or "WriteCapacityUnits" in entry:
        writes = "WriteCapacityUnits" in entry
    table, rest = entry["TableName"], entry["CapacityUnits"]
    for kind in kinds if len(entry) > _WITHOUT_INDEXES else ():
        if kind in entry:
            for index, breakdown in entry[kind].items():
                rest -= breakdown["CapacityUnits"]
                consumed.append(Consumed(table, index, breakdown["CapacityUnits"], writes))
    assert rest >= 0, f"the indexes of {table} have consumed more than all: {entry}"
    if rest:
        consumed.append(Consumed(table, None, rest, writes))
