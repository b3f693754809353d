"""The vocabulary in which requests are described: shapes with their constraints. Data only; `checker.py` walks it.

Attribute values are opaque here (`VALUE`): `values/` checks and measures them in one pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minidynamo.limits import (
    ATTRIBUTE_NAME_BYTES_MAX,
    KEY_ATTRIBUTE_NAME_CHARACTERS_MAX,
    RESOURCE_NAME_CHARACTERS_MAX,
    RESOURCE_NAME_CHARACTERS_MIN,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a member of a request may be.

    Attributes:
        kind: String, Integer, Long, Boolean, Timestamp, List, Map, Structure or Value.
        name: of a structure, its name in the API.
        minimum, maximum: bounds of the length of strings, lists and maps, or of the value of numbers.
        pattern: what a string must match.
        enum: the values a string may have, in the order in which the service lists them.
        element: the shape of list members and map values.
        members: of a structure, in the order in which the service reports violations.
        required: the members that must be present.
        needed: those that must be present as well, although no client knows: the service's model does not say so.
        key: of a map, the shape of its keys, where that is not the name of a table.
        key_constraints: of a map, the constraints on its keys, as the service prints them.
        value_constraints: of a map, the constraints on its values, as the service prints them.
        hides_value: whether its value is not printed, since it may be a secret.
        accepts_arn: whether an ARN stands in for a name, which the constraints of names do not bind.
        model_case: whether violations are always worded as the newer layer words them.
    """

    kind: str
    name: str = ""
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] | None = None
    element: Shape | None = None
    key: Shape | None = None
    members: Mapping[str, Shape] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    key_constraints: str | None = None
    value_constraints: str | None = None
    hides_value: bool = False
    accepts_arn: bool = False
    model_case: bool = False

    @property
    def inner(self) -> Shape:
        """The shape of list members and map values, where it is known to be a list or a map."""
        assert self.element is not None, f"{self.kind} has no element"
        return self.element


def string(minimum: int | None = None, maximum: int | None = None, pattern: str | None = None) -> Shape:
    """A string of `minimum` to `maximum` characters."""
    return Shape("String", minimum=minimum, maximum=maximum, pattern=pattern)


def enum(*values: str) -> Shape:
    """One of some strings, in the order in which the service lists them."""
    return Shape("String", enum=values)


def integer(minimum: int | None = None, maximum: int | None = None) -> Shape:
    """A 32-bit number."""
    return Shape("Integer", minimum=minimum, maximum=maximum)


def long(minimum: int | None = None) -> Shape:
    """A 64-bit number."""
    return Shape("Long", minimum=minimum)


def list_of(element: Shape, minimum: int | None = None, maximum: int | None = None) -> Shape:
    """A list of `minimum` to `maximum` members."""
    return Shape("List", element=element, minimum=minimum, maximum=maximum)


def map_of(element: Shape) -> Shape:
    """A map from strings."""
    return Shape("Map", element=element)


def structure(name: str, required: str = "", /, **members: Shape) -> Shape:
    """A structure. `required` lists the names of required members, separated by spaces."""
    return Shape("Structure", name=name, members=members, required=frozenset(required.split()))


NAME_PATTERN = "[a-zA-Z0-9_.-]+"

TEXT = string()
FLAG = Shape("Boolean")
TIMESTAMP = Shape("Timestamp")
VALUE = Shape("Value", name="AttributeValue")
ITEM = map_of(VALUE)
VALUES = list_of(VALUE)
ATTRIBUTE_NAMES = list_of(string(maximum=ATTRIBUTE_NAME_BYTES_MAX), minimum=1)
NAMES_MAP = map_of(TEXT)

TABLE_NAME = Shape("String", minimum=1, maximum=RESOURCE_NAME_CHARACTERS_MAX, pattern=NAME_PATTERN, accepts_arn=True)
CREATED_TABLE_NAME = Shape(
    "String",
    minimum=RESOURCE_NAME_CHARACTERS_MIN,
    maximum=RESOURCE_NAME_CHARACTERS_MAX,
    pattern=NAME_PATTERN,
    accepts_arn=True,
)
INDEX_NAME = string(RESOURCE_NAME_CHARACTERS_MIN, RESOURCE_NAME_CHARACTERS_MAX, NAME_PATTERN)
KEY_ATTRIBUTE_NAME = string(1, KEY_ATTRIBUTE_NAME_CHARACTERS_MAX)

RETURN_CONSUMED_CAPACITY = enum("INDEXES", "TOTAL", "NONE")
RETURN_ITEM_COLLECTION_METRICS = enum("SIZE", "NONE")
RETURN_VALUES = enum("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
RETURN_VALUES_ON_FAILURE = enum("ALL_OLD", "NONE")
CONDITIONAL_OPERATOR = enum("OR", "AND")
COMPARISON_OPERATOR = enum(
    "IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE",
    "CONTAINS",
)  # fmt: skip
SELECT = enum("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
