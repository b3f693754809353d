"""`minidynamo sql`: where statements come from, in which order, and how a place in them is named."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import minidynamo
from minidynamo.cli.sql import sources
from minidynamo.cli.sql.sources import SourceError, first_word, statements_of
from tests.cli.commands import run
from tests.cli.songs import TABLE

ALL = "SELECT song FROM Music WHERE artist = 'Joni'"


def insert(song: str) -> str:
    return f"INSERT INTO Music VALUE {{'artist': 'Joni', 'song': '{song}'}};\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database file with a table without items."""
    with minidynamo.connect(tmp_path / "music.db") as database:
        database.execute("CreateTable", TABLE)
    return tmp_path / "music.db"


def test_all_sources_are_run_in_their_order(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.sql").write_text(insert("a"))
    (tmp_path / "b.sql").write_text(insert("b") + ALL)
    monkeypatch.setattr("sys.stdin", io.StringIO(insert("c")))
    given = ["-f", tmp_path / "a.sql", "-c", ALL, "-f", "-", "-f", tmp_path / "b.sql", "-c", "\\q", "-c", "WRONG"]
    assert run(capsys, "sql", "--db", path, *given) == (0, "".join(f'{{"song": "{song}"}}\n' for song in "aabc"), "")


def test_statements_have_their_places() -> None:
    text = "\n\n-- one; not yet\nSELECT 1;SELECT\n2;\n\\d\n\n/* ; */ SELECT 'a;\n;'"
    found = list(statements_of([("x.sql", io.StringIO(text)), ("-c", io.StringIO("SELECT 3;;\n--end"))]))
    assert [each.text.split("\n")[-1] for each in found] == ["SELECT 1", "2", "\\d", ";'", "SELECT 3"]
    assert [each.line + each.text.count("\n") for each in found] == [4, 5, 6, 9, 1]
    assert [each.source for each in found] == ["x.sql"] * 4 + ["-c"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n-- x\nSELEC * FROM Music;", "3: ValidationException"),
        ("\\d;\nSELECT *\nFROM Music\nWHERE WHERE;", "4: ValidationException"),
        ("\n\\y\n", "2: there is no command \\y"),
    ],
)
def test_errors_name_the_line(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    script = tmp_path / "x.sql"
    script.write_text(text)
    code, _, errors = run(capsys, "sql", "--db", path, "-f", script)
    assert code == 1 and errors.startswith(f"{script}, line {told}")


def test_a_long_statement_is_not_printed_whole(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    statement = f"SELECT {', '.join(['plays'] * 300)} FROM Music WHERE WHERE {', '.join(['song'] * 300)}"
    code, _, errors = run(capsys, "sql", "--db", path, "-c", statement)
    told, line, marks = errors.splitlines()
    assert code == 1 and told.startswith("-c, line 1: Validation")
    assert len(line) <= 80 and line[:3] == "  …" and line[-1] == "…"
    assert line[marks.index("^") : marks.rindex("^") + 1] == "WHERE" and line[: marks.index("^")].endswith("WHERE ")


def test_a_statement_without_end_is_refused() -> None:
    """As one that is too long for the service is not: that is the service's to say."""
    endless = io.StringIO("y\n" * 1_000_000)
    with pytest.raises(
        SourceError, match=r"^standard input, line 1: no ; ends the statement within 262,\d+ characters$"
    ):
        list(statements_of([("standard input", endless)]))
    assert endless.tell() < 2 * sources.STATEMENT_CHARACTERS_MAX
    with pytest.raises(SourceError, match="-c, line 2: no ;"):
        list(statements_of([("-c", io.StringIO(f"SELECT 1;\n'{';' * 300_000}"))]))


def test_a_statement_that_is_too_long(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = run(capsys, "sql", "--db", path, "-c", f"{ALL} AND song = '{'x' * 9_000}'")
    assert code == 1 and "8192" in errors and errors.count("\n") == 1


@pytest.mark.parametrize("place", ["file", "stdin", "-c"])
def test_what_is_no_text(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str) -> None:
    script = tmp_path / "x.sql"
    script.write_bytes(insert("a").encode() + b"\xff\xfe;")
    if place == "file":
        assert run(capsys, "sql", "--db", path, "-f", script) == (2, "", f"minidynamo: {script} is no text in UTF-8\n")
        return
    given, text = (["-"], script.read_bytes()) if place == "stdin" else ([b"SELECT '\xff';"], b"")
    command = [sys.executable, "-m", "minidynamo", "sql", "--db", path, "-f" if place == "stdin" else "-c", *given]
    ended = subprocess.run(command, input=text, capture_output=True, check=False)
    named = "standard input" if place == "stdin" else "-c"
    assert (ended.returncode, ended.stderr.decode()) == (2, f"minidynamo: {named} is no text in UTF-8\n")


def test_each_statement_is_run_as_soon_as_it_ends(path: Path) -> None:
    """Data in a pipe are UTF-8; what else cannot be encoded is escaped."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "minidynamo", "sql", "--db", str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as shell:
        assert shell.stdin is not None and shell.stdout is not None and shell.stderr is not None
        shell.stdin.write((insert("é😀") + ALL + ";\n").encode())
        shell.stdin.flush()
        assert shell.stdout.readline() == '{"song": "é😀"}\n'.encode()
        shell.stdin.write("SELECT é;\n".encode())
        shell.stdin.close()
        told = shell.stderr.read().decode("ascii").splitlines()
    assert shell.returncode == 1 and told[0].startswith("standard input, line 3: ") and told[1] == "  SELECT \\xe9"


def test_a_region_is_of_an_endpoint(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = "minidynamo: --region goes with --endpoint: requests to a file are not signed for any region\n"
    for options in (["sql", "-c", "\\d"], ["sql", "--read-only", "-c", "\\d"], ["dump", "Music"]):
        assert run(capsys, *options, "--db", path, "--region", "eu-west-1") == (2, "", told)


def test_first_words() -> None:
    assert [first_word(each) for each in ("select 1", "/* x */ -- y\n UPDATE z", "", "'a'", "DELETE\tFROM")] == [
        "select", "update", "", "", "delete",
    ]  # fmt: skip


def test_a_terminal_is_shown_tables(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by a script, unless it asks for something else."""
    run(capsys, "sql", "--db", path, "-c", insert("a"))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "│ a    │" in run(capsys, "sql", "--db", path, "-c", ALL)[1]
    assert run(capsys, "sql", "--db", path, "-c", ALL, "--format", "json")[1] == '{"song": "a"}\n'
