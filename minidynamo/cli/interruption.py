"""Ctrl-C and SIGTERM for a command that ends where it knows what is done, rather than anywhere."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_Handler = Callable[[int, FrameType | None], object] | int | None

# What a shell says of a program that SIGTERM has ended.
_EXIT_CODE = 128 + signal.SIGTERM


@contextmanager
def closing_on_sigterm() -> Iterator[None]:
    """Lets SIGTERM end a command as Ctrl-C does: what it has opened is closed. Its exit code is 143."""

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(_EXIT_CODE)

    if threading.current_thread() is not threading.main_thread():  # Others get no signals.
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Interruption:
    """Notes the first signal, as a context manager; the second one interrupts as Ctrl-C does without it.

    Attributes:
        has_come: whether there was one.
    """

    def __init__(self) -> None:
        self.has_come = False
        self._before: dict[signal.Signals, _Handler] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():  # Others get no signals.
            self._before = {each: signal.signal(each, self._note) for each in _SIGNALS}
        return self

    def __exit__(self, *exception: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.has_come:
            raise KeyboardInterrupt
        self.has_come = True
