"""Records of a file that were read or written of late, so that a get of one needs no statement of SQLite.

Only the connection that commits has one: whoever else reads the file sees other states of it.
"""

from __future__ import annotations

_BYTES_MAX = 16 * 1024 * 1024
# What an entry takes besides its key and its record, roughly.
_ENTRY_BYTES = 200

Place = tuple[int, bytes]  # The id of a keyspace, and a key.


class RecordCache:
    """Records by their place. They come into one half; when that is full the other one is forgotten for it.

    Parameters:
        bytes_max: how much memory it takes at most, roughly.
    """

    def __init__(self, bytes_max: int = _BYTES_MAX) -> None:
        self._half_bytes_max = bytes_max // 2
        self._bytes = 0  # That have come into the new half.
        self._new: dict[Place, bytes] = {}
        self._old: dict[Place, bytes] = {}

    def get(self, place: Place) -> bytes | None:
        """The record of a place; None where it is not known, or there is none."""
        return self._new.get(place) or self._old.get(place)

    def keep(self, place: Place, record: bytes | None) -> None:
        """Remembers what a place has, now that it is committed; None for nothing."""
        if record is None:
            self._new.pop(place, None)
            self._old.pop(place, None)
            return
        assert record, f"an empty record is kept at {place}"
        self._new[place] = record
        self._bytes += _size(place, record)
        if self._bytes > self._half_bytes_max:
            self._old, self._new, self._bytes = self._new, {}, 0

    def clear(self) -> None:
        """Forgets everything: what is stored has changed in another way than by commits of records."""
        self._new.clear()
        self._old.clear()
        self._bytes = 0

    def check(self) -> None:
        """Asserts that it takes no more memory than it may."""
        size = sum(_size(*each) for each in self._new.items())
        assert size <= self._bytes <= self._half_bytes_max, f"records of {size} bytes are counted as {self._bytes}"


def _size(place: Place, record: bytes) -> int:
    return len(place[1]) + len(record) + _ENTRY_BYTES
