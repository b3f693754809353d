"""Who watches the calls of every simulated database of the process, and which faults a call could have met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from minidynamo.requests.operations import BATCH, named
from minidynamo.simulation.faults.calls import Call
from minidynamo.simulation.faults.kinds import Kind
from minidynamo.values.api_types import Request

# Whether the index that a request names is a global one; None where it names none that there is.
IsGlobal = Callable[[Request], bool | None]
# Called at the end of each call, in the thread that made it; not while faults are paused or switched off.
Watcher = Callable[[Call, Request, bool | None], None]

_watchers: list[Watcher] = []
_BATCHES = named(subjects=(BATCH,))
# What is no request of anybody's, and the kind of fault that it may meet.
DELIVER, EXPIRE = "Deliver", "Expire"
_ALONE = {"duplicate_delivery": DELIVER, "ttl_delay": EXPIRE}


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Shows a watcher each call that ends while this is on."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def tell(call: Call, request: Request, is_global: IsGlobal) -> None:
    """Shows a call that has ended to all who watch."""
    for watcher in _watchers:
        watcher(call, request, is_global(request))


def may_meet(kind: Kind, operation: str, request: Request, is_global: bool | None = None) -> bool:
    """Whether a request may meet a kind of fault, as far as it says itself.

    Parameters:
        kind: the kind.
        operation, request: what is asked.
        is_global: whether the index that it names is a global one; None where that is not known.
    """
    if operation not in kind.operations:
        return _ALONE.get(kind.name) == operation
    return kind.name not in _CONDITIONS or _CONDITIONS[kind.name](operation, request, is_global)


def _is_consistent(operation: str, request: Request) -> bool:
    if operation not in _BATCHES:
        return bool(request.get("ConsistentRead"))
    tables = request.get("RequestItems")
    return isinstance(tables, dict) and all(
        isinstance(each, dict) and each.get("ConsistentRead") for each in tables.values()
    )


# What a request must be to meet a kind, beside its operation. A global index is never read consistently, and what it
# does not show yet is its own lag; a local one is as late as the replica that is asked.
_CONDITIONS: dict[str, Callable[[str, Request, bool | None], bool]] = {
    "stale_read": lambda operation, request, is_global: not is_global and not _is_consistent(operation, request),
    "index_lag": lambda operation, request, is_global: (
        "IndexName" in request and is_global is not False and not _is_consistent(operation, request)
    ),
    "short_page": lambda operation, request, is_global: request.get("Limit") != 1,
    "empty_page": lambda operation, request, is_global: "ExclusiveStartKey" in request,
    "no_trailing_key": lambda operation, request, is_global: "Limit" in request,
    "in_progress": lambda operation, request, is_global: "ClientRequestToken" in request,
}
