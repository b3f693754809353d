"""Where SQLite's log ends: what a commit has put there, found by the heads of its frames.

SQLite ends the log, when it opens it again, at the first frame that is not right, and takes all behind it for what a
power cut left unfinished. A byte that was corrupted later ends it as well. So the owner of a store notes, beside it,
how far the log has been synced (`ownership.py`), and whoever opens it verifies the log up to there.

    log     salts and page size in a head of 32 bytes, then frames
    frame   page number u32 | pages after a commit u32, else 0 | salts, 8 bytes | checksum, 2 u32 | the page

All numbers are big-endian. A frame's checksum goes on from that of the frame before it. When a checkpoint has moved
all of it, the log begins again at its start: its first salt is then one more than before.
Source: SQLite, "Database File Format", section 4, "The Write-Ahead Log".
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import NamedTuple

_HEAD = struct.Struct(">IIII8sII")
_HEAD_BYTES, _FRAME_HEAD_BYTES = 32, 24
_NO_COMMIT = b"\0\0\0\0"
_MAGIC = 0x377F0682  # One more where checksums read their words as big-endian.
_WORD = 0xFFFFFFFF
_RESTARTS_MAX = 1_000_000  # More than there are between two notes; salts of another log are drawn at random.


class LogEnd(NamedTuple):
    """The end of a log.

    Attributes:
        salts: those of the log, 8 bytes.
        frame: the number of its last frame, which ends a commit.
    """

    salts: bytes
    frame: int


class LogCursor:
    """Follows the end of a log while it grows.

    Attributes:
        end: the end that it has found last.
    """

    def __init__(self) -> None:
        self.end = LogEnd(b"", 0)
        self._frame_bytes = 0

    def begin(self, log: Path, frame: int) -> None:
        """Takes up a log that was there, up to a frame; what lies behind that belongs to no commit and is cut off."""
        with log.open("r+b") as file:
            head = file.read(_HEAD_BYTES)
            if len(head) < _HEAD_BYTES:
                return
            self._take(head, frame)
            length = _HEAD_BYTES + frame * self._frame_bytes
            if os.fstat(file.fileno()).st_size > length:
                file.truncate(length)

    def advance(self, file: int, commits: int) -> LogEnd:
        """Goes on past so many commits.

        Parameters:
            file: the log, open.
            commits: how many have been made since the last time. Those that have changed nothing leave no frame.
        """
        assert commits >= 0, f"{commits} commits since the last time"
        salts, frame = self.end
        size, is_begun_again = self._frame_bytes, False
        while commits:
            head = os.pread(file, 16, _HEAD_BYTES + frame * size) if size else b""
            if len(head) < 16 or head[8:] != salts:
                start = os.pread(file, _HEAD_BYTES, 0)
                if is_begun_again or len(start) < _HEAD_BYTES or start[16:24] == salts:
                    break
                self._take(start, 0)
                salts, frame, size, is_begun_again = self.end.salts, 0, self._frame_bytes, True
                continue
            frame += 1
            if head[4:8] != _NO_COMMIT:
                self.end = LogEnd(salts, frame)
                commits -= 1
        return self.end

    def _take(self, head: bytes, frame: int) -> None:
        _, _, page_bytes, _, salts, _, _ = _HEAD.unpack(head)
        self._frame_bytes = _FRAME_HEAD_BYTES + page_bytes
        self.end = LogEnd(salts, frame)


def loss(log: Path, end: LogEnd) -> str | None:
    """What is missing of a log that has been synced up to `end`, in words; None where nothing is.

    A log that has begun again since then is right as far as anybody knows.
    """
    try:
        file = os.open(log, os.O_RDONLY)
    except FileNotFoundError:
        return f"its log {log} is missing, and with it up to {end.frame} pages of what was written last"
    try:
        return _loss_in(file, log, end)
    finally:
        os.close(file)


def _loss_in(file: int, log: Path, end: LogEnd) -> str | None:
    head = os.pread(file, _HEAD_BYTES, 0)
    if len(head) < _HEAD_BYTES:
        return f"its log {log} has been cut off: {end.frame} pages of what was written last are missing"
    magic, _, page_bytes, _, salts, *checksum = _HEAD.unpack(head)
    order = ">" if magic & 1 else "<"
    if magic & ~1 != _MAGIC or _checksum(order, head[:24], 0, 0) != tuple(checksum):
        return f"the head of its log {log} is damaged, which loses up to {end.frame} pages of what was written last"
    if salts != end.salts:
        restarts = int.from_bytes(salts[:4], "big") - int.from_bytes(end.salts[:4], "big")
        if 0 < restarts % 2**32 < _RESTARTS_MAX:
            return None
        return f"its log {log} is another one than it had, and what was written last may be missing"
    right = _right_frames(file, order, page_bytes, end, checksum)
    if right == end.frame:
        return None
    lost = _commits_after(file, page_bytes, right, end.frame)
    position = _HEAD_BYTES + right * (_FRAME_HEAD_BYTES + page_bytes)
    return f"its log {log} is damaged from byte {position:,} on, which loses {lost} of its last commits"


def _right_frames(file: int, order: str, page_bytes: int, end: LogEnd, checksum: list[int]) -> int:
    """How many frames from the first on are as they were written."""
    size = _FRAME_HEAD_BYTES + page_bytes
    assert page_bytes > 0, f"pages of {page_bytes} bytes"
    one, two = checksum
    for number in range(end.frame):
        frame = os.pread(file, size, _HEAD_BYTES + number * size)
        if len(frame) < size or frame[8:16] != end.salts:
            return number
        one, two = _checksum(order, frame[:8] + frame[_FRAME_HEAD_BYTES:], one, two)
        if (one, two) != struct.unpack_from(">II", frame, 16):
            return number
    return end.frame


def _commits_after(file: int, page_bytes: int, first: int, last: int) -> int:
    """How many commits end in some frames, by their heads; the one that was being made at least."""
    size = _FRAME_HEAD_BYTES + page_bytes
    heads = [os.pread(file, 8, _HEAD_BYTES + number * size) for number in range(first, last)]
    return max(1, sum(len(head) == 8 and head[4:] != _NO_COMMIT for head in heads))


def _checksum(order: str, data: bytes, one: int, two: int) -> tuple[int, int]:
    assert len(data) % 8 == 0, f"a checksum of {len(data)} bytes, which are no pairs of words"
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & _WORD
        two = (two + second + one) & _WORD
    return one, two
