"""A folder with an application."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Globals:
  Function: {Runtime: python3.12, Timeout: 20, Environment: {Variables: {TABLE: !Ref Orders, STAGE: !Ref Stage}}}
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Common: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
  Api:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: api.handler
      Layers: [!Ref Common]
      AutoPublishAlias: live
      ReservedConcurrentExecutions: 5
      Policies: [{DynamoDBCrudPolicy: {TableName: !Ref Orders}}]
      Environment: {Variables: {STREAM: !GetAtt Orders.StreamArn}}
      Events:
        All: {Type: HttpApi, Properties: {Path: "/orders/{id}", Method: ANY}}
  Watcher:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: watcher.handler
      Events:
        Changes: {Type: DynamoDB, Properties: {Stream: !GetAtt Orders.StreamArn, StartingPosition: TRIM_HORIZON}}
        Often: {Type: Schedule, Properties: {Schedule: rate(1 minute), Input: '{"tick": true}'}}
        Never: {Type: Schedule, Properties: {Schedule: rate(1 minute), Enabled: false}}
  OnlyInProd: {Type: AWS::Serverless::SimpleTable, Condition: IsProd}
Outputs:
  Name: {Value: !Ref Orders}
  Url: {Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com"}
"""
API = """
import json, os, boto3
from shared import GREETING
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])

def handler(event, context):
    key = event["pathParameters"]
    if event["requestContext"]["http"]["method"] == "PUT":
        table.put_item(Item={**key, "stage": os.environ["STAGE"]})
    item = table.get_item(Key=key).get("Item")
    return {"item": item, "greeting": GREETING, "version": context.function_version, "stream": os.environ["STREAM"]}
"""
WATCHER = """
import boto3, os, json
def handler(event, context):
    print("saw", "tick" if "tick" in event else len(event["Records"]))
    if event.get("write"):
        boto3.resource("dynamodb").Table(os.environ["TABLE"]).put_item(Item={"id": "w"})
    if event.get("invoke"):
        answer = boto3.client("lambda").invoke(FunctionName="Api", Payload=json.dumps(event["invoke"]))
        return json.loads(answer["Payload"].read())
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name, text in (
        ("template.yaml", TEMPLATE),
        ("src/api.py", API),
        ("src/watcher.py", WATCHER),
        ("layer/python/shared.py", "GREETING = 'of the layer'"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary folders of a test's own, which other tests at the same time do not fill."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
