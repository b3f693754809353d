"""One process owns a store: a lock on a file beside it, which the operating system takes back when the process ends.

    store.db.lock   the owner's process id, 15 bytes and a line feed
                    "<salts, hexadecimal> <frame, 10 digits> <CRC-32 of both, hexadecimal>" and a line feed: how far
                    the log has been synced (`log_end.py`); blank where there is none that anything depends on

A process that releases a store, and leaves nothing in its log, deletes the file.
"""

from __future__ import annotations

import errno
import mmap
import os
import time
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from minidynamo.errors import StorageFailure, StoreError
from minidynamo.limits import FILE_MODE
from minidynamo.storage.sqlite.log_end import LogEnd
from minidynamo.storage.whole_file import lock

_PID_BYTES = 16
_END_BYTES = 16 + 1 + 10 + 1 + 8 + 1
_SIZE_BYTES = _PID_BYTES + _END_BYTES
_NOTHING = b" " * (_END_BYTES - 1) + b"\n"
_IN_USE = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
# Whoever looks whether a store has an owner holds its lock for a moment.
_ATTEMPTS, _PAUSE_SECONDS = 5, 0.02


class Ownership:
    """The lock of a store.

    Parameters:
        path: of the store; the lock is on the file of that name with ".lock".
        file_mode: the permissions of that file.

    Attributes:
        found: how far the log had been synced under the last owner, None where that was not noted.

    Raises:
        StoreError: another process owns the store, or this one does already, or the file system knows no locks.
    """

    def __init__(self, path: Path, file_mode: int = FILE_MODE) -> None:
        self._path = lock_file(path)
        self._file: int | None = _locked(path, self._path, file_mode)
        try:
            self.found = _read_end(self._file)
            self._is_noted = self.found is not None
            head = f"{os.getpid():<{_PID_BYTES - 1}}\n".encode()
            os.pwrite(self._file, head if self._is_noted else head + _NOTHING, 0)
            # Written as memory: a file whose times change with each commit would make syncing the log dearer.
            self._memory: mmap.mmap | None = mmap.mmap(self._file, _SIZE_BYTES)
        except (OSError, ValueError) as error:
            os.close(self._file)
            raise StoreError(f"cannot lock {path}: {error}; free some room on its disk") from None

    def note(self, end: LogEnd) -> None:
        """Notes how far the log has been synced."""
        assert self._memory is not None and self._file is not None, f"{end} noted after the store was released"
        if not self._is_whole():
            raise StorageFailure(f"The file {self._path} has been cut off. Nothing more is written. Open it again.")
        text = b"%s %010d" % (end.salts.hex().encode(), end.frame)
        self._memory[_PID_BYTES:] = b"%s %08x\n" % (text, crc32(text))
        self._is_noted = True

    def forget(self) -> None:
        """Notes that nothing depends on the log."""
        if self._memory is not None and self._is_noted and self._is_whole():
            self._memory[_PID_BYTES:] = _NOTHING
            self._memory.flush()  # Before the log is deleted: a power cut may not bring back the note alone.
            self.found, self._is_noted = None, False

    def _is_whole(self) -> bool:
        """Whether the file has not been cut off: writing behind its end as memory would end the process."""
        return self._file is not None and os.fstat(self._file).st_size >= _SIZE_BYTES

    def release(self) -> None:
        """Lets others own the store."""
        if self._file is not None and not self._is_noted and _is_still(self._file, self._path):
            with suppress(OSError):  # Some systems delete no file that is open.
                self._path.unlink()
        self.let_go()

    def let_go(self) -> None:
        """The same where the store stays another process's: in a child of its owner."""
        if self._file is not None and self._memory is not None:
            self._memory.close()
            os.close(self._file)
            self._file = self._memory = None


def lock_file(path: Path) -> Path:
    """The file that is locked for the store at `path`."""
    return path.with_name(path.name + ".lock")


def end_without_owner(path: Path) -> LogEnd | None:
    """How far the log of a store had been synced, if that is noted and the store has no owner now."""
    try:
        file = os.open(lock_file(path), os.O_RDONLY)
    except OSError:
        return None
    try:
        lock(file)
        return _read_end(file)
    except OSError:
        return None
    finally:
        os.close(file)


def _locked(path: Path, name: Path, file_mode: int) -> int:
    for attempt in range(_ATTEMPTS):
        try:
            file = os.open(name, os.O_RDWR | os.O_CREAT, file_mode)
        except OSError as error:
            raise StoreError(f"cannot lock {path}: {error.strerror}; its folder must be one to write to") from None
        try:
            lock(file)
            if _is_still(file, name):
                return file
        except OSError as error:
            if error.errno not in _IN_USE:
                os.close(file)
                raise _no_locks(path, error) from None
            if attempt == _ATTEMPTS - 1:
                owner = os.read(file, _PID_BYTES).decode("ascii", "replace").strip() or "unknown"
                os.close(file)
                raise _owned(path, owner) from None
            time.sleep(_PAUSE_SECONDS)
        os.close(file)
    raise _owned(path, "unknown")


def _is_still(file: int, name: Path) -> bool:
    """Whether a file that is locked still has its name: its owner may have deleted it meanwhile."""
    try:
        return os.path.samestat(os.fstat(file), name.stat())
    except FileNotFoundError:
        return False


def _read_end(file: int) -> LogEnd | None:
    """What was noted, if it is whole."""
    os.lseek(file, _PID_BYTES, os.SEEK_SET)
    text = os.read(file, _END_BYTES).decode("ascii", "replace")
    words = text.split()
    if len(text) < _END_BYTES or len(words) != 3 or f"{crc32(text[:27].encode()):08x}" != words[2]:
        return None
    return LogEnd(bytes.fromhex(words[0]), int(words[1]))


def _owned(path: Path, owner: str) -> StoreError:
    return StoreError(
        f"{path} is in use by process {owner}: a store has one owner. Share it with other processes "
        f"through a server: minidynamo serve --db {path}"
    )


def _no_locks(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot lock {path}: {error.strerror}. Its file system knows no locks, as some network file systems do not: "
        "keep the database on a disk of this machine"
    )
