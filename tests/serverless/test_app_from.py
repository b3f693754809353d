"""Whole applications: what their templates say is what runs."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest

import minidynamo
from minidynamo import ManualClock
from minidynamo.templates.table_definition import TemplateError, TemplateWarning
from tests.serverless.conftest import TEMPLATE

both = pytest.mark.parametrize("isolation", ["thread", "process"])


def answer(app: Any, function: str, event: object) -> Any:
    return json.loads(app.invoke(function, event)["Payload"])


@both
def test_all_of_it_runs(folder: Path, isolation: Any) -> None:
    clock = ManualClock()
    with minidynamo.app_from(folder / "template.yaml", clock=clock, isolation=isolation, region="eu-west-1") as app:
        put = app.http.put("/orders/1").json()
        assert put["item"] == {"id": "1", "stage": "dev"}
        assert (put["greeting"], put["version"]) == ("of the layer", "1")
        described = app.database.execute("DescribeTable", {"TableName": "Orders"})["Table"]
        assert put["stream"] == described["LatestStreamArn"]
        assert app.drain().invocations == {"Watcher": 1}
        clock.advance(120)
        assert app.drain().invocations == {"Watcher": 2}
        said = [each.message for each in app.logs("Watcher") if each.message.startswith("saw")]
        assert said == ["saw 1", "saw tick", "saw tick"]
        assert app.database.tables == ["Orders"]
        assert app.outputs["Name"] == "Orders"
        assert app.metrics.sum("AWS/Lambda", "Invocations", FunctionName="Watcher") == 3
        assert app.metrics.sum("AWS/ApiGateway", "Count", ApiId="serverlesshttpapi") == 1


@both
def test_functions_do_what_their_roles_may(folder: Path, isolation: Any) -> None:
    source = folder / "template.yaml"
    with minidynamo.app_from(source, isolation=isolation) as app:
        refused = answer(app, "Watcher", {"Records": [], "write": True})
        assert refused["errorType"] == "ClientError" and "AccessDeniedException" in refused["errorMessage"]
        assert "assumed-role/WatcherRole/Watcher is not authorized" in refused["errorMessage"]
        event = {"pathParameters": {"id": "9"}, "requestContext": {"http": {"method": "PUT"}}}
        assert answer(app, "Watcher", {"Records": [], "invoke": event})["item"] == {"id": "9", "stage": "dev"}
        assert app.database.Table("Orders").scan()["Count"] == 1
    with minidynamo.app_from(source, isolation=isolation, enforce_policies=False) as app:
        assert answer(app, "Watcher", {"Records": [], "write": True}) is None


def test_parameters_and_variables(folder: Path) -> None:
    env = folder / "env.json"
    env.write_text(json.dumps({"Parameters": {"STAGE": "all"}, "Api": {"STAGE": "mine", "NOT_DECLARED": "x"}}))
    with minidynamo.app_from(folder / "template.yaml", {"Stage": "prod"}, variables=env) as app:
        assert app.database.tables == ["OnlyInProd", "Orders"]
        assert app.http.put("/orders/1").json()["item"]["stage"] == "mine"
        assert app.definition.functions[1].variables["STAGE"] == "all"


def test_it_is_read_anew(folder: Path) -> None:
    with minidynamo.app_from(folder / "template.yaml") as app:
        assert app.http.get("/orders/1").json()["greeting"] == "of the layer"
        app.http.put("/orders/1")
        (folder / "layer/python/shared.py").write_text("GREETING = 'changed'")
        (folder / "template.yaml").write_text(TEMPLATE.replace('"/orders/{id}"', '"/all/{id}"'))
        app.reload()
        assert app.http.get("/all/1").json()["greeting"] == "changed"
        assert app.http.get("/all/1").json()["item"] == {"id": "1", "stage": "dev"}
        assert app.http.get("/orders/1").status_code == 404
        assert len(app.functions.live_mappings()) == 1
        (folder / "template.yaml").write_text("Resources: 3")
        with pytest.raises(TemplateError):
            app.reload()
        assert app.http.get("/all/1").status_code == 200


def test_nothing_is_left_behind(folder: Path) -> None:
    before = os.environ, sys.stdout, sys.stderr, boto3.DEFAULT_SESSION
    modules, threads = set(sys.modules), set(threading.enumerate())
    app = minidynamo.app_from(folder / "template.yaml", isolation="process")
    with app:
        app.functions.start()
        assert app.http.put("/orders/1").status_code == 200
    assert (os.environ, sys.stdout, sys.stderr, boto3.DEFAULT_SESSION) == before
    assert not {"api", "shared", "watcher"} & (set(sys.modules) - modules)
    assert {each for each in threading.enumerate() if each.is_alive()} <= threads | {threading.current_thread()}
    with pytest.raises(RuntimeError, match="has ended"):
        app.start()


def test_it_is_served(folder: Path) -> None:
    from urllib.request import urlopen

    with minidynamo.app_from(folder / "template.yaml") as app, app.serve() as server:
        assert app.outputs["Url"] == server.url
        assert json.loads(urlopen(f"{server.url}/orders/1").read())["item"] is None
        assert app.routes() == [
            f"ANY     {server.url}/orders/{{id}} -> Api:live",
            "stream of Orders -> Watcher",
            "rate(1 minute) -> Watcher",
        ]


WRONG = [
    ("Handler: api.handler", "Nothing: 1", "lacks 'Handler'"),
    ("CodeUri: src/\n      Handler: api", "CodeUri: none/\n      Handler: api", "there is no folder"),
    ("CodeUri: src/\n      Handler: api", "CodeUri: s3://b/k\n      Handler: api", "has its code in S3"),
    ("rate(1 minute), Input", "rate(1 minutes), Input", "is no schedule"),
    ("'{\"tick\": true}'", "'no json'", "not JSON"),
    ("!GetAtt Orders.StreamArn, StartingPosition", "nothing, StartingPosition", "no stream of a table"),
    ("STAGE: !Ref Stage", "AWS_REGION: x", "Reserved keys used in this request: AWS_REGION"),
    ("{DynamoDBCrudPolicy: {TableName: !Ref Orders}}", "{NoPolicy: {}}", "neither a Statement nor a policy template"),
    ("!Ref Stage}}}", "!Ref Nothing}}}", "no parameter and no resource Nothing"),
]


@pytest.mark.parametrize(("old", "new", "text"), WRONG)
def test_what_is_wrong_is_said_with_its_line(folder: Path, old: str, new: str, text: str) -> None:
    assert TEMPLATE.count(old) >= 1
    (folder / "template.yaml").write_text(TEMPLATE.replace(old, new, 1))
    with pytest.raises(TemplateError) as caught:
        minidynamo.app_from(folder / "template.yaml")
    assert text in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_not_run_is_named(folder: Path) -> None:
    more = """
  Bucket: {Type: AWS::S3::Bucket}
  Node:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src, Handler: a.b, Runtime: nodejs20.x}
  Other:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: watcher.handler
      Layers: ["arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3:1"]
      Events:
        Puts: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: "s3:ObjectCreated:*"}}
Outputs:"""
    (folder / "template.yaml").write_text(TEMPLATE.replace("\nOutputs:", more, 1))
    with pytest.warns(TemplateWarning) as warned, minidynamo.app_from(folder / "template.yaml") as app:
        assert [each.logical_name for each in app.definition.functions] == ["Api", "Watcher", "Other"]
    text = str(warned[0].message)
    for part in ("Bucket (AWS::S3::Bucket)", "function Node (nodejs20.x)", "event Puts of Other (S3)"):
        assert part in text
    assert "PowertoolsPythonV3" in text
    assert warned[0].filename == __file__


def test_a_table_with_another_key_stays_as_it_is_and_that_is_said(folder: Path) -> None:
    template = folder / "template.yaml"
    with minidynamo.app_from(template) as app:
        template.write_text(template.read_text().replace("AttributeName: id", "AttributeName: other"))
        with pytest.warns(TemplateWarning, match="table Orders stays as it is, with another key"):
            app.reload()


def test_arguments_that_cannot_be_are_told(folder: Path) -> None:
    with pytest.raises(TypeError, match="api_keys takes names by value"):
        minidynamo.app_from(folder / "template.yaml", api_keys=["k"])  # type: ignore[arg-type]
    with (
        pytest.raises(KeyError, match="Api has no URL: there are those of no function"),
        minidynamo.app_from(folder / "template.yaml") as app,
    ):
        app.url_of("Api")
