"""What the items of a table are: the kinds of entities in it, told by an attribute or by how their keys are made up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from minidynamo.mcp.answers import plain_item, shortened
from minidynamo.mcp.bounds import SHAPES_MAX
from minidynamo.values.api_types import AttributeValue, Item, JsonObject

# By which attribute libraries say what an item is: ElectroDB, DynamoDB-Toolbox, OneTable and many by hand.
_ENTITY_ATTRIBUTES = ("__edb_e__", "_et", "_type", "entity", "entityType", "entity_type", "type")
# Where the parts of a composed key meet.
_DELIMITER = re.compile(r"([#|/:])")
_PARTS = (
    (re.compile(r"-?\d+(\.\d+)?"), "<number>"),
    (re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d{2}(-\d{2})?(T[\d.:]*Z?)?"), "<date>"),
    (re.compile(r"[0-9A-HJKMNP-TV-Z]{26}"), "<ulid>"),
)
# A date with a time has colons in it.
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}[\d:.]*(Z|[+-]\d{2}:?\d{2})?")
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$-]{0,39}")
_EXAMPLE_CHARACTERS, _EXAMPLE_MEMBERS = 60, 12
_ATTRIBUTES_MAX = 40


def key_pattern(value: AttributeValue) -> str:
    """How a key is made up: "ORDER#<number>", "<uuid>"; words before a delimiter stay as they are."""
    ((tag, payload),) = value.items()
    if tag != "S":
        return "<number>" if tag == "N" else "<binary>"
    parts = _DELIMITER.split(_TIME.sub("<date>", payload[:200]))
    return "".join(_part(part, index == len(parts) - 1 and len(parts) > 1) for index, part in enumerate(parts))


def _part(part: str, is_last: bool) -> str:
    if part in ("", "#", "|", "/", ":", "<date>"):
        return part
    for pattern, name in _PARTS:
        if pattern.fullmatch(part):
            return name
    # What comes before a delimiter names a kind of entity; so does what is written in capitals.
    return part if _WORD.fullmatch(part) and (part.isupper() or not is_last) else "<text>"


@dataclass
class Shape:
    """Items of one kind.

    Attributes:
        count: how many were seen.
        attributes: types by name.
        counts: how many of the items have each attribute.
        example: one of them.
    """

    example: Item
    count: int = 0
    attributes: dict[str, set[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        """Looks at an item."""
        self.count += 1
        for name, value in item.items():
            self.attributes.setdefault(name, set()).update(value)
            self.counts[name] = self.counts.get(name, 0) + 1
        assert self.count >= max(self.counts.values(), default=0), f"an attribute of more than {self.count} items"

    def attribute_texts(self) -> JsonObject:
        """Attributes with their types: "S", or "N in 3 of 5" where not every item has it."""
        told: JsonObject = {}
        for name in list(self.attributes)[:_ATTRIBUTES_MAX]:
            rare = "" if self.counts[name] == self.count else f" in {self.counts[name]} of {self.count}"
            told[name] = "|".join(sorted(self.attributes[name])) + rare
        if len(self.attributes) > _ATTRIBUTES_MAX:
            told["…"] = f"{len(self.attributes) - _ATTRIBUTES_MAX:,} more"
        return told


def shapes_of(items: Iterable[Item], key: Sequence[str]) -> list[JsonObject]:
    """The kinds of items there are, the most frequent first.

    Parameters:
        items: some items of a table.
        key: its key attributes.
    """
    shapes: dict[tuple[str, ...], Shape] = {}
    for item in items:
        shapes.setdefault(_kind(item, key), Shape(item)).add(item)
    found = sorted(shapes.items(), key=lambda each: -each[1].count)
    told = [_told(kind, shape, key) for kind, shape in found[:SHAPES_MAX]]
    rest = sum(shape.count for _, shape in found[SHAPES_MAX:])
    return [*told, {"others": rest}] if rest else told


def _kind(item: Item, key: Sequence[str]) -> tuple[str, ...]:
    patterns = [key_pattern(item[name]) for name in key]
    entity = next((item[name]["S"] for name in _ENTITY_ATTRIBUTES if "S" in item.get(name, {})), "")
    # An attribute of that name that says more than a word is something else.
    return (entity if _WORD.fullmatch(entity) else "", *patterns)


def _told(kind: tuple[str, ...], shape: Shape, key: Sequence[str]) -> JsonObject:
    entity, *patterns = kind
    told: JsonObject = {"entity": entity} if entity else {}
    return {
        **told,
        "items": shape.count,
        "key": dict(zip(key, patterns, strict=True)),
        "attributes": shape.attribute_texts(),
        "example": shortened(plain_item(shape.example), _EXAMPLE_CHARACTERS, _EXAMPLE_MEMBERS),
    }
