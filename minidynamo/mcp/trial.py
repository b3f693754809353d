"""A trial: writes on a fork of the database, which grows with each call until it is applied or begun anew."""

from __future__ import annotations

from minidynamo.database.database import Database
from minidynamo.errors import StoreError
from minidynamo.insight.observer import Observer
from minidynamo.mcp.arguments import Asked
from minidynamo.mcp.states import State, state_of
from minidynamo.mcp.tool_error import ToolError
from minidynamo.mcp.touched import touched_by
from minidynamo.mcp.watch import Watch
from minidynamo.metrics.asked_capacity import Consumed


class Trial:
    """Writes on a fork.

    Parameters:
        database: what is forked.
        watch: hears of what is tried.

    Raises:
        ToolError: it cannot be forked where it is.

    Attributes:
        fork: the database as it was when the trial began, with all that has been tried.
        writes: what has been tried, in order, and was not refused.
        consumed: what that has consumed.
        before: what all that it names was when the trial began.
    """

    def __init__(self, database: Database, watch: Watch) -> None:
        try:
            self._base = database.fork()
        except StoreError:
            raise ToolError(
                f"{database.url} cannot be forked from here, so that nothing can be tried on it: copy it into a file, "
                f"minidynamo copy {database.url} trial.db, and start minidynamo mcp trial.db"
            ) from None
        self.fork = self._base.fork()
        self.fork.use(Observer([watch.note], finds_places=False))
        self.writes: list[Asked] = []
        self.consumed: list[Consumed] = []
        self.before = State()
        self._watch = watch

    def carry_out(self, asked: Asked, before: State) -> list[Consumed]:
        """Tries a write; what it consumes.

        Parameters:
            asked: the write.
            before: is told what the items that it names were before it.

        Raises:
            DynamoError: it is refused, and nothing has been changed.
        """
        touched = touched_by(asked, self.fork)
        before.note(self.fork, touched)
        with self._watch.agent("try") as noted:
            self.fork.execute(asked.operation, asked.request)
        self.before.note(self._base, touched)
        self.writes.append(asked)
        self.consumed += noted.consumed
        return noted.consumed

    def state(self) -> State:
        """What all that it names has become."""
        return state_of(self.fork, self.before.touched)

    def close(self) -> None:
        """Lets go of what it shares with the database."""
        self.fork.close()
        self._base.close()
        assert self.fork.is_closed, "a fork that goes on after its trial"
