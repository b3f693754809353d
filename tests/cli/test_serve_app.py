"""`minidynamo serve --app`, and `minidynamo logs` of what runs there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest

from tests.faces.lambda_replay import zipped

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String, Default: hello}
Resources:
  Notes:
    Type: AWS::Serverless::SimpleTable
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      CodeUri: src
      Handler: api.handler
      Environment: {Variables: {TABLE: !Ref Notes, GREETING: !Ref Greeting, PLANET: earth}}
      Policies: [{DynamoDBCrudPolicy: {TableName: !Ref Notes}}]
      Events:
        All: {Type: HttpApi}
  Bucket: {Type: AWS::S3::Bucket}
"""
CODE = """
import os, boto3
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
def handler(event, context):
    print("asked for", event.get("rawPath"))
    table.put_item(Item={"id": "x"})
    return f"{os.environ['GREETING']} {os.environ['PLANET']}, {table.scan()['Count']}"
"""


class Served:
    """A server that runs."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "minidynamo", "serve", "--port", "0", *options]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        self.lines: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if "export AWS_ENDPOINT_URL" in line:
                break
        self.url = self.lines[-1].rpartition("=")[2]

    def get(self, path: str) -> str:
        return urlopen(Request(f"{self.url}{path}"), timeout=30).read().decode()  # type: ignore[no-any-return]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        self.lines += self.process.stdout.read().splitlines()
        return self.process.wait(30)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = [sys.executable, "-m", "minidynamo", *arguments]
    return subprocess.run(run, capture_output=True, text=True, env=environment, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "src" / "api.py").write_text(CODE)
    return tmp_path


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    (folder / "env.json").write_text(json.dumps({"Api": {"PLANET": "mars"}}))
    options = (
        "--app",
        "template.yaml",
        "--reload",
        "--metrics",
        "--parameter-overrides",
        "Greeting=hi",
        "--env-vars",
        "env.json",
    )
    served = Served(folder, "--app", "template.yaml", *options)
    yield served
    if served.process.poll() is None:
        assert served.stop() == 130


def test_it_answers_logs_and_reloads(served: Served, folder: Path) -> None:
    assert "minidynamo: template.yaml: Bucket (AWS::S3::Bucket) is not simulated and is left out" in served.lines
    assert f"  ANY     {served.url}$default -> Api" in served.lines
    assert served.get("/some/path") == "hi mars, 1"
    logged = command("logs", "Api", "--endpoint", served.url)
    assert logged.returncode == 0 and "asked for /some/path" in logged.stdout.splitlines()
    assert "START RequestId" not in command("logs", "Api", "--filter", "asked", "--endpoint", served.url).stdout
    invoked = command("invoke", "Api", "--endpoint", served.url)
    assert invoked.stdout == '"hi mars, 1"\n'
    assert "aws_lambda_invocations_sum" in served.get("/metrics")
    (folder / "src" / "api.py").write_text(
        CODE.replace("asked for", "answering").replace("{os.environ['GREETING']}", "new")
    )
    end = time.monotonic() + 30
    while served.get("/") != "new mars, 1":
        assert time.monotonic() < end
        time.sleep(0.1)
    (folder / "template.yaml").write_text("no: template")
    time.sleep(3)
    assert served.get("/") == "new mars, 1", "it stays as it was"
    assert served.stop() == 130
    assert any("api.py changed: the application was read anew" in line for line in served.lines)
    assert any("template.yaml changed, and the application stays as it was" in line for line in served.lines)


def test_logs_are_followed(served: Served) -> None:
    """Also from before anything is logged."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = [sys.executable, "-m", "minidynamo", "logs", "Api", "-f", "--filter", "asked", "--endpoint", served.url]
    process = subprocess.Popen(run, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        time.sleep(0.5)
        assert process.poll() is None
        served.get("/first")
        assert process.stdout.readline() == "asked for /first\n"
        served.get("/second")
        assert process.stdout.readline() == "asked for /second\n"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--app", "none.yaml"], "none.yaml"),
        (["--reload"], "--reload is about an application: give --app TEMPLATE as well"),
        (["--app", "template.yaml", "--api", "a:b"], "--app brings its own APIs and database"),
        (["--app", "template.yaml", "--parameter-overrides", "Greeting"], "NAME=VALUE, not 'Greeting'"),
        (["--app", "template.yaml", "--parameter-overrides", "Other=1"], "no parameter Other"),
        (["--app", "template.yaml", "--env-vars", "none.json"], "cannot read the variables in none.json"),
    ],
)
def test_mistakes_are_one_line(folder: Path, arguments: list[str], text: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = [sys.executable, "-m", "minidynamo", "serve", "--port", "0", *arguments]
    result = subprocess.run(run, cwd=folder, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert result.returncode == 2
    *_, last = result.stderr.splitlines()
    assert text in last and "Traceback" not in result.stderr


def test_logs_of_nobody(served: Served) -> None:
    missing = command("logs", "Nobody", "--endpoint", served.url)
    assert (missing.returncode, missing.stderr) == (1, "minidynamo: Nobody has logged nothing there\n")
    unreachable = command("logs", "Api", "--endpoint", "http://127.0.0.1:1")
    assert unreachable.returncode == 2 and unreachable.stderr.startswith("minidynamo: no response from")
    with pytest.raises(HTTPError):
        urlopen(f"{served.url}/2015-03-31/functions/none", timeout=30)


def test_a_server_without_an_application_runs_functions(tmp_path: Path) -> None:
    """Those that are made by Lambda's own API: what is queued is invoked, and streams are read."""
    served = Served(tmp_path)
    try:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        functions, logs, tables = (
            boto3.client(each, endpoint_url=served.url, **keys)  # type: ignore[call-overload]
            for each in ("lambda", "logs", "dynamodb")
        )
        code = zipped({"app.py": "def handler(event, context):\n    print('got', len(event.get('Records', [])))\n"})
        role = "arn:aws:iam::123456789012:role/any"
        functions.create_function(
            FunctionName="told", Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": code}
        )
        table = tables.create_table(
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        arn = table["TableDescription"]["LatestStreamArn"]
        functions.create_event_source_mapping(FunctionName="told", EventSourceArn=arn, StartingPosition="TRIM_HORIZON")
        tables.put_item(TableName="orders", Item={"pk": {"S": "a"}})
        functions.invoke(FunctionName="told", InvocationType="Event", Payload=b"{}")
        wanted, end = {"got 0", "got 1"}, time.monotonic() + 30
        while wanted and time.monotonic() < end:
            time.sleep(0.1)
            with suppress(logs.exceptions.ResourceNotFoundException):
                events = logs.filter_log_events(logGroupName="/aws/lambda/told")["events"]
                wanted -= {each["message"].strip() for each in events}
        assert not wanted
    finally:
        assert served.stop() == 130


def test_processes_of_functions_end_with_the_server(folder: Path) -> None:
    """Also where it is ended at once, by a second Ctrl-C, while one is at work."""
    (folder / "src" / "api.py").write_text(
        "import os, time\ndef handler(event, context):\n"
        f"    open({str(folder / 'pid')!r}, 'w').write(str(os.getpid()))\n    time.sleep(60)\n"
    )
    (folder / "template.yaml").write_text(TEMPLATE.replace("CodeUri: src", "CodeUri: src\n      Timeout: 60"))
    served = Served(folder, "--app", "template.yaml")
    asking = threading.Thread(target=lambda: suppressed(served), daemon=True)
    asking.start()
    end = time.monotonic() + 30
    while not (folder / "pid").exists() or not (folder / "pid").read_text():
        assert time.monotonic() < end
        time.sleep(0.05)
    pid = int((folder / "pid").read_text())
    served.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    served.process.send_signal(signal.SIGINT)
    served.process.wait(30)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def suppressed(served: Served) -> None:
    with suppress(OSError):
        served.get("/")
