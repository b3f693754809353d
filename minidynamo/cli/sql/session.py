"""A session of `minidynamo sql`: carries out statements and commands one by one, and shows what comes of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches

from rich.console import Console

from minidynamo.cli.display import plain_text
from minidynamo.cli.places import one_line
from minidynamo.cli.sql import RESULT_FORMATS
from minidynamo.cli.sql.hints import Place, hint_of_fault, hint_of_result
from minidynamo.cli.sql.paging import Reading
from minidynamo.cli.sql.results import Results, pointed_at, summary
from minidynamo.cli.sql.schema import TableNames, describe, description, list_tables, settings
from minidynamo.cli.sql.script import all_parts, split_script
from minidynamo.cli.sql.sources import Placed
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError, ResourceNotFound, ValidationError
from minidynamo.partiql.parser import fault_place
from minidynamo.requests.statements import is_write
from minidynamo.requests.subjects import tables_of

_EXPLAIN = re.compile(r"explain\s+", re.IGNORECASE)
_PLACE = re.compile(r" at (\d+):(\d+):(\d+)$")
# What people type who do not know the commands.
_WORDS = {"help": "\\?", "?": "\\?", "quit": "\\q", "exit": "\\q"}
HELP = """\
Statements end with ; and may take several lines.
  \\d           tables
  \\d NAME      one table: its key, indexes and settings
  \\format F    how results are shown: table, json, dynamodb, csv, or auto: a table where it fits
  \\x           one attribute per line, or no longer
  EXPLAIN ...  what a statement would read, change and cost, instead of carrying it out
  \\?           this help, also help
  \\q           the end, also quit, exit and Ctrl-D
Ctrl-C drops what is typed, or stops what is running."""


class SessionEnd(Exception):
    """Asked for by \\q."""


class CommandError(ValueError):
    """A command that there is not; the text says which there are."""


@dataclass
class Session:
    """What a session works on and how it shows results.

    Attributes:
        database: where statements are carried out.
        console: where results are printed.
        errors: where it is said what is wrong.
        format: one of `RESULT_FORMATS`, at first.
        screen_rows: how many rows are shown before `wants_more` is asked; None shows all.
        wants_more: asks whether to go on: "" does, "a" shows all that is left, "q" ends; statements are carried out.
        tells_cost: whether a line under each result says what it cost.
        names: the names that can be completed.
        results: shows them.
    """

    database: Database
    console: Console
    errors: Console
    format: str = "auto"
    screen_rows: Callable[[], int] | None = None
    wants_more: Callable[[], str] = lambda: ""
    tells_cost: bool = True
    names: TableNames = field(init=False)
    results: Results = field(init=False)

    def __post_init__(self) -> None:
        self.names = TableNames(self.database)
        self.results = Results(self.console, self.format)

    def run_text(self, text: str) -> None:
        """Carries out all statements and commands of a text."""
        for each in all_parts(text):
            self.run(each)

    def run(self, text: str) -> bool:
        """Carries out one statement, without its semicolon, or one command; whether it succeeded.

        Raises:
            SessionEnd: the session is to end.
        """
        try:
            typed = self.carry_out(text)
        except (DynamoError, CommandError) as error:
            self.explain(error, text)
            return False
        if typed:
            self.run_text(typed)
        return True

    def carry_out(self, text: str) -> str:
        """Carries out one statement or command; returns statements that were typed instead of an answer.

        Raises:
            DynamoError: the statement has failed.
            CommandError: there is no such command.
            SessionEnd: the session is to end.
        """
        text = text.strip()
        command = _WORDS.get(text.rstrip("; ").lower(), text)
        if not command.startswith("\\"):
            return self._statement(text) if text else ""
        name, _, argument = command.rstrip(";").strip().partition(" ")
        carry_out = _COMMANDS.get(name)
        if carry_out is None:
            raise CommandError(f"there is no command {name}: \\? lists the commands")
        carry_out(self, argument.strip())
        return ""

    def explain(self, error: Exception, text: str, placed: Placed | None = None) -> None:
        """Says what is wrong: in a line, the place, and how to mend it.

        Parameters:
            error: what was raised.
            text: the statement or command.
            placed: where it stands in a script.
        """
        text = text.strip()
        is_fault = isinstance(error, ValidationError) and not text.startswith("\\")
        place = _place_of_fault(text, str(error)) if is_fault else None
        where = ""
        if placed is not None:
            where = f"{placed.source}, line {placed.line - 1 + (place[0] if place else 1)}: "
        self._tell(where + one_line(error))
        if place is not None:
            for line in pointed_at(text, *place).split("\n"):
                self._tell(line)
            self._hint(hint_of_fault(text, place))
        if isinstance(error, ResourceNotFound):
            self._suggest(text)

    def _explained(self, text: str) -> None:
        """Says what a statement would read, change and cost, instead of carrying it out."""
        self._print(str(self.database.explain("ExecuteStatement", Statement=text)))

    def _statement(self, text: str) -> str:
        explained = _EXPLAIN.match(text)
        if explained is not None:
            self._explained(text[explained.end() :])
            return ""
        writes = is_write("ExecuteStatement", {"Statement": text})
        reading = Reading(self.database, text)
        self.results.begin()
        typed = ""
        if self.screen_rows is None or writes:
            self._show_all(reading)
        else:
            typed = self._show_screens(reading, self.screen_rows)
        self.names.note(reading.attributes)
        notice = self.results.take_notice()
        if self.tells_cost:
            told = summary(reading.count, reading.units, reading.seconds, writes)
            self._tell("; ".join(filter(None, (told, notice))), "dim")
        elif notice:
            self._tell(notice, "dim")
        if not writes:
            self._hint(hint_of_result(text, reading.attributes, reading.count == 0, self.names.met))
        return typed

    def _show_all(self, reading: Reading) -> None:
        """Shows all of a result: page by page where that makes no difference."""
        items = reading.part()
        while not reading.is_done:
            if self.results.is_streamed:
                self.results.show(items)
                items = []
            items += reading.part()
        self.results.show(items)

    def _show_screens(self, reading: Reading, screen_rows: Callable[[], int]) -> str:
        """Shows a result screen by screen as long as it is wanted; returns statements that were typed instead."""
        while True:
            rows = max(screen_rows() - self.results.frame_rows, 1)
            shown = reading.screen(rows, self.results.rows_of)
            assert shown or reading.is_done, "an empty screen is shown although there is more"
            self.results.show(shown)
            if reading.is_done:
                return ""
            answer = self._answer()
            if answer == "a":
                while not reading.is_done:
                    self.results.show(reading.part())
                return ""
            if answer:
                return "" if answer == "q" else answer

    def _answer(self) -> str:
        """What is answered to whether there is to be more; asks again for what is no answer."""
        while True:
            answer = self.wants_more().strip()
            if answer.lower() in ("", "a", "q"):
                return answer.lower()
            if is_complete(answer):
                return answer

    def _list_or_describe(self, argument: str) -> None:
        is_for_people = self.results.form in ("table", "auto") or self.results.is_expanded
        if not argument:
            self.results.show_rows(list_tables(self.database, is_for_people))
            return
        name = self._table_named(argument)
        table = description(self.database, name)
        rows, found = describe(table, name), settings(self.database, table, name)
        assert rows, f"nothing is told of the table {name}"
        if is_for_people:
            self._print(f"{name}: {found['status']}, {found['billing']}, {found['items']}, {found['size']}")
            self._print(", ".join(f"{each} {found[each]}" for each in list(found)[4:]))
        else:
            rows[0] |= {each: {"S": text} for each, text in found.items()}
        self.results.show_rows(rows)

    def _table_named(self, argument: str) -> str:
        """The table that a name is of: its own, or that of an index behind it."""
        name = argument.replace('"', "")
        table = name.rpartition(".")[0]
        return table if table and name not in self.names.tables and table in self.names.tables else name

    def _set_format(self, argument: str) -> None:
        if argument not in RESULT_FORMATS:
            raise CommandError(f"there is no format {argument!r}: {', '.join(RESULT_FORMATS)}")
        self.results.form, self.results.is_expanded = argument, False

    def _expand(self, argument: str) -> None:
        self.results.is_expanded = not self.results.is_expanded
        self._tell("one attribute per line" if self.results.is_expanded else f"format {self.results.form}", "dim")

    def _help(self, argument: str) -> None:
        self._print(HELP)

    def _end(self, argument: str) -> None:
        raise SessionEnd

    def _suggest(self, text: str) -> None:
        """Names the tables that are called nearly so."""
        named = [text.partition(" ")[2].strip('" ;')] if text.startswith("\\") else tables_of({"Statement": text})
        known = [each for each in self.names.tables if each not in named]
        close = [each for name in named for each in get_close_matches(name, known, n=1)]
        if close:
            self._hint(f"did you mean {close[0]}?")

    def _hint(self, hint: str | None) -> None:
        if hint:
            self._tell(f"  {hint}")

    def _print(self, text: str) -> None:
        for line in text.split("\n"):
            self.console.print(plain_text(line), soft_wrap=True)

    def _tell(self, text: str, style: str | None = None) -> None:
        self.errors.print(plain_text(text), style=style, soft_wrap=True)


_COMMANDS: dict[str, Callable[[Session, str], None]] = {
    "\\d": Session._list_or_describe,
    "\\format": Session._set_format,
    "\\x": Session._expand,
    "\\q": Session._end,
    **dict.fromkeys(("\\?", "\\h", "\\help"), Session._help),
}


def is_complete(text: str) -> bool:
    """Whether a text can be carried out as it is: it ends with a semicolon, is a command, or is empty."""
    text = text.strip()
    rest = split_script(text)[1]
    return not rest or rest.startswith("\\") or text.lower() in _WORDS or leaves(text)


def leaves(text: str) -> bool:
    """Whether the last line of what is typed over several is \\q, whatever is open before it."""
    lines = text.strip().splitlines()
    return len(lines) > 1 and lines[-1].strip().rstrip(";") == "\\q"


def _place_of_fault(text: str, message: str) -> Place | None:
    """The place of a fault, as far as it is known."""
    named = _PLACE.search(message)
    if named is None:
        return fault_place(text)
    line, column, length = (int(each) for each in named.groups())
    return line, column, length
