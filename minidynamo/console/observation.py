"""Observation of a database: on while a page asks for it, and off again ten seconds after the last one has asked.

While it is on, an observer lies around the database; when the first request after its time is over has been answered,
it is taken out again. Nothing waits for that moment, so that a console nobody looks at has no thread and costs nothing.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import NamedTuple

from minidynamo.console.changes import Change, ChangeReader
from minidynamo.console.rings import Ring
from minidynamo.console.subject import Subject, asked_by_console
from minidynamo.endpoints.middleware import Middleware, Run
from minidynamo.insight.ledger import Ledger
from minidynamo.insight.observed import Observed
from minidynamo.insight.observer import Observer
from minidynamo.insight.touched_keys import touched_keys
from minidynamo.lambdas.function import Invocation, Outcome

INTEREST_SECONDS = 10.0
REQUESTS_KEPT, CHANGES_KEPT = 500, 2_000
# Of how many item collections it is known who reads them, and how many places of each.
_COLLECTIONS_MAX, _PLACES_MAX = 2_000, 8
_KEYS_MAX = 25  # Of one request.


class Failure(NamedTuple):
    """How the last failed invocation of a function ended.

    Attributes:
        time: when, epoch seconds by the database's clock.
        text: what was wrong.
    """

    time: float
    text: str


class Observation:
    """What pages are shown of a database's requests and changes.

    Parameters:
        subject: the database.
        now: tells the time by which interest ends.

    Attributes:
        requests, changes: the last of them.
        ledger: what all requests have cost that were observed.
        failures: by function, how it has failed last.
        places: by table, index and partition key, the places that have read or written it, with how often.
    """

    def __init__(self, subject: Subject, now: Callable[[], float] = time.monotonic) -> None:
        self._subject, self._now = subject, now
        self._lock = threading.Lock()
        self._around: ExitStack | None = None
        self._until = 0.0
        self.requests, self.changes = Ring[Observed](REQUESTS_KEPT), Ring[Change](CHANGES_KEPT)
        self.ledger = Ledger()
        self.failures: dict[str, Failure] = {}
        self.places: OrderedDict[tuple[str, str | None, str], dict[str, int]] = OrderedDict()
        self._reader = ChangeReader(subject)

    @property
    def is_on(self) -> bool:
        """Whether requests are observed now."""
        return self._around is not None

    @property
    def skipped(self) -> int:
        """How many changes came too fast to be shown."""
        return self._reader.skipped

    def renew(self) -> None:
        """Says that a page is open that shows what is observed: it begins, or goes on."""
        with self._lock:
            self._until = self._now() + INTEREST_SECONDS
            if self._around is None:
                self._around = ExitStack()
                self._around.enter_context(self._subject.database.using(Observer([self._note])))
                self._around.enter_context(self._subject.database.using(_Failing(self)))

    def end(self) -> None:
        """Takes the observer out."""
        with self._lock:
            around, self._around = self._around, None
        if around is not None:
            around.close()

    def forget(self) -> None:
        """Begins a new ledger."""
        self.ledger = Ledger()
        self.places.clear()

    def read_changes(self) -> None:
        """Takes up what has changed."""
        with self._lock:
            self.changes.extend(self._reader.read())

    def _note(self, observed: Observed) -> None:
        if self._now() > self._until:
            self.end()
            return
        if asked_by_console():
            return
        self.requests.add(observed)
        self.ledger.note(observed)
        if observed.place:
            self._note_place(observed)

    def _note_place(self, observed: Observed) -> None:
        for each in observed.consumed:
            known = observed.tables.find(each.table)
            if known is None:
                continue
            for key in touched_keys(observed.request, known, each.index_name)[:_KEYS_MAX]:
                self._add_place((known.name, each.index_name, key), observed.place)

    def _add_place(self, where: tuple[str, str | None, str], place: str) -> None:
        with self._lock:
            counts = self.places.setdefault(where, {})
            self.places.move_to_end(where)
            if place in counts or len(counts) < _PLACES_MAX:
                counts[place] = counts.get(place, 0) + 1
            if len(self.places) > _COLLECTIONS_MAX:
                self.places.popitem(last=False)

    def note_failure(self, function: str, outcome: Outcome) -> None:
        """Keeps how an invocation has failed."""
        value = outcome.value if isinstance(outcome.value, Mapping) else {}
        kind, text = value.get("errorType", ""), value.get("errorMessage", outcome.error)
        self.failures[function] = Failure(self._subject.database.clock.now(), f"{kind}: {text}" if kind else str(text))


class _Failing(Middleware):
    """Notices how handlers fail."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation

    def invoke(self, invocation: Invocation, run: Run) -> Outcome:
        outcome = run(invocation)
        if outcome.is_error:
            self._observation.note_failure(invocation.function.name, outcome)
        return outcome
