"""Databases of songs, and a session that shows what it does in a text."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from rich.console import Console

import minidynamo
from minidynamo import Database
from minidynamo.cli.sql.session import Session
from minidynamo.formats.short_tables import create_table_request

TABLE = create_table_request(
    "Music", {"key": ["artist S", "song S"], "gsi": {"by_genre": {"key": ["genre S"], "projection": "KEYS_ONLY"}}}
)


def songs(count: int) -> Database:
    """A database with a table of so many songs of one artist, in the order of their numbers."""
    database = minidynamo.connect()
    database.execute("CreateTable", TABLE)
    for number in range(count):
        item = {"artist": {"S": "Joni"}, "song": {"S": f"{number:03}"}, "plays": {"N": str(number)}}
        database.execute("PutItem", {"TableName": "Music", "Item": item})
    return database


def answering(answers: Sequence[str]) -> tuple[Callable[[], str], list[str]]:
    """What answers one after the other, and the answers that are left."""
    left = list(answers)
    return lambda: left.pop(0), left


def session_of(
    database: Database, form: str = "auto", rows: int | None = None, answers: Sequence[str] = (), width: int = 80
) -> tuple[Session, Callable[[], list[str]], list[str]]:
    """A session, what it has shown since one last looked, line by line, and the answers that are left."""
    output = io.StringIO()
    console = Console(file=output, width=width, highlight=False)
    ask, left = answering(answers)

    def shown() -> list[str]:
        lines = output.getvalue().splitlines()
        output.seek(0)
        output.truncate()
        return lines

    return Session(database, console, console, form, None if rows is None else lambda: rows, ask), shown, left
