"""`minidynamo check-engine`: what PostgreSQL keeps, and what it says of an engine that keeps it not."""

from __future__ import annotations

import random

import pytest

from minidynamo import SystemClock
from minidynamo.cli.command_line import main
from minidynamo.schema.arns import ArnScope
from minidynamo.shared.checking import PROGRAMS, check_promises
from minidynamo.shared.endpoint import SharedEndpoint
from minidynamo.shared.settings import StoreSettings
from minidynamo.tables.catalog import StatusDelays
from minidynamo.tables.metering import Meter
from minidynamo.wording import Wording
from tests.shared.postgres_server import PostgresServer
from tests.shared.simulated_link import SimulatedStore
from tests.shared.turns import Turns


def test_postgresql_keeps_all(postgres: PostgresServer, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is left behind."""
    assert main(["check-engine", postgres.url, "--seconds", "1.5"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("kept") == len(PROGRAMS) + 1
    assert "All promises were kept." in shown


def test_what_is_broken_is_named() -> None:
    """Of an engine whose commits run over each other."""
    chance = random.Random(1)
    store = SimulatedStore(chance, Turns(chance), checks_reads=False)
    settings = StoreSettings(
        SystemClock(), ArnScope("us-east-1", "123456789012"), StatusDelays(), Wording("current"), Meter()
    )
    told: list[str] = []
    found = check_promises(lambda: SharedEndpoint(store.link, settings), 1.5, told.append)
    assert told == list(PROGRAMS)
    broken = {each.name: each.fault for each in found if each.fault}
    assert "additions were answered" in broken["an item is changed by one at a time"]


def test_what_is_no_engine_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line."""
    assert main(["check-engine", "http://127.0.0.1:8000"]) == 2
    assert capsys.readouterr().err == "minidynamo: an engine is named by a URL such as postgresql://host/name\n"
    assert main(["check-engine", "postgresql://postgres@127.0.0.1:1/x"]) == 2
    assert capsys.readouterr().err.startswith("minidynamo: ")


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon"])
def test_a_time_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], seconds: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["check-engine", "postgresql://127.0.0.1:1/x", "--seconds", seconds])
    assert f"takes a number of seconds from 1 to 86400, not {seconds!r}" in capsys.readouterr().err


def test_an_address_that_is_wrong_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-engine", "postgresql://127.0.0.1/x?foo=bar"]) == 2
    error = capsys.readouterr().err
    assert error == 'minidynamo: the address of the store is wrong: invalid URI query parameter: "foo"\n'
