"""Queues, topics and destinations: services that moto answers, or clients that are given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.execution.configuration import Isolation

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, Handler: index.handler}}
Resources:
  Work: {Type: AWS::SQS::Queue}
  News: {Type: AWS::SNS::Topic}
  Dead: {Type: AWS::SQS::Queue}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Dead.Arn}
      EventInvokeConfig: {MaximumRetryAttempts: 0}
      InlineCode: |
        def handler(event, context):
            if "Records" not in event:
                raise ValueError("no records")
            for record in event["Records"]:
                print("got", record.get("body") or record["Sns"]["Message"])
            bad = [each["messageId"] for each in event["Records"] if each.get("body") == "bad"]
            return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}
      Events:
        Queue:
          Type: SQS
          Properties: {Queue: !GetAtt Work.Arn, BatchSize: 5, FunctionResponseTypes: [ReportBatchItemFailures]}
        Topic: {Type: SNS, Properties: {Topic: !Ref News}}
"""


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def got(app: Any) -> list[str]:
    return [each.message[4:] for each in app.logs("Worker") if each.message.startswith("got ")]


def test_messages_invoke_functions_and_dead_letters_are_sent() -> None:
    with mock_aws(), minidynamo.app_from(TEMPLATE, clock=ManualClock()) as app:
        sqs, sns = (boto3.client(each, region_name="us-east-1") for each in ("sqs", "sns"))
        url = sqs.get_queue_url(QueueName="Work")["QueueUrl"]
        for text in ("one", "bad", "two"):
            sqs.send_message(QueueUrl=url, MessageBody=text)
        app.drain(max_batches=5)
        assert got(app) == ["one", "bad", "two"]
        left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
        assert left["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1", "what has failed stays"
        sns.publish(TopicArn=sns.list_topics()["Topics"][0]["TopicArn"], Message="news")
        app.drain(max_batches=5)
        assert got(app)[-1] == "news"
        app.functions.invoke("Worker", {"lost": 1}, InvocationType="Event")
        app.drain(max_batches=5, errors="report")
        dead = sqs.get_queue_url(QueueName="Dead")["QueueUrl"]
        letter = sqs.receive_message(QueueUrl=dead, MessageAttributeNames=["All"])["Messages"][0]
        assert json.loads(letter["Body"]) == {"lost": 1}
        assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no records"


def test_without_clients_that_is_said() -> None:
    with pytest.warns(UserWarning) as warned, minidynamo.app_from(TEMPLATE) as app:
        assert app.drain().is_complete
    texts = [str(each.message) for each in warned]
    assert any("queues and topics invoke nothing without clients" in each for each in texts)
    assert any("gets nothing without a client" in each for each in texts)


class Recorded:
    """A client that records its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> dict[str, Any]:
            self.calls.append((name, parameters))
            return {"QueueUrl": "url"}

        return call


DESTINATIONS = [
    ("sqs", "arn:aws:sqs:us-east-1:123456789012:q", "send_message", "MessageBody"),
    ("sns", "arn:aws:sns:us-east-1:123456789012:t", "publish", "Message"),
    ("s3", "arn:aws:s3:::bucket", "put_object", "Body"),
]


@pytest.mark.parametrize(("service", "arn", "method", "member"), DESTINATIONS)
def test_records_go_where_they_are_to(service: str, arn: str, method: str, member: str, tmp_path: Path) -> None:
    with minidynamo.connect(clock=ManualClock()) as database:
        with pytest.raises(ValueError, match=rf"use_clients\({service}="):
            database.functions.register("f", fail, OnFailure=arn)
        client = Recorded()
        database.functions.use_clients(**{service: client})
        database.functions.register("f", fail, OnFailure=arn, MaximumRetryAttempts=0)
        record = sent(database, client, method)[member]
        assert json.loads(record)["requestContext"]["condition"] == "RetriesExhausted"


def test_records_go_to_a_bus() -> None:
    with minidynamo.connect(clock=ManualClock()) as database:
        client, arn = Recorded(), "arn:aws:events:us-east-1:123456789012:event-bus/mine"
        database.functions.use_clients(events=client)
        database.functions.register("f", fail, OnFailure=arn, MaximumRetryAttempts=0)
        (entry,) = sent(database, client, "put_events")["Entries"]
        assert (entry["EventBusName"], entry["Source"]) == ("mine", "lambda")
        assert entry["DetailType"] == "Lambda Function Invocation Result - Failure"


def fail(event: object, context: object) -> None:
    raise ValueError("always")


def sent(database: Database, client: Recorded, method: str) -> dict[str, Any]:
    """The parameters of the call that hands a record over."""
    database.functions.invoke("f", {}, InvocationType="Event")
    database.drain(errors="report")
    return next(parameters for name, parameters in client.calls if name == method)


QUEUES = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, Handler: index.handler}}
Resources:
  Work:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: work
      VisibilityTimeout: 7
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead.fifo, FifoQueue: true}}
  News: {Type: AWS::SNS::Topic, Properties: {DisplayName: All of it}}
  Told:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: |
        import os
        def handler(event, context):
            return {name: os.environ[name] for name in ("QUEUE", "NAME", "URL", "TOPIC")}
      Environment:
        Variables: {QUEUE: !Ref Work, NAME: !GetAtt Work.QueueName, URL: !GetAtt Work.QueueUrl, TOPIC: !Ref News}
"""


def test_queues_have_their_attributes_and_functions_are_told_of_them() -> None:
    """A queue for dead letters is made before the one that names it."""
    with mock_aws(), minidynamo.app_from(QUEUES, region="us-east-1") as app:
        sqs, sns = (boto3.client(each, region_name="us-east-1") for each in ("sqs", "sns"))
        told = json.loads(app.invoke("Told")["Payload"])
        url = "https://sqs.us-east-1.amazonaws.com/123456789012/work"
        assert told == {"QUEUE": url, "NAME": "work", "URL": url, "TOPIC": sns.list_topics()["Topics"][0]["TopicArn"]}
        found = sqs.get_queue_attributes(QueueUrl=told["QUEUE"], AttributeNames=["All"])["Attributes"]
        assert found["VisibilityTimeout"] == "7"
        assert json.loads(found["RedrivePolicy"])["deadLetterTargetArn"].endswith(":dead.fifo")
        assert sns.get_topic_attributes(TopicArn=told["TOPIC"])["Attributes"]["DisplayName"] == "All of it"


SENDER = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, Handler: index.handler, Timeout: 30}}
Resources:
  Work: {Type: AWS::SQS::Queue}
  News: {Type: AWS::SNS::Topic}
  Sender:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {QUEUE: !Ref Work, TOPIC: !Ref News}}
      InlineCode: |
        import boto3, os
        def handler(event, context):
            sqs, sns = boto3.client("sqs"), boto3.client("sns")
            binary = {"raw": {"DataType": "Binary", "BinaryValue": b"bytes"}}
            sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody="hello", MessageAttributes=binary)
            kind = {"kind": {"DataType": "String", "StringValue": "test"}}
            told = sns.publish(TopicArn=os.environ["TOPIC"], Message="news", MessageAttributes=kind)
            refused = []
            try:
                sqs.get_queue_url(QueueName="none")
            except sqs.exceptions.QueueDoesNotExist:
                refused.append("no queue")
            for call in (
                lambda: sqs.send_message(QueueUrl=os.environ["QUEUE"] + "s", MessageBody="x"),
                lambda: boto3.client("s3").list_buckets(),
                lambda: boto3.client("secretsmanager").list_secrets(),
            ):
                try:
                    call()
                except Exception as error:
                    refused.append(str(error))
            return [len(told["MessageId"]) > 10, *refused]
"""


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_functions_send_to_the_services_that_are_there(isolation: Isolation) -> None:
    """Also from processes of their own, in which moto is not on."""
    with mock_aws(), minidynamo.app_from(SENDER, region="us-east-1", isolation=isolation) as app:
        published, missing, *refused = json.loads(app.invoke("Sender")["Payload"])
        assert missing == "no queue"
        sqs = boto3.client("sqs", region_name="us-east-1")
        url = sqs.get_queue_url(QueueName="Work")["QueueUrl"]
        (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
        assert (message["Body"], message["MessageAttributes"]["raw"]["BinaryValue"]) == ("hello", b"bytes")
        assert published and "NonExistentQueue" in refused[0]
        if isolation == "process":
            assert "minidynamo does not pass this request on to s3" in refused[1]


def test_what_is_nowhere_is_told(tmp_path: Path) -> None:
    with minidynamo.app_from(SENDER, region="us-east-1", isolation="process") as app:
        answer = json.loads(app.invoke("Sender")["Payload"])
        assert "minidynamo does not answer for sqs: give clients={'sqs': ...}" in answer["errorMessage"]
