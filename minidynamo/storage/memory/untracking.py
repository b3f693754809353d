"""Maps in memory and the collector of cyclic garbage, which need not walk them: keys and records refer to nothing.

It would walk millions of them in every full collection, whatever set it off, and everything would wait. So before one
begins, the containers of all maps are taken from it, where the compiled core can do that. They are freed when nothing
refers to them any more, as before.
"""

from __future__ import annotations

import gc
from typing import Protocol
from weakref import WeakValueDictionary

from minidynamo.compiled import IS_IN_USE, compiled


class Entries(Protocol):
    """What holds keys and records."""

    @property
    def containers(self) -> list[object]:
        """What it keeps them in, itself among it."""
        ...


# Those that are alive, by their identities.
_entries: WeakValueDictionary[int, Entries] = WeakValueDictionary()
_OLDEST_GENERATION = 2


def note(entries: Entries) -> None:
    """Remembers entries, which are to be taken from the collector."""
    if IS_IN_USE:
        _entries[id(entries)] = entries


@compiled
def untracked(containers: list[object], /) -> int:
    """Takes containers that can be part of no cycle from the collector; returns how many of them it knew."""
    return 0


def _before_collection(phase: str, info: dict[str, int]) -> None:
    if phase != "start" or info["generation"] < _OLDEST_GENERATION:
        return
    for reference in _entries.valuerefs():  # A copy: other threads may make entries meanwhile.
        entries = reference()
        if entries is not None:
            untracked(entries.containers)


if IS_IN_USE:
    gc.callbacks.append(_before_collection)
