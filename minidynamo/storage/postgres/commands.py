"""What a commit sends: the statements that change what is to be changed, and fail where it is not as it was seen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from minidynamo.storage.postgres import statements
from minidynamo.storage.postgres.long_keys import columns_of
from minidynamo.storage.postgres.statements import Texts
from minidynamo.storage.shared.link import Changes, Key, Write

# A statement and its parameters.
Command = tuple[bytes, Sequence[object]]


def is_of_one_record(changes: Changes) -> bool:
    """Whether a transaction changes one record, which it has read, and maybe appends changes."""
    is_more = changes.checks or changes.creates or changes.drops or len(changes.writes) != 1
    return not is_more and changes.writes[0].is_seen and len(changes.appends) <= 1


class Commands:
    """Makes the statements of one commit.

    Parameters:
        texts: the statements.
        id_of: gives the number of a keyspace.
        integer: makes a parameter of a number.
        session, last: whose commit it is, and which of its commits.
    """

    def __init__(
        self,
        texts: Texts,
        id_of: Callable[[str], object],
        integer: Callable[[int], object],
        session: uuid.UUID,
        last: int,
    ) -> None:
        assert last > 0, f"commit {last} of {session}"
        self._texts, self._id, self._int, self._session, self._last = texts, id_of, integer, session, last

    def of(self, changes: Changes, is_definition: bool) -> list[Command]:
        """All statements but the first and the last; of records in the order of keys, so that none wait in a circle."""
        of = self._texts.of
        by_key = {each.key: self._write(each) for each in changes.writes}
        by_key |= {key: self._check(key, seen) for key, seen in changes.checks.items()}
        commands = [command for key in sorted(by_key) for command in by_key[key]]
        for number, each in enumerate(changes.appends):
            parameters = (self._id(each.keyspace), each.prefix, self._int(number), each.record)
            commands.append((of(statements.APPEND), parameters))
        commands += [(of(statements.DROP), (name,)) for name in changes.drops]
        if is_definition:
            commands.append((of(statements.COUNT_UP), ()))
        commands.append((of(statements.MARK), (self._int(self._last), self._session)))
        return commands

    def at_once(self, changes: Changes, version: int) -> Command:
        """The one statement that changes one record; see `statements.one_record`."""
        assert is_of_one_record(changes), f"{len(changes.writes)} records are changed at once"
        (write,) = changes.writes
        number, (head, digest, tail) = self._id(write.key[0]), columns_of(write.key[1])
        parameters: list[object] = [self._int(version)]
        if write.seen is None:
            parameters += [number, head, digest, tail, write.record]
        else:
            parameters += [*(() if write.record is None else (write.record,)), number, head, digest, write.seen]
        parameters += [self._int(self._last), self._session]
        for position, each in enumerate(changes.appends):
            parameters += [self._id(each.keyspace), each.prefix, self._int(position), each.record]
        text = statements.one_record(write.seen is not None, write.record is not None, len(changes.appends))
        return self._texts.of(text), parameters

    def _write(self, write: Write) -> list[Command]:
        number, (head, digest, tail) = self._id(write.key[0]), columns_of(write.key[1])
        place = (number, head, digest)
        if write.record is None:
            if write.is_seen:
                return [(self._texts.of(statements.DELETE), (*place, write.seen))]
            return [(self._texts.of(statements.DELETE_ANY), place)]
        if write.is_seen and write.seen is not None:
            return [(self._texts.of(statements.UPDATE), (write.record, *place, write.seen))]
        statement = statements.INSERT if write.is_seen else statements.UPSERT
        return [(self._texts.of(statement), (*place, tail, write.record))]

    def _check(self, key: Key, seen: bytes | None) -> list[Command]:
        """What holds a record, or its absence, until the commit."""
        number, (head, digest, tail) = self._id(key[0]), columns_of(key[1])
        if seen is not None:
            return [(self._texts.of(statements.CHECK), (number, head, digest, seen))]
        return [
            (self._texts.of(statements.INSERT), (number, head, digest, tail, b"")),
            (self._texts.of(statements.DELETE_ANY), (number, head, digest)),
        ]
