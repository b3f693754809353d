"""The kinds of misbehaviour: what each is, where it may happen, and why it is legal. One row per kind.

The names are those of the rates of a `Profile`, of a `Fault`, and of the pages under `spec/faults/`.
"""

from __future__ import annotations

from dataclasses import dataclass

from minidynamo.requests.operations import API, BATCH, ITEM, PAGES, STATEMENT, TRANSACTION, WRITE, named
from minidynamo.simulation.arguments import did_you_mean, require

_SINGLE_WRITES = named(access=WRITE, subjects=(ITEM,)) | {"ExecuteStatement"}
_TRANSACTIONS = named(subjects=(TRANSACTION,)) | {"ExecuteTransaction"}
_BATCHES = named(subjects=(BATCH,)) | {"BatchExecuteStatement"}
_PAGES = named(subjects=(PAGES,)) | {"ExecuteStatement"}
_STATEMENTS = named(subjects=(STATEMENT,))
_WRITES = named(access=WRITE) | _STATEMENTS  # Those that change tables, too.
_CONTROL = frozenset({"CreateTable", "DeleteTable", "UpdateTable"})  # Tags and times to live have limits of their own.
_DATA = named(subjects=(ITEM, BATCH, TRANSACTION, PAGES, STATEMENT))
_ALL = frozenset(API)
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of misbehaviour.

    Attributes:
        name: what it is called in profiles, schedules and histories.
        title: what happens, in a few words.
        operations: where it may happen; empty where no request is answered.
        why: why the service may do so.
        source: where that is said.
    """

    name: str
    title: str
    operations: frozenset[str]
    why: str
    source: str

    @property
    def page(self) -> str:
        """Where to read more about it."""
        return f"spec/faults/{self.name}.md"


_GUIDE = "DynamoDB Developer Guide, "
_ROWS = (
    Kind(
        "stale_read",
        "an eventually consistent read does not see the latest writes",
        _PAGES | {"GetItem", "BatchGetItem"},
        "the response of an eventually consistent read might not reflect a recently completed write",
        _GUIDE + '"DynamoDB read consistency"',
    ),
    Kind(
        "index_lag",
        "a global secondary index does not show the latest writes to some items",
        _PAGES,
        "changes to a table reach its global secondary indexes asynchronously; queries must expect other results",
        _GUIDE + '"Data synchronization between tables and global secondary indexes"',
    ),
    Kind(
        "short_page",
        "a page ends early, with a LastEvaluatedKey",
        _PAGES,
        "only the absence of LastEvaluatedKey says that there is nothing more; a page may hold fewer items",
        _GUIDE + '"Paginating table query results"',
    ),
    Kind(
        "empty_page",
        "a page is empty and has a LastEvaluatedKey",
        _PAGES,
        "an empty page with a LastEvaluatedKey is legal: only the absence of LastEvaluatedKey ends a result set",
        _GUIDE + '"Paginating table query results"',
    ),
    Kind(
        "no_trailing_key",
        "a page that Limit ends exactly at the last item has no LastEvaluatedKey",
        _PAGES,
        "whether a LastEvaluatedKey follows the very last item is not promised: clients meet both",
        "DynamoDB API reference, Query, LastEvaluatedKey; observed answers",
    ),
    Kind(
        "unprocessed",
        "a batch is carried out in part; the rest comes back unprocessed",
        _BATCHES,
        "requests that fail for throughput or an internal failure are returned as UnprocessedItems or UnprocessedKeys",
        "DynamoDB API reference, BatchWriteItem and BatchGetItem",
    ),
    Kind(
        "throttled",
        "a request is refused for want of throughput, before it takes effect",
        _DATA,
        "requests beyond the throughput of a table, an index or a partition are throttled",
        _GUIDE + '"Error handling with DynamoDB" and "Throttling diagnosis"',
    ),
    Kind(
        "capacity",
        "a request is refused because the capacity of its table, index or partition is used up",
        _DATA,
        "tables and indexes have the throughput they are given, partitions 3,000 read and 1,000 write units per second",
        _GUIDE + '"Burst and adaptive capacity"',
    ),
    Kind(
        "conflict",
        "a write or a transaction meets an ongoing transaction on its item",
        _SINGLE_WRITES | _TRANSACTIONS,
        "a concurrent request on an item of an ongoing transaction is refused",
        _GUIDE + '"Transaction conflict handling in DynamoDB"',
    ),
    Kind(
        "in_progress",
        "a repeated transaction finds the first one with its token still in progress",
        frozenset({"TransactWriteItems", "ExecuteTransaction"}),
        "a request with the token of a transaction that is still being carried out is refused",
        "DynamoDB API reference, TransactWriteItems, TransactionInProgressException",
    ),
    Kind(
        "server_error",
        "InternalServerError, and nothing was done",
        _ALL,
        "an error occurred on the server side; the request may be repeated",
        _GUIDE + '"Error handling with DynamoDB"',
    ),
    Kind(
        "connection_lost",
        "the connection ends before the request arrives",
        _ALL,
        "networks lose requests",
        _GUIDE + '"Error retries and exponential backoff"',
    ),
    Kind(
        "response_lost",
        "InternalServerError, although the request took effect",
        _WRITES,
        "after an InternalServerError a write may have been carried out: its outcome is unknown to the caller",
        _GUIDE + '"Error handling with DynamoDB"',
    ),
    Kind(
        "connection_lost_after",
        "the connection ends after the request took effect",
        _WRITES,
        "networks lose answers",
        _GUIDE + '"Error retries and exponential backoff"',
    ),
    Kind(
        "timed_out",
        "the client times out; the request took effect or did not",
        _DATA | _WRITES,
        "a client that stops waiting cannot know whether its request was carried out",
        _GUIDE + '"Error retries and exponential backoff"',
    ),
    Kind(
        "latency",
        "an answer takes its time, by the database's clock",
        _ALL,
        "the time an answer takes is not promised",
        _GUIDE + '"Understanding and addressing latency"',
    ),
    Kind(
        "slow_table",
        "a table or index stays CREATING, UPDATING or DELETING for a while",
        _CONTROL,
        "tables and indexes are created, changed, filled and deleted asynchronously",
        "DynamoDB API reference, CreateTable, UpdateTable and DeleteTable",
    ),
    Kind(
        "control_limit",
        "a control operation is refused while another one is under way",
        _CONTROL,
        "only so many control operations may be under way at once in an account",
        "DynamoDB API reference, LimitExceededException",
    ),
    Kind(
        "stream_lag",
        "GetRecords does not yet show the latest records, or none",
        frozenset({"GetRecords"}),
        "records appear in a stream shortly after the write; GetRecords may return an empty list",
        "DynamoDB Streams API reference, GetRecords",
    ),
    Kind(
        "shard_split",
        "a partition splits, so that its shard ends and children follow",
        frozenset({"GetRecords"}),
        "shards are ephemeral: they split in response to load, and children must be read after their parents",
        _GUIDE + '"Change data capture for DynamoDB Streams"',
    ),
    Kind(
        "consumer_paused",
        "time passes before GetRecords, so that iterators expire and records are trimmed",
        frozenset({"GetRecords"}),
        "an iterator expires after 15 minutes, records are removed after 24 hours; a reader may be that late",
        "DynamoDB Streams API reference, GetRecords, ExpiredIteratorException and TrimmedDataAccessException",
    ),
    Kind(
        "duplicate_delivery",
        "a handler gets a batch a second time",
        _NONE,
        "event source mappings process each record at least once, and duplicates can occur",
        "AWS Lambda Developer Guide, using Lambda with DynamoDB",
    ),
    Kind(
        "ttl_delay",
        "an expired item is deleted up to 48 hours late",
        _NONE,
        "items are deleted within a few days of their expiration time, typically 48 hours",
        _GUIDE + '"Using time to live (TTL) in DynamoDB"',
    ),
)
KINDS = {kind.name: kind for kind in _ROWS}
# What a caller sees as a failed request; so many of them in a row are bounded, so that a caller gets through.
REJECTIONS = frozenset(
    {
        "response_lost",
        "conflict",
        "connection_lost",
        "connection_lost_after",
        "control_limit",
        "in_progress",
        "server_error",
        "throttled",
        "timed_out",
    }
)

assert len(KINDS) == len(_ROWS), f"{len(_ROWS)} kinds share {len(KINDS)} names"
assert all(kind.operations <= _ALL for kind in _ROWS), "a kind happens with an operation that there is not"
assert KINDS.keys() >= REJECTIONS, f"rejections are no kinds: {sorted(REJECTIONS - KINDS.keys())}"


def known_kind(name: str) -> Kind:
    """The kind of a name.

    Raises:
        ValueError: there is none of that name; it says what there is.
        TypeError: it is no name.
    """
    if isinstance(name, Kind):
        raise TypeError(f"a fault is named here by its text: give {name.name!r}")
    require(isinstance(name, str), "the kind of a fault", "its name, such as 'throttled'", name)
    if name not in KINDS:
        raise ValueError(f"there is no fault called {name!r}: {did_you_mean(name, KINDS)}")
    return KINDS[name]
