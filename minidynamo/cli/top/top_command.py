"""`minidynamo top FILE|URL`: looks, shows, and looks again."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPException

from rich.console import Console, RenderableType
from rich.live import Live

from minidynamo.cli.display import wide_console
from minidynamo.cli.places import one_line, open_named
from minidynamo.cli.top.keys import Keys, reading_keys
from minidynamo.cli.top.looking import Looker
from minidynamo.cli.top.page import page, sort_titles
from minidynamo.cli.top.rates import Rates
from minidynamo.cli.top.reading import Source
from minidynamo.cli.top.scraping import Scraper
from minidynamo.errors import DynamoError, StoreError

_FAILURES = (DynamoError, StoreError, OSError, HTTPException)


def run_top(options: argparse.Namespace) -> int:
    """Shows it until q or Ctrl-C; returns 0, or 2 where nothing could be read."""
    console = wide_console()
    rates = Rates()
    try:
        with closing(opened(options)) as source:
            rates.take(source.read())
            if options.once or not console.is_terminal:
                console.print(page(rates, console, source.note, sort_titles(rates)[0], keys=False))
                return 0
            with reading_keys() as keys:
                Screen(source, rates, console, options.seconds).show(keys)
    except KeyboardInterrupt:
        return 0
    except _FAILURES as error:
        print(f"minidynamo: {told(options.place, error)}", file=sys.stderr)
        return 2
    return 0


def opened(options: argparse.Namespace) -> Scraper | Looker:
    """Where readings come from: a server's metrics where it shows them, else the database from outside."""
    place = options.place
    note = ""
    is_server = place.startswith(("http://", "https://"))
    if is_server:
        scraper = Scraper(place)
        if scraper.text() is not None:
            return scraper
        scraper.close()
        note = "no metrics there: start it by `minidynamo serve --metrics` to see calls, units and latencies"
    return Looker(open_named(place, options.region), note)


def told(place: str, error: Exception) -> str:
    """What has gone wrong, in one line."""
    text = one_line(error) or type(error).__name__
    if isinstance(error, StoreError | DynamoError):
        return text
    return f"no response from {place}: {text}"


class Screen:
    """The live page.

    Parameters:
        source: where readings come from.
        rates: what was read.
        console: the terminal.
        seconds: how often to look.
        clock: tells when to look next.
    """

    def __init__(
        self,
        source: Source,
        rates: Rates,
        console: Console,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        assert rates.last is not None, "a page is shown before anything was read"
        self._source, self._rates, self._console = source, rates, console
        self._seconds, self._clock = seconds, clock
        self._sort: str | None = None
        self._first = 0
        self._failure = ""

    def show(self, keys: Keys) -> None:
        """Shows it until q."""
        due = self._clock() + self._seconds
        with Live(console=self._console, screen=True, auto_refresh=False) as live:
            while True:
                live.update(self._page(), refresh=True)
                for key in keys.wait(max(0.0, due - self._clock())):
                    if key == "q":
                        return
                    self.press(key)
                if self._clock() >= due:
                    self.look()
                    due = self._clock() + self._seconds

    def press(self, key: str) -> None:
        """Does what a key is for."""
        titles = sort_titles(self._rates)
        steps = {"up": -1, "down": 1, "page up": -10, "page down": 10}
        if key == "s":
            self._sort = titles[(titles.index(self.sort) + 1) % len(titles)]
        elif key in steps:
            last = self._rates.last
            count = 0 if last is None else len(last.tables)
            self._first = max(0, min(self._first + steps[key], count - 1))

    def look(self) -> None:
        """Takes the next reading; the page says so where there is none, and the last one stays."""
        try:
            self._rates.take(self._source.read())
            self._failure = ""
        except _FAILURES as error:
            self._failure = f"looking again: {one_line(error) or type(error).__name__}"

    @property
    def sort(self) -> str:
        """What lines are sorted by: what was chosen, else the first that is known."""
        titles = sort_titles(self._rates)
        return self._sort if self._sort in titles else titles[0]

    def _page(self) -> RenderableType:
        note = self._failure or self._source.note
        return page(self._rates, self._console, note, self.sort, self._first)
