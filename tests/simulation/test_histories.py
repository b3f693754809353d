"""Histories: the same seed and calls give the same one, on every platform, and a saved one is replayed."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from minidynamo import DynamoError, Fault, History, simulate
from minidynamo.simulation import (
    KINDS,
    PROFILES,
    EmptyPage,
    HistoryError,
    ShortPage,
    SimulatedDatabase,
    SlowTable,
    StaleRead,
    Throttled,
)
from tests.simulation.small_table import TABLE, get, last_choices, opened, program, put, query


@pytest.mark.parametrize("profile", PROFILES)
def test_same_seed_and_calls_give_the_same_history(profile: str) -> None:
    histories = []
    for seed in (1, 1, 2):
        database = opened(profile, seed=seed)
        program(database)
        database.check()
        histories.append(database.history().text())
    assert histories[0] == histories[1]
    assert (histories[0] == histories[2].replace('"seed":"2"', '"seed":"1"')) is (profile == "calm")


# One digest per profile, the same on every platform and version of Python.
DIGESTS = {
    "calm": "83d96c0a35381aa9",
    "typical": "c4a357852ca198ad",
    "stormy": "5293c8a33d9043b9",
    "adversary": "3044d055a9863964",
}


@pytest.mark.parametrize("profile", PROFILES)
def test_histories_are_the_same_everywhere(profile: str) -> None:
    database = opened(profile, seed="everywhere")
    program(database)
    assert hashlib.sha256(database.history().text().encode()).hexdigest()[:16] == DIGESTS[profile]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_saved_history_is_replayed(profile: str, tmp_path: Path) -> None:
    database = opened(profile, seed=4)
    program(database)
    database.history().save(tmp_path / "history.jsonl")
    again = opened(replay=tmp_path / "history.jsonl")
    program(again)
    assert again.history() == database.history() == History.load(tmp_path / "history.jsonl")
    again.check()


def test_a_history_is_not_replayed_by_another_program() -> None:
    first = opened()
    put(first, "a")
    second = opened(replay=first.history())
    with pytest.raises(HistoryError, match="call 2 was PutItem tbl in the history and is now GetItem tbl"):
        get(second, "a")


@pytest.mark.parametrize("text", ["", "{}", "nonsense", '{"minidynamo_history":2}', "[1]"])
def test_a_file_that_is_no_history_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(HistoryError, match="is no history of minidynamo"):
        simulate(replay=tmp_path / "file")
    with pytest.raises(HistoryError, match="cannot be read"):
        simulate(replay=tmp_path / "nowhere")


def test_a_history_reads_as_a_trace() -> None:
    database = opened()
    put(database, "a", n=1)
    database.faults.on("GetItem", fault=StaleRead)
    get(database, "a")
    text = str(database.history())
    assert text.splitlines() == [
        "3 calls, 1 with a fault: simulate(seed=0, profile='calm')",
        "  1  CreateTable  tbl                   ok",
        "  2  PutItem      tbl  pk=a, sk=1, n=1  ok",
        "  3  GetItem      tbl  pk=a, sk=1       ok  stale_read (unseen: 1)",
        f"     {KINDS['stale_read'].why}: spec/faults/stale_read.md",
    ]
    assert all(json.loads(line) for line in database.history().text().splitlines())


def test_a_long_history_shows_its_faults_alone() -> None:
    database = opened()
    for number in range(50):
        if number == 30:
            database.faults.on("PutItem", fault=Throttled)
            with pytest.raises(DynamoError):
                put(database, "a")
        put(database, "a")
    lines = str(database.history()).splitlines()
    assert [lines[1], lines[2].split()[:2], lines[4]] == [
        "   … 31 calls without a fault",
        ["32", "PutItem"],
        "   … 20 calls without a fault",
    ]
    assert str(simulate().history()) == "0 calls, 0 with a fault: simulate(seed=0, profile='typical')"


def test_a_history_is_shown_in_colour_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = opened()
    database.faults.on("PutItem", fault=Throttled)
    with pytest.raises(DynamoError):
        put(database, "a")
    database.history().show()
    plain = capsys.readouterr().out
    assert plain == f"{database.history()}\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    database.history().show()
    coloured = capsys.readouterr().out
    assert "\x1b[33mthrottled" in coloured and "\x1b[31mThrottlingException" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    database.history().show()
    assert capsys.readouterr().out == plain


@pytest.mark.parametrize(
    ("options", "origin"),
    [
        ({"profile": "stormy", "seed": 7}, "simulate(seed=7, profile='stormy')"),
        ({"profile": "stormy", "seed": "a"}, "simulate(seed='a', profile='stormy')"),
        (
            {"schedule": [Fault("throttled")], "profile": "stormy"},
            "simulate(schedule=FaultSchedule([Fault('throttled')]), profile='stormy')",
        ),
    ],
)
def test_a_run_and_its_replay_have_one_origin(options: dict[str, Any], origin: str, tmp_path: Path) -> None:
    database = opened(**options)
    assert repr(database) == database.history().origin == origin
    database.history().save(tmp_path / "history.jsonl")
    again = opened(replay=tmp_path / "history.jsonl")
    assert again.history().origin == origin
    assert repr(again) == f"simulate(replay=<1 calls of {origin}>)"


def test_what_has_no_effect_is_not_in_the_history(database: SimulatedDatabase) -> None:
    for kind in (ShortPage, EmptyPage):
        database.faults.on("Query", fault=kind, times=None)
    with pytest.raises(DynamoError):
        query(database, ExclusiveStartKey={"pk": {"S": "a"}})
    assert last_choices(database) == {}
    database.faults.on("CreateTable", fault=SlowTable)
    with pytest.raises(DynamoError):
        database.execute("CreateTable", TABLE)
    assert last_choices(database) == {}
