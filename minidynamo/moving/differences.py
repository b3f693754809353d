"""What differs between two tables, item by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from minidynamo.moving.sums import item_digest
from minidynamo.values.attribute_value import Item

Kind = Literal["lost", "changed", "doubled", "resurrected", "extra", "expired"]

# What each kind is, for people.
KINDS: dict[Kind, str] = {
    "lost": "at the source, and not at the target",
    "changed": "at both, with other attributes",
    "doubled": "at the target alone, with all that another item of the source holds under its key",
    "resurrected": "at the target alone, and deleted at the source",
    "extra": "at the target alone",
    "expired": "at one side alone, and its time to live is over",
}
# What only the target has, and nobody has deleted at the source: somebody may have put it there.
UNKNOWN: frozenset[Kind] = frozenset({"doubled", "extra"})
# What is no fault: one side deletes it sooner than the other.
EXCUSED: frozenset[Kind] = frozenset({"expired"})


@dataclass(frozen=True)
class Difference:
    """One item that differs.

    Attributes:
        kind: how; see `KINDS`.
        key: its key at the target.
        source_key: its key at the source, where it is or would be; None where that is not known.
        attributes: which attributes differ, of one that is changed.
    """

    kind: Kind
    key: Item
    source_key: Item | None = None
    attributes: tuple[str, ...] = ()


def compared(source: Item | None, target: Item | None) -> tuple[Kind, tuple[str, ...]] | None:
    """How an item differs, None where it does not.

    Parameters:
        source: as it has to be, None for not at all.
        target: as it is.
    """
    if source is None:
        return None if target is None else ("extra", ())
    if target is None:
        return "lost", ()
    if item_digest(source) == item_digest(target):
        return None
    names = sorted(source.keys() | target.keys())
    return "changed", tuple(name for name in names if _digest_of(source, name) != _digest_of(target, name))


def is_expired(item: Item | None, expires_by: str, now: float) -> bool:
    """Whether the time to live of an item is over.

    Parameters:
        item: the item, None for none.
        expires_by: the attribute, "" for none.
        now: epoch seconds.
    """
    value = (item or {}).get(expires_by, {}).get("N") if expires_by else None
    return value is not None and float(value) <= now


def counted(differences: Sequence[Difference]) -> dict[Kind, int]:
    """How many there are of each kind, in the order of `KINDS`."""
    counts = {kind: sum(each.kind == kind for each in differences) for kind in KINDS}
    return {kind: count for kind, count in counts.items() if count}


def _digest_of(item: Item, name: str) -> bytes | None:
    return item_digest({name: item[name]}) if name in item else None
