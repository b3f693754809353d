"""Getting bytes and names onto the disk."""

from __future__ import annotations

import os
from pathlib import Path

# Where fsync leaves data in the drive's cache, this does not.
_FULL_SYNC: int | None
try:
    import fcntl

    _FULL_SYNC = getattr(fcntl, "F_FULLFSYNC", None)
except ImportError:
    _FULL_SYNC = None


def sync_file(file: int) -> None:
    """Returns when all that was written to an open file is on the disk; raises OSError where it cannot be."""
    if _FULL_SYNC is not None:
        fcntl.fcntl(file, _FULL_SYNC)
    else:
        os.fsync(file)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
