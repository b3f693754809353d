"""What functions keep by version and alias: the ARN that was invoked, revisions, layers, places in traces."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from tests.lambda_api.conftest import REGION, refusal

PREFIX = f"arn:aws:lambda:{REGION}:123456789012:function"


def zipped(text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", text)
    return content.getvalue()


@pytest.fixture
def create(client: Any) -> Callable[..., Any]:
    def create(text: str = "def handler(event, context): return 1", **settings: Any) -> Any:
        return client.create_function(
            FunctionName="made",
            Role="arn:aws:iam::000000000000:role/r",
            Runtime="python3.12",
            Handler="app.handler",
            Code={"ZipFile": zipped(text)},
            **settings,
        )

    return create


def test_the_arn_that_was_invoked(client: Any, database: Database) -> None:
    """It has the version or alias that was named, by whoever has named it."""
    seen: list[str] = []
    database.functions.register("tell", lambda event, context: seen.append(context.invoked_function_arn))
    client.publish_version(FunctionName="tell")
    client.create_alias(FunctionName="tell", Name="live", FunctionVersion="1")
    stream = database.execute("DescribeTable", {"TableName": "orders"})["Table"]["LatestStreamArn"]
    client.create_event_source_mapping(FunctionName="tell:live", EventSourceArn=stream, StartingPosition="TRIM_HORIZON")
    database.execute("PutItem", {"TableName": "orders", "Item": {"pk": {"S": "a"}}})
    database.drain()
    client.invoke(FunctionName="tell", Qualifier="live", InvocationType="Event")
    database.drain()
    client.invoke(FunctionName="tell:$LATEST")
    client.invoke(FunctionName=f"{PREFIX}:tell:1")
    database.functions.invoke("tell")
    ends = ["tell:live", "tell:live", "tell:$LATEST", "tell:1", "tell"]
    assert seen == [f"{PREFIX}:{each}" for each in ends]


def test_no_two_changes_have_one_revision(client: Any, create: Callable[..., Any], database: Database) -> None:
    revisions = [create()["RevisionId"]]
    revisions.append(client.update_function_configuration(FunctionName="made", Timeout=5)["RevisionId"])
    revisions.append(client.update_function_configuration(FunctionName="made", Timeout=5)["RevisionId"])
    code = zipped("def handler(event, context): return 2")
    revisions.append(client.update_function_code(FunctionName="made", ZipFile=code)["RevisionId"])
    revisions.append(client.publish_version(FunctionName="made")["RevisionId"])
    revisions.append(client.create_alias(FunctionName="made", Name="a", FunctionVersion="1")["RevisionId"])
    revisions.append(client.update_alias(FunctionName="made", Name="a", Description="x")["RevisionId"])
    database.functions.register("made", lambda event, context: None)
    revisions.append(client.get_function_configuration(FunctionName="made")["RevisionId"])
    client.delete_function(FunctionName="made")
    revisions.append(create()["RevisionId"])
    assert len(set(revisions)) == len(revisions)


def test_changes_of_the_latest_revision(client: Any, create: Callable[..., Any]) -> None:
    revision = create()["RevisionId"]
    changed = client.update_function_configuration(FunctionName="made", Timeout=5, RevisionId=revision)
    stale = "PreconditionFailedException", 412
    for call, parameters in (
        (client.update_function_configuration, {"Timeout": 6}),
        (client.update_function_code, {"ZipFile": zipped("x = 1")}),
        (client.publish_version, {}),
        (client.add_permission, {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"}),
    ):
        code, _, status = refusal(call, FunctionName="made", RevisionId=revision, **parameters)
        assert (code, status) == stale, call
    assert client.publish_version(FunctionName="made", RevisionId=changed["RevisionId"])["Version"] == "1"


def test_a_handler_that_replaces_its_own_code(database: Database) -> None:
    """The trace of what fails then names the files of the code that has failed."""
    text = """
import base64, boto3
def handler(event, context):
    boto3.client("lambda").update_function_code(FunctionName="made", ZipFile=base64.b64decode(event))
    raise ValueError("no")
"""
    database.functions.deploy("made", zipped(text), "app.handler")
    with minidynamo.mock(database):
        other = base64.b64encode(zipped("def handler(event, context): return 2")).decode()
        answer = json.loads(database.functions.invoke("made", json.dumps(other))["Payload"])
    assert (answer["errorType"], answer["stackTrace"][0][:36]) == ("ValueError", '  File "/var/task/app.py", line 5, i')
    assert database.functions.invoke("made")["Payload"] == b"2"


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_places_and_memory(tmp_path: Path, isolation: Any) -> None:
    """Answers name the service's places, the log those of this machine; REPORT tells of the memory."""
    (tmp_path / "app.py").write_text("def handler(event, context):\n    raise ValueError('no')\n")
    with minidynamo.connect() as database:
        database.functions.deploy("f", tmp_path, "app.handler", isolation=isolation)
        answer = json.loads(database.functions.invoke("f")["Payload"])
        log = "\n".join(map(str, database.functions.logs("f")))
        assert '"/var/task/app.py", line 2' in answer["stackTrace"][0] and str(tmp_path) not in str(answer)
        assert f'"{tmp_path}/app.py", line 2' in log
        used = int(log.partition("Max Memory Used: ")[2].partition(" MB")[0])
        assert 1 < used < 100_000


def test_code_that_has_a_syntax_error_is_placed_too(client: Any, create: Callable[..., Any]) -> None:
    create("def handler(:\n")
    response = client.invoke(FunctionName="made", LogType="Tail")
    assert json.loads(response["Payload"].read())["stackTrace"][0].startswith('  File "/var/task/app.py" Line 1')
    assert "/var/task" not in base64.b64decode(response["LogResult"]).decode()


def test_new_code_keeps_layers_and_a_version_its_own(client: Any, create: Callable[..., Any]) -> None:
    layer = client.publish_layer_version(LayerName="common", Content={"ZipFile": zipped("x = 1")})["LayerVersionArn"]
    create(Layers=[layer], Publish=True)
    client.delete_layer_version(LayerName="common", VersionNumber=1)
    client.update_function_code(FunctionName="made", ZipFile=zipped("def handler(e, c): return 2"))
    client.update_function_configuration(FunctionName="made", Timeout=9)
    assert [each["Arn"] for each in client.get_function(FunctionName="made")["Configuration"]["Layers"]] == [layer]
    client.update_function_configuration(FunctionName="made", Layers=[])
    versions = client.list_versions_by_function(FunctionName="made")["Versions"]
    assert [len(each.get("Layers", [])) for each in versions] == [0, 1]
    refused = refusal(client.update_function_configuration, FunctionName="made", Layers=[layer])
    assert refused[1] == f"Layer version {layer} does not exist."


def test_a_version_keeps_when_it_was_changed() -> None:
    clock = minidynamo.ManualClock(1_000_000)
    with minidynamo.connect(clock=clock) as database:
        database.functions.register("f", lambda event, context: None)
        version = database.functions.publish_version("f")
        clock.advance(60)
        function = database.functions.register("f", lambda event, context: None)
        assert function.modified["$LATEST"] - function.modified[version] == 60


def test_waiters(client: Any, create: Callable[..., Any]) -> None:
    create(Publish=True)
    client.get_waiter("function_active_v2").wait(FunctionName="made")
    client.update_function_configuration(FunctionName="made", Timeout=5)
    client.get_waiter("function_updated_v2").wait(FunctionName="made")
    client.get_waiter("published_version_active").wait(FunctionName="made", Qualifier="1")
    assert client.get_function_configuration(FunctionName="made")["Timeout"] == 5
