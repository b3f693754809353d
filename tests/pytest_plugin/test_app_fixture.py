"""The fixture that starts serverless applications, in a test run of its own."""

from __future__ import annotations

import pytest

TESTS = '''
import os, threading, boto3, pytest

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Notes: {Type: AWS::Serverless::SimpleTable}
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Environment: {Variables: {TABLE: !Ref Notes}}
      Policies: [{DynamoDBCrudPolicy: {TableName: !Ref Notes}}]
      InlineCode: |
        import os, boto3
        def handler(event, context):
            table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
            table.put_item(Item={"id": event["rawPath"]})
            return {"count": table.scan()["Count"]}
      Events: {All: {Type: HttpApi}}
"""

@pytest.mark.parametrize("turn", range(2))
def test_app(minidynamo_app, turn):
    app = minidynamo_app(TEMPLATE, region="eu-west-1")
    assert [app.http.get(path).json() for path in ("/a", "/b")] == [{"count": 1}, {"count": 2}]
    assert boto3.client("dynamodb").scan(TableName="Notes")["Count"] == 2
    app.metrics.require("AWS/Lambda", "Errors", "Sum <= 0", FunctionName="Api")

def test_it_has_ended():
    assert "minidynamo" not in type(os.environ).__module__
    assert [each.name for each in threading.enumerate() if "minidynamo" in each.name] == []
'''


def test_an_application_ends_with_its_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=3)
