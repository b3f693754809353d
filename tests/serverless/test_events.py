"""What functions are given: scheduled events, notifications, dead letters; and APIs with authorizers and CORS."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import pytest
from moto import mock_aws

import minidynamo
from minidynamo import ManualClock

HEAD = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, Handler: index.handler}}
Resources:
"""
SHOWING = "\"import json\\ndef handler(event, context): print('got', json.dumps(event))\""
TIMED = (
    HEAD
    + f"""
  F:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: {SHOWING}
      Events:
        Rule: {{Type: Schedule, Properties: {{Schedule: rate(2 minutes)}}}}
        New: {{Type: ScheduleV2, Properties: {{ScheduleExpression: rate(3 minutes), EndDate: '2030-01-01T00:00:00Z'}}}}
"""
)
NEWS = (
    HEAD
    + f"""
  News: {{Type: AWS::SNS::Topic}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: {SHOWING}
      Events: {{T: {{Type: SNS, Properties: {{Topic: !Ref News}}}}}}
"""
)
APIS = (
    HEAD
    + """
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      Cors: {AllowOrigin: "'https://a.example'", AllowMethods: "'GET,POST'", AllowHeaders: "'X-A'", MaxAge: "'600'"}
      Auth:
        DefaultAuthorizer: Token
        Authorizers: {Token: {FunctionArn: !GetAtt Guard.Arn, Identity: {ReauthorizeEvery: 0}}}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: ['https://b.example'], AllowMethods: [GET]}
      Auth:
        DefaultAuthorizer: Key
        Authorizers:
          Key:
            FunctionArn: !GetAtt Keys.Arn
            AuthorizerPayloadFormatVersion: 2.0
            EnableSimpleResponses: true
            Identity: {Headers: [X-Key]}
  Guard:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: |
        def handler(event, context):
            effect = "Allow" if event["authorizationToken"] == "ok" else "Deny"
            statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
            return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
  Keys:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: |
        def handler(event, context):
            return {"isAuthorized": event["headers"]["x-key"] == "ok"}
  F:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: |
        def handler(event, context):
            return {"statusCode": 200, "body": "here"}
      Events:
        Rest: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: /x, Method: get}}
        Open: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: /open, Method: get, Auth: {Authorizer: NONE}}}
        Http: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: /y, Method: get}}
"""
)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def got(app: Any) -> list[Any]:
    """The events that the function was given."""
    return [json.loads(each.message[4:]) for each in app.logs("F") if each.message.startswith("got ")]


def test_scheduled_events_of_both_services() -> None:
    clock = ManualClock(1_700_000_000)
    with pytest.warns(UserWarning, match="EndDate of the event New of F"):
        app = minidynamo.app_from(TIMED, clock=clock)
    with app:
        clock.advance(181)
        app.drain()
        rule, new = sorted(got(app), key=lambda each: str(each["source"]))
    assert (rule["source"], rule["detail"], new["source"], new["detail"]) == ("aws.events", {}, "aws.scheduler", "{}")
    assert rule["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/FRule"]
    assert new["resources"] == ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/FNew"]
    assert (rule["time"], new["time"]) == ("2023-11-14T22:15:20Z", "2023-11-14T22:16:20Z")


def test_notifications_are_spelled_as_functions_get_them() -> None:
    with mock_aws(), minidynamo.app_from(NEWS, clock=ManualClock()) as app:
        sns = boto3.client("sns", region_name="us-east-1")
        arn = sns.list_topics()["Topics"][0]["TopicArn"]
        kind = {"kind": {"DataType": "String", "StringValue": "good"}}
        sns.publish(TopicArn=arn, Message="news", MessageAttributes=kind)
        app.drain(max_batches=3)
        record = got(app)[0]["Records"][0]
    assert (record["EventSource"], record["Sns"]["Message"], record["Sns"]["Subject"]) == ("aws:sns", "news", None)
    assert record["Sns"]["MessageAttributes"] == {"kind": {"Type": "String", "Value": "good"}}
    assert {"SigningCertUrl", "UnsubscribeUrl"} <= set(record["Sns"])


@pytest.mark.parametrize("text", ["no good", "", "é" * 2000])
def test_dead_letters_say_why(text: str) -> None:
    def fail(event: object, context: object) -> None:
        raise ValueError(text)

    with mock_aws(), minidynamo.connect(clock=ManualClock()) as database:
        sqs = boto3.client("sqs", region_name="us-east-1")
        url = sqs.create_queue(QueueName="dead")["QueueUrl"]
        queue = "arn:aws:sqs:us-east-1:123456789012:dead"
        database.functions.register("f", fail, DeadLetterConfig=queue, MaximumRetryAttempts=0)
        database.functions.invoke("f", {"a": 1}, InvocationType="Event")
        database.drain(errors="report")
        (letter,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert json.loads(letter["Body"]) == {"a": 1}
    said = {name: (each["DataType"], each["StringValue"]) for name, each in letter["MessageAttributes"].items()}
    assert said["ErrorCode"] == ("Number", "200") and said["RequestID"][0] == "String"
    assert said["ErrorMessage"] == ("String", text[:1024] or "none")


CALLS = [
    ("/Rest/x", {}, 401),
    ("/Rest/x", {"Authorization": "ok"}, 200),
    ("/Rest/x", {"Authorization": "no"}, 403),
    ("/Rest/open", {}, 200),
    ("/Rest/Prod/x", {"Authorization": "ok"}, 200),
    ("/Http/y", {}, 401),
    ("/Http/y", {"X-Key": "ok"}, 200),
    ("/Http/y", {"X-Key": "no"}, 403),
]


def test_authorizers_and_cors() -> None:
    with minidynamo.app_from(APIS, clock=ManualClock()) as app:
        assert [app.http.get(path, headers=sent).status_code for path, sent, _ in CALLS] == [each[2] for each in CALLS]
        for path, origin, methods in (
            ("/Rest/x", "https://a.example", "GET,POST"),
            ("/Http/y", "https://b.example", "GET"),
        ):
            asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            headers = app.http.options(path, headers=asked).headers
            assert headers["access-control-allow-origin"] == origin
            assert headers["access-control-allow-methods"] == methods


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_runs_functions_of_its_own() -> None:
    with minidynamo.app_from(TIMED.replace(", EndDate: '2030-01-01T00:00:00Z'", ""), clock=ManualClock()) as app:
        app.invoke("F", {"of": "the parent"})
        child = os.fork()
        if not child:
            app.invoke("F", {"of": "the child"})
            os._exit(0 if got(app)[-1] == {"of": "the child"} else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert got(app) == [{"of": "the parent"}]
        assert json.loads(app.invoke("F", {})["Payload"]) is None
