"""Without an extra, whatever needs it says so in one line."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Makes packages look as if they were not installed.
HIDE = "import sys\nfor name in {names!r}: sys.modules[name] = None\n"
COMMANDS = "from minidynamo.cli.command_line import main\nsys.exit(main({arguments!r}))"


def run(code: str, *hidden: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HIDE.format(names=hidden) + code], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["tour"], "rich", "cli"),
        (["serve", "--port", "0"], "uvicorn", "server"),
        (["spec", "--endpoint", "http://127.0.0.1:1"], "yaml", "cli"),
        (["tables", "create", "x.json"], "boto3", "boto3"),
        (["mutants", "x.py"], "rich", "cli"),
        (["mcp"], "mcp", "mcp"),
    ],
)
def test_commands_name_their_extra(arguments: list[str], package: str, extra: str) -> None:
    done = run(COMMANDS.format(arguments=arguments), package)
    assert done.returncode == 2
    assert done.stderr == f"minidynamo: this command needs its extra: pip install 'minidynamo[{extra}]'\n"


@pytest.mark.parametrize(
    ("code", "package", "extra"),
    [
        ("import minidynamo; minidynamo.mock().start()", "botocore", "boto3"),
        ("import minidynamo; minidynamo.connect().serve().start()", "uvicorn", "server"),
        ("import minidynamo; minidynamo.connect().serve().start()", "httptools", "server"),
        ("import minidynamo.testing", "hypothesis", "testing"),
    ],
)
def test_calls_name_their_extra(code: str, package: str, extra: str) -> None:
    done = run(code, package)
    assert done.returncode == 1
    assert f"pip install 'minidynamo[{extra}]'" in done.stderr.splitlines()[-1]


def test_the_server_runs_without_uvloop() -> None:
    code = (
        "import minidynamo, urllib.request\n"
        "with minidynamo.connect().serve() as server: print(urllib.request.urlopen(server.url).read().decode())"
    )
    done = run(code, "uvloop")
    assert (done.stdout, done.stderr) == ("healthy: dynamodb.us-east-1.amazonaws.com \n", "")
