"""Planning a move: what there is, what it costs at today's prices, how long it takes, and what it forgets."""

from __future__ import annotations

from dataclasses import dataclass, field

from minidynamo.limits import KIB, STREAM_RETENTION_SECONDS
from minidynamo.moving.facts import TableFacts
from minidynamo.moving.features import Finding, differing, forgotten, lacking
from minidynamo.moving.move import Move
from minidynamo.moving.places import Place
from minidynamo.prices.price_list import PriceList

_READ_UNIT_BYTES, _WRITE_UNIT_BYTES, _GB = 4 * KIB, KIB, 1024**3
# Items per second that one process copies at most, and the write units per second of a new table on demand.
_ITEMS_PER_SECOND, _FIRST_UNITS_PER_SECOND = 3_000, 4_000


@dataclass
class Cost:
    """What a step costs.

    Attributes:
        read_units, write_units: capacity units.
        dollars: in the currency of the list of prices; 0 where nobody charges.
    """

    read_units: float = 0.0
    write_units: float = 0.0
    dollars: float = 0.0


@dataclass
class TablePlan:
    """What moving one table means.

    Attributes:
        name: of the table.
        item_count, size_bytes: of its items; up to six hours old at Amazon.
        copying, verifying: what these cost.
        monthly: what keeping the items costs at the target in a month.
        seconds: how long copying takes at least.
        can_follow: whether changes can be followed.
        findings: what to know: of the target, and of what is forgotten.
    """

    name: str
    item_count: int
    size_bytes: int
    copying: Cost
    verifying: Cost
    monthly: float
    seconds: float
    can_follow: bool
    findings: list[Finding] = field(default_factory=list)


def plan_of(move: Move, name: str, prices: PriceList) -> TablePlan:
    """The plan of one table.

    Raises:
        DynamoError, ExportError, MoveError: it cannot be looked at.
    """
    facts = move.facts(move.source, name)
    there = move.facts(move.target, name)
    if facts is None:
        return _plan_of_export(move, name, there, prices)
    reading = _reading(move.source, facts.size_bytes, prices, move.settings.is_eventual)
    writing = _writing(move.target, facts, prices)
    copying = Cost(reading.read_units, writing.write_units, reading.dollars + writing.dollars)
    theirs = _reading(move.target, facts.size_bytes, prices, move.settings.is_eventual)
    verifying = Cost(reading.read_units + theirs.read_units, 0, reading.dollars + theirs.dollars)
    seconds = _seconds(move.target, facts, writing.write_units)
    plan = TablePlan(
        name,
        facts.item_count,
        facts.size_bytes,
        copying,
        verifying,
        _monthly(move.target, facts, prices),
        seconds,
        True,
    )
    _find(plan, move, facts, there)
    return plan


def _plan_of_export(move: Move, name: str, there: TableFacts | None, prices: PriceList) -> TablePlan:
    count = move.source.export().item_count or 0
    plan = TablePlan(name, count, 0, Cost(), Cost(), 0.0, count / _ITEMS_PER_SECOND, False)
    if there is None:
        remedy = "an export does not tell the key: give copy --key NAME:TYPE[,NAME:TYPE] or --tables TEMPLATE"
        plan.findings.append(Finding("the table at the target", remedy, is_grave=True))
    plan.findings.append(Finding("changes since the export", "are not in it, and cannot be followed"))
    return plan


def _find(plan: TablePlan, move: Move, facts: TableFacts, there: TableFacts | None) -> None:
    source = move.source.opened()
    if facts.stream_arn is None:
        plan.can_follow = False
        remedy = "changes made meanwhile are not followed: give the table a stream of NEW_AND_OLD_IMAGES first"
        plan.findings.append(Finding("no stream", remedy))
    elif plan.seconds > STREAM_RETENTION_SECONDS:
        remedy = "a stream keeps changes for 24 hours: move from an export, or in a faster way"
        plan.findings.append(Finding("copying takes more than a day", remedy, is_grave=True))
    if move.target.database is not None:
        plan.findings += lacking(move.target.database, facts)
        if there is not None:
            plan.findings += differing(facts, there)
            if there.item_count:
                remedy = "stay as they are: an item whose key is there is not written"
                plan.findings.append(Finding(f"{there.item_count:,} items at the target", remedy))
    else:
        remedy = "an export holds items alone"
        plan.findings.append(Finding("indexes, stream, time to live, tags and policy", remedy))
    plan.findings += forgotten(source, facts)


def _reading(place: Place, size_bytes: int, prices: PriceList, is_eventual: bool) -> Cost:
    """What reading all items of a table costs."""
    units = size_bytes / _READ_UNIT_BYTES * (0.5 if is_eventual else 1.0)
    if place.database is None:
        return Cost()
    return Cost(read_units=units, dollars=prices.reads(units, place.region) if place.is_amazon else 0.0)


def _writing(place: Place, facts: TableFacts, prices: PriceList) -> Cost:
    """What putting all items costs: one unit for each KB begun of an item and of its entries in indexes."""
    if place.database is None:
        return Cost()
    units = _write_units(facts.item_count, facts.size_bytes)
    for index in [
        *facts.description.get("GlobalSecondaryIndexes", ()),
        *facts.description.get("LocalSecondaryIndexes", ()),
    ]:
        units += _write_units(int(index.get("ItemCount", 0)), int(index.get("IndexSizeBytes", 0)))
    return Cost(write_units=units, dollars=prices.writes(units, place.region) if place.is_amazon else 0.0)


def _write_units(item_count: int, size_bytes: int) -> float:
    assert item_count >= 0, f"{item_count} items are written"
    if not item_count:
        return 0.0
    per_item = -(-size_bytes // item_count)
    assert per_item >= 0, f"{item_count} items of {size_bytes} bytes"
    return float(item_count * max(1, -(-per_item // _WRITE_UNIT_BYTES)))


def _monthly(place: Place, facts: TableFacts, prices: PriceList) -> float:
    return facts.size_bytes / _GB * prices.of("storage", "standard", place.region) if place.is_amazon else 0.0


def _seconds(place: Place, facts: TableFacts, write_units: float) -> float:
    """How long copying takes at least: by what one process copies, and by what the target takes."""
    provisioned = facts.description.get("ProvisionedThroughput", {}).get("WriteCapacityUnits", 0)
    rate = float(provisioned or _FIRST_UNITS_PER_SECOND)
    limited = write_units / rate if place.is_amazon else 0.0
    return max(facts.item_count / _ITEMS_PER_SECOND, limited)
