"""What `minidynamo sql` says of the mistakes that are made most."""

from __future__ import annotations

import pytest

from tests.cli.songs import session_of, songs


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("SELECT * FROM Music WHERE artist = 'Joni", "the string that begins here does not end; a quote within one"),
        ("SELECT * FROM Music WHERE artist = 'O'Hara'", "the string that begins here does not end; a quote within one"),
        ('SELECT * FROM "Music', "the name in double quotes that begins here does not end"),
        ("SELECT * FROM Music /* all", "the comment that begins here does not end"),
        (
            "SELECT * FROM Music WHERE artist = ‘Joni’",
            "‘ is no quote of PartiQL: strings stand in '...', names in \"...\"",
        ),
        ("SELECT user FROM Music", 'user is a keyword of PartiQL: write "user"'),
        ("SELECT date FROM Music", 'date is a keyword of PartiQL: write "date"'),
        ("SELECT * FROM order", 'order is a keyword of PartiQL: write "order"'),
        ("SELECT * FROM Music WHERE date = 'x'", 'date is a keyword of PartiQL: write "date"'),
        ("SELECT user, date FROM Music", 'user and date are keywords of PartiQL: write "user", "date"'),
        ("UPDATE Music SET value = 1 WHERE artist = 'a'", 'value is a keyword of PartiQL: write "value"'),
        ("SELECT * FROM Musik", "did you mean Music?"),
        ("\\d Musik", "did you mean Music?"),
    ],
)
def test_mistakes(statement: str, hint: str) -> None:
    """One further line says how to mend them."""
    session, shown, _ = session_of(songs(1), width=200)
    assert not session.run(statement)
    lines = shown()
    assert lines[-1].startswith(f"  {hint}")
    assert len(lines) == (2 if "mean" in hint else 4)


@pytest.mark.parametrize("statement", ["SELECT * FROM Music WHERE WHERE song = 1", "SELECT * FROM Music WHERE"])
def test_what_no_hint_helps(statement: str) -> None:
    session, shown, _ = session_of(songs(1), width=200)
    assert not session.run(statement)
    assert len(shown()) == 3


def test_double_quotes_around_a_value() -> None:
    """Where nothing is found and there is no such attribute."""
    session, shown, _ = session_of(songs(2), "json", width=200)
    assert session.run('SELECT * FROM Music WHERE artist = "Joni"')
    hint = "\"Joni\" is the name of an attribute, and none was met: strings stand in single quotes, 'Joni'"
    assert shown()[-1] == f"  {hint}"
    session.run("SELECT * FROM Music")
    shown()
    assert session.run('SELECT * FROM Music WHERE artist = "song"') and len(shown()) == 1


def test_attributes_that_no_item_has() -> None:
    session, shown, _ = session_of(songs(2), "json", width=200)
    session.run("SELECT * FROM Music")
    shown()
    assert session.run("SELECT song, plaus FROM Music")
    assert shown()[-1] == '  no item found has "plaus": did you mean plays?'
    assert session.run("SELECT song, plays FROM Music") and shown()[-1].startswith("2 items")
