"""Who does what: the agent's requests go to the ledger under the name of the tool, what others write is remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from minidynamo.insight.ledger import Ledger
from minidynamo.insight.observed import Observed
from minidynamo.mcp.bounds import OTHERS_WRITES_MAX
from minidynamo.metrics.asked_capacity import Consumed
from minidynamo.requests.statements import is_write
from minidynamo.requests.subjects import tables_of
from minidynamo.schema.arns import bare_name


@dataclass
class Noted:
    """What the agent's requests have consumed while they were noted."""

    consumed: list[Consumed] = field(default_factory=list)


class Watch:
    """Listens to the database, and to forks of it.

    Attributes:
        ledger: what the agent has done so far.
        others: what others have written since `forget_others`, in words; the oldest, where there is more.
        others_count: how many writes of others there were.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.others: list[str] = []
        self.others_count = 0
        self._agent = _Agent()

    def note(self, observed: Observed) -> None:
        """Hears of a request."""
        noted = self._agent.noted
        if noted is not None:
            noted.consumed += observed.consumed
            if self._agent.place:
                self.ledger.note(observed._replace(place=self._agent.place))
        elif observed.error is None and is_write(observed.operation, observed.request):
            self.others_count += 1
            if len(self.others) < OTHERS_WRITES_MAX:
                names = ", ".join(map(bare_name, tables_of(observed.request)))
                self.others.append(f"{observed.operation} on {names}" if names else observed.operation)

    def forget_others(self) -> None:
        """Counts others' writes from now on."""
        self.others, self.others_count = [], 0

    @contextmanager
    def agent(self, place: str) -> Iterator[Noted]:
        """While this is on, what this thread asks for is the agent's.

        Parameters:
            place: under what it goes to the ledger; "" for what a tool looks at by itself.
        """
        before = self._agent.noted, self._agent.place
        self._agent.noted, self._agent.place = noted, _ = Noted(), place
        try:
            yield noted
        finally:
            self._agent.noted, self._agent.place = before


class _Agent(threading.local):
    """What this thread does for the agent."""

    noted: Noted | None = None
    place = ""
