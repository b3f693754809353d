"""Recorded histories of code with threads: whether one order of all its calls explains them.

    with recording(database) as history:
        ...  # threads that use the database, through whatever face
    check_linearizable(history)

The order is looked for with a database of one thread as the judge: a call is explained if that database, in the state
that the calls before it have left, gives the same response.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal

from minidynamo import Database, DynamoError
from minidynamo.requests.operations import BATCH, ITEM, READ, TRANSACTION, named
from minidynamo.requests.subjects import parts_of
from minidynamo.testing.linearizability import Operation, State, find_order
from minidynamo.testing.recorded import Answer, RecordedCall, RecordedHistory, parsed_text, require_recorded, text_of
from minidynamo.testing.schemas import TableSchema
from minidynamo.values.attribute_value import AttributeValue, Item

# An item: its table and its key as JSON text.
Place = tuple[str, str]
_SINGLE = named(subjects=(ITEM,))
_TRANSACTIONS = named(subjects=(TRANSACTION,))
_BATCHES = named(subjects=(BATCH,))
_READS = named(access=READ, subjects=(ITEM, BATCH, TRANSACTION))
# Numbers have up to 38 digits.
_DIGITS = Context(prec=40)
# Refused for what they are, or before anything was read or written: such calls say nothing of the state.
_REFUSED = frozenset(
    {
        "AccessDeniedException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ResourceNotFoundException",
        "SerializationException",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ValidationException",
    }
)


# Items by table and key, as JSON text; None for none.
Stored = str | None


class NotLinearizable(AssertionError):
    """No order of the calls explains their answers; the text lists the calls."""


def check_linearizable(history: RecordedHistory) -> None:
    """Asserts that the calls on each item could have happened one after the other, each between its begin and end.

    Eventually consistent reads, queries and scans are left out, since nothing of the kind is promised for them. The
    entries of batches count as calls of their own.

    Raises:
        NotLinearizable: no order explains the responses.
        ValueError: there are transactions, which `check_serializable` is for; or tables that were not there yet.
        TypeError: it is no history of `recording`.
    """
    calls = _entries(history)
    if any(call.operation in _TRANSACTIONS for call in calls):
        raise ValueError("there are transactions in this history: use check_serializable")
    by_place: dict[Place, list[RecordedCall]] = {}
    judge = _Judge(history.initial)
    for call in calls:
        by_place.setdefault(judge.places(call)[0], []).append(call)
    for place, group in by_place.items():
        judge.require_order(group, f"the calls on {place[1]} of {place[0]}")


def check_serializable(history: RecordedHistory) -> None:
    """Asserts that all calls, transactions too, could have happened in one order, each between its begin and end.

    That is strict serialisability. What is left out is what `check_linearizable` leaves out.

    Raises:
        NotLinearizable: no order explains the responses.
        ValueError: there are tables that were not there yet when recording began.
        TypeError: it is no history of `recording`.
    """
    calls = _entries(history)
    _Judge(history.initial).require_order(calls, "all calls")


def _entries(history: RecordedHistory) -> list[RecordedCall]:
    """The calls that promise something, batches taken apart."""
    require_recorded(history)
    found: list[RecordedCall] = []
    for call in history.calls:
        if isinstance(call.response, DynamoError) and call.response.code in _REFUSED:
            continue
        if call.operation in _BATCHES:
            found += _taken_apart(call)
        elif call.operation in _TRANSACTIONS:
            if not _is_refused_transaction(call.response):
                found.append(call)
        elif call.operation in _SINGLE and (call.operation != "GetItem" or call.request.get("ConsistentRead")):
            found.append(call)
    return found


def _is_refused_transaction(response: Answer) -> bool:
    reasons = response.members.get("CancellationReasons", ()) if isinstance(response, DynamoError) else ()
    codes = {each["Code"] for each in reasons}
    return bool(codes & {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


def _taken_apart(call: RecordedCall) -> Iterator[RecordedCall]:
    error, answer = (call.response, {}) if isinstance(call.response, DynamoError) else (None, call.response)
    if error is not None and error.status < 500:
        return
    for table, spec in call.request["RequestItems"].items():
        left = answer.get("UnprocessedItems", {}) or answer.get("UnprocessedKeys", {})
        if call.operation == "BatchWriteItem":
            for entry in spec:
                if entry not in left.get(table, []):
                    put = "PutRequest" in entry
                    operation = "PutItem" if put else "DeleteItem"
                    members = {"TableName": table, **entry["PutRequest" if put else "DeleteRequest"]}
                    yield RecordedCall(call.start, call.end, operation, members, {} if error is None else error)
        elif spec.get("ConsistentRead") and error is None and "ProjectionExpression" not in spec:
            items = {_place_text(spec["Keys"][0], item): item for item in answer["Responses"][table]}
            for key in spec["Keys"]:
                if key not in left.get(table, {}).get("Keys", []):
                    found = items.get(_place_text(key, key))
                    request = {"TableName": table, "Key": key, "ConsistentRead": True}
                    response = {} if found is None else {"Item": found}
                    yield RecordedCall(call.start, call.end, "GetItem", request, response)


class _Judge:
    """A database of one thread that tells what a call answers in a state.

    Parameters:
        initial: the database that holds what there was at the start. It is left as it is.
    """

    def __init__(self, initial: Database) -> None:
        self._initial = initial
        self._database = Database.fork(initial)
        self._schemas: dict[str, TableSchema] = {}
        self._known: dict[tuple[int, tuple[Stored, ...]], tuple[dict[str, Stored], str]] = {}

    def places(self, call: RecordedCall) -> list[Place]:
        """The items that a call is about."""
        found = []
        for part in parts_of(call.request):
            schema = self._schema_of(part.table.rpartition("/")[2])  # It may be an ARN.
            assert part.item is not None, f"{call.operation} names no item"
            found.append((schema.name, _place_text(schema.key_of(part.item), None)))
        return found

    def _schema_of(self, table: str) -> TableSchema:
        if table not in self._schemas:
            try:
                self._schemas[table] = TableSchema.of(self._database, table)
            except ValueError:
                hint = "create it before recording() begins"
                raise ValueError(f"the table {table} was not there yet when recording began: {hint}") from None
        return self._schemas[table]

    def require_order(self, calls: list[RecordedCall], what: str) -> None:
        """Raises NotLinearizable where no order explains some calls."""
        places = sorted({place for call in calls for place in self.places(call)})
        initial = {f"{table} {key}": self._stored(self._initial, (table, key)) for table, key in places}
        operations = [self._operation(number, call) for number, call in enumerate(calls)]
        if find_order(operations, initial) is None:
            lines = "\n".join(f"  {call.start:>4} to {call.end:<4} {_shown(call)}" for call in calls)
            raise NotLinearizable(f"no order explains {what}:\n{lines}")

    def _operation(self, number: int, call: RecordedCall) -> Operation[Stored]:
        places = self.places(call)
        names = [f"{table} {key}" for table, key in places]
        is_unknown = isinstance(call.response, DynamoError) and call.response.status >= 500

        def step(state: State[Stored]) -> tuple[State[Stored], str]:
            seen = tuple(state[name] for name in names)
            known = self._known.get((id(call), seen))
            if known is None:
                known = self._known[id(call), seen] = self._tried(call, places, seen)
            return {**state, **known[0]}, known[1]

        end = float("inf") if is_unknown else call.end
        is_uncertain = is_unknown or (isinstance(call.response, DynamoError) and call.operation in _READS)
        return Operation(call.start, end, step, _comparable(call.response), str(number), is_uncertain)

    def _tried(
        self, call: RecordedCall, places: list[Place], seen: tuple[Stored, ...]
    ) -> tuple[dict[str, Stored], str]:
        """The items after a call in a state, and what it answers."""
        for place, text in zip(places, seen, strict=True):
            self._store(place, text)
        request = {name: value for name, value in call.request.items() if name != "ClientRequestToken"}
        try:
            response: Answer = self._database.execute(call.operation, request)
        except DynamoError as error:
            response = error
        after = {f"{table} {key}": self._stored(self._database, (table, key)) for table, key in places}
        return after, _comparable(response)

    def _stored(self, database: Database, place: Place) -> Stored:
        request = {"TableName": place[0], "Key": parsed_text(place[1]), "ConsistentRead": True}
        item = database.execute("GetItem", request).get("Item")
        return None if item is None else text_of(item)

    def _store(self, place: Place, text: Stored) -> None:
        if text is None:
            self._database.execute("DeleteItem", {"TableName": place[0], "Key": parsed_text(place[1])})
        else:
            self._database.execute("PutItem", {"TableName": place[0], "Item": parsed_text(text)})


def _comparable(response: Answer) -> str:
    """What of a response hangs on the state alone."""
    if isinstance(response, DynamoError):
        return text_of({"code": response.code, **response.members})
    left_out = ("ConsumedCapacity", "ItemCollectionMetrics", "ResponseMetadata")
    return text_of({name: value for name, value in response.items() if name not in left_out})


def _shown(call: RecordedCall) -> str:
    response = call.response.code if isinstance(call.response, DynamoError) else _comparable(call.response)
    return f"{call.operation} {text_of(call.request)} -> {response}"


def _place_text(key: Item, item: Item | None) -> str:
    """A key as text: of the attributes that `key` has, with the values of `item`, if given."""
    source = key if item is None else item
    return text_of({name: _normal(source[name]) for name in sorted(key)})


def _normal(value: AttributeValue) -> AttributeValue:
    """A key value in the one spelling that stands for all of its number."""
    if "N" not in value:
        return value
    number = Decimal(value["N"])
    return {"N": str(number.normalize(_DIGITS)) if number else "0"}
