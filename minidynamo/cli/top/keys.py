"""Keys that are pressed at a terminal, read one by one without Enter; where that is not to be had, none are."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

# What terminals send for arrows.
_ARROWS = {"[A": "up", "[B": "down", "OA": "up", "OB": "down", "[5~": "page up", "[6~": "page down"}
_ESCAPE = "\x1b"


class Keys:
    """Waits for keys; made by `reading_keys`.

    Parameters:
        descriptor: of the terminal; None for none.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def wait(self, seconds: float) -> list[str]:
        """The keys that come within some seconds, as soon as there are any: letters, "up", "down" and the like."""
        if self._descriptor is None:
            time.sleep(seconds)
            return []
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        if not ready:
            return []
        return list(keys_of(os.read(self._descriptor, 1024).decode("utf-8", "replace")))


def keys_of(text: str) -> Iterator[str]:
    """The keys of what a terminal has sent."""
    while text:
        if text[0] == _ESCAPE:
            found = next((each for each in _ARROWS if text.startswith(each, 1)), None)
            if found is not None:
                yield _ARROWS[found]
            text = text[1 + len(found or text) :]  # Whatever else begins so is a key that is not known.
        else:
            yield text[0].lower()
            text = text[1:]


@contextmanager
def reading_keys() -> Iterator[Keys]:
    """Keys as they are pressed, while this is on; Ctrl-C goes on to interrupt."""
    try:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError, AttributeError):  # On Windows, or where input is no terminal.
        yield Keys(None)
        return
    except termios.error:
        yield Keys(None)
        return
    try:
        tty.setcbreak(descriptor)
        yield Keys(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
