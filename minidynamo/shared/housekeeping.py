"""What a shared store needs now and then: whoever comes to it first does it, under a lease, so that others need not.

Sizes are added up, new indexes are filled, records of keyspaces that have ended are removed, tokens whose time is over
are forgotten, and changes older than a day are taken from the streams.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import NamedTuple, TypedDict

from minidynamo.errors import DynamoError
from minidynamo.limits import STREAM_RETENTION_SECONDS
from minidynamo.shared.endpoint import SharedEndpoint
from minidynamo.shared.index_filling import fill_step
from minidynamo.shared.session import Session
from minidynamo.storage.keyspace import Keyspace
from minidynamo.storage.shared.link import Conflict, Lost
from minidynamo.streams.change_record import change_time
from minidynamo.streams.record_keys import record_range
from minidynamo.streams.stream_state import keyspace_name
from minidynamo.tables.changes import WriteBatch
from minidynamo.values.records import packed_record, record_content, record_size_bytes

logger = logging.getLogger("minidynamo.shared")

INTERVAL_SECONDS = 60.0
_AT_ONCE = 1_000


class _Kind(NamedTuple):
    """A kind of lease: where its record is, and for how many seconds one is taken."""

    key: bytes
    seconds: float


_TENDING = _Kind(b"lease/housekeeping", 2 * INTERVAL_SECONDS)
_FILLING = _Kind(b"lease/filling", 10.0)


class _Lease(TypedDict):
    """Who has a lease, and until when, in epoch seconds."""

    Owner: str
    Until: float


class Housekeeping:
    """Tends a store, in a thread of its own, until it is closed.

    Parameters:
        endpoint: by which it does so.
    """

    def __init__(self, endpoint: SharedEndpoint) -> None:
        self._endpoint = endpoint
        self._owner = uuid.uuid4().hex
        self._is_stopped, self._is_wanted = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="minidynamo housekeeping")
        self._thread.start()

    def close(self) -> None:
        """Ends it, and stores what this process knows of sizes."""
        self._is_stopped.set()
        self._is_wanted.set()
        try:
            self.add_sizes()
        except (DynamoError, Lost, Conflict) as error:
            logger.warning("sizes were not stored: %s", error)

    def tend(self) -> bool:
        """Does everything that is to be done now; whether this process had the lease."""
        self.add_sizes()
        if not self._endpoint.run(lambda session: self._takes_lease(session, _TENDING), "write"):
            return False
        self.fill_indexes()
        for step in (_forget_tokens, _trim_streams):
            self._repeat(lambda step=step: self._endpoint.run(step, "write"))  # type: ignore[misc]
        self._repeat(lambda: self._endpoint.run(lambda session: session.store.link.clean_up(_AT_ONCE), "read"))
        return True

    def fill_indexes(self, seconds: float | None = None) -> bool:
        """Fills new indexes, step by step, unless another process does; whether all that were there are full.

        Parameters:
            seconds: after which it leaves the rest to its thread; None for never.
        """
        begun = time.monotonic()
        while not self._is_stopped.is_set():
            if not self._endpoint.run(lambda session: self._takes_lease(session, _FILLING), "write"):
                return False
            if not self._endpoint.run(fill_step, "write"):
                return True
            if seconds is not None and time.monotonic() - begun >= seconds:
                self._is_wanted.set()
                return False
        return False

    def add_sizes(self) -> None:
        """Adds up what processes have added to sizes, and looks at what that has come to."""
        statistics = self._endpoint.statistics

        def work(session: Session) -> None:
            added = statistics.take()
            session.store.link.add_statistics(added)
            session.store.link.begin("read")
            statistics.note(session.store.link.statistics())

        self._endpoint.run(work, "read")

    def _repeat(self, step: Callable[[], bool]) -> None:
        while not self._is_stopped.is_set() and step():
            pass

    def _takes_lease(self, session: Session, kind: _Kind) -> bool:
        """Takes a lease, or keeps it; False where another process has it."""
        with session.lock:
            now, system = session.clock.now(), session.catalog.system
            record = system.get(kind.key)
            lease: _Lease = {"Owner": "", "Until": 0.0} if record is None else record_content(record)
            if lease["Owner"] != self._owner and lease["Until"] > now:
                return False
            if lease["Owner"] == self._owner and lease["Until"] > now + kind.seconds / 2:
                return True  # It need not be kept yet.
            batch = WriteBatch()
            lease = {"Owner": self._owner, "Until": now + kind.seconds}
            system.keep(batch, kind.key, packed_record(lease, 0))
            session.commit(batch)
            return True

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            is_wanted = self._is_wanted.wait(INTERVAL_SECONDS)
            if self._is_stopped.is_set():
                return
            self._is_wanted.clear()
            try:
                if is_wanted:
                    self.fill_indexes()
                else:
                    self.tend()
            except Exception as error:  # Whatever it is, the next turn comes.
                logger.warning("the store was not tended: %s", error)


def _forget_tokens(session: Session) -> bool:
    """Forgets tokens whose time is over; whether there are more."""
    with session.lock:
        batch = WriteBatch()
        count = session.tokens.forget(batch, session.clock.now(), _AT_ONCE)
        assert count == len(batch.writes), f"{count} tokens are forgotten by {len(batch.writes)} writes"
        if count:
            session.commit(batch)
    return count == _AT_ONCE


def _trim_streams(session: Session) -> bool:
    """Takes changes from streams that are too old; whether there are more."""
    with session.lock:
        horizon = session.clock.now() - STREAM_RETENTION_SECONDS
        batch = WriteBatch()
        for stream in session.catalog.streams.all().values():
            for shard in stream.shards:
                _stage_trimming(batch, session, keyspace_name(stream.state), shard.ordinal, horizon)
        if batch.writes:
            session.commit(batch)
    return len(batch.writes) >= _AT_ONCE


def _stage_trimming(batch: WriteBatch, session: Session, name: str, ordinal: int, horizon: float) -> None:
    """Stages the end of the changes of a shard that are too old, from its oldest on."""
    keyspace = Keyspace(session.engine, name, 1, keeps_collections_whole=False)
    for key, packed in keyspace.range(*record_range(ordinal)):
        if change_time(packed) > horizon or len(batch.writes) >= _AT_ONCE:
            return
        batch.delete(name, key, record_size_bytes(packed))
