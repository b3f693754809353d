"""What is known of each operation: one row. Whoever asks something about an operation reads it here.

Source: service models of DynamoDB (2012-08-10) and DynamoDB Streams (2012-08-10); observed responses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from minidynamo.requests.control_plane import CONTROL_PLANE
from minidynamo.requests.data_plane import DATA_PLANE
from minidynamo.requests.shapes import Shape
from minidynamo.requests.streams import STREAMS
from minidynamo.wording import BARE, DETECTED, OLDER_ALWAYS, PREFIXED, SELECT, Layers, ValidationLayer

DYNAMODB = "DynamoDB_20120810"
DYNAMODB_STREAMS = "DynamoDBStreams_20120810"

# What an operation does.
READ, WRITE, EITHER = "read", "write", "either"
# What it does it to.
ITEM, BATCH, TRANSACTION, PAGES = "item", "batch", "transaction", "pages"
TABLE, ACCOUNT, STREAM = "table", "account", "stream"
STATEMENT = "statement"

# Where operations on these are carried out, below `operations/`; the others below `items/`.
_ROOMS = {TABLE: "tables", ACCOUNT: "tables", STREAM: "streams", STATEMENT: "statements"}

# Two texts of one error: the current one and, where it differs, that of 2025.
Texts = tuple[str, str | None]


def snake_case(name: str) -> str:
    """boto3's spelling of a name of the API: "put_item" for "PutItem"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


@dataclass(frozen=True, slots=True)
class Pages:
    """How an operation pages.

    Attributes:
        input_token, output_token: the members of request and response that carry the position.
        results: the members of the response that hold what is listed, or count it; the first is the list.
        limit: the member that bounds a page, if there is one.
    """

    input_token: str
    output_token: str
    results: tuple[str, ...]
    limit: str | None = "Limit"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API.

    Attributes:
        name: its name in the API.
        access: whether it reads or writes, or either, as its statements say.
        subject: what it reads or writes: an item, a batch, a transaction, pages of items, what statements name, a
            table, the account's settings, a stream.
        request: the shape of its request.
        value_users: its expressions that may use values, as the service names them where they are missing.
        pages: how it pages, None where it does not.
        layers: which validation layer answers it.
        missing_texts: members whose absence is refused in words of its own, with these.
        timestamps: the members of a response that hold times: "*" for the names in `TABLE_TIMESTAMPS` at any depth,
            else a path.
        has_body: whether a response has a body on the wire.
    """

    name: str
    access: str
    subject: str
    request: Shape
    value_users: tuple[str, ...] = ()
    pages: Pages | None = None
    layers: Layers = OLDER_ALWAYS
    missing_texts: Mapping[str, Texts] = field(default_factory=dict)
    timestamps: str | None = None
    has_body: bool = True

    @property
    def service(self) -> str:
        """The service that it belongs to, as X-Amz-Target names it."""
        return DYNAMODB_STREAMS if self.subject == STREAM else DYNAMODB

    @property
    def method(self) -> str:
        """Its name in snake_case: boto3's method, and the function that carries it out."""
        return snake_case(self.name)

    @property
    def module(self) -> str:
        """Where it is carried out: a module below `operations/`."""
        return f"{_ROOMS.get(self.subject, 'items')}.{self.method}"


def value_users(shape: Shape) -> tuple[str, ...]:
    """The expressions that may use values, of a request or of an action within a transaction."""
    return tuple(each for each in _VALUE_USERS if each in shape.members)


_VALUE_USERS = ("UpdateExpression", "FilterExpression", "ConditionExpression", "KeyConditionExpression")

# The members of table descriptions that hold times.
TABLE_TIMESTAMPS = frozenset(
    {
        "CreationDateTime",
        "LastIncreaseDateTime",
        "LastDecreaseDateTime",
        "LastUpdateToPayPerRequestDateTime",
        "LastUpdateDateTime",
    }
)

_SHAPES = {**DATA_PLANE, **CONTROL_PLANE, **STREAMS}

_ITEM_PAGES = Pages("ExclusiveStartKey", "LastEvaluatedKey", ("Items", "Count", "ScannedCount"))
_SELECT_PREFIXED = ValidationLayer(newer=True, prefixed=frozenset({SELECT}))
_ALWAYS_PREFIXED = Layers(PREFIXED, PREFIXED)
_ALWAYS_BARE = Layers(BARE, BARE)
_SOON_BARE = Layers(next=BARE)

_NAME_REQUIRED: Texts = ("The parameter 'TableName' is required but was not present in the request", None)
_NO_ARN: Mapping[str, Texts] = {"ResourceArn": ("Invalid TableArn", None)}
_NO_NAME: Mapping[str, Texts] = {"TableName": _NAME_REQUIRED}
_NO_KEYS = (
    f"{DETECTED}Value at 'RequestItems' failed to satisfy constraint: "
    "Member must have length greater than or equal to 1",
    "The requestItems parameter is required for BatchGetItem",
)
_NO_REQUESTS = (_NO_KEYS[0], "The requestItems parameter is required for BatchWriteItem")


def _row(
    name: str,
    access: str,
    subject: str,
    pages: Pages | None = None,
    layers: Layers = OLDER_ALWAYS,
    missing: Mapping[str, Texts] | None = None,
    timestamps: str | None = None,
    has_body: bool = True,
) -> Operation:
    shape = _SHAPES[name]
    return Operation(
        name, access, subject, shape, value_users(shape), pages, layers, missing or {}, timestamps, has_body
    )


# fmt: off
_ROWS = (
    _row("BatchExecuteStatement", EITHER, STATEMENT),
    _row("BatchGetItem", READ, BATCH, layers=_ALWAYS_BARE, missing={"RequestItems": _NO_KEYS}),
    _row("BatchWriteItem", WRITE, BATCH, layers=_SOON_BARE, missing={"RequestItems": _NO_REQUESTS}),
    _row("CreateTable", WRITE, TABLE, missing=_NO_NAME, timestamps="*"),
    _row("DeleteItem", WRITE, ITEM, layers=_ALWAYS_PREFIXED),
    _row("DeleteTable", WRITE, TABLE, missing=_NO_NAME, timestamps="*"),
    _row("DeleteResourcePolicy", WRITE, TABLE),
    _row("DescribeEndpoints", READ, ACCOUNT),
    _row("DescribeLimits", READ, ACCOUNT),
    _row("DescribeStream", READ, STREAM, timestamps="StreamDescription.CreationRequestDateTime"),
    _row("DescribeTable", READ, TABLE, missing=_NO_NAME, timestamps="*"),
    _row("DescribeTimeToLive", READ, TABLE, missing=_NO_NAME),
    _row("ExecuteStatement", EITHER, STATEMENT),
    _row("ExecuteTransaction", EITHER, STATEMENT),
    _row("GetItem", READ, ITEM, layers=_ALWAYS_BARE),
    _row("GetRecords", READ, STREAM, timestamps="Records.dynamodb.ApproximateCreationDateTime"),
    _row("GetResourcePolicy", READ, TABLE),
    _row("GetShardIterator", READ, STREAM),
    _row("ListStreams", READ, STREAM),
    _row("ListTables", READ, ACCOUNT,
         pages=Pages("ExclusiveStartTableName", "LastEvaluatedTableName", ("TableNames",))),
    _row("ListTagsOfResource", READ, TABLE, missing=_NO_ARN, pages=Pages("NextToken", "NextToken", ("Tags",), None)),
    _row("PutItem", WRITE, ITEM, layers=_ALWAYS_PREFIXED),
    _row("PutResourcePolicy", WRITE, TABLE),
    _row("Query", READ, PAGES, pages=_ITEM_PAGES, layers=Layers(_SELECT_PREFIXED, _SELECT_PREFIXED)),
    _row("Scan", READ, PAGES, pages=_ITEM_PAGES, layers=Layers(next=_SELECT_PREFIXED)),
    _row("TagResource", WRITE, TABLE, missing=_NO_ARN, has_body=False),
    _row("TransactGetItems", READ, TRANSACTION, layers=_SOON_BARE),
    _row("TransactWriteItems", WRITE, TRANSACTION, layers=_SOON_BARE),
    _row("UntagResource", WRITE, TABLE, missing=_NO_ARN, has_body=False),
    _row("UpdateItem", WRITE, ITEM, layers=_ALWAYS_PREFIXED),
    _row("UpdateTable", WRITE, TABLE, missing=_NO_NAME, timestamps="*"),
    _row("UpdateTimeToLive", WRITE, TABLE),
)
# fmt: on

API: Mapping[str, Operation] = {row.name: row for row in _ROWS}


def named(*, access: str | None = None, subjects: Iterable[str] | None = None) -> frozenset[str]:
    """The names of the operations with an access, on one of some subjects; None for any."""
    wanted = None if subjects is None else frozenset(subjects)
    return frozenset(
        row.name for row in _ROWS if access in (None, row.access) and (wanted is None or row.subject in wanted)
    )


# What the service has besides, answered with UnknownOperationException.
# Source: Amazon DynamoDB API reference, "Actions".
_ABSENT = """
CancelBulkOperation CreateBackup CreateGlobalTable DeleteBackup DescribeBackup DescribeBulkOperation
DescribeContinuousBackups DescribeContributorInsights DescribeExport DescribeGlobalTable DescribeGlobalTableSettings
DescribeImport DescribeKinesisStreamingDestination DescribeTableReplicaAutoScaling DisableKinesisStreamingDestination
EnableKinesisStreamingDestination ExportTableToPointInTime ImportTable ListBackups ListBulkOperations
ListContributorInsights ListExports ListGlobalTables ListImports RestoreTableFromBackup RestoreTableToPointInTime
SearchVectors StartBulkPutItems UpdateContinuousBackups UpdateContributorInsights UpdateGlobalTable
UpdateGlobalTableSettings UpdateKinesisStreamingDestination UpdateTableReplicaAutoScaling
"""
ABSENT_OPERATIONS = tuple(_ABSENT.split())
SERVICES: Mapping[str, frozenset[str]] = {
    DYNAMODB: frozenset(ABSENT_OPERATIONS) | {row.name for row in _ROWS if row.service == DYNAMODB},
    DYNAMODB_STREAMS: named(subjects=(STREAM,)),
}
