"""`minidynamo sql`: scripts and what becomes of them; the shell as somebody types into it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

import minidynamo
from minidynamo import Database
from minidynamo.cli.command_line import main
from minidynamo.cli.sql.completion import StatementCompleter
from minidynamo.cli.sql.prompt import new_prompt, run_shell
from minidynamo.cli.sql.session import Session, is_complete
from minidynamo.formats.short_tables import create_table_request

TABLE = create_table_request(
    "Music", {"key": ["artist S", "song S"], "gsi": {"by_genre": {"key": ["genre S"], "projection": "KEYS_ONLY"}}}
)
SONGS = "; ".join(
    f"INSERT INTO Music VALUE {{'artist': 'Joni', 'song': '{each}', 'plays': {len(each)}}}" for each in "abc"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database file with a table of three songs."""
    found = tmp_path / "music.db"
    with minidynamo.connect(found) as database:
        database.execute("CreateTable", TABLE)
    assert main(["sql", "--db", str(found), "-c", SONGS]) == 0
    return found


Sql = Callable[..., int]


@pytest.fixture
def sql(path: Path) -> Sql:
    return lambda *arguments: main(["sql", "--db", str(path), *arguments])


# Scripts.


def test_results_are_lines_of_json(sql: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody looks at a terminal."""
    assert sql("-c", "SELECT song, plays FROM Music WHERE artist = 'Joni' AND song > 'a'") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [{"song": "b", "plays": 1}, {"song": "c", "plays": 1}]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("csv", "song,plays\na,1\n"),
        ("dynamodb", '{"Item":{"song":{"S":"a"},"plays":{"N":"1"}}}\n'),
        ("json", '{"song": "a", "plays": 1}\n'),
    ],
)
def test_other_formats(sql: Sql, capsys: pytest.CaptureFixture[str], form: str, shown: str) -> None:
    assert sql("--format", form, "-c", "SELECT song, plays FROM Music WHERE artist = 'Joni' AND song = 'a'") == 0
    assert capsys.readouterr().out == shown


def test_a_table_for_people(sql: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    assert sql("--format", "table", "-c", "SELECT song FROM Music WHERE artist = 'Joni'") == 0
    rows = [line.strip("│ ") for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert rows == ["a", "b", "c"]


def test_a_script_ends_at_the_first_failure(
    sql: Sql, capsys: pytest.CaptureFixture[str], tmp_path: Path, path: Path
) -> None:
    """What came before has taken effect; what follows has not."""
    script = tmp_path / "script.sql"
    script.write_text(
        "-- a comment; with a semicolon\n"
        "DELETE FROM Music WHERE artist = 'Joni' AND song = 'a';\n"
        "SELECT * FROM Music\nWHERE WHERE song = 1;\n"
        "DELETE FROM Music WHERE artist = 'Joni' AND song = 'b'"
    )
    assert sql("-f", str(script)) == 1
    told = capsys.readouterr().err.splitlines()
    words = "ValidationException: Statement wasn't well formed, can't be processed: Unexpected keyword"
    assert told[0] == f"{script}, line 4: {words}"
    assert told[1:] == ["  WHERE WHERE song = 1", "        ^^^^^"]
    with minidynamo.connect(path, read_only=True) as database:
        left = database.client().scan(TableName="Music")["Items"]
    assert [item["song"]["S"] for item in left] == ["b", "c"]


def test_standard_input_is_a_script(
    sql: Sql, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT song FROM Music WHERE artist = 'Joni';\n\\q\nSELECT;"))
    assert sql() == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize(
    ("statement", "marks"),
    [
        ("SELECT COUNT(*) FROM Music", "         ^^^^^"),
        ("SELECT 'a FROM Music", "         ^"),
        ("SELECT * FROM Music WHERE", "                           ^"),
        ("SELECT * FROM Other", None),
    ],
)
def test_a_fault_is_pointed_at(sql: Sql, capsys: pytest.CaptureFixture[str], statement: str, marks: str | None) -> None:
    """Where its place is known."""
    assert sql("-c", statement) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[1:3] == ([] if marks is None else [f"  {statement}", marks])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--db", "nothing.db", "-c", ""], "minidynamo: there is no file nothing.db"),
        (
            ["--endpoint", "nowhere", "-c", ""],
            "minidynamo: an endpoint is a URL such as http://127.0.0.1:8000, or dynamodb: and a region, not 'nowhere'",
        ),
        (["--db", "x.db", "-f", "no.sql"], "minidynamo: [Errno 2] No such file or directory: 'no.sql'"),
    ],
)
def test_what_cannot_be_run(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", *arguments]) == 2
    assert capsys.readouterr().err.strip() == told


def test_a_table_that_is_called_nearly_so(sql: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    assert sql("-c", "SELECT * FROM Musik") == 1
    told = capsys.readouterr().err.splitlines()
    assert told == ["-c, line 1: ResourceNotFoundException: Requested resource not found", "  did you mean Music?"]


def test_commands(sql: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    assert sql("-c", "\\d", "-c", "\\d Music") == 0
    shown = capsys.readouterr().out
    assert "by_genre" in shown and "artist S, song S" in shown and "KEYS_ONLY" in shown
    assert sql("-c", "\\y") == 1
    assert capsys.readouterr().err.strip() == "-c, line 1: there is no command \\y: \\? lists the commands"
    assert sql("-c", "\\format x") == 1
    assert capsys.readouterr().err.strip() == "-c, line 1: there is no format 'x': table, json, dynamodb, csv, auto"


def test_a_file_beside_its_owner(path: Path, sql: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    with minidynamo.connect(path):
        assert sql("--read-only", "-c", "SELECT song FROM Music WHERE artist = 'Joni'") == 0
        assert sql("--read-only", "-c", "DELETE FROM Music WHERE artist = 'Joni' AND song = 'a'") == 1
        assert sql("-c", "SELECT song FROM Music") == 2


def test_an_endpoint(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    with minidynamo.connect(path, read_only=True) as database, database.serve() as server:
        assert main(["sql", "--endpoint", server.url, "-c", "SELECT song FROM Music WHERE artist = 'Joni'"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


# The shell.


@pytest.fixture
def music() -> Database:
    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    for number in range(5):
        item = {"artist": {"S": "Joni"}, "song": {"S": str(number)}, "order": {"N": "1"}}
        database.execute("PutItem", {"TableName": "Music", "Item": item})
    return database


def typed(database: Database, keys: str, rows: int = 100, answer: str = "") -> list[str]:
    """What a shell shows to somebody who types these keys."""
    output = io.StringIO()
    console = Console(file=output, width=200, highlight=False)
    session = Session(database, console, console, "json", lambda: rows, lambda: answer)
    with create_pipe_input() as keyboard:
        keyboard.send_text(keys)
        whole = new_prompt(session)
        prompt: PromptSession[str] = PromptSession(
            input=keyboard, output=DummyOutput(), multiline=True, key_bindings=whole.key_bindings
        )
        run_shell(session, prompt)
    return output.getvalue().splitlines()


@pytest.fixture(autouse=True)
def history_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_statement_over_several_lines(music: Database) -> None:
    """Enter carries it out behind its semicolon; the cost stands under the result."""
    shown = typed(music, "SELECT song FROM Music\rWHERE artist = 'Joni' AND song = '1';\r\\q\r")
    assert shown[0] == '{"song": "1"}'
    assert shown[1].startswith("1 item, 0.5 read units, ") and shown[1].endswith(" ms")
    assert len(shown) == 2


def test_pages(music: Database) -> None:
    """The next one is read if it is wanted."""
    text = "SELECT song FROM Music WHERE artist = 'Joni';\r\\q\r"
    assert [line[0] for line in typed(music, text, 2)] == ["{", "{", "{", "{", "{", "5"]
    assert [line[0] for line in typed(music, text, 2, "q")] == ["{", "{", "2"]


def test_the_shell_goes_on_after_a_fault(music: Database) -> None:
    """Ctrl-C drops what is typed, Ctrl-D ends it."""
    shown = typed(music, "SELEC;\rSELECT \x03UPDATE Music SET x = 1 WHERE artist = 'Joni' AND song = '1';\r\x04")
    assert shown[0].startswith("ValidationException: ")
    assert shown[-1].startswith("1 write unit, ")


def test_history_is_kept(music: Database, tmp_path: Path) -> None:
    session = Session(music, Console(file=io.StringIO()), Console(file=io.StringIO()))
    new_prompt(session).history.append_string("SELECT 1;")
    assert "SELECT 1;" in (tmp_path / "state" / "minidynamo" / "sql_history").read_text()


def test_history_may_be_left_out(music: Database, tmp_path: Path) -> None:
    session = Session(music, Console(file=io.StringIO()), Console(file=io.StringIO()))
    new_prompt(session, keeps_history=False).history.append_string("SELECT 1;")
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("keys", ["SELECT 'a\r\\q\r", "SELECT song\r\\q\r", "quit\r", "exit\r", "\\q\r", "\x04"])
def test_ways_out(music: Database, keys: str) -> None:
    """Behind an open quote and an open statement, too."""
    assert typed(music, keys) == []


@pytest.mark.parametrize(
    ("text", "is_whole"), [("", True), ("\\d", True), ("SELECT 1", False), ("SELECT ';'", False), ("SELECT 1;", True)]
)
def test_what_enter_does(text: str, is_whole: bool) -> None:
    assert is_complete(text) == is_whole


@pytest.mark.parametrize(
    ("before", "completions"),
    [
        ("SELECT * FROM ", ["Music", "Music.by_genre"]),
        ("SELECT * FROM mu", ["Music", "Music.by_genre"]),
        ("SELECT * FROM Music WHERE ar", ["artist"]),
        ("SELECT ord", ['"order"', "ORDER BY"]),
        ("SELECT * FROM Music WHERE beg", ["begins_with("]),
        ("\\d ", ["Music", "Music.by_genre"]),
        ("\\f", ["\\format"]),
        ("SELECT ", []),
    ],
)
def test_completion(music: Database, before: str, completions: list[str]) -> None:
    """Tables and indexes behind FROM; attributes of keys and of items that were shown; keywords and functions."""
    session = Session(music, Console(file=io.StringIO()), Console(file=io.StringIO()))
    session.run("SELECT * FROM Music")
    found = StatementCompleter(session.names).get_completions(Document(before), CompleteEvent())
    assert [each.text for each in found] == completions
