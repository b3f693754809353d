"""Templates that are wrong: each is told in one line with its place, before anything runs."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

import minidynamo
from minidynamo import ManualClock
from minidynamo.templates.table_definition import TemplateError, TemplateWarning

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, Handler: app.handler, CodeUri: src, Environment: {Variables: {ALL: x}}}}
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: Prod}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Description: of F
      ADDED
"""
STREAM = "Stream: !GetAtt Orders.StreamArn"
TABLE = "Stream: !GetAtt Orders.Arn"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:q"
GET = "{Type: Api, Properties: {Path: /x, Method: get}}"
# What is added, and what is said of it.
WRONG = [
    ("MemorySize: 64", "MemorySize must be from 128 to 10240"),
    ("MemorySize: much", "'much' as 'MemorySize', not a whole number"),
    ("Timeout: 0", "0 as 'Timeout', not 1 or more, up to 900"),
    ("Timeout: 901", "901 as 'Timeout'"),
    ("ReservedConcurrentExecutions: -1", "-1 as 'ReservedConcurrentExecutions', not 0 or more"),
    ("ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: -1}", "-1 as 'ProvisionedConcurrentExecutions'"),
    ("AutoPublishAlias: $LATEST", "'$LATEST' as 'AutoPublishAlias'"),
    ("FunctionName: a b", "'a b' as 'FunctionName'"),
    ("EventInvokeConfig: {MaximumRetryAttempts: 3}", "MaximumRetryAttempts must be from 0 to 2"),
    ("EventInvokeConfig: {MaximumEventAgeInSeconds: 1}", "MaximumEventAgeInSeconds must be from 60"),
    ("EventInvokeConfig: all", "'all' as 'EventInvokeConfig', not an object"),
    ("Environment: {Variables: {LIST: [1]}}", "the environment of F has [1] as 'LIST', not text"),
    ("Environment: {Variables: {AWS_REGION: x}}", "Reserved keys used in this request: AWS_REGION"),
    ("Environment: {TABLE: x}", "Environment of the resource F has no 'TABLE': variables stand in its Variables"),
    ("Environment: {Variables: {X: !GetAtt Orders.Arnn}}", "Orders has no attribute Arnn: there are Arn, StreamArn"),
    ("Environment: {Variables: {X: !Sub '${Orderz.Arn}'}}", "the template has no resource Orderz"),
    ("Policies: [{DynamoDBReadPolice: {TableName: !Ref Orders}}]", "neither a Statement nor a policy template"),
    ("Policies: {Statement: [{Effect: Alow, Action: '*', Resource: '*'}]}", "'Alow'"),
    ("Environment: {Variables: x}", "'x' as 'Variables', not an object"),
    ("Layers: one", "'one' as 'Layers', not a list"),
    ("InlineCode: 5", "5 as 'InlineCode', not text"),
    ("CodeUri: {Bucket: a, Key: b}", "has its code in S3"),
    ("CodeUri: src/app.py", "Could not unzip"),
    ("MemorSize: 512", "F has no property 'MemorSize': did you mean MemorySize?"),
    ("Events: {E: {Type: HttpApi, Properties: {Path: /x, Methd: get}}}", "no property 'Methd': did you mean Method?"),
    ("Handler: app", "'app' as 'Handler', not a module and a function in it"),
    ("Handler: !Sub '${Nothing}'", "no parameter and no resource Nothing"),
    ("Events: [1]", "as 'Events', not an object"),
    ("Events: {E: 3}", "3 as 'E', not an object"),
    ("Events: {E: {Type: Schedule}}", "the event E of F lacks"),
    ("Events: {E: {Type: Schedule, Properties: {Schedule: cron(? 12 * * ? *)}}}", "'?' is no number from 0 to 59"),
    ("Events: {E: {Type: ScheduleV2, Properties: {ScheduleExpression: at(2024-99-01T00:00:00)}}}", "is no time"),
    ("Events: {E: {Type: SQS, Properties: {BatchSize: 1}}}", "the event E of F lacks 'Queue'"),
    ("Events: {E: {Type: SQS, Properties: {Queue: orders}}}", "'orders' as 'Queue', not the ARN of a queue"),
    (f"Events: {{E: {{Type: SQS, Properties: {{Queue: '{QUEUE}', BatchSize: 0}}}}}}", "0 as 'BatchSize', not a number"),
    (f"Events: {{E: {{Type: SQS, Properties: {{Queue: '{QUEUE}', BatchSize: 11}}}}}}", "without MaximumBatchingWindow"),
    ("Events: {E: {Type: HttpApi, Properties: {Method: get}}}", "the event E of F lacks 'Path'"),
    (
        "Events: {E: {Type: HttpApi, Properties: {Path: /x, Method: get, Auth: {Authorizer: Nope}}}}",
        "names the authorizer 'Nope', which its API does not declare",
    ),
    (f"Events: {{E: {{Type: DynamoDB, Properties: {{{TABLE}, StartingPosition: LATEST}}}}}}", "no stream of a table"),
    ("Events: {E: {Type: Api, Properties: {Path: /x, Method: [get]}}}", "as 'Method', not text"),
    ("Events: {E: {Type: Api, Properties: {Path: /x}}}", "the event E of F lacks 'Method'"),
    (f"Events: {{E: {GET}, G: {GET}}}", "the event G of F declares GET /x, which another event does, too"),
    ("Events: {E: {Type: Api, Properties: {Path: x, Method: get}}}", "path takes a path such as"),
    ("Events: {E: {Type: HttpApi, Properties: {Path: '/{a', Method: get}}}", "path takes a path such as"),
    ("Events: {E: {Type: Api, Properties: {Path: /x, Method: fetch}}}", "'fetch' as 'Method'"),
    ("Events: {E: {Type: Api, Properties: {RestApiId: Other, Path: /x, Method: get}}}", "'Other' as 'RestApiId'"),
    (f"Events: {{E: {{Type: DynamoDB, Properties: {{{STREAM}, StartingPosition: X}}}}}}", "StartingPosition must be"),
    (f"Events: {{E: {{Type: DynamoDB, Properties: {{{STREAM}, BatchSize: 0}}}}}}", "BatchSize must be a number"),
    (f"Events: {{E: {{Type: DynamoDB, Properties: {{{STREAM}, FilterCriteria: 3}}}}}}", "FilterCriteria takes filters"),
]
LEFT_OUT = [
    ("Events: {E: {Type: Nothing}}", "event E of F (Nothing)"),
    (f"Events: {{E: {{Type: SQS, Properties: {{Queue: '{QUEUE}', FilterCriteria: {{}}}}}}}}", "FilterCriteria of E"),
    ("Events: {E: {Type: SNS, Properties: {Topic: t, FilterPolicy: {a: [b]}}}}", "FilterPolicy of E of F"),
    ("Layers: [other]", "layer other"),
    ("Events: {E: {Type: SQS, Properties: {Queue: !ImportValue orders}}}", "queue import-orders of F"),
    ("Events: {E: {Type: DynamoDB, Properties: {Stream: !ImportValue s}}}", "stream import-s of F is not in the"),
    ("Events: {E: {Type: Schedule, Properties: {Schedule: !ImportValue s}}}", "schedule import-s of F"),
    ("Colour: red", "Colour of F is not known"),
    ("Events: {E: {Type: Api, Properties: {Path: /, Method: get, RequestModel: {}}}}", "RequestModel of the event E"),
]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/app.py").write_text("def handler(event, context):\n    return 1\n")
    return tmp_path / "template.yaml"


@pytest.mark.parametrize(("added", "text"), WRONG)
def test_what_is_wrong_is_told_with_its_line(template: Path, added: str, text: str) -> None:
    template.write_text(TEMPLATE.replace("ADDED", added))
    with pytest.raises(TemplateError) as caught:
        minidynamo.app_from(template, clock=ManualClock())
    told = str(caught.value)
    assert text in told and "\n" not in told
    found = re.match(rf"{re.escape(str(template))}, line (\d+): ", told)
    assert found is not None, told
    assert 13 <= int(found[1]) <= 17


@pytest.mark.parametrize(("added", "text"), LEFT_OUT)
def test_what_is_left_out_is_told(template: Path, added: str, text: str) -> None:
    template.write_text(TEMPLATE.replace("ADDED", added))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        minidynamo.app_from(template).stop()
    told = [str(each.message) for each in caught if each.category is TemplateWarning]
    assert any(text in each for each in told), told


def test_parameters_need_values(template: Path) -> None:
    template.write_text("Parameters: {Stage: {Type: String}}" + TEMPLATE.replace("ADDED", ""))
    with pytest.raises(TemplateError, match="line 1: the parameter Stage has no default: give a value for it"):
        minidynamo.app_from(template)
    minidynamo.app_from(template, {"Stage": "dev"}).stop()


def test_functions_have_names_of_their_own(template: Path) -> None:
    second = "  G: {Type: AWS::Serverless::Function, Properties: {FunctionName: F}}\n"
    template.write_text(TEMPLATE.replace("ADDED", "") + second)
    with pytest.raises(TemplateError, match=r"the resource G is called F, as F is"):
        minidynamo.app_from(template)


def test_a_role_that_is_elsewhere_allows_everything_and_that_is_said(template: Path) -> None:
    template.write_text(TEMPLATE.replace("ADDED", "Role: arn:aws:iam::123456789012:role/other"))
    with pytest.warns(TemplateWarning, match="role of F, which may do everything, is not in"):
        minidynamo.app_from(template).stop()


def test_what_sam_makes_may_be_referred_to(template: Path) -> None:
    """It is not known here, and no error."""
    variables = (
        "{AA: !Ref FRole, BB: !GetAtt FRole.Arn, CC: !Sub '${F.Version}', DD: !Ref F.Alias, EE: !Ref ServerlessRestApi}"
    )
    added = f"Environment: {{Variables: {variables}}}"
    template.write_text(TEMPLATE.replace("ADDED", added))
    minidynamo.app_from(template).stop()
