"""What a server keeps between calls: the database, what is being tried on it, and what was applied last."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from minidynamo.database.database import Database
from minidynamo.insight.ledger import Ledger
from minidynamo.insight.observer import Observer
from minidynamo.mcp.arguments import Asked
from minidynamo.mcp.states import State
from minidynamo.mcp.tool_error import ToolError
from minidynamo.mcp.trial import Trial
from minidynamo.mcp.watch import Watch
from minidynamo.metrics.asked_capacity import Consumed
from minidynamo.storage.engine import Snapshot
from minidynamo.values.api_types import Response


@dataclass(frozen=True)
class Applied:
    """What was applied last.

    Attributes:
        count: of its writes.
        before, after: what its items and tables were before and after it.
        snapshot: of everything before it; None of a store that keeps none.
    """

    count: int
    before: State
    after: State
    snapshot: Snapshot | None


@dataclass(frozen=True)
class Done:
    """A request that was carried out for the agent: what it was answered, and what it has consumed."""

    response: Response
    consumed: list[Consumed]


class Session:
    """The work of one agent, as a context manager. Called by one thread at a time.

    Parameters:
        database: what it works on. It stays open.
        place: where that is, for people.
        allows_writes: whether `apply` and `undo` may change it.
        saved: a ledger of earlier work, for advice.
    """

    def __init__(self, database: Database, place: str, allows_writes: bool, saved: Ledger | None = None) -> None:
        self.database = database
        self.place = place
        self.allows_writes = allows_writes
        self.saved = saved
        self.watch = Watch(Ledger(region=database.scope.region))
        self.applied: Applied | None = None
        self._trial: Trial | None = None
        self._around = ExitStack()

    def __enter__(self) -> Session:
        self._around.enter_context(self.database.using(Observer([self.watch.note], finds_places=False)))
        return self

    def __exit__(self, *exception: object) -> None:
        self.end_trial()
        self.applied = None
        self._around.close()

    @property
    def region(self) -> str:
        """Whose prices count."""
        return self.database.scope.region

    @property
    def trial(self) -> Trial | None:
        """What is being tried; None for nothing."""
        return self._trial

    def begun_trial(self, anew: bool) -> Trial:
        """The trial that there is, or one that begins now; raises ToolError where there can be none."""
        if anew:
            self.end_trial()
        if self._trial is None:
            self._trial = Trial(self.database, self.watch)
        return self._trial

    def end_trial(self) -> None:
        """Forgets what has been tried."""
        if self._trial is not None:
            self._trial.close()
        self._trial = None

    def seen(self, tried: bool) -> Database:
        """The database, or what was tried on it; raises ToolError where nothing was."""
        if not tried:
            return self.database
        if self._trial is None:
            raise ToolError("nothing is being tried: leave tried out, or try writes first")
        return self._trial.fork

    def carry_out(self, database: Database, tool: str, asked: Asked) -> Done:
        """Carries out a request for the agent, which goes to the ledger. Raises DynamoError."""
        assert tool, f"{asked.operation} is carried out for no tool"
        with self.watch.agent(tool) as noted:
            response = database.execute(asked.operation, asked.request)
        return Done(response, noted.consumed)
