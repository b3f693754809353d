"""Opening databases: in memory, in a file, in a file that another process owns, or at a URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from minidynamo.clock import Clock
from minidynamo.database.database import Database
from minidynamo.database.setting_rules import (
    STORE_SCHEMES,
    URL_SCHEMES,
    check_settings,
    require_no_address,
    without_password,
)
from minidynamo.limits import FILE_MODE, PARTITION_SIZE_BYTES_MAX
from minidynamo.schema.arns import DEFAULT_ACCOUNT_ID

if TYPE_CHECKING:
    from pathlib import Path

    from minidynamo.database.settings import DatabaseSettings
    from minidynamo.storage.engine import Engine


# The settings of a store, with what they are where they are not given.
_STORE_DEFAULTS: Mapping[str, object] = {
    "durability": None,
    "read_only": False,
    "on_damage": "raise",
    "file_mode": FILE_MODE,
    "clock": None,
    "seed": 0,
    "account_id": DEFAULT_ACCOUNT_ID,
    "partition_size": PARTITION_SIZE_BYTES_MAX,
    "table_delays": None,
    "wording": "current",
    "unverified": False,
}
# Those that a store has which several processes share.
_SHARED = ("clock", "region", "account_id", "table_delays", "wording", "unverified")
_ABOUT_FILE = ("durability", "read_only", "on_damage")


def connect(
    path: str | Path | None = None,
    *,
    durability: Literal["full", "process"] | None = None,
    read_only: bool = False,
    on_damage: Literal["raise", "skip"] = "raise",
    file_mode: int = FILE_MODE,
    clock: Clock | None = None,
    seed: int | str = 0,
    region: str | None = None,
    account_id: str = DEFAULT_ACCOUNT_ID,
    partition_size: int = PARTITION_SIZE_BYTES_MAX,
    table_delays: float | Mapping[str, float] | None = None,
    wording: Literal["current", "2025", "next"] = "current",
    credentials: tuple[str, ...] | None = None,
    unverified: bool = False,
) -> Database:
    """Opens a database: the one in a file, the one at a URL, or a new, empty one in memory.

    Parameters:
        path: of the file, which is made where there is none; None or ":memory:" for memory. Or the URL of a DynamoDB,
            such as "http://127.0.0.1:8000", or "dynamodb:eu-west-1" for Amazon's in a region, to which only `region`
            and `credentials` apply. Or of a store that several processes share, "postgresql://host/name".
        durability: "full" (default): a response is given when all it tells of is on the disk. "process": it outlives
            the process, though not a power cut.
        read_only: whether to read the file beside a process that owns it. Each request sees what has been committed
            when it begins; writing answers AccessDeniedException.
        on_damage: "raise" (default): a read that meets a damaged record fails, and says which it is. "skip": Query and
            Scan go past it, log it and count it in `skipped_count`.
        file_mode: the permissions of a file that is made, and of what lies beside it, as far as the umask allows.
        region: named in ARNs ("us-east-1"); for a URL, what requests are signed for.
        clock, seed, account_id, partition_size, table_delays, wording: those of `Database`.
        unverified: whether a shared store may be on another engine than PostgreSQL; see `minidynamo check-engine`.
        credentials: for a URL, an access key, its secret and maybe a session token; by default what boto3 would find.

    Raises:
        StoreError: the file is no database of ours, is damaged, or another process owns it; or there are no
            credentials.
        TypeError, ValueError: a setting is none that can be; nothing has been opened or made.
    """
    path = None if is_in_memory(path) else path
    settings: DatabaseSettings = {
        "clock": clock,
        "seed": seed,
        "region": region,
        "account_id": account_id,
        "partition_size": partition_size,
        "table_delays": table_delays,
        "wording": wording,
    }
    about_file = {"durability": durability, "read_only": read_only, "on_damage": on_damage, "file_mode": file_mode}
    check_connection(path=path, credentials=credentials, unverified=unverified, **about_file, **settings)
    if isinstance(path, str) and path.startswith(URL_SCHEMES):
        from minidynamo.database.remote import RemoteDatabase

        return RemoteDatabase(path, region, credentials)
    if isinstance(path, str) and path.startswith(STORE_SCHEMES):
        return _opened_shared(path, settings, unverified)
    if path is not None and read_only:
        return _opened_read_only(path, on_damage == "skip", settings)
    return _on(opened_engine(path, durability, file_mode, on_damage == "skip"), settings)


def _opened_shared(url: str, settings: DatabaseSettings, unverified: bool) -> Database:
    from minidynamo.database.shared import SharedDatabase
    from minidynamo.errors import StoreError
    from minidynamo.storage.postgres.link import PostgresLink
    from minidynamo.storage.shared.link import Lost

    clock, region, account_id = settings["clock"], settings["region"], settings["account_id"]
    delays, wording = settings["table_delays"], settings["wording"]
    shown, new_link = without_password(url), lambda: PostgresLink(url, unverified=unverified)
    try:
        return SharedDatabase(shown, new_link, clock, region, account_id, delays, wording)
    except Lost as error:
        raise StoreError(f"the store cannot be reached: {error}") from None


def _on(engine: Engine | None, settings: DatabaseSettings) -> Database:
    """A database on an engine, which is closed where there can be none."""
    try:
        return Database(engine=engine, **settings)
    except BaseException:
        if engine is not None:
            engine.close()
        raise


def _opened_read_only(path: str | Path, skips_damage: bool, settings: DatabaseSettings) -> Database:
    from pathlib import Path

    from minidynamo.database.read_only import ReadOnlyDatabase

    return ReadOnlyDatabase(Path(path), skips_damage, **settings)


def is_in_memory(path: str | Path | None) -> bool:
    """Whether a path stands for memory, as it does for SQLite."""
    return path is None or path == ":memory:"


def check_connection(
    *, path: str | Path | None = None, credentials: object = None, region: object = None, **store: object
) -> None:
    """Raises what `connect` raises for settings that are wrong, or that do not go together."""
    path = None if is_in_memory(path) else path
    if isinstance(path, str) and path.startswith(URL_SCHEMES):
        check_settings(region=region, credentials=credentials)
        if any(value != _STORE_DEFAULTS[name] for name, value in store.items()):
            raise ValueError("a database at a URL has its own settings: only region and credentials can be given")
        return
    if isinstance(path, str) and path.startswith(STORE_SCHEMES):
        check_settings(region=region, **{name: store[name] for name in _SHARED if name in store})
        other = [name for name, value in store.items() if name not in _SHARED and value != _STORE_DEFAULTS[name]]
        if other or credentials is not None:
            wrong = other[0] if other else "credentials"
            raise ValueError(f"a shared store has no setting {wrong}: leave it out")
        return
    if credentials is not None:
        raise ValueError("credentials are for a database at a URL")
    check_settings(path=path, region=region, **store)
    if store.get("unverified"):
        raise ValueError("unverified is for a store that processes share: postgresql://host/name")
    require_no_address("path", path, "the path of a file, or a URL such as http://127.0.0.1:8000")
    _check_about_file(path, **{name: store.get(name, _STORE_DEFAULTS[name]) for name in _ABOUT_FILE})


def _check_about_file(path: str | Path | None, durability: object, read_only: object, on_damage: object) -> None:
    if path is None and on_damage != "raise":
        raise ValueError("on_damage is for a database in a file: give a path as well")
    if path is None and (durability is not None or read_only):
        raise ValueError("durability and read_only are for a database in a file: give a path as well")
    if read_only and durability is not None:
        raise ValueError("durability is for writing: leave it out, or leave out read_only")


def opened_engine(
    path: str | Path | None, durability: str | None, file_mode: int = FILE_MODE, skips_damage: bool = False
) -> Engine | None:
    """The engine of a file that is worked on, made where there is none; None for memory.

    Raises:
        StoreError: the file is no database of ours, is damaged, or another process owns it.
    """
    if path is None or is_in_memory(path):
        if durability is not None:
            raise ValueError("durability is for a database in a file: give a path as well")
        return None

    from pathlib import Path  # Slow to import, as is SQLite; only databases in files need them.

    from minidynamo.storage.sqlite.engine import SqliteEngine
    from minidynamo.storage.sqlite.skipping import Skipped

    return SqliteEngine(Path(path), durability or "full", file_mode, Skipped() if skips_damage else None)
