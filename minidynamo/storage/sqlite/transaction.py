"""A transaction of SQLite: committed at its end, or undone where anything fails."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable

from minidynamo.errors import StorageFailure

logger = logging.getLogger("minidynamo.storage")


class Transaction:
    """One transaction: committed at its end, or undone where anything fails.

    A commit is counted once the operating system has it: whoever syncs the log relies on that.
    """

    __slots__ = ("_connection", "_count_commit")

    def __init__(self, connection: sqlite3.Connection, count_commit: Callable[[], None]) -> None:
        self._connection = connection
        self._count_commit = count_commit

    def __enter__(self) -> None:
        assert not self._connection.in_transaction, "a transaction begins within another one"
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise _failure(error) from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            try:
                assert self._connection.in_transaction, "a transaction has ended before its commit"
                self._connection.execute("COMMIT")
                self._count_commit()
                return
            except sqlite3.Error as failure:
                error = failure
        if self._connection.in_transaction:  # SQLite undoes some failures by itself.
            self._connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise _failure(error) from error


def _failure(error: sqlite3.Error) -> StorageFailure:
    logger.error("a write to the store failed: %s", error)
    return StorageFailure(f"The data could not be written: {error}. Nothing has been changed.")
