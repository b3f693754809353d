"""What the rules of advice look at, gathered call by call for each operation at one place in the caller's code."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import NamedTuple

from minidynamo.insight.filters import clauses_in, filter_clauses
from minidynamo.insight.known_tables import KnownTable
from minidynamo.insight.loops import loop_around
from minidynamo.insight.observed import Observed
from minidynamo.requests.statements import statements_of
from minidynamo.requests.subjects import parts_of
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import Request, Response

FAULTS_MAX = 1_000
# Calls of one kind in a row: fewer are no matter.
RUN_MIN = 10
_THREADS_MAX = 1_000
_PAGES = frozenset({"Query", "Scan"})
# What batches do as well.
_SINGLE = frozenset({"GetItem", "PutItem"})
_UNPROCESSED = {"BatchWriteItem": "UnprocessedItems", "BatchGetItem": "UnprocessedKeys"}
# Epoch seconds have ten digits until the year 2286.
_MILLISECOND_DIGITS = 12
# A write takes a unit per KB; an item has at most 400.
_LARGE_UNITS = 300


@dataclass(slots=True)
class Trace:
    """Calls of one operation on a table or index at one place.

    Attributes:
        begun: of Query and Scan, those that did not go on where another one had ended.
        filtered: those with a filter.
        filtered_read, filtered_kept: items that these read and kept.
        filtered_units: units that these took.
        ended_early: answers with a LastEvaluatedKey to requests without Limit.
        followed: requests with an ExclusiveStartKey.
        short_limits: answers to a Limit and a filter that kept fewer than Limit, and had a LastEvaluatedKey.
        longest_run: the most of them in a row.
        runs_after_query: the most of them in a row behind a Query or Scan.
        looped: the most of them in a row, in tens, for several items, that came from a loop of the program itself.
        loop: the line in that loop, here or where it is called from.
        conditions: writes with a condition, which no batch takes.
        filter: the text of the last filter.
        clauses: the attributes that it demands something of, each with the operator, as far as a key could answer that.
        attributes: what projections asked for; None of nothing.
        wants_all: whether a read asked for all attributes.
    """

    begun: int = 0
    filtered: int = 0
    filtered_read: int = 0
    filtered_kept: int = 0
    filtered_units: float = 0.0
    ended_early: int = 0
    followed: int = 0
    short_limits: int = 0
    longest_run: int = 0
    runs_after_query: int = 0
    looped: int = 0
    loop: str = ""
    conditions: int = 0
    filter: str = ""
    clauses: tuple[tuple[str, str], ...] = ()
    attributes: set[str] | None = None
    wants_all: bool = False

    def merge(self, other: Trace) -> None:
        """Adds what another process has seen at the same place."""
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _LONGEST:
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        self.loop = self.loop or other.loop
        if not self.filter:
            self.filter, self.clauses = other.filter, other.clauses
        if other.attributes is not None:
            self.attributes = (self.attributes or set()) | other.attributes
        self.wants_all = self.wants_all or other.wants_all


_LONGEST = ("longest_run", "runs_after_query", "looped")
_SUMMED = (
    *("begun", "filtered", "filtered_read", "filtered_kept", "filtered_units", "ended_early", "followed"),
    *("short_limits", "conditions"),
)


class WrittenFault(NamedTuple):
    """Something odd about items that were written.

    Attributes:
        kind: "milliseconds", "text" or "large".
        table: where.
        place: who has written them.
        detail: what it is about.
    """

    kind: str
    table: str
    place: str
    detail: str


@dataclass(slots=True)
class Pending:
    """Entries of batches that were left, and the place that left them last."""

    count: int = 0
    place: str = ""


class _Run:
    """Calls in a row of one thread, of one kind at one place."""

    __slots__ = ("is_after_query", "key", "length", "looped", "operation", "trace")

    def __init__(self, trace: Trace, observed: Observed, is_after_query: bool) -> None:
        self.trace, self.operation, self.is_after_query = trace, observed.operation, is_after_query
        self.key = observed.request.get("Key")
        self.length = self.looped = 0

    def note_loop(self, observed: Observed) -> None:
        """Notes whether the last ten come from a loop. Who asks for one item again and again waits for it."""
        is_waiting = observed.operation == "GetItem" and observed.request.get("Key") == self.key
        loop = "" if is_waiting else loop_around(observed.place)
        if loop:
            self.looped += RUN_MIN
            if self.looped > self.trace.looped:
                self.trace.looped, self.trace.loop = self.looped, loop


class Evidence:
    """Notes what calls look like. The ledger holds its lock meanwhile.

    Attributes:
        faults: how often something odd was written.
        unprocessed: entries of batches that were not carried out, and not sent again yet, by operation and file.
    """

    def __init__(self) -> None:
        self.faults: dict[WrittenFault, int] = {}
        self.unprocessed: dict[tuple[str, str], Pending] = {}
        self._runs: dict[int, _Run] = {}

    def note(self, observed: Observed, trace: Trace, table: KnownTable | None) -> None:
        """Notes a request that was answered.

        Parameters:
            observed: the request.
            trace: of its operation, table and place.
            table: what is known of that.
        """
        operation, response = observed.operation, observed.response
        if response is None:
            return
        self._note_run(observed, trace)
        if operation in _PAGES:
            _note_page(trace, observed, response)
        elif operation in _UNPROCESSED:
            self._note_batch(observed, response)
        elif operation == "ExecuteStatement" and table is not None:
            _note_select(trace, observed, table)
        elif operation == "PutItem":
            trace.conditions += "ConditionExpression" in observed.request or "Expected" in observed.request
        if table is not None and observed.consumed and observed.consumed[0].is_write:
            self._note_written(observed, table)

    def _note_run(self, observed: Observed, trace: Trace) -> None:
        """Notes how many calls of a single item come in a row."""
        thread = threading.get_ident()
        run = self._runs.get(thread)
        if run is None or run.trace is not trace:
            is_after_query = run is not None and run.operation in _PAGES
            if len(self._runs) >= _THREADS_MAX:
                self._runs.clear()
            run = self._runs[thread] = _Run(trace, observed, is_after_query)
        run.length = length = run.length + 1
        if length > trace.longest_run:
            trace.longest_run = length
        if run.is_after_query and length > trace.runs_after_query:
            trace.runs_after_query = length
        if length % RUN_MIN == 0 and observed.operation in _SINGLE:
            run.note_loop(observed)

    def _note_batch(self, observed: Observed, response: Response) -> None:
        """Notes what a batch has left. What comes next from the same file is taken for that, sent again."""
        left = response.get(_UNPROCESSED[observed.operation]) or {}
        key = observed.operation, observed.place.rpartition(":")[0]
        pending = self.unprocessed.get(key)
        if pending is not None:
            pending.count = max(0, pending.count - _entries(observed.request.get("RequestItems") or {}))
        if not left:
            return
        if pending is None:
            if len(self.unprocessed) >= FAULTS_MAX:
                return
            pending = self.unprocessed[key] = Pending()
        pending.count, pending.place = pending.count + _entries(left), observed.place

    def _note_written(self, observed: Observed, table: KnownTable) -> None:
        units = sum(each.units for each in observed.consumed if each.index_name is None)
        if units >= _LARGE_UNITS and "TableName" in observed.request:
            self.add_fault(WrittenFault("large", table.name, observed.place, ""))
        attribute = table.expiry_attribute
        if attribute is None:
            return
        for part in parts_of(observed.request):
            value = (part.item or {}).get(attribute) if bare_name(part.table) == table.name else None
            if not value:
                continue
            number = value.get("N")
            if number is None:
                self.add_fault(WrittenFault("text", table.name, observed.place, attribute))
            elif len(str(number).partition(".")[0]) >= _MILLISECOND_DIGITS:
                self.add_fault(WrittenFault("milliseconds", table.name, observed.place, attribute))

    def add_fault(self, fault: WrittenFault, count: int = 1) -> None:
        """Notes that something odd was written so many times."""
        if fault in self.faults or len(self.faults) < FAULTS_MAX:
            self.faults[fault] = self.faults.get(fault, 0) + count


def _note_page(trace: Trace, observed: Observed, response: Response) -> None:
    request = observed.request
    has_filter = any(request.get(name) for name in ("FilterExpression", "ScanFilter", "QueryFilter"))
    is_left = "LastEvaluatedKey" in response
    goes_on = request.get("ExclusiveStartKey") is not None
    trace.begun += not goes_on
    trace.followed += goes_on
    trace.ended_early += is_left and request.get("Limit") is None
    if has_filter:
        trace.filtered += 1
        trace.filtered_units += sum(each.units for each in observed.consumed)
        trace.filtered_read += response["ScannedCount"]
        trace.filtered_kept += response["Count"]
        limit = request.get("Limit")
        trace.short_limits += limit is not None and is_left and response["Count"] < limit
        text = str(request.get("FilterExpression") or [*(request.get("ScanFilter") or request["QueryFilter"])])
        if text != trace.filter:
            trace.filter = text
            trace.clauses = tuple((each.attribute, each.operator) for each in filter_clauses(request))
    if not trace.wants_all and request.get("Select") != "COUNT":
        _note_projection(trace, request)


def _note_select(trace: Trace, observed: Observed, table: KnownTable) -> None:
    """Notes a SELECT that reads everything, since it pins no partition key."""
    for _, bound in statements_of(observed.request):
        index = table.index(bound.source.index)
        clauses = [] if bound.is_write or index is None else clauses_in(bound.where)
        equal = {each.attribute for each in clauses if each.operator == "="}
        if bound.is_write or index is None or equal.issuperset(index.partition_key):
            return
        trace.begun += observed.request.get("NextToken") is None
        trace.filtered += bound.where is not None
        trace.filtered_units += sum(each.units for each in observed.consumed) if bound.where is not None else 0.0
        trace.clauses = tuple((each.attribute, each.operator) for each in clauses)


def _note_projection(trace: Trace, request: Request) -> None:
    """Notes which attributes are asked for; all of them where there is no projection."""
    text = request.get("ProjectionExpression")
    if not isinstance(text, str):
        trace.wants_all = True
        return
    attributes = trace.attributes = trace.attributes or set()
    names = request.get("ExpressionAttributeNames") or {}
    for each in text.split(","):
        first = each.strip().partition(".")[0].partition("[")[0]
        attributes.add(names.get(first, first))


def _entries(by_table: Request) -> int:
    """How many entries a batch has."""
    return sum(
        len(entries.get("Keys", ())) if isinstance(entries, dict) else len(entries)
        for entries in by_table.values()
        if isinstance(entries, dict | list)
    )
