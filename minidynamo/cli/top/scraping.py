"""Readings from the metrics of a server, as `minidynamo serve --metrics` shows them to Prometheus."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from minidynamo.cli.top.reading import Counts, Reading
from minidynamo.http.messages import HttpRequest
from minidynamo.remote.connection import Connections

_SECONDS_MAX = 5.0
_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_OWN = "minidynamo_"
# What one family tells of tables.
_OF_TABLES = {"table_items": "items", "table_bytes": "size_bytes", "partitions": "partitions"}


class Sample(NamedTuple):
    """A line of what was scraped."""

    name: str
    labels: dict[str, str]
    value: float


class Scraper:
    """Scrapes a server.

    Parameters:
        url: of the server.
        clock: tells when.

    Raises:
        StoreError: the URL is none.
    """

    note = ""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._connections = Connections(url, _SECONDS_MAX)
        self._clock = clock

    def text(self) -> str | None:
        """What is scraped; None where the server shows no metrics."""
        response = self._connections.exchange(HttpRequest("GET", "/metrics", "", {}, b""))
        kind = {name.lower(): value for name, value in response.headers.items()}.get("content-type", "")
        if response.status != 200 or not kind.startswith("text/plain; version="):
            return None
        return response.body.decode("utf-8", "replace")

    def read(self) -> Reading:
        """See `Source.read`."""
        text = self.text()
        if text is None:
            raise OSError("it shows no metrics any more")
        return reading_of(samples_of(text), self._clock())

    def close(self) -> None:
        """Closes its connections."""
        self._connections.close()


def samples_of(text: str) -> Iterator[Sample]:
    """The samples of the text format that are the server's own; lines that are none are passed over."""
    for line in text.split("\n"):
        found = _SAMPLE.fullmatch(line)
        if found is None or not found["name"].startswith(_OWN):
            continue
        labels = {name: _ESCAPED.sub(_unescaped, value) for name, value in _LABEL.findall(found["labels"] or "")}
        try:
            yield Sample(found["name"].removeprefix(_OWN), labels, float(found["value"]))
        except ValueError:
            continue


def reading_of(samples: Iterator[Sample], at: float) -> Reading:
    """What samples tell."""
    tables: dict[str, Counts] = {}
    operations: dict[str, Counts] = {}
    ages: dict[tuple[str, str], float] = {}
    for name, labels, value in samples:
        if name == "requests_total":
            table = tables.setdefault(labels.get("table") or "(none)", Counts())
            for counts in (table, operations.setdefault(labels.get("operation", ""), Counts())):
                counts.add("calls", value)
                counts.add("errors", value if labels.get("error") else 0.0)
        elif name == "capacity_units_total":
            way = "write_units" if labels.get("way") == "write" else "read_units"
            tables.setdefault(_name_of(labels), Counts()).add(way, value)
        elif name in _OF_TABLES:
            tables.setdefault(_name_of(labels), Counts()).add(_OF_TABLES[name], value)
        elif name == "request_seconds_sum":
            operations.setdefault(labels.get("operation", ""), Counts()).add("seconds", value)
        elif name == "iterator_age_seconds":
            ages[labels.get("table", ""), labels.get("function", "")] = value
    return Reading(at, tables, operations, ages)


def _name_of(labels: Mapping[str, str]) -> str:
    return ".".join(filter(None, (labels.get("table"), labels.get("index"))))


def _unescaped(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]
