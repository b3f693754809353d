"""Aimed faults: what a test asks to go wrong with one operation, table, item or condition of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from minidynamo.requests.operations import API
from minidynamo.requests.subjects import items_of, tables_of
from minidynamo.simulation.faults.kinds import KINDS, Kind, known_kind
from minidynamo.values.api_types import PythonValue, Request
from minidynamo.values.attribute_value import AttributeValue, Item, checked_item
from minidynamo.values.python_values import to_attribute_value

Predicate = Callable[[str, Request], bool]


@dataclass
class FaultRule:
    """One aimed fault.

    Attributes:
        kind: what happens.
        operation, table, key, where: to what; None for anything.
        times: how often it still happens, None for always.
        variant: what its details are drawn from.
    """

    kind: Kind
    operation: str | None
    table: str | None
    key: Item | None
    where: Predicate | None
    times: int | None
    variant: int

    def takes(self, kind: str, operation: str, request: Request) -> bool:
        """Whether the rule applies to a request."""
        return (
            self.times != 0
            and kind == self.kind.name
            and self.operation in (None, operation)
            and (self.table is None or self.table in tables_of(request))
            and (self.key is None or any(_holds(each, self.key) for each in items_of(request)))
            and (self.where is None or bool(self.where(operation, request)))
        )

    def count(self) -> None:
        """Notes that it has happened."""
        if self.times is not None:
            assert self.times > 0, f"{self.kind.name} happens {self.times} times more, and has happened"
            self.times -= 1


class Faults:
    """`database.faults`: aims faults, and switches kinds off and on."""

    def __init__(self) -> None:
        self._aims: list[FaultRule] = []
        self._off: set[str] = set()
        self._pauses = 0

    def on(
        self,
        operation: str | None = None,
        *,
        raises: Kind | str,
        table: str | None = None,
        key: Mapping[str, PythonValue] | None = None,
        where: Predicate | None = None,
        times: int | None = 1,
        variant: int = 0,
    ) -> None:
        """Lets something go wrong: `db.faults.on("PutItem", key={"pk": "a"}, raises=Throttled, times=2)`.

        Parameters:
            operation: the API name; None for any where it may happen.
            raises: the kind, or its name.
            table: the name of a table.
            key: attributes of the key, or of an item to be put, as Python values or attribute values.
            where: called with the operation and the request; whether it happens.
            times: how often, None for always.
            variant: what details are drawn from; 0 gives the simplest.

        Raises:
            ValueError: there is no such kind or operation, or the kind cannot happen there.
        """
        kind = raises if isinstance(raises, Kind) else known_kind(raises)
        if kind is KINDS["capacity"]:
            raise ValueError("capacity cannot be aimed: use throttled")
        if operation is not None and operation not in kind.operations:
            if operation not in API:
                raise ValueError(f"there is no operation {operation!r}; names are the API's, such as PutItem")
            where_else = ", ".join(sorted(kind.operations)) or "no request: leave operation out"
            raise ValueError(f"{kind.name} does not happen with {operation}, but with {where_else}")
        if times is not None and times < 1:
            raise ValueError(f"times must be at least 1, or None for always, not {times}")
        item = None if key is None else checked_item({name: _attribute_value(each) for name, each in key.items()})[0]
        self._aims.append(FaultRule(kind, operation, table, item, where, times, variant))

    def clear(self) -> None:
        """Forgets all aimed faults."""
        self._aims.clear()

    def switch_off(self, *kinds: str) -> None:
        """Lets these kinds happen no more; without any, none at all."""
        self._off |= {known_kind(each).name for each in kinds} or KINDS.keys()

    def switch_on(self, *kinds: str) -> None:
        """Lets these kinds happen again; without any, all."""
        self._off -= {known_kind(each).name for each in kinds} or KINDS.keys()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While this is on, nothing goes wrong: for fixtures and assertions of a test."""
        self._pauses += 1
        try:
            yield
        finally:
            self._pauses -= 1

    def is_off(self, kind: str) -> bool:
        """Whether a kind does not happen now."""
        assert kind in KINDS, f"there is no kind {kind}"
        return self._pauses > 0 or kind in self._off

    def has_aims(self, kind: str) -> bool:
        """Whether a kind is aimed at anything."""
        return any(each.kind.name == kind and each.times != 0 for each in self._aims)

    def aimed(self, kind: str, operation: str, request: Request) -> FaultRule | None:
        """The first aim that takes a request."""
        return next((each for each in self._aims if each.takes(kind, operation, request)), None)


def _holds(item: Item, key: Item) -> bool:
    """Whether an item, which may be malformed, has the attributes of a key."""
    try:
        return all(checked_item({name: item[name]})[0] == {name: value} for name, value in key.items())
    except Exception:
        return False


def _attribute_value(value: PythonValue) -> AttributeValue:
    """An attribute value from one, or from a Python value; attributes of keys are never maps."""
    return value if isinstance(value, dict) else to_attribute_value(value)
