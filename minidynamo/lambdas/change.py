"""A change of an item as mappings see it, whether a stream of this process has it or one reached through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from minidynamo.values.api_types import JsonObject


class Change(Protocol):
    """A change of an item, as far as whoever hands it over looks at it.

    Attributes:
        number: greater than those of all changes before it in its shard.
        sequence: its sequence number, as the API gives it.
        time: when it was made, in epoch seconds.
        chain: how many invocations led to it, as far as that is known.
        size_bytes: about how large it is.
    """

    @property
    def number(self) -> int: ...
    @property
    def sequence(self) -> str: ...
    @property
    def time(self) -> float: ...
    @property
    def chain(self) -> int: ...
    @property
    def size_bytes(self) -> int: ...


# Gives a change as it stands in an event.
ShowChange = Callable[[Change], JsonObject]
