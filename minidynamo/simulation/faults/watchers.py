"""Who watches the calls of every simulated database of the process, and which faults a call could have met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from minidynamo.requests.operations import BATCH, named
from minidynamo.simulation.faults.calls import Call
from minidynamo.simulation.faults.kinds import Kind
from minidynamo.values.api_types import Request

# Called at the end of each call, in the thread that made it; not while faults are paused or switched off.
Watcher = Callable[[Call, Request], None]

_watchers: list[Watcher] = []
_BATCHES = named(subjects=(BATCH,))
# What is no request of anybody's, and the kind of fault that it may meet.
DELIVER, EXPIRE = "Deliver", "Expire"
_ALONE = {"duplicate_delivery": DELIVER, "ttl_delay": EXPIRE}
# Members without which a request does not meet a kind.
_NEEDED = {"index_lag": "IndexName", "no_trailing_key": "Limit", "in_progress": "ClientRequestToken"}


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Shows a watcher each call that ends while this is on."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def tell(call: Call, request: Request) -> None:
    """Shows a call that has ended to all who watch."""
    for watcher in _watchers:
        watcher(call, request)


def may_meet(kind: Kind, operation: str, request: Request) -> bool:
    """Whether a request may meet a kind of fault, as far as it says itself."""
    if operation not in kind.operations:
        return _ALONE.get(kind.name) == operation
    if kind.name == "stale_read":
        return not _is_consistent(operation, request)
    return kind.name not in _NEEDED or _NEEDED[kind.name] in request


def _is_consistent(operation: str, request: Request) -> bool:
    if operation not in _BATCHES:
        return bool(request.get("ConsistentRead"))
    tables = request.get("RequestItems")
    return isinstance(tables, dict) and all(
        isinstance(each, dict) and each.get("ConsistentRead") for each in tables.values()
    )
