"""What code does to its process, and that nobody else sees it: neither other functions nor what is left afterwards."""

from __future__ import annotations

import base64
import importlib
import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from tests.execution.conftest import Write

both = pytest.mark.parametrize("isolation", ["thread", "process"])
# The body of a handler, what it returns, and what it logs.
BODIES = {
    "bytes that are no text": ("sys.stdout.buffer.write(b'\\xff hi\\n')\n    sys.stdout.flush()", None, ["\ufffd hi"]),
    "much output": ("print('x' * 2**20)", None, None),
    "output in pieces": ("for _ in range(50_000): sys.stdout.write('x')", None, None),
    "closed output": ("sys.stdout.close()", None, []),
    "other buffers": ("sys.stdout.reconfigure(line_buffering=True)\n    print('a')", None, ["a"]),
    "variables by an operator": ("os.environ |= {'ADDED': '1'}\n    return os.environ['ADDED']", "1", []),
    "a module by its name": ("return importlib.import_module('late').NAME", "late", []),
    "a module beside": ("return importlib.import_module('.inner', 'parts').NAME", "inner", []),
    "a module from text": ("seen = {}\n    exec('import late', seen)\n    return seen['late'].NAME", "late", []),
    "a namespace": ("from spaces.deep import place\n    return place.NAME", "place", []),
    "a module of Python's": ("import email.message\n    return email.message.Message.__name__", "Message", []),
    "a loop": ("import asyncio\n    async def run(): print('in it')\n    asyncio.run(run())", None, ["in it"]),
}
TEXT = "import importlib, os, sys\n\ndef handler(event, context):\n    "


@pytest.fixture(autouse=True)
def unchanged(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What belongs to the process is as it was when a test has ended."""
    root, temporary = logging.getLogger(), tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))  # Its own: other tests run at the same time.

    def state() -> list[object]:
        folders = sorted(each.name for each in temporary.iterdir())
        logging_state, imports = [root.handlers[:], root.level], [importlib.import_module, sys.meta_path[:]]
        return [os.environ, sys.stdout, sys.stderr, logging_state, imports, folders]

    before, modules, threads = state(), set(sys.modules), set(threading.enumerate())
    yield
    assert state() == before
    assert not {"app", "late", "parts", "spaces"} & (set(sys.modules) - modules)
    assert set(threading.enumerate()) <= threads


def answers(database: Database, event: object = None) -> Any:
    return json.loads(database.functions.invoke("f", event)["Payload"])


def said(database: Database) -> list[str]:
    """What a function has logged itself."""
    messages = [each.message for each in database.functions.logs("f")]
    return [each for each in messages if not each.startswith(("START ", "END ", "REPORT "))]


@both
@pytest.mark.parametrize("name", BODIES)
def test_handlers_may(database: Database, write: Write, isolation: Any, name: str) -> None:
    body, value, logged = BODIES[name]
    folder = write(
        app=TEXT + body, late="NAME = 'late'", parts____init__="", parts__inner="NAME = 'inner'",
        spaces__deep__place="NAME = 'place'", email__letters__hello="",
    )  # fmt: skip
    database.functions.deploy("f", folder, "app.handler", Timeout=30, isolation=isolation)
    assert [answers(database), answers(database)] == [value, value]
    if logged is not None:
        assert said(database) == logged * 2
    database.close()


@both
@pytest.mark.parametrize("text", ["import sys\nsys.exit(3)", "raise KeyboardInterrupt"])
def test_what_ends_while_it_begins_leaves_no_folder(
    database: Database, write: Write, isolation: Any, text: str
) -> None:
    database.functions.deploy("f", write(app=text), "app.handler", isolation=isolation)
    if "Keyboard" in text and isolation == "thread":
        with pytest.raises(KeyboardInterrupt):
            answers(database)
    else:
        assert answers(database)["errorType"] == "Runtime.ExitError"
    database.close()


@both
@pytest.mark.parametrize("forces", [True, False])
def test_handlers_of_the_root_logger_are_the_functions_own(
    database: Database, write: Write, isolation: Any, forces: bool
) -> None:
    text = (
        f"import logging, sys\nlogging.basicConfig(level='INFO', stream=sys.stdout, force={forces})\n"
        "logging.getLogger().setLevel('INFO')\n\ndef handler(event, context):\n    logging.info('here')\n"
    )
    database.functions.deploy("f", write(app=text), "app.handler", isolation=isolation)
    for _ in range(2):
        answers(database)
    lines = said(database)
    assert len(lines) == 2
    assert all(each == "INFO:root:here" if forces else each.startswith("[INFO]\t") for each in lines)
    database.close()


def test_what_a_process_has_started_ends_with_it(database: Database, write: Write) -> None:
    text = TEXT + "import subprocess\n    return subprocess.Popen(['sleep', '600']).pid"
    database.functions.deploy("f", write(app=text), "app.handler", Timeout=30, isolation="process")
    started, began = answers(database), time.monotonic()
    database.close()
    assert time.monotonic() - began < 5, "nobody waits for it"
    assert not is_alive(started)


def is_alive(pid: int) -> bool:
    """Whether a process runs: one that has ended may still wait for whoever has started it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


MANY = """
import os, time, shared
NAME = os.environ["NAME"]

def handler(event, context):
    print("number", event)
    os.environ["SEEN"] = str(event)
    time.sleep(0.001)
    import late
    return [event, os.environ["SEEN"], NAME, os.environ["NAME"], shared.ONE, late.TWO]
"""


@both
def test_many_at_once_while_they_are_deployed(write: Write, isolation: Any) -> None:
    """Variables, modules and logs are never those of another invocation."""
    folder, wrong, number = write(app=MANY, shared="ONE = 1", late="TWO = 2"), list[object](), 25
    database = minidynamo.connect()

    def deploy(name: str) -> None:
        database.functions.deploy(
            name, folder, "app.handler", Timeout=60, isolation=isolation, Environment={"NAME": f"of {name}"}
        )

    def invoke(thread: int) -> None:
        for each in range(thread * number, (thread + 1) * number):
            name = "fg"[each % 2]
            answer = database.functions.invoke(name, each, LogType="Tail")
            log = base64.b64decode(answer["LogResult"]).decode()
            expected = [each, str(each), f"of {name}", f"of {name}", 1, 2]
            numbers = [line for line in log.splitlines() if line.startswith("number ")]
            if json.loads(answer["Payload"]) != expected or numbers != [f"number {each}"]:
                wrong.append((answer["Payload"], log))

    deploy("f")
    deploy("g")
    threads = [threading.Thread(target=invoke, args=(each,)) for each in range(8)]
    for thread in threads:
        thread.start()
    while any(each.is_alive() for each in threads):
        deploy("f")
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    database.close()
    assert wrong == []


@both
def test_nothing_stays_of_those_under_way_at_the_end(write: Write, isolation: Any) -> None:
    database = minidynamo.connect()
    text = TEXT + "import time\n    time.sleep(0.05)"
    database.functions.deploy("f", write(app=text), "app.handler", Timeout=60, isolation=isolation)

    def invoke() -> None:
        for _ in range(6):
            database.functions.invoke("f")

    threads = [threading.Thread(target=invoke) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    database.close()
    for thread in threads:
        thread.join()
    database.close()
    assert database.functions.find("f")[0].environments == 0
