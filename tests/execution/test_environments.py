"""What an execution environment is to the code that runs in it, in threads and in processes."""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
import threading
from typing import Any

import boto3
import pytest

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.limits import ENVIRONMENT_IDLE_SECONDS
from tests.execution.conftest import Write

both = pytest.mark.parametrize("isolation", ["thread", "process"])
COUNTING = """
import os
count = 0
print("begins")

def handler(event, context):
    global count
    count += 1
    name, table = os.environ["AWS_LAMBDA_FUNCTION_NAME"], os.environ.get("TABLE")
    return {"count": count, "event": event, "name": name, "table": table}
"""


def invoked(database: Database, name: str = "f", event: object = None, **options: Any) -> Any:
    """What a function answers."""
    return json.loads(database.functions.invoke(name, event, **options)["Payload"])


def failure(database: Database, name: str = "f", event: object = None) -> tuple[str, str]:
    """Type and message of the error that a function answers."""
    answer = database.functions.invoke(name, event)
    assert answer["FunctionError"] == "Unhandled"
    payload = json.loads(answer["Payload"])
    return payload["errorType"], payload["errorMessage"]


@both
def test_warm_environments_keep_their_globals(
    database: Database, write: Write, clock: ManualClock, isolation: Any
) -> None:
    folder = write(app=COUNTING)
    database.functions.deploy("f", folder, "app.handler", Environment={"TABLE": "orders"}, isolation=isolation)
    assert invoked(database, event={"a": [1]}) == {"count": 1, "event": {"a": [1]}, "name": "f", "table": "orders"}
    assert invoked(database)["count"] == 2
    function, _ = database.functions.find("f")
    assert (function.cold_starts, function.environments) == (1, 1)
    clock.advance(ENVIRONMENT_IDLE_SECONDS + 1)
    assert invoked(database)["count"] == 1
    assert (function.cold_starts, function.environments) == (2, 1)
    database.functions.deploy("f", folder, "app.handler", isolation=isolation)
    assert invoked(database)["count"] == 1, "new code begins anew"


@both
def test_modules_are_the_functions_own(database: Database, write: Write, isolation: Any) -> None:
    for name in ("one", "two"):
        folder = write(
            name,
            app="import json\nfrom parts import inner\n\ndef handler(event, context):\n    import shared\n"
            "    import importlib\n    return [shared.NAME, inner.NAME, shared.SEEN]\n",
            shared=f"NAME = '{name}'\nSEEN = __name__",
            parts____init__="",
            parts__inner="from . import other\nNAME = other.NAME",
            parts__other=f"NAME = 'inner {name}'",
        )
        database.functions.deploy(name, folder, "app.handler", isolation=isolation)
    before = set(sys.modules)
    for name in ("one", "two", "one"):
        assert invoked(database, name) == [name, f"inner {name}", "shared"]
    assert not {"app", "shared", "parts", "parts.inner"} & (set(sys.modules) - before)


def test_a_module_of_the_process_is_hidden_for_as_long(database: Database, write: Write) -> None:
    folder = write(app="import tests_of_mine\n\ndef handler(event, context):\n    return tests_of_mine.WHOSE\n")
    write(tests_of_mine="WHOSE = 'the function'")
    mine = type(sys)("tests_of_mine")
    sys.modules["tests_of_mine"] = mine
    try:
        database.functions.deploy("f", folder, "app.handler")
        assert invoked(database) == "the function"
        assert sys.modules["tests_of_mine"] is mine
    finally:
        del sys.modules["tests_of_mine"]


def test_variables_and_output_are_the_functions_own(
    database: Database, write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_PROCESS", "1")
    text = (
        "import os\nfrom os import environ\n\n"
        "def handler(event, context):\n    environ['ADDED'] = 'x'\n    print('said')\n"
        "    return [os.getenv('SECRET_OF_THE_PROCESS'), dict(os.environ | {'B': '2'})['B'], os.environ['AWS_REGION'],"
        " len(os.environ) == len(os.environ.copy()), 'ADDED' in os.environ]\n"
    )
    database.functions.deploy("f", write(app=text), "app.handler")
    outside = os.environ
    assert invoked(database) == [None, "2", "eu-west-1", True, True]
    assert os.environ is outside and "ADDED" not in outside
    assert "said" not in capsys.readouterr().out
    assert "said" in [each.message for each in database.functions.logs("f")]


@both
def test_logs_are_as_cloudwatch_holds_them(database: Database, write: Write, isolation: Any) -> None:
    text = (
        "import logging\nlogging.getLogger().setLevel('INFO')\n\ndef handler(event, context):\n"
        "    print('two', 'words', end='')\n    print()\n    logging.info('at %s', context.aws_request_id)\n"
        "    logging.getLogger('of.mine').debug('not this')\n    if event: raise ValueError('no good')\n"
    )
    level = logging.getLogger().level
    database.functions.deploy("f", write(app=text), "app.handler", MemorySize=256, isolation=isolation)
    response = database.functions.invoke("f", {}, LogType="Tail")
    events = database.functions.logs("f")
    request_id = events[-1].request_id
    messages = [each.message for each in events]
    assert messages[0] == f"START RequestId: {request_id} Version: $LATEST"
    assert messages[1] == "two words"
    assert messages[2].startswith("[INFO]\t") and messages[2].endswith(f"Z\t{request_id}\tat {request_id}")
    assert messages[3] == f"END RequestId: {request_id}"
    assert "\tMemory Size: 256 MB\t" in messages[4] and "Init Duration: " in messages[4]
    assert {each.stream for each in events} == {events[0].stream} and "[$LATEST]" in events[0].stream
    assert "two words" in base64.b64decode(response["LogResult"]).decode()
    assert failure(database, event={"fail": 1}) == ("ValueError", "no good")
    later = database.functions.logs("f", after=events[-1].number)
    failed = next(each for each in later if each.message.startswith("[ERROR]"))
    assert failed.message.startswith("[ERROR] ValueError: no good\nTraceback (most recent call last):\n  File ")
    assert "Init Duration" not in later[-1].message
    assert database.functions.logs("f", request_id) == events
    assert logging.getLogger().level == level, "what a function sets stays with it"


FAULTS = [
    ("def other(event, context): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
    ("import nowhere", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nowhere'"),
    ("def handler(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': invalid syntax (app.py, line 1)"),
    ("raise KeyError('TABLE')", "KeyError", "'TABLE'"),
]  # fmt: skip


@both
@pytest.mark.parametrize(("text", "kind", "message"), FAULTS)
def test_code_that_cannot_begin(
    database: Database, write: Write, isolation: Any, text: str, kind: str, message: str
) -> None:
    database.functions.deploy("f", write(app=text), "app.handler", isolation=isolation)
    payload = invoked(database)
    assert (payload["errorType"], payload["errorMessage"], payload["requestId"]) == (kind, message, "")
    function, _ = database.functions.find("f")
    assert function.environments == 0
    assert function.metrics.errors == 1
    assert any(message in each.message for each in database.functions.logs("f"))


@both
def test_handlers_of_all_spellings(database: Database, write: Write, isolation: Any) -> None:
    folder = write(src____init__="", src__app="def handler(event, context): return 'here'")
    for spelling in ("src.app.handler", "src/app.handler"):
        database.functions.deploy("f", folder, spelling, isolation=isolation)
        assert invoked(database) == "here"
    database.functions.deploy("f", folder, "handler", isolation=isolation)
    assert failure(database)[0] == "Runtime.MalformedHandlerName"


ENDS = """
import os, sys, time
def handler(event, context):
    if event["do"] == "exit": sys.exit(7)
    if event["do"] == "sleep": time.sleep(30)
    if event["do"] == "eat":
        eaten = bytearray(400 * 1024 * 1024)
        for place in range(0, len(eaten), 4096): eaten[place] = 1
        time.sleep(30)
    return os.getpid()
"""


def test_a_process_is_ended_by_its_bounds(database: Database, write: Write) -> None:
    database.functions.deploy("f", write(app=ENDS), "app.handler", Timeout=1.5, isolation="process")
    first = invoked(database, event={"do": "nothing"})
    assert first != os.getpid() and invoked(database, event={"do": "nothing"}) == first
    kind, message = failure(database, event={"do": "sleep"})
    assert kind == "Sandbox.Timedout" and message.endswith("Error: Task timed out after 1.50 seconds")
    assert database.functions.logs("f")[-1].message.endswith("\tStatus: timeout")
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert failure(database, event={"do": "eat"}) == (
        "Runtime.ExitError",
        f"RequestId: {database.functions.logs('f')[-1].request_id} Error: Runtime exited with error: signal: killed",
    )
    assert failure(database, event={"do": "exit"})[1].endswith("Runtime exited with error: exit status 7")
    assert invoked(database, event={"do": "nothing"}) not in (first, os.getpid())


def test_an_exit_in_a_thread_ends_its_environment(database: Database, write: Write) -> None:
    database.functions.deploy("f", write(app=ENDS), "app.handler")
    assert failure(database, event={"do": "exit"})[1].endswith("Runtime exited with error: exit status 7")
    function, _ = database.functions.find("f")
    assert function.environments == 0


@both
def test_versions_have_code_settings_and_environments_of_their_own(
    database: Database, write: Write, isolation: Any
) -> None:
    database.functions.deploy(
        "f", write(app=COUNTING), "app.handler", Timeout=2, Environment={"TABLE": "one"}, isolation=isolation
    )
    assert database.functions.publish_version("f") == "1"
    database.functions.deploy(
        "f", write(app=COUNTING), "app.handler", Timeout=5, Environment={"TABLE": "two"}, isolation=isolation
    )
    assert [invoked(database)["table"], invoked(database, Qualifier="1")["table"]] == ["two", "one"]
    function, _ = database.functions.find("f")
    assert (function.timeout_of("1"), function.timeout_of("$LATEST"), function.environments) == (2, 5, 2)
    database.functions.remove("f")
    assert function.environments == 0


def test_provisioned_environments_are_there_before(database: Database, write: Write, clock: ManualClock) -> None:
    database.functions.deploy("f", write(app=COUNTING), "app.handler")
    database.functions.publish_version("f")
    database.functions.provision("f", "1", 3)
    function, _ = database.functions.find("f")
    assert (function.environments, function.cold_starts) == (3, 0)
    assert invoked(database, Qualifier="1")["count"] == 1
    clock.advance(ENVIRONMENT_IDLE_SECONDS * 2)
    assert invoked(database, Qualifier="1")["count"] == 2
    assert (function.environments, function.cold_starts) == (3, 0), "those that are kept ready do not end idle"


def test_cold_starts_take_as_long_as_they_should(database: Database, write: Write, clock: ManualClock) -> None:
    database.functions.deploy("f", write(app=COUNTING), "app.handler", cold_start_seconds=2.5)
    before = clock.now()
    invoked(database)
    invoked(database)
    assert clock.now() - before == 2.5


def test_invocations_at_once_have_environments_of_their_own(database: Database, write: Write) -> None:
    text = (
        "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    event_gate.wait(5)\n"
        "    return count\n"
    )
    gate = threading.Barrier(3)
    folder = write(app="from gates import event_gate\n" + text)
    module = type(sys)("gates")
    module.event_gate = gate  # type: ignore[attr-defined]
    sys.modules["gates"] = module
    try:
        database.functions.deploy("f", folder, "app.handler", ReservedConcurrency=3)
        answers: list[object] = []
        threads = [threading.Thread(target=lambda: answers.append(invoked(database))) for _ in range(3)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    finally:
        del sys.modules["gates"]
    assert answers == [1, 1, 1]
    function, _ = database.functions.find("f")
    assert function.environments == 3


WRITING = """
import boto3
table = boto3.resource("dynamodb").Table("orders")
def handler(event, context):
    table.put_item(Item={"pk": event["pk"]})
    return table.scan()["Count"]
"""


@both
def test_boto3_sees_the_database_alone(database: Database, write: Write, isolation: Any) -> None:
    database.client().create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    database.functions.deploy("f", write(app=WRITING), "app.handler", Timeout=60, isolation=isolation)
    with minidynamo.mock(database):
        assert invoked(database, event={"pk": "a"}) == 1
        assert invoked(database, event={"pk": "b"}) == 2
        assert boto3.client("dynamodb").scan(TableName="orders")["Count"] == 2


def test_settings_that_cannot_be(database: Database, write: Write, tmp_path: Any) -> None:
    folder = write(app=COUNTING)
    wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"MemorySize": 64}, ValueError, "MemorySize must be from 128"),
        ({"isolation": "container"}, ValueError, "isolation must be one of thread, process"),
        ({"Environment": {"AWS_REGION": "x"}}, ValueError, "Reserved keys used in this request: AWS_REGION"),
        ({"Environment": {"A-B": "x"}}, ValueError, "letters, digits and underscores"),
        ({"Environment": {"AB": "x" * 5000}}, ValueError, "exceeded the 4KB limit. String measured: 5002 bytes"),
        ({"Environment": {"AB": 1}}, ValueError, "variables by name"),
        ({"Layers": [str(tmp_path / "none")]}, ValueError, "there is no folder"),
        ({"Memory": 128}, TypeError, "Memory"),
        ({"cold_start_seconds": -1}, ValueError, "cold_start_seconds"),
    ]
    for settings, error, text in wrong:
        with pytest.raises(error, match=text.replace(".", r"\.")):
            database.functions.deploy("f", folder, "app.handler", **settings)
    with pytest.raises(ValueError, match="there is no folder"):
        database.functions.deploy("f", tmp_path / "none", "app.handler")
    with pytest.raises(ValueError, match="Could not unzip"):
        database.functions.deploy("f", b"no zip", "app.handler")
    assert database.functions.names == []
