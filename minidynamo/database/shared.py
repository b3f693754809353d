"""A database over a store that several processes share: the faces of a `Database`, each operation a transaction."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from minidynamo.clock import Clock, SystemClock
from minidynamo.database.database import Database
from minidynamo.database.elsewhere import DatabaseElsewhere
from minidynamo.database.expiry import expire_items
from minidynamo.errors import DynamoError, StoreError
from minidynamo.schema.arns import DEFAULT_ACCOUNT_ID, DEFAULT_REGION, ArnScope
from minidynamo.shared.endpoint import SharedEndpoint
from minidynamo.shared.housekeeping import Housekeeping
from minidynamo.shared.index_filling import fill_step
from minidynamo.shared.settings import StoreSettings
from minidynamo.storage.memory.engine import MemoryEngine
from minidynamo.storage.shared.link import Conflict, Link, Lost
from minidynamo.storage.shared.snapshot import store_snapshot
from minidynamo.tables.catalog import StatusDelays
from minidynamo.tables.metering import Meter
from minidynamo.values.api_types import Request, Response
from minidynamo.wording import Wording

if TYPE_CHECKING:
    from minidynamo.metrics.prometheus import Family


logger = logging.getLogger("minidynamo.shared")
# How long UpdateTable waits for a new index to be filled, before that goes on beside it.
_FILLING_SECONDS = 1.0


class SharedDatabase(DatabaseElsewhere):
    """A DynamoDB over a store that other processes work on as well. Safe to use from many threads.

    Parameters:
        address: of the store, for people.
        new_link: gives another link to it.
        clock, region, account_id, table_delays, wording: those of `Database`.
        shard_count: how many shards streams have that begin now.
    """

    def __init__(
        self,
        address: str,
        new_link: Callable[[], Link],
        clock: Clock | None = None,
        region: str | None = None,
        account_id: str = DEFAULT_ACCOUNT_ID,
        table_delays: float | Mapping[str, float] | StatusDelays | None = None,
        wording: str = "current",
        shard_count: int = 4,
    ) -> None:
        self._address, self._new_link = address, new_link
        self.clock = SystemClock() if clock is None else clock
        self.scope = ArnScope(region or DEFAULT_REGION, account_id)
        settings = StoreSettings(
            self.clock, self.scope, StatusDelays.of(table_delays), Wording(wording), Meter(), shard_count
        )
        self._shared = SharedEndpoint(new_link, settings)
        self._housekeeping = Housekeeping(self._shared)
        self._housekeeping.add_sizes()
        self._begin()

    @property
    def next_status_change(self) -> float | None:
        return self._shared.next_status_change

    def new_request_id(self) -> str:
        return self._shared.new_request_id()

    def expire(self) -> int:
        """Deletes all items whose time to live is over by the database's clock; how many they were.

        Raises:
            DynamoError: it is closed, or the store cannot be reached.
        """
        self._require_open()
        return self._shared.run(expire_items, "write")

    def fork(self, clock: Clock | None = None) -> Database:
        """An independent database in memory with everything that the store holds now, read as it is asked for.

        What it writes is in its memory: so a change can be tried on the state of production without touching that. As
        long as there is the fork, the store keeps what others replace.

        Parameters:
            clock: of the fork; by default a copy of this database's.
        """
        self._require_open()
        try:
            snapshot = store_snapshot(self._new_link)
        except Lost as error:
            raise StoreError(f"the store cannot be reached: {error}") from None
        fork = Database(
            engine=MemoryEngine(snapshot),
            clock=copy.copy(self.clock) if clock is None else clock,
            region=self.scope.region,
            account_id=self.scope.account_id,
            seed=self._identity,
        )
        while fill_step(fork):  # Nobody else fills its indexes.
            pass
        return fork

    def _carry_out(self, operation: str, request: Request) -> Response:
        self._require_open()
        response = self._shared.execute(operation, request)
        if operation == "UpdateTable" and request.get("GlobalSecondaryIndexUpdates"):
            self._fill_indexes()
        return response

    def _fill_indexes(self) -> None:
        """Fills new indexes, small ones before anybody asks for them, and large ones meanwhile."""
        try:
            self._housekeeping.fill_indexes(_FILLING_SECONDS)
        except (DynamoError, Conflict) as error:  # The table has been changed; its index is filled later.
            logger.warning("an index is not filled yet: %s", error)

    def _states_of_store(self) -> list[Family]:
        """How often operations were begun again, since another process was quicker."""
        from minidynamo.metrics.states import states_of_conflicts

        return states_of_conflicts(self._shared.begun_again_count)

    def _leave_connections(self) -> None:
        self._shared.leave()

    def _close_connections(self) -> None:
        self._housekeeping.close()
        self._shared.close()
