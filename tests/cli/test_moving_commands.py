"""`minidynamo plan`, `copy`, `follow`, `verify` and `cutover`: what they print, their exit codes, how they go on."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.cli.interruption import Interruption
from minidynamo.cli.moving import follow_command
from minidynamo.formats.short_tables import create_table_request
from minidynamo.moving.sources import TableSource
from tests.cli.commands import run
from tests.moving.moved_tables import NAME, delete, items_of, make_things, put, thing

Capsys = pytest.CaptureFixture[str]
SECRET = "0123456789abcdef"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals come to lie in the folder of the test."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shop() -> Iterator[str]:
    """A file with a table of thirty items, that is open as well."""
    fill("shop.db", 30)
    return "shop.db"


def fill(path: str, count: int, **members: object) -> None:
    with minidynamo.connect(path) as database:
        make_things(database, **members)
        put(database, *(thing(f"thing {number}", f"text {number}") for number in range(count)))


def change(path: str, work: Callable[[Database], object]) -> None:
    with minidynamo.connect(path) as database:
        work(database)


def in_file(path: str) -> dict[str, object]:
    with minidynamo.connect(path) as database:
        return items_of(database)  # type: ignore[return-value]


def test_a_move_from_its_plan_to_its_end(capsys: Capsys, shop: str) -> None:
    """Each command says what comes next."""
    code, out, err = run(capsys, "plan", shop, "new.db")
    assert (code, err) == (0, "")
    assert "Nobody charges: neither end is Amazon's." in out
    assert not Path("new.db").exists()
    assert run(capsys, "copy", shop, "new.db") == (0, "Things: 30 items copied.\n", "")
    change(shop, lambda database: put(database, thing("later")))
    code, out, _ = run(capsys, "cutover", shop, "new.db")
    assert (code, "31 changes are not at the target yet" in out, "Not safe yet" in out) == (1, True, True)
    assert run(capsys, "follow", shop, "new.db", "--once") == (0, "Things: 31 changes followed.\n", "")
    assert run(capsys, "verify", shop, "new.db") == (0, "Things: 31 items, the same at both.\n", "")
    code, out, _ = run(capsys, "cutover", shop, "new.db")
    assert (code, out.splitlines()[-1]) == (0, "Safe to change over.")
    assert in_file(shop) == in_file("new.db")


def test_a_move_between_two_servers(capsys: Capsys) -> None:
    with minidynamo.connect() as source, minidynamo.connect() as target:
        make_things(source)
        put(source, thing("a"), thing("b"))
        with source.serve() as one, target.serve() as two:
            assert run(capsys, "copy", one.url, two.url)[0] == 0
            put(source, thing("c"))
            assert run(capsys, "follow", one.url, two.url, "--once")[0] == 0
            assert run(capsys, "verify", one.url, two.url)[0] == 0
            assert run(capsys, "cutover", one.url, two.url)[0] == 0
        assert items_of(target) == items_of(source)


def planted(path: str) -> None:
    def plant(database: Database) -> None:
        delete(database, "thing 1")
        put(database, thing("thing 2", "other"), thing("strange", "text 3"))

    change(path, plant)


def test_differences_are_shown_reported_and_repaired(capsys: Capsys, shop: str) -> None:
    """With 1, until there are none."""
    run(capsys, "copy", shop, "new.db")
    planted("new.db")
    code, out, err = run(capsys, "verify", shop, "new.db", "--report", "report.jsonl")
    assert (code, err) == (1, "")
    assert out.splitlines()[0] == "Things: 30 items; 1 lost, 1 changed, 1 doubled."
    assert "in text" in out
    lines = [json.loads(line) for line in Path("report.jsonl").read_text().splitlines()]
    key = {"table": NAME, "kind": "changed", "key": {"id": {"S": "thing 2"}}, "attributes": ["text"]}
    assert key in lines
    assert sorted(line["kind"] for line in lines) == ["changed", "doubled", "lost"]
    code, out, _ = run(capsys, "verify", shop, "new.db", "--repair")
    assert (code, "Repaired: 2 put, 0 deleted." in out, "1 that only the target has stay" in out) == (1, True, True)
    assert run(capsys, "cutover", shop, "new.db")[0] == 1
    code, out, _ = run(capsys, "verify", shop, "new.db", "--repair", "--delete-extra")
    assert (code, "Repaired: 0 put, 1 deleted." in out) == (0, True)
    assert run(capsys, "cutover", shop, "new.db")[0] == 1
    assert run(capsys, "verify", shop, "new.db", "--report", "report.jsonl")[0] == 0
    assert Path("report.jsonl").read_text() == ""


def test_what_a_repair_may_delete_is_said_with_it(capsys: Capsys, shop: str) -> None:
    run(capsys, "copy", shop, "new.db")
    code, _, err = run(capsys, "verify", shop, "new.db", "--delete-extra")
    assert (code, err) == (2, "minidynamo: --delete-extra says what --repair may do: give both\n")


def test_a_key_too_short_for_an_export_is_told(capsys: Capsys) -> None:
    """Items that it cannot tell apart are not there, and the command says so and ends with 1."""
    with minidynamo.connect("pairs.db") as database:
        database.execute("CreateTable", create_table_request("Pairs", {"key": ["id S", "number N"]}))
        for number in range(30):
            item = {"id": {"S": str(number % 3)}, "number": {"N": str(number)}}
            database.execute("PutItem", {"TableName": "Pairs", "Item": item})
    assert run(capsys, "copy", "pairs.db", "export/")[0] == 0
    code, out, _ = run(capsys, "copy", "export", "short.db", "--key", "id:S")
    assert (code, "27 were there already, 27 of them with other attributes, which stay" in out) == (1, True)
    assert "its key is too short to tell them apart" in " ".join(out.split())
    assert run(capsys, "copy", "export", "whole.db", "--key", "id:S,number:N")[0] == 0
    fill("other.db", 0)
    with minidynamo.connect("other.db") as database:
        database.execute("CreateTable", create_table_request("Pairs", {"key": ["name S"]}))
    code, _, err = run(capsys, "verify", "export", "other.db")
    assert (code, "an item of the export has no name, of the key" in err) == (2, True)


def test_refused_items_are_named(capsys: Capsys, shop: str) -> None:
    """And the command ends with 1."""
    types = [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "text", "AttributeType": "N"}]
    index = {"IndexName": "by_text", "KeySchema": [{"AttributeName": "text", "KeyType": "HASH"}]}
    indexes = [{**index, "Projection": {"ProjectionType": "ALL"}}]
    fill("new.db", 0, AttributeDefinitions=types, GlobalSecondaryIndexes=indexes)
    code, out, _ = run(capsys, "copy", shop, "new.db")
    assert code == 1
    assert "30 item(s) were refused:" in out
    assert "  id = thing " in out


def test_personal_data_stays_at_home(capsys: Capsys, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules verify it; other rules or another secret are another move's."""
    Path("rules.yaml").write_text('tables: {Things: {id: pseudonym, "*": keep}}')
    Path("secret").write_text(SECRET)
    rules = ("--anonymize", "rules.yaml", "--secret", "secret")
    assert run(capsys, "copy", shop, "new.db", *rules)[0] == 0
    assert not in_file("new.db").keys() & in_file(shop).keys()
    change(shop, lambda database: delete(database, "thing 1"))
    assert run(capsys, "follow", shop, "new.db", "--once", *rules)[0] == 0
    assert run(capsys, "verify", shop, "new.db", *rules)[0] == 0
    assert run(capsys, "cutover", shop, "new.db", *rules)[0] == 0
    code, _, err = run(capsys, "verify", shop, "new.db")
    assert (code, "by other rules or another secret" in err) == (2, True)
    monkeypatch.setenv("MINIDYNAMO_SECRET", SECRET)
    assert run(capsys, "verify", shop, "new.db", "--anonymize", "rules.yaml")[0] == 0


def test_rules_that_have_met_nothing_are_named(capsys: Capsys, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIDYNAMO_SECRET", SECRET)
    Path("rules.yaml").write_text('tables: {Things: {emial: email, "*": keep}}')
    code, out, _ = run(capsys, "copy", shop, "new.db", "--anonymize", "rules.yaml")
    assert (code, "The rule Things: emial has met no attribute." in out) == (0, True)


def test_an_export_is_written_and_read(capsys: Capsys, shop: str) -> None:
    """A folder whose name ends in a slash is made; the key has to be told."""
    assert run(capsys, "copy", shop, "out/")[0] == 0
    assert run(capsys, "verify", shop, "out/")[0] == 0
    code, _, err = run(capsys, "copy", "out", "new.db")
    assert (code, "give --key NAME:TYPE" in err) == (2, True)
    assert run(capsys, "copy", "out", "new.db", "--key", "id:S")[:2] == (0, "Things: 30 items copied.\n")
    assert run(capsys, "verify", "out", "new.db")[0] == 0
    assert in_file("new.db") == in_file(shop)
    code, out, _ = run(capsys, "plan", "out", "new.db")
    assert (code, "changes since the export" in out) == (0, True)
    code, out, _ = run(capsys, "cutover", "out", "new.db")
    assert (code, "the source is an export" in out) == (0, True)


def test_copying_and_following_what_has_no_stream(capsys: Capsys) -> None:
    """It is copied, and there is nothing to follow."""
    fill("still.db", 3, StreamSpecification=None)
    code, out, err = run(capsys, "copy", "still.db", "new.db", "--follow")
    assert (code, err) == (0, "")
    assert "It has no stream: changes since the copy began are not followed." in out
    code, _, err = run(capsys, "follow", "still.db", "new.db", "--once")
    assert (code, err.count("\n"), "had no stream when it was copied" in err) == (2, 1, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_interrupted_goes_on(
    capsys: Capsys, shop: str, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """It says how, and nothing is copied twice."""
    read, note, noted = TableSource.pages, Interruption._note, threading.Event()

    def pages(self: TableSource, segment: str, after: object = None) -> Iterator[object]:
        self._request["Limit"] = 7
        for page in read(self, segment, after):
            signal.pthread_kill(threading.main_thread().ident or 0, number)
            assert noted.wait(20)
            yield page

    def noting(self: Interruption, *arguments: object) -> None:
        note(self, *arguments)  # type: ignore[arg-type]
        noted.set()

    with monkeypatch.context() as patch:
        patch.setattr(TableSource, "pages", pages)
        patch.setattr(Interruption, "_note", noting)
        code, out, err = run(capsys, "copy", shop, "new.db", "--segments", 1, "--journal", "move.json")
    assert (code, out) == (130, "")
    assert err == "minidynamo: interrupted; the same command goes on (move.json)\n"
    assert len(in_file("new.db")) == 7
    code, out, _ = run(capsys, "copy", shop, "new.db", "--segments", 1, "--journal", "move.json")
    assert (code, out) == (0, "Things: 30 items copied.\n")
    assert in_file("new.db") == in_file(shop)


def test_following_is_ended_by_a_signal(capsys: Capsys, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is no mistake: 0."""
    run(capsys, "copy", shop, "new.db")
    monkeypatch.setattr(follow_command, "wait_or_end", lambda seconds, ended: signal.raise_signal(signal.SIGINT))
    assert run(capsys, "follow", shop, "new.db") == (0, "Things: 30 changes followed.\n", "")
