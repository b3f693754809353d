"""Batches of statements of which some are refused, by chance or because capacity runs out."""

from __future__ import annotations

from minidynamo.requests.statements import is_write, statements_of
from minidynamo.simulation.effects.batches import choose_left
from minidynamo.simulation.effects.pages import lagging
from minidynamo.simulation.effects.rejection_policy import RejectionPolicy
from minidynamo.simulation.effects.target import Target
from minidynamo.simulation.faults.chance import Detail
from minidynamo.values.api_types import Request, Response

_NAME = "BatchExecuteStatement"
_THROTTLED = {
    "Code": "ThrottlingError",
    "Message": "Throughput exceeds the current capacity of your table or index.",
}


def batch(target: Target, policy: RejectionPolicy, request: Request) -> Response:
    """Answers BatchExecuteStatement: what is throttled says so in its entry."""
    injector = target.injector
    if not injector.is_possible("unprocessed") and not policy.has_capacity:
        return _carried_out(target, request)
    tried = target.perform(_NAME, request, target.overlay())  # The call as a whole must be in order.
    tables = [entry.get("TableName") for entry in tried["Responses"]]
    left = set(choose_left(target, [number for number, name in enumerate(tables) if name is not None]))
    left |= _without_capacity(target, policy, request, left)
    if not left:
        return _carried_out(target, request)
    done = [each for number, each in enumerate(request["Statements"]) if number not in left]
    response: Response = _carried_out(target, {**request, "Statements": done}) if done else {"Responses": []}
    answers = iter(response["Responses"])
    response["Responses"] = [
        {"TableName": name, "Error": dict(_THROTTLED)} if number in left else next(answers)
        for number, name in enumerate(tables)
    ]
    return response


def _carried_out(target: Target, request: Request) -> Response:
    """The response; reads may lag where none of them is consistent."""
    entries = [entry for entry, _ in statements_of(request)]
    if is_write(_NAME, request) or any(entry.get("ConsistentRead") for entry in entries):
        return target.perform(_NAME, request)
    return lagging(target, _NAME, request, lambda change: change.place)[0]


def _without_capacity(target: Target, policy: RejectionPolicy, request: Request, left: set[int]) -> set[int]:
    """The statements for which there is no capacity."""
    if not policy.has_capacity:
        return set()
    choices = target.injector.call.choices
    if target.injector.replay is not None:
        recorded = target.injector.choose("capacity")
        return set() if recorded is None else set(recorded["left"])
    found: dict[int, Detail] = {}
    for number, entry in enumerate(request["Statements"]):
        if number not in left and statements_of(entry):
            detail = policy.take_capacity(_NAME, {"Statements": [entry]})
            if detail is not None:
                found[number] = detail
    if found:
        choices["capacity"] = {**next(iter(found.values())), "left": sorted(found)}
    return set(found)
