"""The leases that this process holds: taken so that every process has its share, and renewed while it works."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from minidynamo.consumers.leases import LEASE_SECONDS, RENEWAL_SECONDS, Lease, LeaseTable
from minidynamo.consumers.shards import ListedShard, beginnable
from minidynamo.errors import DynamoError

logger = logging.getLogger("minidynamo.streams")


@dataclass(slots=True)
class _Seen:
    """A lease of somebody else: its counter, and when that was first seen, by the clock of this process."""

    owner: str
    counter: int
    since: float


def new_owner() -> str:
    """A name for a holder that no other has, and that tells people where it is."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:12]}"


class LeaseHolder:
    """Holds leases of one group for one process.

    Parameters:
        leases: the rows.
        owner: the name of this process, which no other has.
        now: seconds, of a clock that is never set.
        is_automatic: whether a thread renews what is held; otherwise whoever holds it calls `renew`.
    """

    def __init__(
        self, leases: LeaseTable, owner: str, now: Callable[[], float] = time.monotonic, is_automatic: bool = True
    ) -> None:
        self._is_automatic = is_automatic
        self.leases, self.owner, self._now = leases, owner, now
        self._renewed_at: dict[str, float] = {}
        self._seen: dict[str, _Seen] = {}
        self._wanted: dict[str, str] = {}
        self._elsewhere: list[str] = []
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_stopped = threading.Event()

    def holds(self, shard: str) -> bool:
        """Whether a lease is certainly held: it has been renewed in time."""
        with self._guard:
            renewed_at = self._renewed_at.get(shard)
        return renewed_at is not None and self._now() - renewed_at < LEASE_SECONDS

    def elsewhere(self) -> list[str]:
        """The shards that others were reading when this process last took its share."""
        return list(self._elsewhere)

    def wanted(self) -> dict[str, str]:
        """The shards that others have asked for, and who has."""
        with self._guard:
            return dict(self._wanted)

    def take_share(self, shards: Iterable[ListedShard], start: Callable[[], list[str]]) -> dict[str, list[str]]:
        """Takes leases until this process has its share of those there are.

        Parameters:
            shards: of the stream.
            start: gives the positions at which shards begin that nobody has read.

        Returns:
            The shards that are new to it, and the positions behind which to go on.
        """
        listed, rows = list(shards), {each.shard: each for each in self.leases.all()}
        self._forget_gone(listed, rows)
        open_shards = beginnable(listed, {each.shard for each in rows.values() if each.is_done})
        free = [each for each in open_shards if each.id not in rows or self._is_free(rows[each.id])]
        owners = Counter(each.owner for each in rows.values() if not each.is_done and not self._is_free(each))
        mine = sum(self.holds(each.id) for each in open_shards)
        share = -(-len(open_shards) // len({*owners, self.owner}))
        taken: dict[str, list[str]] = {}
        for shard in free:
            if mine + len(taken) >= share:
                break
            positions = self._taken(shard.id, rows.get(shard.id), start)
            if positions is not None:
                taken[shard.id] = positions
        assert mine + len(taken) <= max(share, mine), f"{self.owner} has taken more than {share} shards"
        if not free:
            self._ask(rows.values(), owners, mine)
        self._elsewhere = [each.id for each in open_shards if each.id not in taken and not self.holds(each.id)]
        return taken

    def drop(self, shard: str) -> None:
        """Holds a lease no longer; the row stays."""
        with self._guard:
            self._renewed_at.pop(shard, None)
            self._wanted.pop(shard, None)

    def release(self, shard: str) -> None:
        """Lets somebody else go on with a shard: who has asked for it, or whoever comes first."""
        new_owner = self.wanted().get(shard, "")
        self.drop(shard)
        self.leases.hand_over(shard, self.owner, new_owner)

    def stop(self) -> None:
        """Ends the renewal; what is held lapses unless it is released."""
        self._is_stopped.set()

    def renew(self) -> None:
        """Renews what is held, once; drops what somebody else has taken."""
        with self._guard:
            held = list(self._renewed_at)
        for shard in held:
            at = self._now()
            try:
                row = self.leases.renew(shard, self.owner)
            except DynamoError as error:
                logger.warning("the lease of %s could not be renewed: %s", shard, error)
                continue
            if row is None:
                logger.warning("the lease of %s is somebody else's now", shard)
                self.drop(shard)
                continue
            with self._guard:
                if shard in self._renewed_at:
                    self._renewed_at[shard] = at
                    if row.wanted:
                        self._wanted[shard] = row.wanted

    def _taken(self, shard: str, row: Lease | None, start: Callable[[], list[str]]) -> list[str] | None:
        """Takes one lease; the positions behind which to go on, None where somebody else was faster."""
        at, positions = self._now(), start() if row is None else row.positions
        is_ours = self.leases.add(shard, self.owner, positions) if row is None else self.leases.take(row, self.owner)
        if not is_ours:
            return None
        assert len(positions) >= 1, f"{shard} is read from nowhere"
        with self._guard:
            self._renewed_at[shard] = at
        self._seen.pop(shard, None)
        self._keep_renewing()
        return positions

    def _is_free(self, row: Lease) -> bool:
        """Whether nobody holds a lease, or its owner has let it stand still for too long."""
        if row.is_done or self.holds(row.shard):
            return False
        if row.owner in ("", self.owner):  # Its own, but lapsed or handed over to it.
            return True
        seen = self._seen.get(row.shard)
        if seen is None or (seen.owner, seen.counter) != (row.owner, row.counter):
            self._seen[row.shard] = _Seen(row.owner, row.counter, self._now())
            return False
        return self._now() - seen.since >= LEASE_SECONDS

    def _ask(self, rows: Iterable[Lease], owners: Counter[str], mine: int) -> None:
        """Asks who holds most for one of them, if that has two more than this process."""
        others = [(count, owner) for owner, count in owners.items() if owner != self.owner]
        if not others or max(others)[0] < mine + 2 or any(each.wanted == self.owner for each in rows):
            return
        richest = max(others)[1]
        row = next(each for each in rows if each.owner == richest and not each.is_done)
        self.leases.want(row, self.owner)

    def _forget_gone(self, listed: list[ListedShard], rows: dict[str, Lease]) -> None:
        """Removes the rows of shards that the stream does not have any more."""
        for shard in rows.keys() - {each.id for each in listed}:
            if not rows[shard].is_done:
                logger.warning("%s is gone before it was read to its end: its changes were too old", shard)
            self.drop(shard)
            self.leases.remove(shard)
            del rows[shard]

    def _keep_renewing(self) -> None:
        if not self._is_automatic:
            return
        if self._thread is None or not self._thread.is_alive() or self._is_stopped.is_set():
            self._is_stopped = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(self._is_stopped,), daemon=True, name="minidynamo leases"
            )
            self._thread.start()

    def _run(self, is_stopped: threading.Event) -> None:
        while not is_stopped.wait(RENEWAL_SECONDS):
            self.renew()
