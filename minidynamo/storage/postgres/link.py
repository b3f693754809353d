"""A link to PostgreSQL: a transaction begins with its first read and ends with its writes, in one round trip each.

A commit also changes the row of the link's session. So where its answer is lost, another connection can find out what
has become of it: it ends the session, which waits for a transaction that is under way, and keeps it from coming later.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence

from minidynamo.storage.postgres import statements
from minidynamo.storage.postgres.commands import Command, Commands, is_of_one_record
from minidynamo.storage.postgres.connecting import SCHEMA, connected, open_store, translated
from minidynamo.storage.postgres.long_keys import columns_of
from minidynamo.storage.postgres.statements import Texts
from minidynamo.storage.postgres.watch import Watched
from minidynamo.storage.shared.link import Changes, Conflict, Key, Kind, Link, Lost, Unresolved
from minidynamo.values.api_types import JsonValue

_RESOLVE_SECONDS = 30.0
_RESOLVE_PAUSE_SECONDS = 0.2
# Sessions are forgotten when they are a day old.
_SESSION_SECONDS_MAX = 12 * 3600.0


class PostgresLink(Link):
    """A link.

    Parameters:
        url: of the database; several hosts may be named, of which one can be written.
        schema: where the tables of the store are.
        unverified: whether the engine may be another one than PostgreSQL.
    """

    def __init__(self, url: str, schema: str = SCHEMA, unverified: bool = False) -> None:
        from psycopg.types.numeric import Int8

        self._url, self._texts, self._int = url, Texts(schema), Int8
        self.version: int | None = None
        self.horizon = 0
        self._kind: Kind = "read"
        self._has_begun = False
        self._ids: dict[str, object] = {}
        self._last = self._known_version = 0
        self._connection = connected(url)
        open_store(self._connection, url, self._texts, unverified)
        self._open_session()

    def _open_session(self) -> None:
        self._session, self._session_begun = uuid.uuid4(), time.monotonic()
        self._last = 0
        self._reader = self._connection.cursor(binary=True)
        self._watched = Watched(self._connection, self._url)
        with translated():
            self._connection.execute(self._texts.of(statements.OPEN_SESSION), (self._session,))

    def _reconnect(self) -> None:
        """Goes on with another connection, and another session."""
        self._connection.close()
        self._connection = connected(self._url)
        self._has_begun = False
        self._open_session()

    # Reading.

    def begin(self, kind: Kind) -> None:
        if self._connection.closed or self._connection.broken:
            self._reconnect()
        elif time.monotonic() - self._session_begun > _SESSION_SECONDS_MAX:
            self._open_session()
        self._kind, self._has_begun, self.version = kind, False, None

    def touch(self) -> None:
        self._note(self._read(statements.TOUCH, ())[0])

    def get_many(self, keys: Sequence[Key]) -> list[bytes | None]:
        assert keys, "no records are asked for"
        if len(keys) == 1:
            keyspace, key = keys[0]
            columns = columns_of(key)
            row = self._read(statements.GET, (self._id(keyspace), columns.head, columns.digest))[0]
            self._note(row)
            return [row[2]]
        columns_by_key = [columns_of(key) for _, key in keys]
        parameters = (
            [self._id(keyspace) for keyspace, _ in keys],
            [each.head for each in columns_by_key],
            [each.digest for each in columns_by_key],
        )
        rows = self._read(statements.GET_MANY, parameters)
        self._note(rows[0])
        found = {row[2]: row[3] for row in rows}
        return [found[number] for number in range(1, len(keys) + 1)]

    def range(
        self, keyspace: str, start: bytes, stop: bytes | None, reverse: bool, count: int
    ) -> list[tuple[bytes, bytes]]:
        low = columns_of(start)
        parameters: list[object] = [self._id(keyspace), low.head, low.head, low.tail]
        if stop is not None:
            high = columns_of(stop)
            parameters += [high.head, high.head, high.tail]
        rows = self._read(self._texts.range(stop is not None, reverse), (*parameters, self._int(count)))
        self._note(rows[0])
        return [(row[2] + row[3], row[4]) for row in rows if row[2] is not None]

    def keyspaces(self) -> list[str]:
        self._load_keyspaces()
        return list(self._ids)

    def statistics(self) -> dict[str, tuple[int, int]]:
        return {name: (items, size) for name, items, size in self._read(statements.STATISTICS, ())}

    def measured(self) -> dict[str, tuple[int, int]]:
        return {str(name): (int(items), int(size)) for name, items, size in self._read(statements.MEASURE, ())}

    def _id(self, keyspace: str) -> object:
        """The number of a keyspace; 0, under which there is nothing, for one that is not there."""
        found = self._ids.get(keyspace)
        if found is None:
            self._load_keyspaces()
            found = self._ids.get(keyspace, self._int(0))
        return found

    def _load_keyspaces(self) -> None:
        rows = self._read(statements.KEYSPACES, ())
        self._ids = {str(name): self._int(number) for name, number in rows}

    def _note(self, row: tuple[object, ...]) -> None:
        version, horizon = row[0], row[1]
        assert isinstance(version, int) and isinstance(horizon, int), f"the version {version!r}, and {horizon!r}"
        if version != self._known_version:
            self._ids, self._known_version = {}, version
        self.version, self.horizon = version, horizon

    def _read(self, statement: str | bytes, parameters: Sequence[object]) -> list[tuple[JsonValue, ...]]:
        """The rows of a statement, which begins the transaction if that has not begun."""
        text = statement if isinstance(statement, bytes) else self._texts.of(statement)
        begins = () if self._has_begun or self._kind == "item" else self._texts.begin[self._kind]
        with self._watched:
            if not begins:
                return self._reader.execute(text, parameters).fetchall()
            with self._connection.pipeline():
                for each in begins:
                    self._connection.execute(each)
                self._has_begun = True
                self._reader.execute(text, parameters)
            return self._reader.fetchall()

    # Writing.

    def commit(self, changes: Changes) -> None:
        try:
            self._create(changes.creates)
            if self._kind == "item" and is_of_one_record(changes):
                self._send_at_once(changes)
            else:
                self._last += 1
                self._send(self._begun(self._commands().of(changes, self._kind == "definition")))
        except Conflict:
            self.end()
            raise
        finally:
            if changes.creates or changes.drops:
                self._ids = {}
        self._has_begun = False

    def _send_at_once(self, changes: Changes) -> None:
        """Commits the change of one record, in one statement that is a transaction by itself."""
        self._last += 1
        text, parameters = self._commands().at_once(changes, self.version or 0)
        try:
            with self._watched:
                self._reader.execute(text, parameters)
        except Lost:
            self._resolve()

    def _send(self, commands: Sequence[Command]) -> None:
        """Sends the statements of a commit, and its end with them."""
        assert self._has_begun, "a commit is sent for a transaction that has not begun"
        is_sent = False
        try:
            with self._watched, self._connection.pipeline():
                for statement, parameters in commands:
                    self._connection.execute(statement, parameters)
                is_sent = True
                self._connection.execute(b"COMMIT")
        except Lost:
            if not is_sent:
                raise
            self._resolve()

    def _commands(self) -> Commands:
        """What makes the statements of the next commit."""
        return Commands(self._texts, self._id, self._int, self._session, self._last)

    def _begun(self, commands: list[Command]) -> list[Command]:
        """The statements of a commit, with the beginning of its transaction where that has not begun."""
        if self._has_begun:
            return commands
        self._has_begun = True
        begins: list[Command] = [(each, ()) for each in self._texts.begin[self._kind]]
        if self._kind == "item":  # What was read was read outside.
            begins.append((self._texts.of(statements.REQUIRE_VERSION), (self._int(self.version or 0),)))
        return [*begins, *commands]

    def _create(self, names: Sequence[str]) -> None:
        """Makes keyspaces, within the transaction."""
        for name in names:
            self._read(statements.CREATE, (name,))
        if names:
            self._ids = {}

    def _resolve(self) -> None:
        """Finds out what has become of a commit whose answer is lost: returns, or raises Lost where nothing has.

        Raises:
            Unresolved: nobody could tell.
        """
        session, last = self._session, self._last
        end = time.monotonic() + _RESOLVE_SECONDS
        while True:
            try:
                self._reconnect()
                with self._watched:
                    row = self._connection.execute(self._texts.of(statements.RESOLVE), (session,)).fetchone()
                break
            except Lost as error:
                if time.monotonic() >= end:
                    raise Unresolved(str(error)) from None
                time.sleep(_RESOLVE_PAUSE_SECONDS)
        if row is None or row[0] != last:
            raise Lost("the commit was not carried out")

    def end(self) -> None:
        if not self._has_begun or self._kind == "read":
            return
        self._has_begun = False
        try:
            with self._watched:
                self._connection.execute(b"ROLLBACK")
        except (Lost, Conflict):
            self._connection.close()

    # Housekeeping.

    def add_statistics(self, counts: Mapping[str, tuple[int, int]]) -> None:
        with translated():
            for name, (items, size) in sorted(counts.items()):
                self._connection.execute(self._texts.of(statements.ADD_STATISTICS), (name, items, size))

    def clean_up(self, count: int) -> bool:
        of, execute = self._texts.of, self._connection.execute
        with translated():
            dropped = execute(of(statements.DROPPED)).fetchone()
            if dropped is None:
                execute(of(statements.FORGET_SESSIONS))
                return False
            if execute(of(statements.CLEAN_UP), (dropped[0], count)).rowcount == 0:
                execute(of(statements.FORGET_DROPPED), dropped)
        return True

    def close(self) -> None:
        try:
            with translated():
                self._connection.execute(self._texts.of(statements.CLOSE_SESSION), (self._session,))
        except (Lost, Conflict):
            pass
        self._connection.close()
