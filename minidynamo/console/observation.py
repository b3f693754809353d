"""Observation of a database: on while a page asks for it, and off again ten seconds after the last one has asked.

While it is on, an observer lies around the database; when the first request after its time is over has been answered,
it is taken out again. Nothing waits for that moment, so that a console nobody looks at has no thread and costs nothing.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
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
# Of more streams than these the look itself takes time: ten thousand of them are looked at once a second.
_FEW_STREAMS, _SECONDS_PER_STREAM = 500, 1e-4


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
    """

    def __init__(self, subject: Subject, now: Callable[[], float] = time.monotonic) -> None:
        self._subject, self._now = subject, now
        self._lock = threading.Lock()
        self._around: ExitStack | None = None
        self._until = self._look_at = 0.0
        self.requests, self.changes = Ring[Observed](REQUESTS_KEPT), Ring[Change](CHANGES_KEPT)
        self.ledger = Ledger()
        self.failures: dict[str, Failure] = {}
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

    def read_changes(self) -> None:
        """Takes up what has changed."""
        with self._lock:
            if self._now() >= self._look_at:
                self.changes.extend(self._reader.read())
                streams = self._reader.streams
                self._look_at = self._now() + (streams * _SECONDS_PER_STREAM if streams > _FEW_STREAMS else 0.0)

    def _note(self, observed: Observed) -> None:
        if self._now() > self._until:
            self.end()
            return
        if asked_by_console():
            return
        self.requests.add(observed)
        self.ledger.note(observed)

    def places(self, table_name: str) -> dict[tuple[str | None, str], Counter[str]]:
        """The places that the kept requests to a table come from, by index and partition key, with how many there."""
        found: dict[tuple[str | None, str], Counter[str]] = {}
        for _, observed in self.requests.after(0):
            for each in observed.consumed if observed.place else ():
                known = observed.tables.find(each.table)
                if known is None or known.name != table_name:
                    continue
                for key in touched_keys(observed.request, known, each.index_name):
                    found.setdefault((each.index_name, key), Counter())[observed.place] += 1
        return found

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
