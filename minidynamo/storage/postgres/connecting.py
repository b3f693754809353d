"""Connecting to a store: its tables are made where they are not there, and its format is looked at."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from minidynamo.errors import StorageFailure, StoreError
from minidynamo.storage.postgres.statements import FORMAT, MAKE, READ_FORMAT, Texts
from minidynamo.storage.shared.link import Conflict, Lost

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[object, ...]]

SCHEMA = "minidynamo"
# How engines name themselves that are PostgreSQL itself; others that speak its wire add their own name to the version.
_KNOWN = re.compile(r"PostgreSQL [0-9.]+(?!\S*-YB-)")
_CONNECT_SECONDS = 2
# A number of our own, under which stores are made one after the other.
_MAKING_LOCK = 5_418_977_031


def connected(url: str) -> Connection:
    """A connection; raises Lost where there is none now, StoreError where there never will be.

    Of several hosts, those come first that have answered last: one that is frozen is waited for but once.
    """
    try:
        import psycopg
        from psycopg.conninfo import make_conninfo
    except ImportError:
        raise StoreError("a store on PostgreSQL needs its extra: pip install 'minidynamo[postgres]'") from None
    # It warns of every pipeline that ends with an error, which is raised here as well.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    failure: Exception | None = None
    for place in _places(url):
        try:
            text = make_conninfo(url, **place, connect_timeout=_CONNECT_SECONDS)
            connection = psycopg.connect(text, autocommit=True, prepare_threshold=0)
        except psycopg.OperationalError as error:
            failure = error
            _note(url, place, has_answered=False)
        except psycopg.Error as error:
            raise StoreError(f"the store cannot be opened: {_one_line(error)}") from None
        else:
            _note(url, place, has_answered=True)
            return connection
    assert failure is not None, f"{url} names no place"
    raise Lost(_one_line(failure)) from failure


# The hosts of each URL with their ports, those first that have answered last.
_Place = dict[str, str]
_PLACES: dict[str, list[_Place]] = {}


def _places(url: str) -> list[_Place]:
    """The hosts that a URL names, each with its port; one of nothing where it names none."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    if url not in _PLACES:
        try:
            named = conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise StoreError(f"the address of the store is wrong: {_one_line(error)}") from None
        hosts, ports = str(named.get("host") or "").split(","), str(named.get("port") or "").split(",")
        ports = ports * len(hosts) if len(ports) == 1 else ports
        _PLACES[url] = [
            {name: each for name, each in (("host", host), ("port", port)) if each}
            for host, port in zip(hosts, ports, strict=False)
        ]
    return list(_PLACES[url])


def avoid(connection: Connection, url: str) -> None:
    """Lets the place of a connection that was cut be tried last."""
    host, port = connection.info.host, str(connection.info.port)
    for place in _places(url):
        if place.get("host") == host and place.get("port", port) == port:
            _note(url, place, has_answered=False)


def _note(url: str, place: _Place, has_answered: bool) -> None:
    """Moves a place to the beginning, or to the end."""
    others = [each for each in _PLACES[url] if each != place]
    assert len(others) < len(_PLACES[url]), f"{place} is none of the places of {url}"
    _PLACES[url] = [place, *others] if has_answered else [*others, place]


# The stores that this process has found in order.
_OPENED: set[tuple[str, bytes]] = set()


def open_store(connection: Connection, url: str, texts: Texts, unverified: bool) -> None:
    """Makes the tables of a store unless they are there; once in a process.

    Parameters:
        connection, url: where they are to be.
        texts: the statements.
        unverified: whether the engine may be another one than PostgreSQL.

    Raises:
        Lost: the connection was cut.
        StoreError: they cannot be made, or are of another version of minidynamo; or the engine is not known.
    """
    import psycopg

    store = url, texts.of("{s}")
    if store in _OPENED:
        return
    if not unverified:
        _require_known(connection)
    try:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING_LOCK,))
            for statement in MAKE:
                connection.execute(texts.of(statement))
            row = connection.execute(texts.of(READ_FORMAT)).fetchone()
    except psycopg.OperationalError as error:
        raise Lost(_one_line(error)) from error
    except psycopg.Error as error:
        raise StoreError(f"the tables of the store cannot be made: {_one_line(error)}") from None
    assert row is not None, "the store has no format"
    if row[0] != FORMAT:
        raise StoreError(f"the store has the format {row[0]}, and this version of minidynamo reads {FORMAT}")
    _OPENED.add(store)


def _require_known(connection: Connection) -> None:
    """Refuses an engine that is not known to keep the promises of `storage/shared/link.py`."""
    with translated():
        row = connection.execute("SELECT version()").fetchone()
    name = str(row[0]) if row else "nothing"
    if _KNOWN.match(name) is None:
        remedy = "try it with minidynamo check-engine, and give unverified=True"
        raise StoreError(f"{name} is not known to keep what a shared store rests on: {remedy}")


def drop_store(url: str, schema: str) -> None:
    """Removes a store with everything in it; raises Lost where it cannot be reached."""
    connection = connected(url)
    with translated():
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())
    connection.close()
    _OPENED.discard((url, Texts(schema).of("{s}")))


class _Translated:
    """Raises Conflict, Lost and StorageFailure for what the engine says in its own words. A context manager."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None:
            raise_translated(error)


_TRANSLATED = _Translated()


def translated() -> _Translated:
    """A context manager that raises Conflict, Lost and StorageFailure for what the engine says in its own words."""
    return _TRANSLATED


def raise_translated(error: BaseException) -> None:
    """Raises Conflict, Lost or StorageFailure for what the engine says in its own words; nothing for other errors."""
    import psycopg
    from psycopg import errors

    conflicts = (
        errors.SerializationFailure,
        errors.DeadlockDetected,
        errors.UniqueViolation,
        errors.DivisionByZero,
        errors.LockNotAvailable,
        errors.QueryCanceled,
        errors.PipelineAborted,
    )
    if isinstance(error, conflicts):
        raise Conflict(_one_line(error)) from error
    is_cut = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | errors.ReadOnlySqlTransaction)
    if is_cut and not isinstance(error, errors.DiskFull):
        raise Lost(_one_line(error)) from error
    if isinstance(error, psycopg.Error):
        raise StorageFailure(f"The store failed: {_one_line(error)}") from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
