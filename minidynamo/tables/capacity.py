"""Capacity units: what reads and writes cost, and how the response reports it.

Source: DynamoDB Developer Guide, "Read/write capacity"; observed responses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minidynamo.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from minidynamo.schema.table_state import IndexKind
from minidynamo.values.api_types import Request, Response


def read_units(size_bytes: int, is_consistent: bool) -> float:
    """The units of reading `size_bytes` at once: one per 4 KB, at least one, half if eventually consistent."""
    assert size_bytes >= 0, f"{size_bytes} bytes are read"
    units = -(-size_bytes // READ_UNIT_BYTES) or 1
    return float(units) if is_consistent else units / 2


def write_units(size_bytes: int) -> float:
    """The units of writing an item of `size_bytes`: one per 1 KB, at least one."""
    assert size_bytes >= 0, f"{size_bytes} bytes are written"
    return float(-(-size_bytes // WRITE_UNIT_BYTES) or 1)


@dataclass(slots=True)
class Consumption:
    """What one request consumed on one table: on the table itself and on each of its indexes."""

    table: float = 0.0
    indexes: dict[IndexKind, dict[str, float]] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The sum of it all."""
        if not self.indexes:
            return self.table
        return self.table + sum(units for by_name in self.indexes.values() for units in by_name.values())

    def add_index(self, name: str, kind: IndexKind, units: float) -> None:
        """Counts units on an index."""
        assert units >= 0, f"{units} units are counted on index {name}"
        by_name = self.indexes.setdefault(kind, {})
        by_name[name] = by_name.get(name, 0.0) + units

    def add(self, other: Consumption, table_factor: float = 1.0) -> None:
        """Counts what another request consumed; the table's own times `table_factor`."""
        self.table += other.table * table_factor
        for kind, by_name in other.indexes.items():
            for name, units in by_name.items():
                self.add_index(name, kind, units)


def consumed_capacity(
    mode: str,
    table_name: str,
    consumption: Consumption,
    direction: str | None = None,
    on_indexes: bool = False,
) -> Response:
    """The ConsumedCapacity member of a response.

    Parameters:
        mode: ReturnConsumedCapacity, "TOTAL" or "INDEXES".
        table_name: the name or ARN that was asked for.
        consumption: what was consumed.
        direction: "Read" or "Write" in transactions, whose responses name it; else None.
        on_indexes: whether they name it on indexes too.
    """
    if direction is None and not consumption.indexes:  # Most often.
        units = consumption.table
        if mode == "TOTAL":
            return {"TableName": table_name, "CapacityUnits": units}
        return {"TableName": table_name, "CapacityUnits": units, "Table": {"CapacityUnits": units}}

    def breakdown(units: float, has_direction: bool = True) -> Response:
        entry = {"CapacityUnits": units}
        if direction is not None and has_direction:
            entry[f"{direction}CapacityUnits"] = units
        return entry

    response = {"TableName": table_name, **breakdown(consumption.total)}
    if mode == "INDEXES":
        response["Table"] = breakdown(consumption.table)
        for kind in IndexKind:
            if kind in consumption.indexes:
                by_name = consumption.indexes[kind]
                response[kind.value] = {name: breakdown(units, on_indexes) for name, units in by_name.items()}
    return response


def add_consumed_capacity(response: Response, request: Request, consumption: Consumption) -> None:
    """Adds ConsumedCapacity to the response of a single-table request that asks for it."""
    mode = request.get("ReturnConsumedCapacity", "NONE")
    if mode != "NONE":
        response["ConsumedCapacity"] = consumed_capacity(mode, request["TableName"], consumption)


def add_consumed_capacities(
    response: Response,
    request: Request,
    consumptions: Mapping[str, Consumption],
    direction: str | None = None,
    on_indexes: bool = False,
) -> None:
    """Adds the list of ConsumedCapacity, one entry per table, to the response of a batch or transaction."""
    mode = request.get("ReturnConsumedCapacity", "NONE")
    if mode != "NONE":
        response["ConsumedCapacity"] = [
            consumed_capacity(mode, name, consumption, direction, on_indexes)
            for name, consumption in consumptions.items()
        ]
