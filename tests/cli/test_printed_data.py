"""Data on standard output: exactly as they are in files and pipes, and what commands a terminal never reaches it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

import minidynamo
from minidynamo import Database
from minidynamo.cli import display
from minidynamo.cli.command_line import main
from minidynamo.cli.sql.session import Session
from minidynamo.formats.short_tables import create_table_request
from tests.cli.commands import run

TEXT = 'a:smile:b :+1: 12:key:30 [red]x[/red] [/] \\ \t|\r|\n|\x07|\x1b[31m|\x9b|\u202e ,"q" é'
TABLE = create_table_request("Texts", {"key": ["pk S"]})
STATEMENT = "SELECT * FROM Texts"
NAME = "[bold]:key:\x1b"

PARSERS: dict[str, Callable[[str], object]] = {
    "json": lambda text: json.loads(text)["pk"],
    "dynamodb": lambda text: json.loads(text)["Item"]["pk"]["S"],
    "csv": lambda text: next(csv.DictReader(io.StringIO(text, newline="")))["pk"],
}


class Terminal(io.StringIO):
    """Standard output that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "[red]:key:.db"
    with minidynamo.connect(found) as database:
        fill(database)
    return found


def fill(database: Database) -> None:
    database.execute("CreateTable", TABLE)
    database.execute("PutItem", {"TableName": "Texts", "Item": {"pk": {"S": TEXT}, NAME: {"N": "1"}}})


@pytest.mark.parametrize("form", PARSERS)
@pytest.mark.parametrize("command", ["sql", "dump"])
def test_data_arrive_as_they_are(
    capsysbinary: pytest.CaptureFixture[bytes], path: Path, command: str, form: str
) -> None:
    arguments = ["sql", "-c", STATEMENT] if command == "sql" else ["dump", "Texts"]
    name = "jsonl" if (command, form) == ("dump", "json") else form
    assert main([*arguments, "--db", str(path), "--format", name]) == 0
    assert PARSERS[form](capsysbinary.readouterr().out.decode()) == TEXT


@pytest.mark.parametrize("form", ["table", *PARSERS])
def test_a_terminal_is_given_no_commands(form: str) -> None:
    """Each row is one line, in which they are written out; words between colons and brackets are what they are."""
    shown = shown_at_terminal(form)
    assert_harmless(shown)
    assert "a:smile:b :+1: 12:key:30 [red]x[/red] [/]" in shown
    assert r"\t|\r|\n|\u0007|\u001b[31m|\u009b|\u202e" in shown
    assert "[bold]:key:" in shown


@pytest.mark.parametrize("form", ["json", "dynamodb"])
def test_json_at_a_terminal_is_json(form: str) -> None:
    assert PARSERS[form](shown_at_terminal(form)) == TEXT


def shown_at_terminal(form: str) -> str:
    output = Terminal()
    console = Console(file=output, width=200, no_color=True, highlight=False)
    with minidynamo.connect() as database:
        fill(database)
        assert Session(database, console, console, form, tells_cost=False).run(STATEMENT)
    return re.sub(r"\x1b\[[0-9;]*m", "", output.getvalue()) if form == "table" else output.getvalue()


def test_a_terminal_without_the_characters() -> None:
    """They are written out too."""
    written = io.BytesIO()

    class Old(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    terminal = Old(written, encoding="ascii")
    display.print_lines(Console(file=terminal), ["é", "a"])
    assert written.getvalue() == b"\\xe9\na\n"


def assert_harmless(shown: str) -> None:
    assert all(line.isprintable() for line in shown.split("\n"))


def test_a_dump_at_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    code, out, _ = run(capsys, "dump", "Texts", "--db", path, "--format", "csv")
    assert (code, len(out.splitlines())) == (0, 2)
    assert_harmless(out)


def test_an_item_too_wide_for_a_table_is_a_line_of_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with minidynamo.connect(path) as database:
        database.execute("PutItem", {"TableName": "Texts", "Item": {"pk": {"S": TEXT}, "x": {"S": ":key:" * 40}}})
    out = run(capsys, "sql", "--db", path, "--format", "auto", "-c", STATEMENT)[1]
    assert json.loads(out) == {"pk": TEXT, "x": ":key:" * 40}


@pytest.mark.parametrize("command", ["info", "check"])
def test_the_name_of_a_file_is_what_it_is(capsys: pytest.CaptureFixture[str], path: Path, command: str) -> None:
    code, out, _ = run(capsys, command, path)
    assert (code, "[red]:key:.db" in out.replace("\n", "")) == (0, True)


def test_names_of_attributes_are_what_they_are(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Those of keys too."""
    with minidynamo.connect(tmp_path / "a.db") as database:
        database.execute("CreateTable", create_table_request("Texts", {"key": [f"{NAME} S"]}))
    for command in ("\\d", "\\d Texts"):
        out = run(capsys, "sql", "--db", tmp_path / "a.db", "-c", command)[1]
        assert r"[bold]:key:\u001b S" in out
        assert_harmless(out)


def test_what_is_wrong_with_a_record_is_harmless(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(json.dumps({"pk": {"S": "a"}, "n": {"N": NAME}}), "utf-8")
    code, out, _ = run(capsys, "load", "Texts", file, "--db", tmp_path / "a.db", "--key", "pk")
    assert (code, r"numeric value: [bold]:key:\u001b" in out) == (1, True)
    assert_harmless(out)


def test_every_console_is_made_in_one_place() -> None:
    """Which switches off what would alter a text."""
    folder = Path(display.__file__).parent
    makers = {each.name for each in folder.rglob("*.py") if re.search(r"\bConsole\(", each.read_text("utf-8"))}
    assert makers == {"display.py"}
