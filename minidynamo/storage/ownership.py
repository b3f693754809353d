"""One process owns a store: a lock on a file beside it, which the operating system takes back when the process ends."""

from __future__ import annotations

import os
from pathlib import Path

from minidynamo.errors import StoreError

_PID_BYTES_MAX = 32


class Ownership:
    """The lock of a store.

    Parameters:
        path: of the store; the lock is on the file of that name with ".lock".

    Raises:
        StoreError: another process owns the store, or this one does already.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file: int | None = os.open(lock_file(path), os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(f"cannot lock {path}: {error}") from None
        try:
            _lock(self._file)
        except OSError:
            owner = os.read(self._file, _PID_BYTES_MAX).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise StoreError(
                f"{path} is in use by process {owner}: a store has one owner. Share it with other processes "
                f"through a server: minidynamo serve --db {path}"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Lets others own the store. In a child process this takes nothing from its parent."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def lock_file(path: Path) -> Path:
    """The file that is locked for the store at `path`."""
    return path.with_name(path.name + ".lock")


def _lock(file: int) -> None:
    """Locks a file at once; raises OSError where somebody else has."""
    try:
        import fcntl
    except ImportError:  # Windows.
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
