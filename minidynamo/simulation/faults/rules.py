"""Aimed faults: what a test asks to go wrong with one operation, table, item or condition of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from minidynamo.errors import DynamoError
from minidynamo.requests.operations import API
from minidynamo.simulation.arguments import did_you_mean, require, require_count
from minidynamo.simulation.faults.aims import Aim, Predicate
from minidynamo.simulation.faults.calls import Call
from minidynamo.simulation.faults.kinds import KINDS, Kind, known_kind
from minidynamo.values.api_types import PythonValue, Request
from minidynamo.values.attribute_value import AttributeValue, Item, checked_item
from minidynamo.values.python_values import to_attribute_value

# The types of the key attributes of each table, by name.
KeyTypes = Mapping[str, Mapping[str, str]]

_NAMES_SHOWN_MAX = 8
# What is no operation and yet begins a call, and how a fault of it is aimed.
_ALONE = {
    "Deliver": "handlers of on_stream meet duplicate_delivery, which is aimed without operation",
    "Expire": "sweeps for expired items meet ttl_delay, which is aimed without operation",
}
# Members of requests that name tables, and those that name items.
_TABLE_MEMBERS = frozenset({"TableName", "RequestItems", "TransactItems"})
_ITEM_MEMBERS = frozenset({"Item", "Key", "RequestItems", "TransactItems"})


class Faults:
    """`database.faults`: aims faults, and switches kinds off and on.

    Parameters:
        key_types: gives the tables that there are.
    """

    def __init__(self, key_types: Callable[[], KeyTypes] = dict) -> None:
        self.key_types = key_types
        self._aims: list[Aim] = []
        self._off: set[str] = set()
        self._pauses = 0

    def __repr__(self) -> str:
        state = "paused" if self._pauses else f"off: {', '.join(sorted(self._off))}" if self._off else "on"
        return f"<Faults: {len(self._aims)} aimed, {state}>"

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """All kinds of faults by name."""
        return KINDS

    def on(
        self,
        operation: str | None = None,
        *,
        fault: Kind | str,
        table: str | None = None,
        key: Mapping[str, PythonValue] | None = None,
        where: Predicate | None = None,
        times: int | None = 1,
        variant: int = 0,
    ) -> Aim:
        """Lets something go wrong: `db.faults.on("PutItem", key={"pk": "a"}, fault=Throttled, times=2)`.

        Parameters:
            operation: the API name; None for any where it may happen.
            fault: the kind, or its name.
            table: the name of a table that there is.
            key: attributes of the key, as Python values or attribute values.
            where: called with the operation and the request; whether it happens.
            times: how often, None for always.
            variant: what details are drawn from; 0 gives the simplest.

        Returns:
            the aim, which counts; `with db.faults.on(...)` fails at its end if it was never used.

        Raises:
            ValueError: there is no such kind, operation, table or key, a number is out of range, or the kind cannot
                happen there.
            TypeError: a parameter is of another type.
        """
        kind = _kind_of(fault)
        _require_types(operation, table, key, where)
        _require_operation(kind, operation)
        if times is not None:
            require_count("times", times, 1, ", or None for always")
        require_count("variant", variant, 0)
        item = None if key is None else _item_of(key)
        if table is not None:
            _require_named(kind, operation, "table", _TABLE_MEMBERS)
        if item is not None:
            _require_named(kind, operation, "key", _ITEM_MEMBERS)
        if operation != "CreateTable" and (table is not None or item is not None):
            _require_key(self._tables(table), item or {})
        aim = Aim(kind, operation, table, item, where, times, variant)
        self._aims = [*(each for each in self._aims if each.is_open), aim]
        return aim

    def _tables(self, name: str | None) -> KeyTypes:
        """The table of a name, or all."""
        tables = self.key_types()
        if name is None or name in tables:
            return tables if name is None else {name: tables[name]}
        raise ValueError(f"there is no table {name!r}: {_listed('there are', tables, 'there are none yet')}")

    def clear(self) -> None:
        """Forgets all aimed faults."""
        for aim in self._aims:
            aim.cancel()
        self._aims.clear()

    def switch_off(self, *kinds: str) -> None:
        """Lets these kinds, given by their names, happen no more; without any, none at all.

        Raises:
            ValueError: there is no such kind.
        """
        self._off |= {known_kind(each).name for each in kinds} or KINDS.keys()

    def switch_on(self, *kinds: str) -> None:
        """Lets these kinds, given by their names, happen again; without any, all.

        Raises:
            ValueError: there is no such kind.
        """
        self._off -= {known_kind(each).name for each in kinds} or KINDS.keys()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While this is on, nothing goes wrong: for fixtures and assertions of a test."""
        self._pauses += 1
        try:
            yield
        finally:
            self._pauses -= 1

    # For the injector.

    @property
    def is_quiet(self) -> bool:
        """Whether nothing goes wrong now, whatever it is."""
        return self._pauses > 0 or KINDS.keys() <= self._off

    def is_off(self, kind: str) -> bool:
        """Whether a kind does not happen now."""
        assert kind in KINDS, f"there is no kind {kind}"
        return self._pauses > 0 or kind in self._off

    def has_aims(self, kind: str) -> bool:
        """Whether a kind is aimed at anything."""
        return any(each.kind.name == kind and each.is_open for each in self._aims)

    def watch(self, call: Call, request: Request) -> None:
        """Shows a call that begins to the aims."""
        for aim in self._aims:
            aim.watch(call, request, self._silence(aim.kind.name))

    def _silence(self, kind: str) -> str:
        """Why a kind does not happen now, whatever it is aimed at; "" where it may."""
        if self._pauses > 0:
            return "faults were paused"
        return f"{kind} was switched off" if kind in self._off else ""

    def aimed(self, kind: str, operation: str, request: Request) -> Aim | None:
        """The first aim that takes a request."""
        return next((each for each in self._aims if each.takes(kind, operation, request)), None)


def _kind_of(fault: Kind | str) -> Kind:
    takes = "a kind of minidynamo.simulation, such as Throttled, or its name"
    require(isinstance(fault, Kind | str), "fault", takes, fault)
    kind = fault if isinstance(fault, Kind) else known_kind(fault)
    if kind is KINDS["capacity"]:
        raise ValueError("capacity cannot be aimed: use throttled")
    return kind


def _require_types(operation: object, table: object, key: object, where: object) -> None:
    require(isinstance(operation, str | None), "operation", "the API name of one, such as 'PutItem'", operation)
    require(isinstance(table, str | None), "table", "the name of a table", table)
    takes = "attributes of the key by their names, such as {'pk': 'a'}"
    is_key = isinstance(key, Mapping) and all(isinstance(name, str) for name in key)
    require(key is None or is_key, "key", takes, key)
    if is_key and not key:
        raise ValueError("key names no attribute: leave key out")
    require(where is None or callable(where), "where", "a function of operation and request", where)


def _require_operation(kind: Kind, operation: str | None) -> None:
    if operation is None or operation in kind.operations:
        return
    if operation in _ALONE:
        raise ValueError(f"{operation} is no operation of the API: {_ALONE[operation]}")
    if operation not in API:
        hint = did_you_mean(operation, API)
        raise ValueError(f"there is no operation {operation!r}; names are the API's, such as PutItem: {hint}")
    where_else = ", ".join(sorted(kind.operations)) or "no request: leave operation out"
    raise ValueError(f"{kind.name} does not happen with {operation}, but with {where_else}")


def _require_named(kind: Kind, operation: str | None, parameter: str, members: frozenset[str]) -> None:
    """Refuses a table or key where no request says that it is about one."""
    operations = kind.operations if operation is None else {operation}
    if not any(API[each].request.members.keys() & members for each in operations):
        what = operation or f"what {kind.name} happens to"
        raise ValueError(f"{what} names no {parameter}: leave {parameter} out, or use where")


def _require_key(tables: KeyTypes, item: Item) -> None:
    """Refuses attributes that are in no key of these tables, and values of another type than theirs."""
    for name, value in item.items():
        types = {table: keys[name] for table, keys in tables.items() if name in keys}
        if not types:
            known = [f"{each} of {table}" for table, keys in tables.items() for each in keys]
            raise ValueError(
                f"no key has an attribute {name!r}: {_listed('there are', known, 'there is no table yet')}"
            )
        if not value.keys() & set(types.values()):
            (given,) = value
            table, expected = next(iter(types.items()))
            raise ValueError(f"the key attribute {name} of {table} is of type {expected}, not {given}")


def _listed(lead: str, names: Mapping[str, object] | list[str], otherwise: str) -> str:
    shown = ", ".join(list(names)[:_NAMES_SHOWN_MAX])
    more = ", …" if len(names) > _NAMES_SHOWN_MAX else ""
    return f"{lead} {shown}{more}" if names else otherwise


def _item_of(key: Mapping[str, PythonValue]) -> Item:
    """A key in wire form."""
    try:
        return checked_item({name: _attribute_value(each) for name, each in key.items()})[0]
    except DynamoError as error:
        raise ValueError(f"key has what is no value of an attribute: {error}") from None


def _attribute_value(value: PythonValue) -> AttributeValue:
    """An attribute value from one, or from a Python value; attributes of keys are never maps."""
    return value if isinstance(value, dict) else to_attribute_value(value)
