"""Metrics of DynamoDB: a middleware that counts what each request comes to. It changes no response.

Source: DynamoDB Developer Guide, "DynamoDB metrics and dimensions".
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.errors import DynamoError, NoResponse
from minidynamo.metrics.asked_capacity import Consumed, asking_for_all, take_consumed
from minidynamo.metrics.dynamodb_errors import Counted, counted_of_entries, counted_of_error
from minidynamo.metrics.metrics import Metrics
from minidynamo.metrics.named_tables import names_of_tables
from minidynamo.metrics.published import DYNAMODB
from minidynamo.requests.operations import BATCH, ITEM, PAGES, STATEMENT, TRANSACTION, named
from minidynamo.requests.subjects import tables_of
from minidynamo.schema.arns import bare_name
from minidynamo.values.api_types import Request, Response

_RECORDS = "GetRecords"
_MEASURED = named(subjects=(ITEM, BATCH, TRANSACTION, PAGES, STATEMENT)) | {_RECORDS}
_RETURNING = frozenset({"Query", "Scan", "ExecuteStatement"})


class DynamoDBMetrics(Middleware):
    """Records the requests of a database.

    Parameters:
        metrics: where.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def execute(self, call: Call, proceed: Proceed) -> Response:
        operation, request = call.operation, call.request
        if not isinstance(request, Mapping):
            return proceed(operation, request)  # What is wrong with it, the operation says.
        began, started = call.endpoint.clock.now(), time.perf_counter()
        try:
            response = proceed(operation, asking_for_all(operation, request))
        except DynamoError as error:
            self._note(call, "NoResponse" if isinstance(error, NoResponse) else error.code, started)
            if not isinstance(error, NoResponse):  # Else nobody knows what has become of it.
                for each in counted_of_error(operation, request, error):
                    self._count(each)
            raise
        consumed = [each._replace(table=bare_name(each.table)) for each in take_consumed(operation, request, response)]
        self._note(call, "", started, consumed)
        if operation in _MEASURED:
            milliseconds = max(0.0, call.endpoint.clock.now() - began) * 1000
            self._record(operation, request, response, consumed, milliseconds)
        return response

    def expired(self, table_name: str, count: int) -> None:
        """Counts items that the service itself has deleted."""
        self._metrics.record(DYNAMODB, "TimeToLiveDeletedItemCount", {"TableName": table_name}, count)

    def _note(self, call: Call, error: str, started: float, consumed: Sequence[Consumed] = ()) -> None:
        """Counts a request, by the machine's time."""
        seconds = time.perf_counter() - started
        self._metrics.requests.note(call.operation, names_of_tables(call.request), error, seconds, consumed)

    def _record(
        self, operation: str, request: Request, response: Response, consumed: Sequence[Consumed], milliseconds: float
    ) -> None:
        record = self._metrics.record
        for each in consumed:
            dimensions = {"TableName": each.table}
            if each.index_name is not None:
                dimensions["GlobalSecondaryIndexName"] = each.index_name
            way = "Write" if each.is_write else "Read"
            record(DYNAMODB, f"Consumed{way}CapacityUnits", dimensions, each.units)
        if operation == _RECORDS:
            self._record_stream(request, response, milliseconds)
            return
        for table in dict.fromkeys(map(bare_name, tables_of(request))):
            dimensions = {"TableName": table, "Operation": operation}
            record(DYNAMODB, "SuccessfulRequestLatency", dimensions, milliseconds)
            if operation in _RETURNING:
                record(DYNAMODB, "ReturnedItemCount", dimensions, response.get("Count", len(response.get("Items", ()))))
        for counted in counted_of_entries(operation, response):
            self._count(counted)

    def _record_stream(self, request: Request, response: Response, milliseconds: float) -> None:
        arn = str(request.get("ShardIterator", "")).partition("|")[0]
        table, _, label = bare_name(arn).partition("/stream/")
        dimensions = {"TableName": table, "StreamLabel": label, "Operation": _RECORDS}
        records = response["Records"]
        size = sum(each["dynamodb"].get("SizeBytes", 0) for each in records)
        self._metrics.record(DYNAMODB, "SuccessfulRequestLatency", dimensions, milliseconds)
        self._metrics.record(DYNAMODB, "ReturnedRecordsCount", dimensions, len(records))
        self._metrics.record(DYNAMODB, "ReturnedBytes", dimensions, size)

    def _count(self, counted: Counted) -> None:
        self._metrics.record(DYNAMODB, counted.name, counted.dimensions, 1)
