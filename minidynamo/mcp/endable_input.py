"""Standard input that SIGTERM and Ctrl-C end, so that a server closes as it does when its client goes.

What waits for a line of standard input cannot be interrupted. So the lines come by a pair of sockets, one of which is
standard input instead: a thread of its own copies what comes, and a signal ends what it copies to.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PIECE_BYTES = 64 * 1024
_STANDARD_INPUT = 0
_Handler = Callable[[int, FrameType | None], object] | int | None


class EndableInput:
    """Lets signals end standard input, as a context manager; in the main thread, and where there are such sockets.

    Attributes:
        ended_by: the signal that has come; 0 for none.
    """

    def __init__(self) -> None:
        self.ended_by = 0
        self._before: dict[signal.Signals, _Handler] = {}
        self._real: int | None = None

    def __enter__(self) -> EndableInput:
        if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
            return self
        mine, self._fed = socket.socketpair()
        self._real = os.dup(_STANDARD_INPUT)
        os.dup2(mine.fileno(), _STANDARD_INPUT)
        mine.close()
        # It may wait for a line when the process ends, and keeps nobody from that.
        threading.Thread(target=_copy, args=(self._real, self._fed), name="standard input", daemon=True).start()
        self._before = {each: signal.signal(each, self._end) for each in _SIGNALS}
        return self

    def __exit__(self, *exception: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)
        if self._real is not None:
            os.dup2(self._real, _STANDARD_INPUT)

    def _end(self, number: int, frame: FrameType | None) -> None:
        assert number in _SIGNALS, f"signal {number} was not asked for"
        self.ended_by = number
        _end_of(self._fed)


def _copy(source: int, target: socket.socket) -> None:
    """Copies what comes until its end, or until nobody takes it."""
    with suppress(OSError):
        while piece := os.read(source, _PIECE_BYTES):
            target.sendall(piece)
    _end_of(target)


def _end_of(target: socket.socket) -> None:
    with suppress(OSError):  # It has ended already.
        target.shutdown(socket.SHUT_WR)
