"""Connecting to a store: its tables are made where they are not there, and its format is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from minidynamo.errors import StoreError
from minidynamo.storage.postgres.statements import FORMAT, MAKE, READ_FORMAT, Texts
from minidynamo.storage.shared.link import Conflict, Lost

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[object, ...]]

SCHEMA = "minidynamo"
_CONNECT_SECONDS = 5
# A number of our own, under which stores are made one after the other.
_MAKING_LOCK = 5_418_977_031


def connected(url: str) -> Connection:
    """A connection; raises Lost where there is none now, StoreError where there never will be."""
    try:
        import psycopg
    except ImportError:
        raise StoreError("a store on PostgreSQL needs its extra: pip install 'minidynamo[postgres]'") from None
    try:
        return psycopg.connect(url, autocommit=True, prepare_threshold=0, connect_timeout=_CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        raise Lost(_one_line(error)) from error
    except psycopg.Error as error:
        raise StoreError(f"the store cannot be opened: {_one_line(error)}") from None


def open_store(connection: Connection, texts: Texts) -> None:
    """Makes the tables of a store unless they are there.

    Raises:
        StoreError: they cannot be made, or are of another version of minidynamo.
    """
    import psycopg

    try:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING_LOCK,))
            for statement in MAKE:
                connection.execute(texts.of(statement))
            row = connection.execute(texts.of(READ_FORMAT)).fetchone()
    except psycopg.Error as error:
        raise StoreError(f"the tables of the store cannot be made: {_one_line(error)}") from None
    assert row is not None, "the store has no format"
    if row[0] != FORMAT:
        raise StoreError(f"the store has the format {row[0]}, and this version of minidynamo reads {FORMAT}")


@contextmanager
def translated() -> Iterator[None]:
    """Raises Conflict and Lost for what the engine says in its own words."""
    import psycopg
    from psycopg import errors

    try:
        yield
    except (
        errors.SerializationFailure,
        errors.DeadlockDetected,
        errors.UniqueViolation,
        errors.DivisionByZero,
        errors.LockNotAvailable,
        errors.QueryCanceled,
        errors.PipelineAborted,
    ) as error:
        raise Conflict(_one_line(error)) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, errors.ReadOnlySqlTransaction) as error:
        raise Lost(_one_line(error)) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
