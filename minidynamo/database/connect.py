"""Opening databases: in memory, in a file, or in a file that another process owns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minidynamo.clock import Clock
from minidynamo.database.database import Database
from minidynamo.limits import FILE_MODE, PARTITION_SIZE_BYTES_MAX

if TYPE_CHECKING:
    from pathlib import Path

    from minidynamo.storage.engine import Engine


def connect(
    path: str | Path | None = None,
    *,
    durability: str | None = None,
    read_only: bool = False,
    file_mode: int = FILE_MODE,
    clock: Clock | None = None,
    seed: int = 0,
    region: str = "us-east-1",
    account_id: str = "000000000000",
    partition_size: int = PARTITION_SIZE_BYTES_MAX,
    table_delays: float | Mapping[str, float] | None = None,
    wording: str = "current",
) -> Database:
    """Opens a database: the one in a file, or a new, empty one in memory.

    Parameters:
        path: of the file, which is made where there is none; None for memory.
        durability: "full" (default): an answer is given when all it tells of is on the disk. "process": it outlives
            the process, though not a power cut.
        read_only: whether to read the file beside a process that owns it. Each request sees what has been committed
            when it begins; writing answers AccessDeniedException.
        file_mode: the permissions of a file that is made, and of what lies beside it, as far as the umask allows.
        clock, seed, region, account_id, partition_size, table_delays, wording: those of `Database`.

    Raises:
        StoreError: the file is no database of ours, is damaged, or another process owns it.
    """
    options: dict[str, Any] = {
        "clock": clock,
        "seed": seed,
        "region": region,
        "account_id": account_id,
        "partition_size": partition_size,
        "table_delays": table_delays,
        "wording": wording,
    }
    if path is None and (durability is not None or read_only):
        raise ValueError("durability and read_only are for a database in a file: give a path as well")
    if read_only and durability is not None:
        raise ValueError("durability is for writing: leave it out, or leave out read_only")
    if path is not None and read_only:
        from pathlib import Path

        from minidynamo.database.read_only import ReadOnlyDatabase

        return ReadOnlyDatabase(Path(path), **options)
    engine = opened_engine(path, durability, file_mode)
    try:
        return Database(engine=engine, **options)
    except BaseException:
        if engine is not None:
            engine.close()
        raise


def opened_engine(path: str | Path | None, durability: str | None, file_mode: int = FILE_MODE) -> Engine | None:
    """The engine of a file that is worked on, made where there is none; None for memory.

    Raises:
        StoreError: the file is no database of ours, is damaged, or another process owns it.
    """
    if path is None:
        if durability is not None:
            raise ValueError("durability is for a database in a file: give a path as well")
        return None

    from pathlib import Path  # Slow to import, as is SQLite; only databases in files need them.

    from minidynamo.storage.sqlite.engine import SqliteEngine

    return SqliteEngine(Path(path), durability or "full", file_mode)
