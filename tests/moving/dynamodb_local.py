"""DynamoDB Local, installed for a test and started on a free port."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import minidynamo
from minidynamo import DynamoError
from tests.waiting import wait_until

_PACKAGE = "amplify-dynamodb-simulator@2"


def installed(folder: Path) -> Path:
    """The folder of its program; skips the test where there is no Java or no npm."""
    for program in ("java", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
    done = subprocess.run([*command, _PACKAGE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "node_modules" / "amplify-dynamodb-simulator" / "emulator"


@contextmanager
def running(program: Path) -> Iterator[str]:
    """Its address, as soon as it answers; what it holds is in memory."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    libraries = f"-Djava.library.path={program / 'DynamoDBLocal_lib'}"
    command = ["java", libraries, "-jar", str(program / "DynamoDBLocal.jar"), "-inMemory", "-sharedDb"]
    process = subprocess.Popen(
        [*command, "-disableTelemetry", "-port", str(port)],
        cwd=program,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url))
        yield url
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    with minidynamo.connect(url) as database:
        try:
            database.execute("ListTables", {})
        except DynamoError:
            return False
        return True
