"""The database as its users hold it: the core that carries out requests, with faces, insight, copies and functions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from minidynamo.arguments import require
from minidynamo.clock import Clock
from minidynamo.database.argument_rules import check_method
from minidynamo.database.faces import Faces
from minidynamo.database.insight_host import InsightHost
from minidynamo.database.setting_rules import require_no_address
from minidynamo.errors import StoreDamaged
from minidynamo.limits import FILE_MODE
from minidynamo.storage.engine import RecordDamaged, Snapshot
from minidynamo.storage.memory.engine import MemoryEngine
from minidynamo.tables.damage import damaged_place, read_failure

if TYPE_CHECKING:
    from pathlib import Path

    from minidynamo.database.expiry import Lateness
    from minidynamo.database.principal import Done, PrincipalEndpoint
    from minidynamo.database.settings import ForkSettings
    from minidynamo.database.sweeper import Sweeper
    from minidynamo.policies.document import Document
    from minidynamo.policies.evaluation import Principal

# What is there for other parts of the package, and not promised to users.
_INTERNAL = frozenset(
    (
        *("begin_as_child", "catalog", "commit", "delays", "engine", "find", "fork_lock", "fork_settings", "lock"),
        *("meter", "new_request_id", "new_uuid", "next_status_change", "scope", "tokens", "try_lock", "unlock", "url"),
        *("seen_by", "use", "using", "wording"),
    )
)


class Database(InsightHost, Faces):
    """A DynamoDB in this process. Safe to use from many threads.

    Parameters:
        engine: where the data live; in memory by default. Tables found there are opened.
        clock: where the time comes from; the machine's clock by default.
        seed: what table ids and request ids are made from.
        region, account_id: name the ARNs.
        partition_size: the size in bytes at which partitions split; small values make splits visible.
        table_delays: how many seconds tables are CREATING, UPDATING and DELETING: a number for all, or a mapping.
        wording: "current", "2025" or "next", the generation of error texts; see `wording.py`.
    """

    _sweeper: Sweeper | None = None

    # Policies.

    def as_principal(
        self,
        policies: Document | Sequence[Document] = (),
        *,
        arn: str | None = None,
        boundary: Document | None = None,
        session: Document | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> PrincipalEndpoint:
        """The database as somebody sees it whom policies allow some things: all else is AccessDenied.

        It has clients, resources and tables, and `mock()` takes it. What it writes is written here.

        Parameters:
            policies: an identity policy, or several: documents as texts or objects, or what `policies_from` gives.
            arn: of the principal; by default of the user `application` of this account.
            boundary: a permissions boundary; by default the one that `policies_from` found.
            session: a session policy.
            tags: of the principal: `${aws:PrincipalTag/team}` and the condition key of that name.

        Raises:
            PolicyError: a document is no policy, and why; it is a ValueError. What a policy names and DynamoDB does not
                have leads to a PolicyWarning.

        Source: IAM User Guide, "Policy evaluation logic".
        """
        from minidynamo.database.principal import principal_of

        check_method(policies=policies, arn=arn, boundary=boundary, session=session, tags=tags)
        return self.seen_by(principal_of(self.scope.account_id, policies, arn, boundary, session, tags))

    def seen_by(self, principal: Principal) -> PrincipalEndpoint:
        """The database as a principal sees it; see `as_principal`."""
        from minidynamo.database.principal import PrincipalEndpoint

        return PrincipalEndpoint(self, principal)

    def least_privilege(self, calls: Iterable[Done]) -> str:
        """The smallest policy under which calls pass that have been made, as JSON.

        Parameters:
            calls: each with an `operation` and a `request`, such as the `calls` of `minidynamo.testing.recording`.
        """
        from minidynamo.database.principal import needed_by

        return needed_by(self, calls)

    def __dir__(self) -> list[str]:
        """The public names; what parts of the package use is left out."""
        return sorted({*super().__dir__()} - _INTERNAL)

    # Expiry.

    def expire(self) -> int:
        """Deletes all items whose time to live is over by the database's clock; how many they were.

        Raises:
            DynamoError: it is closed, or its disk fails.
        """
        from minidynamo.database.expiry import expire_items

        self._require_open()
        try:
            return expire_items(self, self._lateness(), self._note_expired)
        except self.engine.io_errors as error:
            raise read_failure(self.catalog, error) from error
        finally:
            self.engine.make_durable()

    def _lateness(self) -> Lateness | None:
        """How late expired items go; None for not at all."""
        return None

    def expire_in_background(self, interval_seconds: float = 60.0) -> None:
        """Calls `expire` every so often, in a thread, until the database is closed."""
        from minidynamo.database.sweeper import Sweeper

        check_method(interval_seconds=interval_seconds)
        self._require_open()
        if self._sweeper is not None:
            self._sweeper.close()
        self._sweeper = Sweeper(self.expire, interval_seconds)

    # Copies.

    def backup(self, path: str | Path, file_mode: int = FILE_MODE, allow_damage: bool = False) -> None:
        """Copies the database to a new file: one consistent state, while others go on writing.

        The copy is whole or absent: it gets its name when all of it is on the disk.

        Parameters:
            path: of the copy, which must not be there yet.
            file_mode: its permissions, as far as the umask allows.
            allow_damage: whether to copy damaged records as they are. By default there is no copy then.

        Raises:
            StoreError: it is there already, or cannot be written, or a record is damaged, and which.
        """
        from pathlib import Path

        check_method(path=path, file_mode=file_mode, allow_damage=allow_damage)
        require_no_address("path", path)
        self._require_open()
        try:
            is_done = self.engine.copy_to(Path(path), file_mode, allow_damage)
        except RecordDamaged as error:
            remedy = "Give allow_damage=True to copy it all the same, or salvage what is right: minidynamo salvage"
            raise StoreDamaged(f"no copy is made: {damaged_place(self.catalog, error)} is damaged. {remedy}") from None
        if not is_done:
            from minidynamo.storage.sqlite.copies import write_file  # SQLite is slow to import.

            write_file(self.snapshot(), Path(path), file_mode)

    def snapshot(self) -> Snapshot:
        """Everything as it is now, for `restore`. In memory it costs nothing but what is changed later."""
        with self.lock:
            self._require_open()
            snapshot = self.engine.snapshot()
        self.engine.make_durable()
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Puts everything back to a snapshot, of this database or of another one, all or nothing.

        Tables, items, tags and tokens are those of the snapshot; clock, region and account stay. A database in a file
        writes what differs.

        Raises:
            StorageFailure: it cannot be written; nothing has been changed.
            TypeError: it is no snapshot.
        """
        require(isinstance(snapshot, Snapshot), "restore", "what snapshot() has given", snapshot)
        with self.lock:
            self._require_open()
            self.engine.restore(snapshot)
            self._open_tables()
            if self.engine.is_durable:
                self._opening = self._count_opening(least=self._opening)
            if self._functions is not None:  # Before anybody reads on from where it was.
                self._functions.resume()
        self.engine.make_durable()

    def fork(self, clock: Clock | None = None) -> Database:
        """An independent database in memory with everything that this one holds now.

        The two share what neither changes, so that a fork costs no copy. Neither sees what the other writes.

        Parameters:
            clock: of the fork; by default a copy of this database's, so that advancing one does not age the other.
        """
        return Database(**self.fork_settings(clock))

    def fork_settings(self, clock: Clock | None, seed: int | str | None = None) -> ForkSettings:
        """What a database is made from that begins with everything this one holds.

        Parameters:
            clock: the time of it; a copy of this one's by default.
            seed: what tells it from others, so that its ids are its own; by default every fork is another.
        """
        name = f"fork {next(self._fork_numbers)}" if seed is None else f"seed {seed}"
        return {
            "engine": MemoryEngine(self.snapshot()),
            "clock": copy.copy(self.clock) if clock is None else clock,
            "region": self.scope.region,
            "account_id": self.scope.account_id,
            "partition_size": self._partition_size,
            "table_delays": self.delays,
            "wording": self.wording.name,
            "seed": f"{self._identity}/{name}",
        }

    def check(self, progress: Callable[[int], None] | None = None) -> None:
        """Asserts every invariant: order, counts, sizes, tiling partitions, index entries that fit their items, tokens,
        streams, metrics, and how far mappings have come.

        Parameters:
            progress: told how many items more have been looked at, from time to time.

        Raises:
            AssertionError: one of this process does not hold.
            StoreError: the file cannot be read, or is damaged; it says which item, table or index is.
        """
        with self.lock:
            self._require_open()
            try:
                self._check(progress)
            except self.engine.io_errors as error:
                raise StoreDamaged(f"{self.engine.place} is damaged. {read_failure(self.catalog, error)}") from error

    def _check(self, progress: Callable[[int], None] | None) -> None:
        self.engine.check()
        self.catalog.check(progress)
        self.tokens.check()
        if self._functions is not None:
            self._functions.check()
        if self._metrics is not None:
            self._metrics.datapoints.check()

    def begin_as_child(self) -> None:
        super().begin_as_child()
        self._sweeper = None  # Its thread is the parent's.

    def close(self, timeout: float = 10.0) -> list[str]:
        """Closes the database. Further requests answer InternalServerError.

        Parameters:
            timeout: how many seconds to wait for handlers that run in the background. It is closed in any case.

        Returns:
            The handlers that were still running then, in words; they are logged as well. They go on in their threads,
            which end with the process, and get no answers any more.
        """
        check_method(timeout=timeout)
        hanging = self.stop_functions(timeout)
        if self._sweeper is not None:
            self._sweeper.close()
        with self.lock:
            if self._closed_because is None:
                self._closed_because = "The database is closed. Open it again with minidynamo.connect()."
                self.engine.close()
        return hanging

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
