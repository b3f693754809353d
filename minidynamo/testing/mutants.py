"""Mutants: databases that break one promise each, so that users learn whether their tests would notice.

    print(run_mutants(test))        # test(database) raises where something is wrong

`minidynamo mutants` runs a whole pytest suite against each of them.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from minidynamo import Database, DynamoError, connect
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.middleware import Call, Middleware, Proceed, Run, everywhere
from minidynamo.lambdas.runtime import Invocation, Outcome
from minidynamo.values.api_types import Request, Response

# What a mutant remembers of a database: responses.
Memory = dict[str, Response]
# Carries out a request in a way that breaks a promise: given what carries it out rightly, a place to remember things
# in, the operation and the request.
Break = Callable[[Proceed, Memory, str, Request], Response]

_PLACEHOLDER = re.compile(r"[#:][A-Za-z0-9_]+")
_EXPRESSIONS = (
    *("ConditionExpression", "FilterExpression", "KeyConditionExpression"),
    *("ProjectionExpression", "UpdateExpression"),
)


@dataclass(frozen=True)
class Mutant:
    """A way of breaking one promise.

    Attributes:
        name: what it is called.
        title: the promise that it breaks.
        breaks: carries out requests.
        loses_changes: whether handlers of streams miss the first change of each batch.
    """

    name: str
    title: str
    breaks: Break
    loses_changes: bool = False

    @contextmanager
    def active(self) -> Iterator[None]:
        """While this is on, every database of the process breaks the promise."""
        with everywhere(_Breaking(self)):
            yield


class _Breaking(Middleware):
    """Breaks the promise of a mutant."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self._memories: WeakKeyDictionary[Endpoint, Memory] = WeakKeyDictionary()

    def execute(self, call: Call, proceed: Proceed) -> Response:
        memory = self._memories.setdefault(call.endpoint, {})
        return self._mutant.breaks(proceed, memory, call.operation, call.request)

    def invoke(self, invocation: Invocation, run: Run) -> Outcome:
        event = invocation.event
        if not self._mutant.loses_changes or not isinstance(event, dict) or "Records" not in event:
            return run(invocation)
        rest = event["Records"][1:]
        return run(invocation._replace(event={**event, "Records": rest})) if rest else invocation.skipped()


# How promises are broken.


def _drops_condition(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    try:
        return execute(operation, request)
    except DynamoError as error:
        if operation == "TransactWriteItems" and "ConditionalCheckFailed" in error.message:
            kept = [entry for entry in map(_without_conditions, request["TransactItems"]) if entry]
            return execute(operation, {**request, "TransactItems": kept}) if kept else {}
        if error.code == "ConditionalCheckFailedException" and "ConditionExpression" in request:
            return execute(operation, _without(request, "ConditionExpression"))
        raise


def _without_conditions(entry: Request) -> Request:
    return {kind: _without(action, "ConditionExpression") for kind, action in entry.items() if kind != "ConditionCheck"}


def _without(request: Request, member: str) -> Response:
    """A request without an expression, and without the placeholders that only this one used."""
    rest = {name: value for name, value in request.items() if name != member}
    used = {each for name in _EXPRESSIONS for each in _PLACEHOLDER.findall(rest.get(name, ""))}
    for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        if name in rest:
            rest[name] = {key: value for key, value in rest[name].items() if key in used}
            if not rest[name]:
                del rest[name]
    return rest


def _ignores_filter(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    return execute(operation, _without(request, "FilterExpression") if "FilterExpression" in request else request)


def _skips_index_entry(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    response = execute(operation, request)
    if "IndexName" in request and response.get("Items"):
        response["Items"] = response["Items"][1:]
        response["Count"] -= 1
    return response


def _loses_stream_record(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    response = execute(operation, request)
    if operation == "GetRecords":
        response["Records"] = response["Records"][1:]
    return response


def _loses_replacement(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    if operation == "PutItem":
        before = execute(operation, {**request, "ReturnValues": "ALL_OLD"})
        if "Attributes" in before:
            return execute(operation, {"TableName": request["TableName"], "Item": before["Attributes"]})
        return before if request.get("ReturnValues") == "ALL_OLD" else _without_attributes(before)
    return execute(operation, request)


def _without_attributes(response: Response) -> Response:
    response.pop("Attributes", None)
    return response


def _ignores_delete(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    if operation == "DeleteItem":
        read = {"TableName": request["TableName"], "Key": request["Key"], "ConsistentRead": True}
        found = execute("GetItem", read)
        return {"Attributes": found["Item"]} if "Item" in found and request.get("ReturnValues") == "ALL_OLD" else {}
    return execute(operation, request)


def _halves_transaction(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    if operation == "TransactWriteItems" and len(request["TransactItems"]) > 1:
        request = {**request, "TransactItems": request["TransactItems"][:1]}
    return execute(operation, request)


def _loses_batch_entry(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    if operation == "BatchWriteItem":
        tables = copy.copy(dict(request["RequestItems"]))
        name = max(tables, key=lambda each: len(tables[each]))
        if len(tables[name]) > 1:
            tables[name] = tables[name][:-1]
            request = {**request, "RequestItems": tables}
    return execute(operation, request)


def _ends_paging(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    response = execute(operation, request)
    response.pop("LastEvaluatedKey", None)
    return response


def _reverses_query(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    response = execute(operation, request)
    if operation == "Query" and "Items" in response:
        response["Items"].reverse()
    return response


def _repeats_reads(execute: Proceed, memory: Memory, operation: str, request: Request) -> Response:
    """The second of two equal consistent reads answers what the first one did."""
    if operation != "GetItem" or not request.get("ConsistentRead"):
        return execute(operation, request)
    name = repr(sorted(request.items(), key=lambda member: member[0]))
    if name in memory:
        return memory.pop(name)
    response = execute(operation, request)
    memory[name] = copy.deepcopy(response)
    return response


_MUTANTS = (
    Mutant("drops_condition", "a write whose condition is false is refused", _drops_condition),
    Mutant("ignores_filter", "a filter leaves out what does not match", _ignores_filter),
    Mutant("skips_index_entry", "an index shows every item that has its key", _skips_index_entry),
    Mutant("loses_stream_record", "every change is in the stream", _loses_stream_record, loses_changes=True),
    Mutant("loses_replacement", "a put replaces the item that was there", _loses_replacement),
    Mutant("ignores_delete", "a deleted item is gone", _ignores_delete),
    Mutant("halves_transaction", "a transaction is carried out as a whole", _halves_transaction),
    Mutant("loses_batch_entry", "what a batch does not do comes back unprocessed", _loses_batch_entry),
    Mutant("ends_paging", "LastEvaluatedKey is there while there is more", _ends_paging),
    Mutant("reverses_query", "a query is in the order of the sort key", _reverses_query),
    Mutant("repeats_reads", "a consistent read shows the latest write", _repeats_reads),
)


def mutants(only: Collection[str] | None = None) -> list[Mutant]:
    """The mutants of some names, or all.

    Raises:
        ValueError: there is no such mutant.
    """
    unknown = set(only or ()) - {mutant.name for mutant in _MUTANTS}
    if unknown:
        known = ", ".join(mutant.name for mutant in _MUTANTS)
        raise ValueError(f"there is no mutant {', '.join(sorted(unknown))}; there are {known}")
    return [mutant for mutant in _MUTANTS if only is None or mutant.name in only]


@dataclass(frozen=True)
class MutationReport:
    """Which mutants a test has noticed; `print` shows it as a table.

    Attributes:
        noticed: by mutant, the error that its test ended with, None for a survivor.
    """

    noticed: Mapping[Mutant, str | None]

    @property
    def survivors(self) -> list[Mutant]:
        """The mutants that no test has noticed."""
        return [mutant for mutant, error in self.noticed.items() if error is None]

    def __str__(self) -> str:
        width = max(len(mutant.name) for mutant in self.noticed)
        lines = [
            f"{'SURVIVED' if error is None else 'noticed ':8}  {mutant.name:{width}}  "
            + (f"no test needs that {mutant.title}" if error is None else error)
            for mutant, error in self.noticed.items()
        ]
        count = len(self.noticed) - len(self.survivors)
        return "\n".join([*lines, f"{count} of {len(self.noticed)} mutants noticed"])


def run_mutants(
    test: Callable[[Database], object],
    setup: Callable[[], Database] = connect,
    only: list[str] | None = None,
) -> MutationReport:
    """Runs a test against every mutant.

    Parameters:
        test: called with a database; raises where something is wrong.
        setup: makes that database, once per mutant.
        only: the names of the mutants to run; all by default.

    Raises:
        ValueError: there is no such mutant, or the test fails on a sound database.
    """
    chosen = mutants(only)
    failure = _failure(test, setup())
    if failure is not None:
        raise ValueError(f"the test fails on a sound database: {failure}")
    noticed: dict[Mutant, str | None] = {}
    for mutant in chosen:
        database = setup()
        with mutant.active():
            noticed[mutant] = _failure(test, database)
    return MutationReport(noticed)


def _failure(test: Callable[[Database], object], database: Database) -> str | None:
    """How a test ends, None for well."""
    try:
        test(database)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # pytest.raises fails with one that is no Exception.
        first = str(error).strip().splitlines()
        return f"{type(error).__name__}: {first[0] if first else ''}"[:100]
    return None
