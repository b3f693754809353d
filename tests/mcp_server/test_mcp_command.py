"""`minidynamo mcp` as a process: what it opens, what it says on its streams, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import minidynamo
from tests.mcp_server.agents import ORDERS, TABLE, agent_of_command, customer, fill, key, order, pay

HELLO = (
    {
        "id": 0,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
    },
    {"method": "notifications/initialized"},
)
DESCRIBE = {"id": 1, "method": "tools/call", "params": {"name": "describe", "arguments": {}}}


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    """The command with its streams."""
    words = [sys.executable, "-m", "minidynamo", "mcp", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def told(process: subprocess.Popen[str], *messages: object) -> dict[str, object]:
    """Sends messages; the next line that is answered."""
    assert process.stdin is not None
    assert process.stdout is not None
    for message in messages:
        line = message if isinstance(message, str) else json.dumps({"jsonrpc": "2.0", **message})
        process.stdin.write(line + "\n")
    process.stdin.flush()
    answer: dict[str, object] = json.loads(process.stdout.readline())
    return answer


def test_a_whole_session_on_a_file(tmp_path: Path) -> None:
    """Described, read, tried, applied and undone; the file has what was applied last, a ledger is looked at."""
    path = tmp_path / "shop.db"
    with minidynamo.connect(path) as database, minidynamo.observe(database) as ledger:
        fill(database)
    ledger.save(tmp_path / "cost.json")
    with agent_of_command("--allow-writes", path, "--ledger", "cost.json", folder=tmp_path) as agent:
        assert agent.ask("describe")["tables"][0]["items"] == ORDERS
        assert agent.ask("read", **customer(0))["items"][0]["status"] == "open"
        (tried,) = agent.ask("try", writes=[pay(0)])["differences"]
        assert tried["attributes"] == {"status": ["open", "paid"]}
        assert agent.ask("apply")["differences"] == [tried]
        assert agent.ask("read", **customer(0))["items"][0]["status"] == "paid"
        assert agent.ask("undo")["differences"][0]["attributes"] == {"status": ["paid", "open"]}
        agent.ask("try", writes=[pay(0, "sent")])
        agent.ask("apply")
        told = agent.ask("advice")
        assert (told["calls"], told["saved_ledger"]["calls"]) == (6, ORDERS + 1)
    with minidynamo.connect(path) as database:
        database.check()
        assert database.execute("GetItem", {"TableName": "Shop", "Key": key(0)})["Item"]["status"] == {"S": "sent"}


def test_a_file_is_only_read_unless_writes_are_allowed(tmp_path: Path) -> None:
    """It may have an owner meanwhile, and nothing in it changes."""
    path = tmp_path / "shop.db"
    with minidynamo.connect(path) as owner:
        fill(owner)
        with agent_of_command(path, folder=tmp_path) as agent:
            assert agent.ask("try", writes=[pay(0)])["kept"] == 1
            assert f"minidynamo mcp --allow-writes {path}" in agent.refused("apply")
        assert owner.execute("GetItem", {"TableName": "Shop", "Key": key(0)})["Item"] == order(0)


def test_a_fresh_database_in_memory(tmp_path: Path) -> None:
    """Without a file, and there everything may be written."""
    with agent_of_command(folder=tmp_path) as agent:
        agent.ask("try", writes=[{"operation": "CreateTable", "request": TABLE}])
        assert agent.ask("apply")["applied"] == 1
        assert agent.ask("describe")["tables"][0]["table"] == "Shop"
    assert list(tmp_path.iterdir()) == []


def test_standard_output_is_the_protocol_alone(tmp_path: Path) -> None:
    """Also where lines come that are no messages; each answer is one line of JSON."""
    with started() as process:
        assert told(process, *HELLO)["id"] == 0
        assert told(process, "", "no JSON", "[]", '{"jsonrpc": "2.0"', "\x00\x1b[31m", DESCRIBE)["id"] == 1
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, "")
    assert "Traceback" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process there otherwise")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    """The file is closed, and the exit code is a shell's; nothing is said."""
    path = tmp_path / "shop.db"
    with minidynamo.connect(path) as database:
        fill(database)
    with started("--allow-writes", path) as process:
        assert told(process, *HELLO)["id"] == 0
        assert told(process, DESCRIBE)["id"] == 1
        os.kill(process.pid, number)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (128 + number, "", "")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["shop.db"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.db"], "there is no file nowhere.db"),
        (["127.0.0.1:8000"], "127.0.0.1:8000 is an address, and a database at an address is http://127.0.0.1:8000"),
        (["--region", "eu-west-1"], "--region goes with a URL"),
        (["--ledger", "none.json"], "cannot read none.json"),
        (["."], ". is a folder"),
        (["dynamodb:nowhere"], "region"),
    ],
)
def test_mistakes_end_in_one_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from minidynamo.cli.command_line import main

    monkeypatch.chdir(tmp_path)
    assert main(["mcp", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("minidynamo: ")
    assert words in said.err
    assert said.err.count("\n") == 1


def test_the_extra_is_named_where_it_is_missing() -> None:
    hide = "import sys\nsys.modules['mcp'] = None\n"
    code = f"{hide}from minidynamo.cli.command_line import main\nsys.exit(main(['mcp']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "minidynamo: this command needs its extra: pip install 'minidynamo[mcp]'\n"
