"""Wrong arguments of simulation: each is refused at the call, in one line that says what was wrong and what to give."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minidynamo import Fault, FaultSchedule, History, Profile, connect, simulate
from minidynamo.clock import ManualClock
from minidynamo.simulation import (
    CALM,
    Aim,
    HistoryError,
    SimulatedDatabase,
    Simulation,
    StreamLag,
    Throttled,
    TtlDelay,
    paused,
    profile_of,
    profile_text,
    without_kinds,
)
from tests.simulation.small_table import opened, put

Faulty = Callable[[Any], object]
HEAD = '{"minidynamo_history": 1, "seed": "0", "profile": {}}\n'


def told(call: Callable[[], object], kind: type[Exception]) -> str:
    """What a call says that is wrong, which is one line."""
    with pytest.raises(kind) as raised:
        call()
    assert type(raised.value) is kind
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    ("kind", "fault", "text"),
    [
        (TypeError, {"without": "stale_read"}, "without takes several names, not one: give without=('stale_read',)"),
        (TypeError, {"without": None}, "without takes names, such as without=('stale_read',), not None"),
        (TypeError, {"without": (Throttled,)}, "such as without=('stale_read',), not a Kind"),
        (TypeError, {"without": 3, "replay": History()}, "without takes names"),
        (ValueError, {"without": ("stale_reads",)}, "no fault called 'stale_reads': did you mean stale_read?"),
        (ValueError, {"source": "http://127.0.0.1:8000"}, "not the URL 'http://127.0.0.1:8000'"),
        (TypeError, {"source": b"file"}, "source takes a Database, or the path of a file, not b'file'"),
        (TypeError, {"source": ...}, "the database that the test began with, in place of the dots"),
        (TypeError, {"source": connect().client()}, "source takes a Database, or the path of a file, not a Client"),
        (TypeError, {"source": connect(), "region": "eu-west-1"}, "a database to fork or the settings of a new one"),
        (TypeError, {"schedule": Fault("throttled")}, "a schedule takes a list of Faults, such as [Fault('throttled')"),
        (TypeError, {"schedule": "throttled"}, "a schedule takes a list of Faults"),
        (
            TypeError,
            {"schedule": ["throttled"]},
            "a schedule takes a list of Faults, such as [Fault('throttled')], not",
        ),
        (TypeError, {"schedule": [], "replay": History()}, "either a schedule or a history to replay, not both"),
        (TypeError, {"replay": 3}, "replay takes a History, or the path of a saved one, not 3"),
        (TypeError, {"seed": None}, "seed takes a whole number or a text, not None"),
        (TypeError, {"seed": 1.5}, "seed takes a whole number or a text, not 1.5"),
        (TypeError, {"keep_calls": "2"}, "keep_calls takes a whole number, or None for all, not '2'"),
        (TypeError, {"keep_calls": True}, "keep_calls takes a whole number, or None for all, not True"),
        (ValueError, {"keep_calls": 0}, "keep_calls must be at least 1, or None for all, not 0"),
        (TypeError, {"profile": 3}, "profile takes one of calm, typical, stormy, adversary, or a Profile, not 3"),
        (TypeError, {"profile": Profile}, "or a Profile, not Profile"),
        (ValueError, {"profile": ""}, "there is no profile '': there are calm"),
        (ValueError, {"profile": "storm"}, "there is no profile 'storm': did you mean stormy?"),
        (TypeError, {"clock": 3}, "clock takes a clock, such as ManualClock(), not 3"),
        (TypeError, {"clock": ManualClock}, "clock takes a clock, such as ManualClock(), not ManualClock"),
        (TypeError, {"chance": 3}, "chance takes a Chance, not 3"),
        (TypeError, {"colour": "red"}, "simulate() knows no colour; settings of a new database are account_id"),
        (TypeError, {"region": 3}, "region takes the name of a region, such as 'us-east-1', not 3"),
        (TypeError, {"table_delays": "x"}, "table_delays takes seconds from 0 on, or a mapping of them by CREATING"),
    ],
)
def test_simulate(kind: type[Exception], fault: dict[str, Any], text: str) -> None:
    assert text in told(lambda: simulate(**fault), kind)


def test_a_database_at_a_url_is_not_simulated() -> None:
    remote = connect("http://127.0.0.1:1", credentials=("any", "any"))
    assert "source takes a database in memory or in a file, not the one at http" in told(
        lambda: simulate(remote), ValueError
    )


@pytest.mark.parametrize(
    ("kind", "fault", "text"),
    [
        (TypeError, lambda: Fault(Throttled), "a fault is named here by its text: give 'throttled'"),  # type: ignore[arg-type]
        (TypeError, lambda: Fault(None), "the kind of a fault takes its name, such as 'throttled', not None"),  # type: ignore[arg-type]
        (TypeError, lambda: Fault("throttled", at="1"), "at takes a whole number, not '1'"),  # type: ignore[arg-type]
        (TypeError, lambda: Fault("throttled", variant=1.0), "variant takes a whole number, not 1.0"),  # type: ignore[arg-type]
        (ValueError, lambda: Fault("throttled", at=-1), "at must be at least 0, not -1"),
        (ValueError, lambda: Fault("throtled"), "did you mean throttled?"),
        (TypeError, lambda: FaultSchedule("abc"), "a schedule takes a list of Faults"),  # type: ignore[arg-type]
        (TypeError, lambda: FaultSchedule(None), "[Fault('throttled')], not None"),  # type: ignore[arg-type]
        (TypeError, lambda: FaultSchedule([None]), "a schedule takes a list of Faults"),  # type: ignore[list-item]
        (TypeError, lambda: Profile(indexlag=1), "Profile has no indexlag: did you mean index_lag?"),  # type: ignore[call-arg]
        (TypeError, lambda: Profile("mine"), "takes its parameters by name: Profile(throttled=0.1)"),  # type: ignore[misc]
        (TypeError, lambda: replace(CALM, trottled=1), "did you mean throttled?"),  # type: ignore[call-arg]
        (ValueError, lambda: Profile(throttled=2), "throttled is a rate from 0 to 1, not 2"),
        (ValueError, lambda: Profile(throttled=float("nan")), "throttled is a rate from 0 to 1, not nan"),
        (TypeError, lambda: Profile(throttled="0.1"), "throttled is a rate from 0 to 1, not '0.1'"),  # type: ignore[arg-type]
        (TypeError, lambda: Profile(capacity=0.5), "capacity takes True or False, not 0.5"),  # type: ignore[arg-type]
        (ValueError, lambda: Profile(lag_seconds=-1), "lag_seconds is a number of seconds from 0 on, not -1"),
        (ValueError, lambda: Profile(slow_seconds=float("inf")), "slow_seconds is a number of seconds"),
        (TypeError, lambda: Profile(lag_seconds=None), "lag_seconds is a number of seconds from 0 on, not None"),  # type: ignore[arg-type]
        (TypeError, lambda: Profile(refusals_in_a_row_max=1.5), "refusals_in_a_row_max takes a whole number, not 1.5"),  # type: ignore[arg-type]
        (TypeError, lambda: Profile(name=3), "name takes a text, not 3"),  # type: ignore[arg-type]
        (TypeError, lambda: profile_of(None), "or a Profile, not None"),  # type: ignore[arg-type]
        (TypeError, lambda: profile_text("calm"), "profile_text takes a Profile, not 'calm'"),  # type: ignore[arg-type]
        (TypeError, lambda: without_kinds(CALM, "throttled"), "give without=('throttled',)"),
        (TypeError, lambda: without_kinds("calm", ()), "without_kinds takes a Profile, not 'calm'"),  # type: ignore[arg-type]
        (TypeError, lambda: SimulatedDatabase(connect()), "takes what minidynamo.simulate() gives it, not a Database"),  # type: ignore[arg-type]
        (TypeError, lambda: Simulation(None), "Simulation takes what minidynamo.simulate() gives it, not None"),  # type: ignore[arg-type]
        (TypeError, lambda: Aim("throttled"), "Aim takes a Kind, as db.faults.on() gives it, not 'throttled'"),  # type: ignore[arg-type]
        (TypeError, lambda: paused(None), "paused takes a Database, not None"),  # type: ignore[arg-type]
        (TypeError, lambda: paused(connect().client()), "paused takes a Database, not a Client"),  # type: ignore[arg-type]
        (TypeError, lambda: History("calm"), "profile takes a Profile, not 'calm'"),  # type: ignore[arg-type]
        (TypeError, lambda: History.load(None), "History.load takes the path of a file, not None"),  # type: ignore[arg-type]
        (TypeError, lambda: History().save(3), "History.save takes the path of a file, not 3"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_values(kind: type[Exception], fault: Callable[[], object], text: str) -> None:
    assert text in told(fault, kind)


@pytest.mark.parametrize(
    ("kind", "fault", "text"),
    [
        (TypeError, lambda on: on(fault=None), "fault takes a kind of minidynamo.simulation, such as Throttled"),
        (TypeError, lambda on: on(fault=Throttled, key="a"), "by their names, such as {'pk': 'a'}, not 'a'"),
        (ValueError, lambda on: on(fault=Throttled, key={"pk": {"S": 3}}), "key has what is no value of an attribut"),
        (ValueError, lambda on: on(fault=Throttled, key={}), "key names no attribute: leave key out"),
        (TypeError, lambda on: on(fault=Throttled, where="x"), "where takes a function of operation and request, not"),
        (TypeError, lambda on: on(fault=Throttled, times="2"), "times takes a whole number, or None for always, not"),
        (TypeError, lambda on: on(fault=Throttled, times=1.5), "a whole number, or None for always, not 1.5"),
        (ValueError, lambda on: on(fault=Throttled, times=0), "times must be at least 1, or None for always, not 0"),
        (ValueError, lambda on: on(fault=Throttled, variant=-1), "variant must be at least 0, not -1"),
        (TypeError, lambda on: on(fault=Throttled, variant="1"), "variant takes a whole number, not '1'"),
        (TypeError, lambda on: on(fault=Throttled, table=3), "table takes the name of a table, not 3"),
        (TypeError, lambda on: on(["PutItem"], fault=Throttled), "such as 'PutItem', not a list"),
        (ValueError, lambda on: on("put_item", fault=Throttled), "such as PutItem: did you mean PutItem?"),
        (ValueError, lambda on: on("Deliver", fault="duplicate_delivery"), "handlers of on_stream meet duplicate"),
        (ValueError, lambda on: on("Expire", fault=TtlDelay), "meet ttl_delay, which is aimed without operation"),
    ],
)  # fmt: skip
def test_aims(database: SimulatedDatabase, kind: type[Exception], fault: Faulty, text: str) -> None:
    assert text in told(lambda: fault(database.faults.on), kind)


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        (ValueError, "x", "there is no fault called 'x': there are stale_read"),
        (TypeError, Throttled, "a fault is named here by its text: give 'throttled'"),
        (TypeError, ["throttled"], "the kind of a fault takes its name, such as 'throttled', not a list"),
        (TypeError, None, "the kind of a fault takes its name, such as 'throttled', not None"),
    ],
)
def test_switches(database: SimulatedDatabase, kind: type[Exception], name: Any, text: str) -> None:
    for switch in (database.faults.switch_off, database.faults.switch_on):
        assert text in told(lambda switch=switch: switch(name), kind)  # type: ignore[misc]
    assert not database.faults.is_quiet


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "its first line does not say minidynamo_history: 1"),
        (b"[]", "its first line does not say minidynamo_history: 1"),
        (b"\xff\xfe", "it is no text"),
        (b"hello", "a line of it is no JSON"),
        (b'{"minidynamo_history": 1}', "its first line names no profile and seed"),
        (HEAD.replace("{}", '{"x": 1}').encode(), "Profile has no x"),
        (HEAD.encode() + b"[1]", "its line 2 is no call"),
        (HEAD.encode() + b'{"number": 1}', "its line 2 is no call"),
        (HEAD.replace("{}", "[]").encode(), "its first line names no profile and seed"),
    ],
)
def test_files_that_are_no_histories(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(content)
    for read in (lambda: History.load(path), lambda: simulate(replay=path)):
        found = told(read, HistoryError)
        assert found.startswith(f"{path} is no history of minidynamo: ")
        assert text in found and found.endswith("; give the path of a file that History.save has written")


def test_histories_that_are_no_files(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in told(lambda: History.load(tmp_path / "none"), HistoryError)
    assert "cannot be read: Is a directory; give the path" in told(lambda: History.load(tmp_path), HistoryError)


def test_readers_of_streams_are_not_handlers() -> None:
    """An aim at GetRecords is never met by on_stream, which its error says."""
    database = opened()
    database.on_stream("tbl", lambda event, context: None)
    with pytest.raises(AssertionError) as raised, database.faults.on("GetRecords", fault=StreamLag):
        put(database, "a")
        database.drain()
    assert "handlers of on_stream get their changes without GetRecords" in str(raised.value)


@pytest.mark.parametrize(("kind", "text"), [("paused", "faults were paused"), ("off", "throttled was switched off")])
def test_what_came_near_while_nothing_could_happen(kind: str, text: str) -> None:
    database = opened()
    silent = database.faults.paused() if kind == "paused" else nullcontext(database.faults.switch_off("throttled"))
    with pytest.raises(AssertionError) as raised, database.faults.on("PutItem", fault=Throttled), silent:
        put(database, "a")
    assert str(raised.value).endswith(f"near came call 2 PutItem tbl pk=a, sk=1 ({text})")
