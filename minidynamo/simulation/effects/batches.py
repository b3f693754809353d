"""Batches that are carried out in part, by chance or because capacity runs out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from minidynamo.requests.statements import is_write
from minidynamo.simulation.effects.pages import lagging
from minidynamo.simulation.effects.rejection_policy import RejectionPolicy
from minidynamo.simulation.effects.rejections import throttle
from minidynamo.simulation.effects.target import Target
from minidynamo.simulation.faults.chance import Detail, Draw
from minidynamo.values.api_types import Request, Response, Structure

# Where an entry of a batch stands: its table as the request names it, and its number there.
Place = tuple[str, int]
# A write of a batch, or a key that it reads.
Entry = TypeVar("Entry", bound=Structure)
# What a history calls an entry: its place in a list, or its number.
Shown = TypeVar("Shown")


def write(target: Target, policy: RejectionPolicy, request: Request) -> Response:
    """Answers BatchWriteItem."""
    if not _may_come_back(target, policy):
        return target.perform("BatchWriteItem", request)
    tried = target.perform("BatchWriteItem", request, target.overlay())  # All of it must be in order.
    entries = {
        (name, number): entry for name, each in request["RequestItems"].items() for number, entry in enumerate(each)
    }
    left = _left_of(target, entries)
    left |= _throttled(target, policy, "BatchWriteItem", entries, left, lambda entry: [entry])
    done = _grouped({place: entry for place, entry in entries.items() if place not in left})
    if not left:
        return target.perform("BatchWriteItem", request)
    response = _empty_response(tried)
    if done:
        response = target.perform("BatchWriteItem", {**request, "RequestItems": done})
    response["UnprocessedItems"] = _grouped({place: entries[place] for place in entries if place in left})
    return response


def get(target: Target, policy: RejectionPolicy, request: Request) -> Response:
    """Answers BatchGetItem."""
    if not _may_come_back(target, policy):
        return lagging(target, "BatchGetItem", request, lambda change: change.place)[0]
    tried = target.perform("BatchGetItem", request, target.overlay())
    specs: Mapping[str, Structure] = request["RequestItems"]
    keys = {(name, number): key for name, each in specs.items() for number, key in enumerate(each["Keys"])}
    left = _left_of(target, keys)
    left |= _throttled(target, policy, "BatchGetItem", keys, left, lambda key: {"Keys": [key]}, specs)
    done = _grouped({place: key for place, key in keys.items() if place not in left})
    response = {**_empty_response(tried), "Responses": {}, "UnprocessedKeys": {}}
    if done:
        sent = {**request, "RequestItems": {name: {**specs[name], "Keys": each} for name, each in done.items()}}
        response, _ = lagging(target, "BatchGetItem", sent, lambda change: change.place)
    response["Responses"] = {name: response["Responses"].get(name, []) for name in specs}
    rest = {name: list(each["Keys"]) for name, each in response["UnprocessedKeys"].items()}
    for name, each in _grouped({place: keys[place] for place in keys if place in left}).items():
        rest[name] = each + rest.get(name, [])
    response["UnprocessedKeys"] = {name: {**specs[name], "Keys": each} for name, each in rest.items()}
    return response


def _may_come_back(target: Target, policy: RejectionPolicy) -> bool:
    """Whether an entry of a batch may come back at all, so that it is worth rehearsing."""
    return target.injector.is_possible("unprocessed") or policy.has_capacity


def _empty_response(tried: Response) -> Response:
    """What a batch answers of which nothing was done."""
    return {"ConsumedCapacity": []} if "ConsumedCapacity" in tried else {}


def _left_of(target: Target, places: Iterable[Place]) -> set[Place]:
    """The places of the entries that come back by chance."""
    shown: list[Sequence[str | int]] = [list(place) for place in places]
    return set(map(_place, choose_left(target, shown)))


def choose_left(target: Target, entries: list[Shown]) -> list[Shown]:
    """The entries of a batch that are left undone by chance: some of them, or all.

    Parameters:
        target: the database.
        entries: what histories call the entries.
    """
    most = len(entries) if target.injector.may_refuse else len(entries) - 1
    if most < 1:
        return []

    def leave(draw: Draw) -> Detail:
        left = draw.some(entries, draw.count(1, most))
        detail: Detail = {"left": left}
        return {**detail, "nothing": "processed"} if len(left) == len(entries) else detail

    detail = target.injector.choose("unprocessed", leave)
    return [] if detail is None else list(detail["left"])


def _throttled(
    target: Target,
    policy: RejectionPolicy,
    operation: str,
    entries: Mapping[Place, Entry],
    left: set[Place],
    request_of: Callable[[Entry], list[Entry] | Structure],
    specs: Mapping[str, Structure] | None = None,
) -> set[Place]:
    """The entries for which there is no capacity.

    Parameters:
        entries: all of the batch.
        left: those that come back anyway.
        request_of: what a request says of one entry alone.
        specs: further parameters by table.

    Raises:
        DynamoError: there is capacity for none of them.
    """
    if not policy.has_capacity:
        return set()
    found: dict[Place, Detail] = {}
    choices = target.injector.call.choices
    if target.injector.replay is not None:
        recorded = target.injector.choose("capacity")
        found = {} if recorded is None else dict.fromkeys(_places_of(recorded), recorded)
    else:
        for place, entry in entries.items():
            if place not in left:
                alone = request_of(entry)
                spec = {**(specs or {}).get(place[0], {}), **alone} if isinstance(alone, dict) else alone
                detail = policy.take_capacity(operation, {"RequestItems": {place[0]: spec}})
                if detail is not None:
                    found[place] = detail
        if found:
            choices["capacity"] = {**next(iter(found.values())), "left": [list(place) for place in found]}
    if found and len(found) == len(entries):
        detail = next(iter(found.values()))
        raise throttle(is_write(operation, {}), detail, target.catalog.table(detail["table"]), target.scope, [])
    return set(found)


def _places_of(detail: Detail) -> list[Place]:
    """The places that the details of a choice name, which have been lists in JSON."""
    return list(map(_place, detail["left"]))


def _place(shown: Sequence[str | int]) -> Place:
    name, number = shown
    assert isinstance(name, str) and isinstance(number, int), f"no entry of a batch is at {shown}"
    return name, number


def _grouped(entries: Mapping[Place, Entry]) -> dict[str, list[Entry]]:
    """Entries by table."""
    grouped: dict[str, list[Entry]] = {}
    for (name, _), entry in entries.items():
        grouped.setdefault(name, []).append(entry)
    return grouped
