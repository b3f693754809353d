"""How much a server holds for its clients: bodies that are not answered yet, and answers that have not been read."""

from __future__ import annotations

from minidynamo.limits import HTTP_HELD_BYTES_MAX


class Budget:
    """Counts bytes, over all connections of one server; used in its event loop alone.

    Attributes:
        held_bytes: what is held now.
    """

    def __init__(self, size_bytes_max: int = HTTP_HELD_BYTES_MAX) -> None:
        self._size_bytes_max = size_bytes_max
        self.held_bytes = 0

    def take(self, size_bytes: int) -> bool:
        """Takes room, if there is any: otherwise returns False and takes nothing."""
        if self.held_bytes + size_bytes > self._size_bytes_max:
            return False
        self.held_bytes += size_bytes
        return True

    def give_back(self, size_bytes: int) -> None:
        """Gives room back."""
        self.held_bytes -= size_bytes
        assert self.held_bytes >= 0, f"{-self.held_bytes} bytes more were given back than taken"
