"""The event and the context that handlers get."""

from __future__ import annotations

import json
from typing import Any

import minidynamo
from minidynamo import Database, ManualClock
from tests.lambdas.streaming_table import Event, put


def test_the_event_is_lambdas(database: Database, clock: ManualClock) -> None:
    """Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"."""
    events: list[Event] = []
    mapping = database.on_stream("tbl", lambda event, context: events.append(event))
    nested = {"L": [{"M": {"b": {"BS": [b"\x01", b"\x02"]}}}]}
    put(database, "a", b={"B": b"\x00\xff"}, n={"N": "1.50"}, nested=nested)
    report = database.drain()
    assert (report.invocations, report.total, report.is_complete) == ({"lambda": 1}, 1, True)
    ((record,),) = (each["Records"] for each in events)
    number = record["dynamodb"].pop("SequenceNumber")
    assert number.isdigit() and len(number) >= 21
    assert len(record.pop("eventID")) == 32
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": mapping.stream_arn,
        "dynamodb": {
            "ApproximateCreationDateTime": clock.now(),
            "Keys": {"pk": {"S": "a"}},
            "NewImage": {
                "pk": {"S": "a"},
                "b": {"B": "AP8="},
                "n": {"N": "1.5"},
                "nested": {"L": [{"M": {"b": {"BS": ["AQ==", "Ag=="]}}}]},
            },
            "SizeBytes": record["dynamodb"]["SizeBytes"],
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    json.dumps(events)


def test_expired_items_name_the_service(database: Database, clock: ManualClock) -> None:
    specification = {"Enabled": True, "AttributeName": "at"}
    database.execute("UpdateTimeToLive", {"TableName": "tbl", "TimeToLiveSpecification": specification})
    records: list[Any] = []
    database.on_stream("tbl", lambda event, context: records.extend(event["Records"]))
    put(database, "a", at={"N": str(int(clock.now()))})
    database.expire()
    database.drain()
    assert [each["eventName"] for each in records] == ["INSERT", "REMOVE"]
    assert records[1]["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_the_context_is_lambdas(database: Database, clock: ManualClock) -> None:
    seen: list[Any] = []

    @database.on_stream("tbl", Timeout=10)  # type: ignore[untyped-decorator]
    def handler(event: Event, context: Any) -> None:
        clock.advance(2)
        seen.append((context, context.get_remaining_time_in_millis()))

    put(database, "a")
    database.drain()
    ((context, left),) = seen
    assert left == 8_000
    assert (context.function_name, context.function_version) == ("handler", "$LATEST")
    assert context.invoked_function_arn == "arn:aws:lambda:us-east-1:123456789012:function:handler"
    assert context.log_group_name == "/aws/lambda/handler"
    assert context.identity is context.client_context is None
    assert callable(handler)


def test_powertools_work_unchanged(database: Database) -> None:
    from aws_lambda_powertools.utilities import batch
    from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

    processor = batch.BatchProcessor(event_type=batch.EventType.DynamoDBStreams)
    done: list[str] = []
    images: list[Any] = []

    def process(record: DynamoDBRecord) -> None:
        key = record.dynamodb.keys["pk"] if record.dynamodb else ""
        if key == "c" and done.count("b") < 2:
            raise RuntimeError("not yet")
        done.append(key)

    def handler(event: Event, context: Any) -> Any:
        images.extend(each.dynamodb.new_image for each in DynamoDBStreamEvent(event).records)
        return batch.process_partial_response(event=event, record_handler=process, processor=processor, context=context)

    database.on_stream("tbl", handler, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=2)
    put(database, *"ab", n={"N": "1"})
    put(database, "b", n={"N": "2"})
    put(database, "c", b={"B": b"\x00"})
    put(database, "d")
    database.drain()
    assert done == ["a", "b", "b", "d", "c", "d"] or done == ["a", "b", "b", "c", "d"]
    assert {"pk": "a", "n": 1} in images


def test_powertools_leave_the_double_fast() -> None:
    """They hook into botocore to name themselves to AWS; such calls need not go all through botocore."""
    import aws_lambda_powertools
    import boto3

    from minidynamo.boto.plans import Plan

    assert aws_lambda_powertools
    with minidynamo.mock():
        assert not Plan(boto3.client("dynamodb", region_name="us-east-1"), "GetItem").takes_full_path
