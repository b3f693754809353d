"""Texts of statements and commands: how they are cut into parts, and where a fault in one is pointed at."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minidynamo
from minidynamo.cli.sql.results import pointed_at
from minidynamo.cli.sql.script import all_parts, split_script
from minidynamo.cli.sql.session import is_complete
from minidynamo.formats.short_tables import create_table_request
from tests.cli.commands import run

Sql = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sql(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Sql:
    """Runs it on a table of two items."""
    with minidynamo.connect(tmp_path / "a.db") as database:
        for name in ("ttt", "vvv"):
            database.execute("CreateTable", create_table_request(name, {"key": ["pk S"]}))
            database.execute("PutItem", {"TableName": name, "Item": {"pk": {"S": name[0]}}})
    return lambda *arguments: run(capsys, "sql", "--db", tmp_path / "a.db", *arguments)


def test_each_command_is_a_script(sql: Sql) -> None:
    """A comment at its end takes nothing of the next one, nor does a quote without end."""
    both = ("-c", "SELECT pk FROM ttt -- hi", "-c", "SELECT pk FROM vvv; SELECT pk FROM ttt")
    assert sql(*both) == (0, '{"pk": "t"}\n{"pk": "v"}\n{"pk": "t"}\n', "")
    code, out, err = sql("-c", "SELECT pk FROM ttt", "-c", "SELECT 'a", "-c", "SELECT pk FROM vvv'")
    assert (code, out) == (1, '{"pk": "t"}\n')
    assert err.splitlines()[1:3] == ["  SELECT 'a", "         ^"]
    assert sql("-c", "\\q", "-c", "SELECT pk FROM ttt") == (0, "", "")


@pytest.mark.parametrize("text", ["\ufeffSELECT pk FROM ttt", "\ufeff-- hi\nSELECT pk FROM ttt;\n"])
def test_a_byte_order_mark_is_no_part_of_a_script(
    sql: Sql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "script.sql").write_text(text, "utf-8")
    assert sql("-f", tmp_path / "script.sql") == (0, '{"pk": "t"}\n', "")
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert sql() == (0, '{"pk": "t"}\n', "")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        ("-- nothing", [""]),
        ("-- hi\n\\d", ["\\d"]),
        ("-- hi\n\\d ttt\nSELECT 1", ["\\d ttt", "SELECT 1"]),
        ("/* a;\nb */ \\q\n", ["\\q", ""]),
        ("SELECT 1; -- it's done", ["SELECT 1", ""]),
        ("SELECT -- a;\n1;\n--\n/**/\n SELECT 2", ["SELECT -- a;\n1", "SELECT 2"]),
        ("SELECT ';' ; /* SELECT", ["SELECT ';' ", "/* SELECT"]),
        ("-5; - -5", ["-5", "- -5"]),
        ("\u3000SELECT 1;\xa0\\d\n", ["SELECT 1", "\\d", ""]),
    ],
)
def test_parts_begin_behind_comments(text: str, parts: list[str]) -> None:
    """So a command does, too."""
    assert all_parts(text) == parts


@pytest.mark.parametrize(
    ("text", "is_whole"), [("-- hi\n\\d", True), ("-- hi", True), ("-- hi\nSELECT 1", False), ("SELECT 1; \\d", True)]
)
def test_what_enter_does_behind_a_comment(text: str, is_whole: bool) -> None:
    assert is_complete(text) == is_whole


@given(st.text("ab;'\"`-/* \n\\", max_size=30))
def test_no_part_is_lost(text: str) -> None:
    """All but comments, white space, and what ends a part."""
    parts, rest = split_script(text)
    position = 0
    for part in [*parts, rest]:
        position = text.index(part, position) + len(part)
    assert position == len(text) or not rest


def test_a_long_script_is_cut_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is looked at twice, and none of it is copied but its parts."""

    class Script(str):
        copied = 0

        def __getitem__(self, place: object) -> str:
            found = super().__getitem__(place)  # type: ignore[index]
            Script.copied += len(found)
            return found

    text = Script("INSERT INTO ttt VALUE {'pk': 'a;b'}; -- next\n" * 1_000)
    parts, rest = split_script(text)
    assert (len(parts), set(parts), rest) == (1_000, {"INSERT INTO ttt VALUE {'pk': 'a;b'}"}, "")
    assert Script.copied < 3 * len(text)


@pytest.mark.parametrize(
    ("statement", "place", "shown"),
    [
        ("SELECT a", (1, 8, 1), ["  SELECT a", "         ^"]),
        ("\tSELECT\tab", (1, 9, 2), ["      SELECT    ab", "                ^^"]),
        ("SELECT '日本' x", (1, 13, 1), ["  SELECT '日本' x", "                ^"]),
        ("SELECT 日本", (1, 8, 2), ["  SELECT 日本", "         ^^^^"]),
        ("SELECT 'e\u0301' x", (1, 13, 1), ["  SELECT 'e\u0301' x", "             ^"]),
        ("SELECT \x1b x", (1, 10, 1), ["  SELECT \\u001b x", "                ^"]),
        ("a\u2028b\x0b\nSELECT x\r\n", (2, 8, 1), ["  SELECT x", "         ^"]),
        ("SELECT", (1, 7, 1), ["  SELECT", "        ^"]),
        ("SELECT 'a\nb'", (1, 8, 5), ["  SELECT 'a", "         ^^"]),
    ],
)
def test_the_mark_is_under_the_fault(statement: str, place: tuple[int, int, int], shown: list[str]) -> None:
    """Behind tabs, and characters that take two cells or none, as well."""
    assert pointed_at(statement, *place).split("\n") == shown
