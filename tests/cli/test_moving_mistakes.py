"""What is wrong with a move is one line and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

import minidynamo
from tests.cli.commands import run
from tests.moving.moved_tables import make_things, put, thing

Capsys = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with a table, and some files that are of other kinds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MINIDYNAMO_SECRET", raising=False)
    with minidynamo.connect("shop.db") as database:
        make_things(database)
        put(database, thing("a"), thing("b"))
    with minidynamo.connect("empty.db"):
        pass
    with minidynamo.connect("other.db") as database:
        make_things(database, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}])
    Path("text").write_text("no database")
    Path("rules.yaml").write_text('tables: {Things: {"*": keep}}')
    Path("others.yaml").write_text('tables: {Others: {"*": keep}}')
    Path("short").write_text("short")
    Path("folder").mkdir()


@pytest.mark.parametrize("command", ["plan", "copy", "follow", "verify", "cutover"])
@pytest.mark.parametrize(
    ("source", "target", "text"),
    [
        ("nowhere.db", "new.db", "there is no file nowhere.db"),
        ("127.0.0.1:8000", "new.db", "there is no file 127.0.0.1:8000: a database at an address is http://127.0.0.1:"),
        ("shop.db", "localhost:8000", "localhost:8000 is no file: a database at an address is http://localhost:8000"),
        ("shop.db", "shop.db", "shop.db is both source and target"),
        ("shop.db", "./shop.db", "shop.db and ./shop.db are the same"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/", "http://127.0.0.1:9 and http://127.0.0.1:9/ are the same"),
        ("text", "new.db", "file is not a database"),
        ("shop.db", "text", "file is not a database"),
        ("empty.db", "new.db", "there are no tables in empty.db"),
        ("folder", "new.db", "folder holds no export"),
    ],
)
def test_places_that_are_none(capsys: Capsys, command: str, source: str, target: str, text: str) -> None:
    is_mistake(capsys, text, command, source, target)


def is_mistake(capsys: Capsys, text: str, *arguments: object) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("minidynamo: ")
    assert text in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("plan", "shop.db", "new.db", "--table", "Nope"), "shop.db has no table Nope; it has Things"),
        (("plan", "shop.db", "new.db", "--prices", "text"), "text is no list of prices"),
        (("plan", "shop.db", "new.db", "--prices", "nowhere"), "cannot read nowhere: No such file or directory"),
        (("copy", "shop.db", "new.db", "--journal", "text"), "text is no journal of a move: give --journal another"),
        (("copy", "shop.db", "new.db", "--journal", "no/where"), "the journal no/where cannot be written: No such"),
        (("copy", "shop.db", "new.db", "--key", "id"), "--key and --tables are for an export"),
        (("copy", "shop.db", "new.db", "--key", "id:X"), "--key takes NAME or NAME:TYPE with S, N or B"),
        (("copy", "shop.db", "other.db"), "other.db has a table Things with another key: id (N)"),
        (("copy", "shop.db", "text/"), "text/ cannot be made"),
        (("copy", "shop.db", "new.db", "--anonymize", "rules.yaml"), "--anonymize needs a secret: give --secret FILE"),
        (("copy", "shop.db", "new.db", "--anonymize", "rules.yaml", "--secret", "no"), "cannot read the secret no: No"),
        (("copy", "shop.db", "new.db", "--anonymize", "rules.yaml", "--secret", "short"), "the secret has 5 bytes"),
        (("follow", "shop.db", "other.db", "--once"), "Things has not been copied: minidynamo copy comes first"),
        (("follow", "shop.db", "folder", "--once"), "Things has not been copied: minidynamo copy comes first"),
        (("verify", "shop.db", "new.db"), "new.db has no table Things: copy it first"),
        (("verify", "shop.db", "other.db"), "other.db has a table Things with another key: id (N)"),
        (("verify", "shop.db", "folder"), "folder holds no export"),
    ],
)
def test_what_cannot_be_done(capsys: Capsys, arguments: tuple[str, ...], text: str) -> None:
    is_mistake(capsys, text, *arguments)


def test_rules_of_other_tables(capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is copied."""
    monkeypatch.setenv("MINIDYNAMO_SECRET", "0123456789abcdef")
    text = "no rules are given for the table 'Things'"
    is_mistake(capsys, text, "copy", "shop.db", "new.db", "--anonymize", "others.yaml")


def test_the_journal_of_another_move(capsys: Capsys) -> None:
    assert run(capsys, "copy", "shop.db", "new.db", "--journal", "move.json")[0] == 0
    for command in ("copy", "follow", "verify", "cutover"):
        text = "move.json is the journal of a move with target new.db"
        is_mistake(capsys, text, command, "shop.db", "third.db", "--journal", "move.json")


def test_a_report_that_cannot_be_written(capsys: Capsys) -> None:
    """After what was found has been shown."""
    run(capsys, "copy", "shop.db", "new.db")
    code, out, err = run(capsys, "verify", "shop.db", "new.db", "--report", "no/where")
    assert (code, out) == (2, "Things: 2 items, the same at both.\n")
    assert err == "minidynamo: cannot write no/where: No such file or directory\n"


@pytest.mark.long
def test_a_server_that_goes_away(capsys: Capsys) -> None:
    """In one line, also where none has ever been."""
    with minidynamo.connect("shop.db") as database, database.serve() as server:
        url = server.url
        assert run(capsys, "copy", url, "new.db")[0] == 0
    is_mistake(capsys, f"no response from {url}", "verify", url, "new.db")
    is_mistake(capsys, "no response from http://127.0.0.1:9", "plan", "http://127.0.0.1:9", "new.db")


@pytest.mark.parametrize("text", ["0", "-1", "x", "1001"])
def test_segments_are_a_number(capsys: Capsys, text: str) -> None:
    code, _, err = run(capsys, "copy", "shop.db", "new.db", "--segments", text)
    assert (code, "takes a number from 1 to 1,000" in err) == (2, True)
