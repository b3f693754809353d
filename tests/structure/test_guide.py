"""What the guide says is true: its programs run and print what stands behind them, its bounds are those of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from minidynamo import limits
from minidynamo.http.server import connection
from minidynamo.storage.sqlite import log_watch

GUIDE = Path(__file__).parents[2] / "spec" / "guide"
PAGES = sorted(GUIDE.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_its_programs_run(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    namespace: dict[str, Any] = {}
    for block in blocks:
        exec(block, namespace)
    expected = re.findall(r"^ *print\(.*\)  # (.*)$", "\n".join(blocks), re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == expected


def test_its_links_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
            assert (GUIDE / link).is_file(), f"{page.name} names {link}"


def test_its_bounds_are_the_servers() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", (GUIDE / "server.md").read_text("utf-8"), re.MULTILINE)
    said = dict(rows)
    kib, mib = limits.KIB, limits.MIB
    assert said["request line and headers"] == (
        f"{limits.HTTP_HEAD_BYTES_MAX // kib} KiB, {limits.HTTP_HEADERS_MAX} headers"
    )
    assert said["body, as sent and decompressed"] == f"{limits.HTTP_BODY_BYTES_MAX // mib} MiB"
    assert said["what chunks and their extensions add to a body"] == f"{limits.HTTP_SENT_BYTES_MAX // mib} MiB in all"
    assert said["members of a compressed body"] == f"{limits.HTTP_COMPRESSED_MEMBERS_MAX:,}"
    assert said["objects in a body of JSON"] == f"one per {limits.JSON_OBJECT_BYTES_MIN} bytes"
    unsigned = f"{limits.HTTP_UNSIGNED_BODY_BYTES_MAX // kib} KiB, not compressed"
    assert said["an unsigned body that is read"] == unsigned
    assert said["from the head of a request to the end of its body"] == f"{limits.HTTP_BODY_SECONDS_MAX} s"
    assert said["between two requests"] == f"{limits.HTTP_IDLE_SECONDS_MAX} s"
    progress = f"in which at least {connection._PROGRESS_BYTES // kib} KiB must be read"
    assert said["an answer that is not read"] == f"{limits.HTTP_UNREAD_SECONDS_MAX} s, {progress}"
    assert said["pipelined requests of one connection at a turn"] == str(limits.HTTP_PIPELINED_PER_TURN_MAX)
    held = said["bodies, waiting requests and unread answers held over all connections"]
    assert held == f"{limits.HTTP_HELD_BYTES_MAX // mib} MiB"
    assert said["connections"] == f"{limits.HTTP_CONNECTIONS_MAX:,}"
    assert said["calls of the function behind `--api` at once"] == str(limits.FUNCTION_CALLS_AT_ONCE_MAX)
    assert said["the answer of such a function"] == f"{limits.FUNCTION_ANSWER_SECONDS_MAX} s"
    assert said["databases of callers told apart by region or key"] == f"{limits.SERVED_DATABASES_MAX:,}"


def test_what_it_says_of_files_is_the_codes() -> None:
    text = (GUIDE / "files.md").read_text("utf-8")
    assert f"mode {limits.FILE_MODE:04o};" in text
    assert f"may take {log_watch._LOG_SECONDS} seconds" in text
