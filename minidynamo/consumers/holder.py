"""The leases that this process holds: taken so that every process has its share, and renewed while it works."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Container, Iterable
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
        is_automatic: whether a thread renews what is held; otherwise whoever holds it calls `renew_if_used`.
        is_busy: whether work is under way, whose leases are renewed although nobody asks for more.
    """

    def __init__(
        self,
        leases: LeaseTable,
        owner: str,
        now: Callable[[], float] = time.monotonic,
        is_automatic: bool = True,
        is_busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._is_automatic, self._is_busy = is_automatic, is_busy
        self.leases, self.owner, self._now = leases, owner, now
        self._renewed_at: dict[str, float] = {}
        self._used_at = now()
        self._seen: dict[str, _Seen] = {}
        self._wanted: dict[str, str] = {}
        self._known: dict[str, Lease] = {}  # The rows that have been seen, also of shards that have none now.
        self._missing: dict[str, Lease] = {}
        self._elsewhere: list[str] = []
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_stopped = threading.Event()

    def holds(self, shard: str) -> bool:
        """Whether a lease is certainly held: it has been renewed in time."""
        with self._guard:
            renewed_at = self._renewed_at.get(shard)
        return renewed_at is not None and self._now() - renewed_at < LEASE_SECONDS

    def held(self) -> set[str]:
        """The shards that are held, or were, and have not been dropped."""
        with self._guard:
            return set(self._renewed_at)

    def elsewhere(self) -> list[str]:
        """The shards that others were reading when this process last took its share."""
        return list(self._elsewhere)

    def wanted(self) -> dict[str, str]:
        """The shards that others have asked for, and who has."""
        with self._guard:
            return dict(self._wanted)

    def use(self) -> None:
        """Notes that what is held is being read: without that it is renewed only for twice the time of a lease."""
        self._used_at = self._now()
        if self.held():
            self._keep_renewing()

    def take_share(
        self, list_shards: Callable[[], list[ListedShard]], start: Callable[[bool], list[str]]
    ) -> dict[str, list[str]]:
        """Takes leases until this process has its share of those there are.

        Parameters:
            list_shards: gives the shards of the stream.
            start: gives the positions at which a shard begins that nobody has read; told whether its parent has been
                read.

        Returns:
            The shards that are new to it, and the positions behind which to go on.
        """
        self.use()
        rows = {each.shard: each for each in self.leases.all()}
        listed = list_shards()  # After the rows: a shard that has one has been listed before.
        self._known |= rows
        self._forget_gone(listed, rows)
        open_shards = beginnable(listed, {each.shard for each in self._known.values() if each.is_done})
        free = [each for each in open_shards if each.id not in rows or self._is_free(rows[each.id])]
        owners = Counter(each.owner for each in rows.values() if not each.is_done and not self._is_free(each))
        mine = sum(self.holds(each.id) for each in open_shards)
        share = -(-len(open_shards) // len({*owners, self.owner}))
        taken: dict[str, list[str]] = {}
        for shard in free:
            if mine + len(taken) >= share:
                break
            positions = self._taken(shard, rows.get(shard.id), start)
            if positions is not None:
                taken[shard.id] = positions
        assert mine + len(taken) <= max(share, mine), f"{self.owner} has taken more than {share} shards"
        if not free:
            self._ask(rows.values(), owners, mine)
        self._elsewhere = [each.id for each in open_shards if each.id not in taken and not self.holds(each.id)]
        return taken

    def drop(self, shard: str) -> bool:
        """Holds a lease no longer; the row stays. Whether it was held."""
        with self._guard:
            self._wanted.pop(shard, None)
            return self._renewed_at.pop(shard, None) is not None

    def drop_others(self, shards: Container[str]) -> None:
        """Holds only some shards any longer."""
        for shard in self.held():
            if shard not in shards:
                self.drop(shard)

    def remember(self, shard: str, positions: list[str]) -> None:
        """Notes how far a shard was read here, in case its row vanishes."""
        self._known[shard] = Lease(shard, "", 0, "", positions, False)

    def release(self, shard: str, positions: list[str] | None = None) -> None:
        """Lets somebody else go on with a shard, behind some positions: who has asked for it, or who comes first."""
        new_owner = self.wanted().get(shard, "")
        self.drop(shard)
        self.leases.hand_over(shard, self.owner, new_owner, positions)

    def finish(self, shard: str) -> None:
        """Notes that a shard has been read to its end, and holds it no longer."""
        self.drop(shard)
        self.leases.finish(shard, self.owner)

    def stop(self) -> None:
        """Ends the renewal; what is held lapses unless it is released."""
        self._is_stopped.set()

    def renew_if_used(self) -> None:
        """Renews what is held, once, unless nobody has read anything for long; drops what somebody else has taken."""
        if self._now() - self._used_at < 2 * LEASE_SECONDS or self._is_busy():
            for shard in self.held():
                self._renew(shard)

    def _renew(self, shard: str) -> None:
        at = self._now()
        try:
            row = self.leases.renew(shard, self.owner)
        except DynamoError as error:
            logger.warning("the lease of %s could not be renewed: %s", shard, error)
            return
        if row is None:
            if self.drop(shard):  # Otherwise it has been given back or finished meanwhile.
                logger.warning("the lease of %s is somebody else's now", shard)
            return
        with self._guard:
            if shard in self._renewed_at:
                self._renewed_at[shard] = at
                if row.wanted:
                    self._wanted[shard] = row.wanted

    def _taken(self, shard: ListedShard, row: Lease | None, start: Callable[[bool], list[str]]) -> list[str] | None:
        """Takes one lease; the positions behind which to go on, None where somebody else was faster."""
        at, known = self._now(), self._known.get(shard.id)
        positions = start(shard.parent in self._known) if known is None else known.positions
        is_ours = self.leases.add(shard.id, self.owner, positions) if row is None else self.leases.take(row, self.owner)
        if not is_ours:
            return None
        assert row is None or row.positions == positions, f"{shard.id} is read from elsewhere than {row}"
        with self._guard:
            self._renewed_at[shard.id] = at
        self._seen.pop(shard.id, None)
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
        """Removes the rows of shards that the stream does not have any more: not listed twice in a row, nobody's or
        lapsed, and unchanged meanwhile. A list may lag behind, and a shard that is held is found to be gone by whoever
        reads it.
        """
        ids, before = {each.id for each in listed}, self._missing
        self._missing = {shard: row for shard, row in rows.items() if shard not in ids and not self.holds(shard)}
        for shard, row in self._missing.items():
            del rows[shard]
            if before.get(shard) != row or not (row.is_done or self._is_free(row)) or not self.leases.remove(row):
                continue
            if not row.is_done:
                logger.warning("%s is gone before it was read to its end: its changes were too old", shard)
            self._known.pop(shard, None)

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
            self.renew_if_used()
