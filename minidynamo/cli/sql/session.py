"""A session of `minidynamo sql`: carries out statements and commands one by one, and shows what comes of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice

from rich.console import Console
from rich.text import Text

from minidynamo.cli.display import plain_text
from minidynamo.cli.places import one_line
from minidynamo.cli.sql import RESULT_FORMATS
from minidynamo.cli.sql.results import SHOWS, pointed_at, summary
from minidynamo.cli.sql.schema import TableNames, describe, list_tables
from minidynamo.database.database import Database
from minidynamo.errors import DynamoError, ResourceNotFound
from minidynamo.partiql.parser import fault_place
from minidynamo.requests.statements import is_write
from minidynamo.requests.subjects import tables_of
from minidynamo.values.api_types import RequestDraft, Response
from minidynamo.values.attribute_value import Item

_PLACE = re.compile(r" at (\d+):(\d+):(\d+)$")
HELP = """\
Statements end with ; and may take several lines.
  \\d           tables
  \\d NAME      one table: its key, indexes and settings
  \\format F    how results are shown: table, json, dynamodb or csv
  \\q           the end"""


class SessionEnd(Exception):
    """Asked for by \\q."""


@dataclass
class Session:
    """What a session works on and how it shows results.

    Attributes:
        database: where statements are carried out.
        console: where results are printed.
        errors: where it is said what is wrong.
        format: one of `RESULT_FORMATS`.
        page_size: how many items are read before `wants_more` is asked; None reads all.
        wants_more: whether to read the next page.
        tells_cost: whether a line under each result says what it cost.
        names: the names that can be completed.
    """

    database: Database
    console: Console
    errors: Console
    format: str = "table"
    page_size: int | None = None
    wants_more: Callable[[], bool] = lambda: True
    tells_cost: bool = True
    names: TableNames = field(init=False)

    def __post_init__(self) -> None:
        self.names = TableNames(self.database)

    def run(self, text: str) -> bool:
        """Carries out one statement, without its semicolon, or one command; whether it succeeded.

        Raises:
            SessionEnd: the session is to end.
        """
        text = text.strip()
        if not text:
            return True
        try:
            if text.startswith("\\"):
                return self._command(text)
            self._statement(text)
        except DynamoError as error:
            self.errors.print(Text(one_line(error)), soft_wrap=True)
            self._point(text, error.message)
            if isinstance(error, ResourceNotFound):
                self._suggest(text)
            return False
        return True

    def _command(self, text: str) -> bool:
        name, _, argument = text.rstrip(";").strip().partition(" ")
        argument = argument.strip().strip('"')
        if name == "\\q":
            raise SessionEnd
        if name == "\\d":
            self.console.print(describe(self.database, argument) if argument else list_tables(self.database))
            return True
        if name == "\\format" and argument in RESULT_FORMATS:
            self.format = argument
            return True
        if name in ("\\?", "\\h", "\\help"):
            self.console.print(HELP, markup=False, highlight=False)
            return True
        choices = f": {', '.join(RESULT_FORMATS)}" if name == "\\format" else ": \\? lists the commands"
        subject = f"there is no format {argument!r}" if name == "\\format" else f"there is no command {name}"
        self.errors.print(plain_text(subject + choices), soft_wrap=True)
        return False

    def _statement(self, text: str) -> None:
        request: RequestDraft = {"Statement": text, "ReturnConsumedCapacity": "TOTAL"}
        writes = is_write("ExecuteStatement", request)
        if self.page_size is not None and not writes:
            request["Limit"] = self.page_size
        pages = self._pages(request)
        while True:
            started = time.perf_counter()
            shown = list(pages if self.page_size is None else islice(pages, 1))  # One page, or all as one.
            items = [item for page in shown for item in page["Items"]]
            self._show(items, _total(shown), time.perf_counter() - started, writes)
            if "NextToken" not in shown[-1] or not self.wants_more():
                return

    def _pages(self, request: RequestDraft) -> Iterator[Response]:
        while True:
            page = self.database.execute("ExecuteStatement", request)
            yield page
            if "NextToken" not in page:
                return
            request = {**request, "NextToken": page["NextToken"]}

    def _show(self, items: list[Item], capacity: Response | None, seconds: float, writes: bool) -> None:
        self.names.note(items)
        if items:
            SHOWS[self.format](self.console, items)
        if self.tells_cost:
            self.errors.print(summary(items, capacity, seconds, writes), style="dim", markup=False, highlight=False)

    def _suggest(self, text: str) -> None:
        """Names the tables that are called nearly so."""
        known = [each for each in self.names.sources if "." not in each]
        close = [each for name in tables_of({"Statement": text}) for each in get_close_matches(name, known, n=1)]
        if close:
            self.errors.print(plain_text(f"  did you mean {close[0]}?"))

    def _point(self, text: str, message: str) -> None:
        """Shows the place of a fault, as far as it is known."""
        named = _PLACE.search(message)
        place = fault_place(text) if named is None else tuple(int(each) for each in named.groups())
        if place is not None:
            line, column, length = place
            self.errors.print(Text(pointed_at(text, line, column, length)), soft_wrap=True)


def _total(pages: list[Response]) -> Response | None:
    """What pages have consumed together."""
    consumed = [page["ConsumedCapacity"]["CapacityUnits"] for page in pages if "ConsumedCapacity" in page]
    return {"CapacityUnits": sum(consumed)} if consumed else None
