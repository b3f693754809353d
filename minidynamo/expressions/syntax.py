"""The syntax tree of expressions: frozen, hashable, free of names' and values' meaning.

Parsing yields trees with placeholders; `resolution.py` replaces `Path` by `DocumentPath` and `ValuePlaceholder` by
`Literal`. Legacy parameters become resolved trees at once (`legacy.py`). Updates and projections say by their type
which of the two they are; conditions and operands are of the same types before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from minidynamo.values.attribute_value import AttributeValue


@dataclass(frozen=True, slots=True)
class Path:
    """A document path with placeholders: attribute names, `#placeholders`, and list indexes as ints."""

    elements: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class DocumentPath:
    """A document path without placeholders: names and list indexes."""

    elements: tuple[str | int, ...]

    @property
    def attribute(self) -> str:
        """The name of the top-level attribute."""
        return str(self.elements[0])

    def __str__(self) -> str:
        """The path as the service prints it: `[a, b, [0]]`."""
        return f"[{', '.join(f'[{each}]' if isinstance(each, int) else each for each in self.elements)}]"


@dataclass(frozen=True, slots=True)
class ValuePlaceholder:
    """A value to be given by ExpressionAttributeValues, such as `:v`."""

    name: str


@dataclass(slots=True, eq=False)  # Not frozen: many are made, and freezing takes twice the time.
class Literal:
    """A value of the request."""

    value: AttributeValue
    size_bytes: int = 0

    @property
    def type(self) -> str:
        """The literal's type descriptor, such as "S"."""
        return next(iter(self.value))


@dataclass(slots=True, eq=False)
class Hole(Literal):
    """The place of a value of which nothing but its type is known: it is filled from request to request."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function call, as an operand or as a condition."""

    name: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left + right` or `left - right` on the right side of SET."""

    operator: str
    left: Operand
    right: Operand


Operand = Path | DocumentPath | ValuePlaceholder | Literal | Function | Arithmetic


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`, with one of = <> < <= > >=."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """`operand BETWEEN low AND high`, both bounds included."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """`operand IN (choice, ...)`."""

    operand: Operand
    choices: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold. An And without parts always holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


Condition = Comparison | Between | In | Function | And | Or | Not


ParsedPath = Path | DocumentPath

# Paths and values of a tree: as they were parsed, or resolved.
PathT = TypeVar("PathT", bound=ParsedPath, covariant=True)
ValueT = TypeVar("ValueT", bound=ValuePlaceholder | Literal, covariant=True)


@dataclass(frozen=True, slots=True)
class SetAction(Generic[PathT]):
    """`SET path = value`."""

    path: PathT
    value: Operand


@dataclass(frozen=True, slots=True)
class RemoveAction(Generic[PathT]):
    """`REMOVE path`."""

    path: PathT


@dataclass(frozen=True, slots=True)
class AddAction(Generic[PathT, ValueT]):
    """`ADD path value`: adds a number or the members of a set."""

    path: PathT
    value: ValueT


@dataclass(frozen=True, slots=True)
class DeleteAction(Generic[PathT, ValueT]):
    """`DELETE path value`: takes the members of a set away."""

    path: PathT
    value: ValueT


Action = SetAction[PathT] | RemoveAction[PathT] | AddAction[PathT, ValueT] | DeleteAction[PathT, ValueT]


@dataclass(frozen=True, slots=True)
class Update(Generic[PathT, ValueT]):
    """An update expression: its actions in the order written and the keywords of its sections."""

    actions: tuple[Action[PathT, ValueT], ...]
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Projection(Generic[PathT]):
    """A projection expression: the paths to return."""

    paths: tuple[PathT, ...]


ParsedAction = Action[ParsedPath, ValuePlaceholder]
ParsedUpdate = Update[ParsedPath, ValuePlaceholder]
ParsedProjection = Projection[ParsedPath]
ResolvedAction = Action[DocumentPath, Literal]
ResolvedUpdate = Update[DocumentPath, Literal]
ResolvedProjection = Projection[DocumentPath]

Tree = Condition | ParsedUpdate | ParsedProjection


@dataclass(frozen=True, slots=True)
class Parsed:
    """What parsing found.

    Attributes:
        tree: the syntax tree.
        names, values: the placeholders it uses.
        nested: the first elements of paths that reach into an attribute, in the order written.
    """

    tree: Tree
    names: frozenset[str]
    values: frozenset[str]
    nested: tuple[str, ...]
