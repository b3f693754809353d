"""Where a store is: one name for its file, whatever it was called, and the files that lie beside it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from minidynamo.errors import StoreError
from minidynamo.storage.whole_file import is_special, remove_unfinished

_ESCAPE = re.compile(rb"\\([0-3][0-7]{2})")
_MOUNTS = Path("/proc/self/mountinfo")
# SQLite's rollback journal: magic, then two numbers, then how many pages the file had before, big-endian.
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_PAGES_BEFORE = slice(16, 20)


def store_path(path: Path, is_read_only: bool = False) -> Path:
    """The one name of a store's file: without links, from the root on.

    Log and lock lie beside that name, so that a store has one owner under whatever name it is opened.

    Raises:
        StoreError: there can be no store of this name.
    """
    try:
        found = path.resolve()
        if found.is_dir():
            raise StoreError(f"cannot open {path}: it is a folder, and a database is a file")
        if is_special(found):
            raise StoreError(f"cannot open {path}: it is no regular file, and a database is one")
        if not found.parent.is_dir():
            raise StoreError(f"cannot make {path}: there is no folder {found.parent}")
        if found.exists() and not (is_read_only and is_without_log(found)):
            _require_one_name(found)
    except (OSError, RuntimeError) as error:  # Links in a circle, say.
        raise StoreError(f"cannot open {path}: {error}") from None
    return found


def require_new(path: Path) -> None:
    """Raises StoreError where a copy could not become a new file."""
    if path.exists() or path.is_symlink():
        raise StoreError(f"{path} is there already: a copy never overwrites a file")
    if not is_without_log(path):
        log = log_of(path)
        raise StoreError(f"{log} is there already, the log of a database that was moved or deleted: move it as well")


def is_without_log(path: Path) -> bool:
    """Whether there is nothing in the log of a store, so that all of it is in its file."""
    log = log_of(path)
    return not log.exists() or not log.stat().st_size


def log_of(path: Path) -> Path:
    """SQLite's log beside a store."""
    return path.with_name(path.name + "-wal")


def journal_of(path: Path) -> Path:
    """The journal beside a store with which SQLite would undo what was not finished."""
    return path.with_name(path.name + "-journal")


def is_unfinished(path: Path) -> bool:
    """Whether opening a file would make nothing of it, since it was being made when whoever made it was stopped."""
    try:
        with journal_of(path).open("rb") as file:
            head = file.read(_PAGES_BEFORE.stop)
    except FileNotFoundError:
        return False
    return head.startswith(_JOURNAL_MAGIC) and head[_PAGES_BEFORE] == b"\0\0\0\0"


def _require_one_name(path: Path) -> None:
    """Refuses files that have further names, which would have locks and logs of their own."""
    if path.stat().st_nlink > 1:
        remove_unfinished(path)  # One that was published when its process was killed has its old name as well.
    names = path.stat().st_nlink
    if names > 1:
        raise StoreError(
            f"cannot open {path}: the file has {names} names (hard links), each of which would have a log of its own. "
            "Leave it one name, or make a copy with cp"
        )
    if _is_mounted(path):
        raise StoreError(
            f"cannot open {path}: the file itself is mounted here, without its log. Mount the folder that it lies in"
        )


def _is_mounted(path: Path) -> bool:
    """Whether a file, not a folder, is mounted at a path, as far as the system tells."""
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return False
    places = (line.split(b" ")[4] for line in lines if line.count(b" ") > 4)
    return os.fsencode(path) in {_ESCAPE.sub(lambda found: bytes([int(found[1], 8)]), place) for place in places}
