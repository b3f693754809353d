"""Reading past damage: which records were left out, and where reading goes on behind a page that makes no sense."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator

from minidynamo.storage.engine import RecordDamaged

logger = logging.getLogger("minidynamo.storage")

_PROBE_BYTES = 8
_PROBES = 1 << (8 * _PROBE_BYTES)
_NOTED_MAX = 10_000

Row = tuple[bytes, bytes, int]
# Rows from a key on, in order.
RowsFrom = Callable[[bytes], Iterator[Row]]


class Skipped:
    """What reads have gone past, for reports.

    Parameters:
        everything: whether to go past damage everywhere; by default only in items and entries of indexes, since
            nothing works without the descriptions of tables.

    Attributes:
        describe: names what is damaged, for the log; None to name its key.
        records: the damaged records that were met, so many at most.

    Its length is the number of different ones.
    """

    def __init__(self, everything: bool = False) -> None:
        self._everything = everything
        self._seen: set[tuple[str, bytes]] = set()
        self.records: list[RecordDamaged] = []
        self.describe: Callable[[RecordDamaged], str] | None = None

    def __len__(self) -> int:
        """How many different damaged records and pages were met."""
        return len(self._seen)

    def __bool__(self) -> bool:
        """True, whatever was met: whether reads go past damage is told by whether there is one of these."""
        return True

    def covers(self, keyspace: str) -> bool:
        """Whether reads of a keyspace go past damage."""
        return self._everything or keyspace.endswith("/table") or "/index/" in keyspace

    def note(self, error: RecordDamaged) -> None:
        """Counts and logs a damaged record, the first time that it is met."""
        if (error.keyspace, error.key) in self._seen:
            return
        self._seen.add((error.keyspace, error.key))
        if len(self.records) < _NOTED_MAX:
            self.records.append(error)
        logger.warning(
            "%s is damaged: it is not what was written; a read goes past it", (self.describe or _key_text)(error)
        )

    def rows(self, keyspace: str, rows_from: RowsFrom, start: bytes) -> Iterator[Row]:
        """The rows from a key on; where a page cannot be read, those behind it."""
        while True:
            try:
                for row in rows_from(start):
                    yield row
                    if row[0] is not None:  # As damage can make of a key.
                        start = row[0] + b"\x00"
                return
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):  # Of the disk, say; it may pass.
                    raise
                self.note(RecordDamaged(keyspace, start))
                behind = _first_readable(rows_from, start)
                if behind is None:
                    return
                start = behind


def _key_text(error: RecordDamaged) -> str:
    return f"The record of the key {error.key!r} in {error.keyspace}"


def _first_readable(rows_from: RowsFrom, start: bytes) -> bytes | None:
    """The first place behind a key from which a row can be read, by halving; None where there is none."""
    begin = int.from_bytes(start[:_PROBE_BYTES].ljust(_PROBE_BYTES, b"\x00"), "big")
    low, high = begin, None
    for power in range(8 * _PROBE_BYTES):
        probe = min(begin + (1 << power), _PROBES - 1)
        if _is_readable(rows_from, probe):
            high = probe
            break
        low = probe
    if high is None:
        return None
    assert low < high, f"reading goes on at {high}, and fails at {low}"
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _is_readable(rows_from, middle) else (middle, high)
    return high.to_bytes(_PROBE_BYTES, "big")


def _is_readable(rows_from: RowsFrom, probe: int) -> bool:
    try:
        next(rows_from(probe.to_bytes(_PROBE_BYTES, "big")), None)
    except sqlite3.DatabaseError:
        return False
    return True
