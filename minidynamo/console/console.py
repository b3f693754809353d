"""What one console is open on: the database that is served, its forks, its snapshots, and what is observed of each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from minidynamo.console.observation import Observation
from minidynamo.console.parameters import Refused, optional_text
from minidynamo.console.subject import ConsoleDatabase, Subject
from minidynamo.storage.engine import Snapshot
from minidynamo.values.api_types import JsonObject

MAIN = "main"
SNAPSHOTS_MAX, FORKS_MAX = 20, 8


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """A snapshot that was taken in the console.

    Attributes:
        name: what it is called.
        time: when it was taken, epoch seconds by the database's clock.
        source: the name of the database that it is of.
        tables: how many there were.
        snapshot: what `restore` takes.
    """

    name: str
    time: float
    source: str
    tables: int
    snapshot: Snapshot


class Console:
    """The state behind the pages.

    Parameters:
        database: the one that is served.
        is_read_only: whether nothing can be changed by it.
    """

    def __init__(self, database: ConsoleDatabase, is_read_only: bool = False) -> None:
        self.is_read_only = is_read_only
        self.lock = threading.Lock()
        self.subjects = {MAIN: Subject(MAIN, database)}
        self.snapshots: dict[str, KeptSnapshot] = {}
        self._observations: dict[str, Observation] = {}

    def subject(self, parameters: JsonObject) -> Subject:
        """The database that a request of a page is about.

        Raises:
            Refused: there is none of that name.
        """
        name = optional_text(parameters, "database") or MAIN
        found = self.subjects.get(name)
        if found is None:
            raise Refused(404, f"There is no database {name!r} any more: choose another one.")
        return found

    def observation(self, parameters: JsonObject) -> Observation:
        """What is observed of the database that a request of a page is about; who asks for it needs it on."""
        subject = self.subject(parameters)
        with self.lock:
            found = self._observations.setdefault(subject.name, Observation(subject))
        found.renew()
        return found

    def drop(self, name: str) -> None:
        """Ends a fork, with what was observed of it."""
        assert name != MAIN, "the database that is served is dropped"
        with self.lock:
            self.subjects.pop(name, None)
            observation = self._observations.pop(name, None)
        if observation is not None:
            observation.end()


Answer = Callable[[Console, JsonObject], JsonObject]


@dataclass(frozen=True, slots=True)
class Method:
    """Something that pages ask for.

    Attributes:
        name: such as "tables.list".
        answer: answers it.
        writes: whether it changes anything, so that a console for reading refuses it.
    """

    name: str
    answer: Answer
    writes: bool = False
