"""What can fail when data move."""

from __future__ import annotations


class MoveError(Exception):
    """A move that cannot go on; the text says why and what to do, in one line."""
