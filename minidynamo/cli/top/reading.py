"""What one look at a database tells, whoever has told it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class Counts:
    """A table, or an operation, as it is, and what there has been of it since the beginning; None for what is unknown.

    Attributes:
        calls, errors: requests, and those that failed.
        read_units, write_units: capacity units.
        items, size_bytes, partitions: of a table as it is.
        records: changes in its stream.
        seconds: how long the calls took together.
    """

    calls: float | None = None
    errors: float | None = None
    read_units: float | None = None
    write_units: float | None = None
    items: float | None = None
    size_bytes: float | None = None
    partitions: float | None = None
    records: float | None = None
    seconds: float | None = None

    @property
    def units(self) -> float | None:
        """Those of reading and of writing."""
        if self.read_units is None and self.write_units is None:
            return None
        return (self.read_units or 0.0) + (self.write_units or 0.0)

    def add(self, name: str, value: float) -> None:
        """Adds to what is known of an attribute."""
        assert name in self.__slots__, f"nothing is counted as {name}"
        setattr(self, name, (getattr(self, name) or 0.0) + value)


@dataclass(slots=True)
class Reading:
    """One look.

    Attributes:
        at: when, in seconds of a clock that only goes on.
        tables: by name; an index under the name of its table, a dot and its own.
        operations: by name.
        ages: how old changes were when functions got them, in seconds, by table and function.
    """

    at: float
    tables: Mapping[str, Counts] = field(default_factory=dict)
    operations: Mapping[str, Counts] = field(default_factory=dict)
    ages: Mapping[tuple[str, str], float] = field(default_factory=dict)


class Source(Protocol):
    """Where readings come from.

    Attributes:
        note: a line on what is not to be had there; "" for nothing.
    """

    note: str

    def read(self) -> Reading:
        """Looks.

        Raises:
            DynamoError, StoreError, OSError, HTTPException: it could not.
        """
        ...
