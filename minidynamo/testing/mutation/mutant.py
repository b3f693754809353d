"""What a mutant is: how it breaks its promise, request by request, and counts the answers that it has changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from minidynamo import DynamoError
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.middleware import Call, Middleware, Proceed, Run, Wrapped, everywhere
from minidynamo.lambdas.function import Invocation, Outcome
from minidynamo.simulation import paused
from minidynamo.values.api_types import JsonObject, Request, Response

# What a mutant remembers of a database.
Memory = JsonObject
# The records of a stream, or of an event that hands them over.
Records = list[JsonObject]
# What a handler is given counts as an operation of this name.
DELIVERY = "Deliver"

_PLACEHOLDER = re.compile(r"[#:][A-Za-z0-9_]+")
_EXPRESSIONS = (
    *("ConditionExpression", "FilterExpression", "KeyConditionExpression"),
    *("ProjectionExpression", "UpdateExpression"),
)


@dataclass
class Asked:
    """A request that a mutant answers.

    Attributes:
        operation, request: what is asked.
        proceed: how any request is answered rightly.
        memory: what the mutant remembers of the database.
        endpoint: the database.
        is_broken: whether the answer is another one than it should be, now or later.
    """

    operation: str
    request: Request
    proceed: Proceed
    memory: Memory
    endpoint: Endpoint
    is_broken: bool = False

    def truth(self, **changes: object) -> Response:
        """The right answer, or that of the request with some members changed."""
        return self.proceed(self.operation, {**self.request, **changes} if changes else self.request)

    def truth_without(self, *members: str) -> Response:
        """The right answer to the request without some members."""
        return self.proceed(self.operation, without(self.request, *members))

    def aside(self, operation: str, request: Request) -> Response:
        """The right answer to what a mutant asks for itself, in which nothing is simulated to go wrong."""
        assert isinstance(self.endpoint, Wrapped), f"{type(self.endpoint).__name__} is asked, and is not wrapped"
        with paused(self.endpoint):
            return self.proceed(operation, request)

    def loosened(self, told_by: str, *left_out: str, **changes: object) -> Response:
        """The answer to the request without some members, where it is another one even if nothing goes wrong.

        Parameters:
            told_by: the member of the answers that is compared.
            left_out: members of the request to leave out.
            changes: members to change.
        """
        truth = self.truth()
        loose = without({**self.request, **changes}, *left_out)
        strict, found = (self.aside(self.operation, request) for request in (self.request, loose))
        return self.broken(found) if found.get(told_by) != strict.get(told_by) else truth

    def item(self, key: Request | None = None, table: str | None = None) -> Response | None:
        """The item that there is under a key, by default the request's own."""
        read = {"TableName": table or self.request["TableName"], "Key": key or self.request["Key"]}
        return self.aside("GetItem", {**read, "ConsistentRead": True}).get("Item")

    def truth_but_for(self, writes: list[tuple[str, Request]]) -> Response:
        """The right answer, after which the items of some writes are again as they were.

        Parameters:
            writes: the table of each, and the parameters that name its item.
        """
        try:
            keys = [(table, self._key_of(table, parameters)) for table, parameters in writes]
            before = [self.item(key, table) for table, key in keys]
        except (DynamoError, KeyError):  # The request is malformed, as the right answer says.
            return self.truth()
        response = self.truth()
        for (table, key), item in zip(keys, before, strict=True):
            if self.item(key, table) != item:
                self.is_broken = True
                write = ("DeleteItem", {"Key": key}) if item is None else ("PutItem", {"Item": item})
                self.aside(write[0], {"TableName": table, **write[1]})
        return response

    def _key_of(self, table: str, parameters: Request) -> Request:
        """The key of the item that a write names."""
        if "Key" in parameters:
            key: Request = parameters["Key"]
            return key
        return {name: parameters["Item"][name] for name in self.key_names(table)}

    def key_names(self, table: str) -> list[str]:
        """The key attributes of a table, the partition key's first."""
        names: list[str] = [each["AttributeName"] for each in self._description(table)["KeySchema"]]
        return names

    def partition_key(self, table: str, index: str | None) -> str:
        """The first attribute of the key of a table or index."""
        described = self._description(table)
        indexes = [*described.get("GlobalSecondaryIndexes", ()), *described.get("LocalSecondaryIndexes", ())]
        place = next((each for each in indexes if each["IndexName"] == index), described)
        return str(place["KeySchema"][0]["AttributeName"])

    def _description(self, table: str) -> Response:
        described: Response = self.aside("DescribeTable", {"TableName": table})["Table"]
        return described

    def broken(self, answer: Response, truth: Response | None = None) -> Response:
        """An answer that breaks the promise, if it differs from the right one."""
        self.is_broken = self.is_broken or answer != truth
        return answer


# Answers a request in a way that breaks a promise; changes records of a stream so that they do.
Break = Callable[[Asked], Response]
BreakRecords = Callable[[Records], Records]


@dataclass(frozen=True)
class Mutant:
    """A way of breaking one promise.

    Attributes:
        name: what it is called.
        title: the promise that it breaks.
        advice: what a test does that notices it.
        operations: those that it answers wrongly; "Deliver" is what handlers get.
        breaks: answers these.
        breaks_records: changes the records of GetRecords, and those that handlers get.
        needs: members of which a request must have one for anything to be broken; empty for none.
    """

    name: str
    title: str
    advice: str
    operations: frozenset[str]
    breaks: Break | None = None
    breaks_records: BreakRecords | None = None
    needs: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Mutant {self.name}>"

    def has_work(self, used: Container[str]) -> bool:
        """Whether it can change an answer to a program that uses these operations, as `uses_of` tells them."""
        ends = [f".{name}" for name in self.needs] or [""]
        return any(f"{operation}{end}" in used for operation in self.operations for end in ends)

    @contextmanager
    def active(self) -> Iterator[Changes]:
        """While this is on, every database of the process breaks the promise; gives what counts the changes."""
        changes = Changes()
        with everywhere(_Breaking(self, changes)):
            yield changes


@dataclass
class Changes:
    """How many answers a mutant has changed, and by which operations."""

    by_operation: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """All of them."""
        return self.by_operation.total()


class _Breaking(Middleware):
    """Breaks the promise of a mutant."""

    def __init__(self, mutant: Mutant, changes: Changes) -> None:
        self._mutant, self._changes = mutant, changes
        self._memories: WeakKeyDictionary[Endpoint, Memory] = WeakKeyDictionary()

    def execute(self, call: Call, proceed: Proceed) -> Response:
        mutant = self._mutant
        if call.operation not in mutant.operations or not isinstance(call.request, dict):
            return proceed(call.operation, call.request)
        if mutant.breaks is None:
            response = proceed(call.operation, call.request)
            response["Records"] = self._records(call.operation, response["Records"])
            return response
        memory = self._memories.setdefault(call.endpoint, {})
        asked = Asked(call.operation, call.request, proceed, memory, call.endpoint)
        try:
            return mutant.breaks(asked)
        finally:
            self._changes.by_operation[call.operation] += asked.is_broken

    def invoke(self, invocation: Invocation, run: Run) -> Outcome:
        event = invocation.event
        if self._mutant.breaks_records is None or not isinstance(event, dict) or "Records" not in event:
            return run(invocation)
        records = self._records(DELIVERY, event["Records"])
        return run(invocation._replace(event={**event, "Records": records})) if records else invocation.skipped()

    def _records(self, operation: str, records: Records) -> Records:
        assert self._mutant.breaks_records is not None, f"{self._mutant.name} breaks no records"
        broken = self._mutant.breaks_records(records)
        self._changes.by_operation[operation] += broken != records
        return broken


def uses_of(operation: str, request: Request) -> list[str]:
    """What a request uses: its operation, and each of its members."""
    return [operation, *(f"{operation}.{name}" for name in request)]


def without(request: Request, *members: str) -> Response:
    """A request without some members, and without the placeholders that only these used."""
    rest = {name: value for name, value in request.items() if name not in members}
    used = {each for name in _EXPRESSIONS for each in _PLACEHOLDER.findall(str(rest.get(name, "")))}
    for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        if name in rest:
            rest[name] = {key: value for key, value in rest[name].items() if key in used}
            if not rest[name]:
                del rest[name]
    return rest
