"""CreateFunction and its companions, by boto3 through the double and through the server."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minidynamo import Database
from tests.lambda_api.conftest import refusal

ROLE = "arn:aws:iam::000000000000:role/worker"
CODE = """
import os
def handler(event, context):
    client = context.client_context and context.client_context.custom
    return {"version": context.function_version, "table": os.environ.get("TABLE"), "client": client}
"""


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name.replace('__', '/')}.py", text)
    return buffer.getvalue()


@pytest.fixture
def create(client: Any) -> Callable[..., Any]:
    def create(**settings: Any) -> Any:
        given = {
            "FunctionName": "made",
            "Role": ROLE,
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Code": {"ZipFile": zipped(app=CODE)},
        }
        return client.create_function(**{**given, **settings})

    return create


def answer(client: Any, **options: Any) -> Any:
    return json.loads(client.invoke(**{"FunctionName": "made", **options})["Payload"].read())


def test_a_function_is_made_changed_and_ended(client: Any, create: Callable[..., Any]) -> None:
    made = create(
        Timeout=9, MemorySize=512, Environment={"Variables": {"TABLE": "a"}}, Description="makes", Tags={"team": "x"}
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["FunctionName"], made["Version"], made["State"]) == ("made", "$LATEST", "Pending")
    shown = client.get_function_configuration(FunctionName="made")
    assert (shown["State"], shown["LastUpdateStatus"]) == ("Active", "Successful")
    assert (made["Timeout"], made["MemorySize"], made["Description"], made["Role"]) == (9, 512, "makes", ROLE)
    assert made["Environment"] == {"Variables": {"TABLE": "a"}}
    assert made["CodeSize"] > 0 and made["Runtime"] == "python3.12"
    assert answer(client) == {"version": "$LATEST", "table": "a", "client": None}
    whole = client.get_function(FunctionName="made")
    assert whole["Tags"] == {"team": "x"} and whole["Code"]["Location"].startswith("file://")
    changed = client.update_function_configuration(
        FunctionName="made", Environment={"Variables": {"TABLE": "b"}}, Timeout=5
    )
    assert (changed["Timeout"], changed["MemorySize"]) == (5, 512)
    assert answer(client)["table"] == "b"
    other = zipped(app="def handler(event, context): return 'other'")
    updated = client.update_function_code(FunctionName="made", ZipFile=other, Publish=True)
    assert updated["Version"] == "1" and updated["CodeSha256"] != made["CodeSha256"]
    assert answer(client) == "other" == answer(client, Qualifier="1")
    client.get_waiter("function_active_v2").wait(FunctionName="made")
    client.get_waiter("function_updated_v2").wait(FunctionName="made")
    client.delete_function(FunctionName="made")
    assert refusal(client.get_function, FunctionName="made")[0] == "ResourceNotFoundException"


def test_what_is_refused(client: Any, create: Callable[..., Any]) -> None:
    create()
    conflict = ("ResourceConflictException", "Function already exist: made", 409)
    unzip = "Could not unzip uploaded file. Please check your file, then try to upload again."
    wrong = "InvalidParameterValueException"
    assert refusal(create) == conflict
    assert refusal(create, FunctionName="b", Code={"ZipFile": b"none"}) == (wrong, unzip, 400)
    assert refusal(create, FunctionName="b", Runtime="nodejs20.x")[1] == (
        "minidynamo runs Python: it has no runtime nodejs20.x."
    )
    assert "NoSuchBucket" in refusal(create, FunctionName="b", Code={"S3Bucket": "bucket", "S3Key": "key"})[1]
    assert refusal(create, FunctionName="b", Role="nobody")[0] == "ValidationException"
    assert refusal(create, FunctionName="b", MemorySize=129_000)[1] == (
        "1 validation error detected: Value '129000' at 'memorySize' failed to satisfy constraint: "
        "Member must have value less than or equal to 10240"
    )
    reserved = refusal(create, FunctionName="b", Environment={"Variables": {"AWS_REGION": "x"}})
    assert reserved[0] == wrong and reserved[1].endswith("Reserved keys used in this request: AWS_REGION")
    assert refusal(create, FunctionName="b", Layers=["arn:aws:lambda:eu-west-1:000000000000:layer:x:1"])[1].endswith(
        "does not exist."
    )
    assert [each["FunctionName"] for each in client.list_functions()["Functions"]] == ["echo", "greet", "made"]


def test_a_folder_is_named_by_a_bucket(client: Any, create: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): return 'from a folder'")
    create(Code={"S3Bucket": "hot-reload", "S3Key": str(tmp_path)})
    assert answer(client) == "from a folder"


def test_layers(client: Any, create: Callable[..., Any]) -> None:
    content = {"ZipFile": zipped(python__shared="NAME = 'of the layer'")}
    first = client.publish_layer_version(LayerName="common", Content=content, Description="one")
    second = client.publish_layer_version(LayerName="common", Content=content)
    assert (first["Version"], second["Version"]) == (1, 2)
    assert first["LayerVersionArn"] == first["LayerArn"] + ":1"
    create(
        Code={"ZipFile": zipped(app="import shared\ndef handler(event, context): return shared.NAME")},
        Layers=[first["LayerVersionArn"]],
    )
    assert answer(client) == "of the layer"
    shown = client.get_function_configuration(FunctionName="made")["Layers"]
    assert [each["Arn"] for each in shown] == [first["LayerVersionArn"]]
    assert [each["Version"] for each in client.list_layer_versions(LayerName="common")["LayerVersions"]] == [2, 1]
    assert client.list_layers()["Layers"][0]["LatestMatchingVersion"]["Version"] == 2
    assert client.get_layer_version(LayerName="common", VersionNumber=1)["Description"] == "one"
    client.delete_layer_version(LayerName="common", VersionNumber=2)
    assert refusal(client.get_layer_version, LayerName="common", VersionNumber=2)[0] == "ResourceNotFoundException"


def test_the_log_and_the_callers_context(client: Any, create: Callable[..., Any]) -> None:
    create()
    context = base64.b64encode(json.dumps({"custom": {"who": "me"}}).encode()).decode()
    response = client.invoke(FunctionName="made", LogType="Tail", ClientContext=context)
    assert json.loads(response["Payload"].read())["client"] == {"who": "me"}
    log = base64.b64decode(response["LogResult"]).decode()
    assert log.startswith("START RequestId: ") and "\nREPORT RequestId: " in log
    code, message, status = refusal(client.invoke, FunctionName="made", ClientContext="no base64")
    assert (code, status) == ("InvalidRequestContentException", 400) and "Base64" in message


def test_provisioned_concurrency(client: Any, create: Callable[..., Any], database: Database) -> None:
    create(Publish=True)
    settings = {"FunctionName": "made", "ProvisionedConcurrentExecutions": 2}
    assert refusal(client.put_provisioned_concurrency_config, Qualifier="$LATEST", **settings)[1] == (
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
    )
    absent = refusal(client.get_provisioned_concurrency_config, FunctionName="made", Qualifier="1")
    assert absent[0] == "ProvisionedConcurrencyConfigNotFoundException"
    made = client.put_provisioned_concurrency_config(Qualifier="1", **settings)
    assert (made["Status"], made["AvailableProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 0)
    ready = client.get_provisioned_concurrency_config(FunctionName="made", Qualifier="1")
    assert (ready["Status"], ready["AvailableProvisionedConcurrentExecutions"]) == ("READY", 2)
    function, _ = database.functions.find("made")
    assert function.environments == 2
    listed = client.list_provisioned_concurrency_configs(FunctionName="made")["ProvisionedConcurrencyConfigs"]
    assert [each["FunctionArn"].rpartition(":")[2] for each in listed] == ["1"]
    client.put_function_concurrency(FunctionName="made", ReservedConcurrentExecutions=1)
    assert "should not be greater" in refusal(client.put_provisioned_concurrency_config, Qualifier="1", **settings)[1]
    client.delete_provisioned_concurrency_config(FunctionName="made", Qualifier="1")
    assert function.provisioned == {}


def test_permissions(client: Any) -> None:
    statement = {"FunctionName": "greet", "StatementId": "s3", "Action": "lambda:InvokeFunction"}
    added = client.add_permission(Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::b", **statement)
    assert json.loads(added["Statement"]) == {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:greet",
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}},
    }
    assert refusal(client.add_permission, Principal="*", **statement)[0] == "ResourceConflictException"
    policy = json.loads(client.get_policy(FunctionName="greet")["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["s3"]
    client.remove_permission(FunctionName="greet", StatementId="s3")
    assert refusal(client.get_policy, FunctionName="greet")[1] == "The resource you requested does not exist."
    assert refusal(client.remove_permission, FunctionName="greet", StatementId="s3")[1] == (
        "No policy is associated with the given resource."
    )


def test_function_urls(client: Any) -> None:
    made = client.create_function_url_config(FunctionName="greet", AuthType="NONE", Cors={"AllowOrigins": ["*"]})
    assert made["FunctionUrl"].startswith("https://") and ".lambda-url.eu-west-1." in made["FunctionUrl"]
    assert refusal(client.create_function_url_config, FunctionName="greet", AuthType="NONE")[0] == (
        "ResourceConflictException"
    )
    client.update_function_url_config(FunctionName="greet", AuthType="AWS_IAM")
    shown = client.get_function_url_config(FunctionName="greet")
    assert (shown["AuthType"], shown["Cors"]) == ("AWS_IAM", {"AllowOrigins": ["*"]})
    assert len(client.list_function_url_configs(FunctionName="greet")["FunctionUrlConfigs"]) == 1
    client.delete_function_url_config(FunctionName="greet")
    assert refusal(client.get_function_url_config, FunctionName="greet")[2] == 404


def test_a_callable_has_no_package(client: Any) -> None:
    assert client.update_function_configuration(FunctionName="greet", Timeout=7)["Timeout"] == 7
    text = refusal(client.update_function_configuration, FunctionName="greet", MemorySize=256)[1]
    assert text == "greet is a callable of this process, which has no MemorySize."
    client.update_function_code(
        FunctionName="greet", ZipFile=zipped(lambda_function="def handler(e, c): return 'code'")
    )
    assert answer(client, FunctionName="greet") == "code"


def test_tags_of_functions(client: Any, create: Callable[..., Any]) -> None:
    arn = create(Tags={"a": "1"})["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["a"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}
