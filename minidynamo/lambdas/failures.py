"""What becomes of batches and invocations that are given up: records for their destinations.

Source: AWS Lambda Developer Guide, "Retain discarded records for a DynamoDB event source in Lambda".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from minidynamo.lambdas.aws_services import AwsServices, service_of
from minidynamo.lambdas.change import Change
from minidynamo.lambdas.function import Outcome
from minidynamo.lambdas.handler_calls import IN_BACKGROUND
from minidynamo.lambdas.runtime import Runtime
from minidynamo.schema.key_schema import PrimaryKey
from minidynamo.values.api_types import JsonObject, JsonValue, RequestDraft, Response

logger = logging.getLogger("minidynamo.lambdas")

Execute = Callable[[str, RequestDraft], Response]
# Where records of failures go: a callable, a function's name or ARN, the ARN of a table, or of a queue, a topic, a
# bucket or an event bus.
Destination = Callable[[JsonValue], object] | str


def timestamp_text(time: float) -> str:
    """A moment as Lambda writes it: `2019-11-14T00:13:49.717Z`."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def second_text(time: float) -> str:
    """A moment in whole seconds: `2019-11-14T00:13:19Z`."""
    return timestamp_text(time)[:19] + "Z"


def batch_info(shard_id: str, changes: Sequence[Change], stream_arn: str) -> JsonObject:
    """The DDBStreamBatchInfo of some changes."""
    first, last = changes[0], changes[-1]
    return {
        "shardId": shard_id,
        "startSequenceNumber": first.sequence,
        "endSequenceNumber": last.sequence,
        "approximateArrivalOfFirstRecord": second_text(first.time),
        "approximateArrivalOfLastRecord": second_text(last.time),
        "batchSize": len(changes),
        "streamArn": stream_arn,
    }


def reported_failures(changes: list[Change], value: object) -> list[Change]:
    """The changes that a handler's answer reports as failed, with all that follow the first of them."""
    failures = value.get("batchItemFailures") if isinstance(value, dict) else None
    if not failures:
        return []
    positions = {each.sequence: position for position, each in enumerate(changes)}
    try:
        return changes[min(positions[each["itemIdentifier"]] for each in failures) :]
    except (KeyError, TypeError):  # No number of this batch: all of it has failed.
        return changes


def batch_failure(
    condition: str, function_arn: str, outcome: Outcome | None, attempts: int, batch: JsonObject, now: float
) -> JsonObject:
    """The record of a batch that was given up.

    Parameters:
        condition: why, such as "RetryAttemptsExhausted".
        function_arn: of the function.
        outcome: how the last invocation ended, None where there was none.
        attempts: how often it was invoked.
        batch: its DDBStreamBatchInfo.
        now: epoch seconds.
    """
    record: JsonObject = {
        "requestContext": {
            "requestId": "" if outcome is None else outcome.request_id,
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": attempts,
        }
    }
    if outcome is not None:
        error = "Unhandled" if outcome.is_error else None  # None where it answered, and reported failures.
        record["responseContext"] = {"statusCode": 200, "executedVersion": outcome.version, "functionError": error}
    return {**record, "version": "1.0", "timestamp": timestamp_text(now), "DDBStreamBatchInfo": batch}


class Destinations:
    """Hands records over to where they are to go.

    Parameters:
        runtime: runs functions that are destinations.
        execute: writes to tables that are.
        keys_of: the primary key of a table, None where there is no such table.
        services: other services of AWS.
    """

    def __init__(
        self,
        runtime: Runtime,
        execute: Execute,
        keys_of: Callable[[str], PrimaryKey | None],
        services: AwsServices,
    ) -> None:
        self._services = services
        self._runtime = runtime
        self._execute = execute
        self._keys_of = keys_of

    def check(self, destination: object) -> None:
        """Raises ValueError where there is no such destination."""
        if destination is None or callable(destination):
            return
        if not isinstance(destination, str):
            raise ValueError(f"a destination is a callable, a function's name or a table's ARN, not {destination!r}")
        table, service = _table_in(destination), service_of(destination)
        if service is not None:
            if not self._services.takes(destination):
                raise ValueError(
                    f"the destination {destination} needs a client: give functions.use_clients({service}=...)"
                )
        elif table is None:
            self._runtime.find(destination)
        elif (key := self._keys_of(table)) is None or any(each.type != "S" for each in key.attributes):
            raise ValueError(f"the destination {destination} must be a table whose key attributes are strings")

    def send(
        self, destination: Destination | None, record: JsonValue, attributes: Mapping[str, str] | None = None
    ) -> bool:
        """Hands a record over: calls a callable or function with it, puts it into a table as JSON, or sends it.

        Parameters:
            destination: where it goes, None for nowhere.
            record: what JSON can say.
            attributes: of the message, where it is one.

        Returns:
            Whether it was handed over, if it is to go anywhere.
        """
        if destination is None:
            return True
        try:
            if callable(destination):
                destination(record)
            elif (table := _table_in(destination)) is not None:
                self._put(table, record)
            elif service_of(destination) is not None:
                self._services.send(destination, record, attributes)
            else:
                function, version = self._runtime.find(destination)
                self._runtime.run(function, version, record, self._runtime.qualifier_of(destination))
        except BaseException as error:
            if not isinstance(error, Exception | SystemExit) and not IN_BACKGROUND.get():
                raise
            logger.exception("a record of a failure could not be handed over to %s", destination)
            return False
        return True

    def _put(self, table: str, record: JsonObject) -> None:
        key = self._keys_of(table)
        assert key is not None
        texts = (record["requestContext"]["requestId"] or record["timestamp"], record["timestamp"])
        item = {each.name: {"S": text} for each, text in zip(key.attributes, texts, strict=False)}
        item["record"] = {"S": json.dumps(record)}
        self._execute("PutItem", {"TableName": table, "Item": item})


def _table_in(destination: str) -> str | None:
    return destination.split(":table/", 1)[1] if ":table/" in destination else None
