"""Files that are whole or absent, whatever happens while they are written.

A file is written under a temporary name beside its own, synced, given its name, and the folder is synced. A process
that is killed leaves its temporary file, which the next one that writes a file of that name removes: whoever writes one
holds a lock on it, so that the files of the dead are told from those of the living.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from minidynamo.limits import FILE_MODE
from minidynamo.storage.disk import sync_file, sync_folder

_SUFFIX = ".unfinished"
# What SQLite keeps beside a file.
SIBLINGS = ("-journal", "-wal", "-shm")


@contextmanager
def whole_file(target: Path, file_mode: int = FILE_MODE, replaces: bool = False) -> Iterator[Path]:
    """Writes a file all or nothing: `with whole_file(target) as path: path.write_text(...)`.

    Parameters:
        target: the file; of a link that is to be replaced, what it leads to. A device or a pipe is not replaced: it
            takes what is written as it comes.
        file_mode: its permissions, as far as the process's umask allows.
        replaces: whether there may be a file of that name already.

    Raises:
        FileExistsError: there is, and it is not to be replaced.
        OSError: it cannot be written. What was there before still is.
    """
    if is_special(target):
        yield target
        return
    if replaces:
        target = Path(os.path.realpath(target))
    remove_unfinished(target)
    temporary, claim = _claimed(target, file_mode)
    try:
        yield temporary
        sync_file(claim)
        _publish(temporary, target, replaces)
        sync_folder(target.parent)
    finally:
        for each in (temporary, *siblings(temporary)):
            each.unlink(missing_ok=True)
        os.close(claim)


def is_special(path: Path) -> bool:
    """Whether there is something that is neither a file nor a folder: a device, a pipe, a socket."""
    return path.exists() and not path.is_file() and not path.is_dir()


def siblings(path: Path) -> list[Path]:
    """The files that SQLite may keep beside one."""
    return [path.with_name(path.name + suffix) for suffix in SIBLINGS]


def remove_unfinished(target: Path) -> None:
    """Removes what processes that have ended have left of writing a file of this name."""
    for each in target.parent.glob(f".{_escaped(target.name)}.*{_SUFFIX}"):
        with suppress(OSError):
            claim = os.open(each, os.O_RDWR)
            try:
                lock(claim)
                for leftover in (*siblings(each), each):
                    leftover.unlink(missing_ok=True)
            finally:
                os.close(claim)


def lock(file: int) -> None:
    """Locks an open file at once; raises OSError where another process has, or where it cannot be."""
    try:
        import fcntl
    except ImportError:  # Windows.
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _claimed(target: Path, file_mode: int) -> tuple[Path, int]:
    """A new empty file beside another, open and, where the file system can, locked."""
    while True:
        temporary = target.with_name(f".{target.name}.{token_hex(4)}{_SUFFIX}")
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, file_mode)
        with suppress(OSError):
            lock(handle)
        if temporary.exists():
            return temporary, handle
        os.close(handle)  # It was taken for a dead process's before it was locked.


def _publish(temporary: Path, target: Path, replaces: bool) -> None:
    """Gives a finished file its name."""
    assert temporary.parent == target.parent, f"{temporary} does not lie beside {target}"
    if replaces:
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # A file system without second names, or none for us.
        if target.exists():
            raise FileExistsError(errno.EEXIST, "File exists", str(target)) from None
        temporary.rename(target)


def _escaped(name: str) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in name)
