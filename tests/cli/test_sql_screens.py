"""`minidynamo sql` on a terminal: screens, what is answered between them, tables that are too wide, words."""

from __future__ import annotations

import builtins

import pytest
from rich.console import Console

from minidynamo.cli.sql.session import SessionEnd, is_complete, leaves
from minidynamo.cli.sql.sql_command import _asked
from tests.cli.songs import session_of, songs

ALL = "SELECT song FROM Music WHERE artist = 'Joni'"


def test_a_screen_is_full_of_what_is_found() -> None:
    """However much is looked through; where nothing is found, nothing is asked."""
    session, shown, left = session_of(songs(60), "json", rows=3, answers=["", "", "unasked"])
    assert session.run("SELECT song FROM Music WHERE artist = 'Joni' AND plays >= 52")
    assert [line[:1] for line in shown()] == ["{"] * 8 + ["8"] and left == ["unasked"]
    assert session.run("SELECT song FROM Music WHERE artist = 'Joni' AND plays > 100")
    assert shown()[0].startswith("0 items, ") and left == ["unasked"]


@pytest.mark.parametrize(("count", "asked"), [(3, 0), (4, 1), (6, 1), (7, 2)])
def test_nothing_is_asked_at_the_end(count: int, asked: int) -> None:
    """Where screens are exactly full."""
    session, shown, left = session_of(songs(count), "json", rows=3, answers=[""] * 9)
    assert session.run(ALL)
    assert len(left) == 9 - asked
    assert shown()[-1].startswith(f"{count} items, ")


def test_a_table_is_as_high_as_the_terminal() -> None:
    session, shown, left = session_of(songs(12), rows=10, answers=["q"])
    assert session.run(ALL)
    lines = shown()
    assert sum(line.startswith("│") for line in lines) == 6 and left == []
    assert lines[-1].startswith("6 items, ") and len(lines) == 11


def test_answers() -> None:
    """All at once; statements are carried out; what is none of these is asked again."""
    session, shown, left = session_of(songs(9), "json", rows=2, answers=["a"])
    assert session.run(ALL)
    assert [line[:1] for line in shown()] == ["{"] * 9 + ["9"] and left == []
    session, shown, left = session_of(songs(9), "json", rows=2, answers=["what", "\\format csv"])
    assert session.run(ALL) and session.results.form == "csv" and left == []
    session, shown, left = session_of(songs(9), "json", rows=2, answers=[f"{ALL} AND song = '007';"])
    assert session.run(ALL)
    assert [line[:15] for line in shown()][2:] == ["2 items, 0.5 re", '{"song": "007"}', "1 item, 0.5 rea"]
    session, _, _ = session_of(songs(9), "json", rows=2, answers=["exit"])
    with pytest.raises(SessionEnd):
        session.run(ALL)


def test_the_end_of_the_input_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(*ignored: object) -> str:
        raise EOFError

    monkeypatch.setattr(builtins, "input", ends)
    assert _asked(Console())() == "q"


def test_one_header() -> None:
    """Another one only where attributes come that it does not name."""
    database = songs(7)
    session, shown, _ = session_of(database, "csv", rows=7, answers=[""] * 9)
    assert session.run(ALL)
    assert [line for line in shown() if "song" in line] == ["song"]
    item = {"artist": {"S": "Joni"}, "song": {"S": "9"}, "note": {"S": "late"}}
    database.execute("PutItem", {"TableName": "Music", "Item": item})
    assert session.run("SELECT song, note FROM Music")
    assert [line for line in shown() if "song" in line] == ["song", "song,note"]


def test_a_table_that_is_too_wide() -> None:
    """By default JSON, and once the reason; as asked for a table that is cut; attribute by attribute."""
    database = songs(0)
    item = {"artist": {"S": "Joni"}, "song": {"S": "Blue"}, "text": {"S": "la " * 50}}
    database.execute("PutItem", {"TableName": "Music", "Item": item})
    session, shown, _ = session_of(database, width=60)
    assert session.run("SELECT * FROM Music")
    first = shown()
    assert first[0].startswith("{") and first[-1].endswith("\\x shows attribute by attribute")
    assert session.run("SELECT * FROM Music") and "\\x" not in shown()[-1]
    assert session.run("\\format table") and session.run("SELECT * FROM Music")
    table = shown()
    assert table[0].startswith("┏") and "…" in "".join(table) and max(map(len, table[:-1])) <= 60 and len(table) == 6
    assert session.run("\\x") and session.run("SELECT * FROM Music")
    expanded = shown()
    assert expanded[:4] == ["one attribute per line", "-- 1 --", "artist  Joni", "song    Blue"]
    assert session.run("\\x") and shown() == ["format table"]


def test_words_that_people_type() -> None:
    session, shown, _ = session_of(songs(0))
    assert session.run("help") and "Ctrl-D" in "".join(shown())
    assert session.run("?") and "Ctrl-C" in "".join(shown())
    for word in ("quit", "exit", "QUIT"):
        with pytest.raises(SessionEnd):
            session.run(word)
    assert all(map(is_complete, ("help", "quit", "exit", " ? ", "SELECT 'a\n\\q")))
    assert leaves("SELECT 'a\n\\q") and not leaves("\\q") and not leaves("SELECT 'a\n\\q'")
