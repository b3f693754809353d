"""The syntax tree of statements: frozen, over the paths, conditions and updates of expressions.

A `?` and a literal with one inside are `ValuePlaceholder`s, whose templates the statement carries; `binding.py` fills
them in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minidynamo.errors import ValidationError
from minidynamo.expressions.syntax import Condition, DocumentPath, Literal, ParsedUpdate
from minidynamo.partiql.templates import Template


@dataclass(frozen=True, slots=True)
class Source:
    """What stands behind FROM, UPDATE or INTO: the name of a table, and of an index of it.

    Attributes:
        table: the table's name or ARN.
        index: the name of the index, None for the table itself.
        fault: what the service refuses of the names, once it has checked the operands.
    """

    table: str
    index: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """A path that is selected, and the name that its value gets in the result."""

    path: DocumentPath
    name: str


@dataclass(frozen=True, slots=True)
class OrderKey:
    """An attribute by which is ordered."""

    attribute: str
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Select:
    """`SELECT ... FROM ... WHERE ... ORDER BY ...`; nothing selected stands for everything."""

    source: Source
    selected: tuple[Selected, ...] = ()
    where: Condition | None = None
    order: tuple[OrderKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Exists:
    """`EXISTS(SELECT ...)`."""

    select: Select


@dataclass(frozen=True, slots=True)
class Insert:
    """`INSERT INTO ... VALUE {...}`."""

    source: Source
    item: Template


@dataclass(frozen=True, slots=True)
class Update:
    """`UPDATE ... SET ... REMOVE ... WHERE ... RETURNING ...`; `returning` is a value of ReturnValues."""

    source: Source
    update: ParsedUpdate
    where: Condition | None = None
    returning: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """`DELETE FROM ... WHERE ... RETURNING ALL OLD *`."""

    source: Source
    where: Condition | None = None
    returning: str | None = None


Statement = Select | Exists | Insert | Update | Delete


@dataclass(frozen=True, slots=True)
class Parsed:
    """What parsing found.

    Attributes:
        statement: the tree; None where there is a fault.
        fault: what the service refuses of it, once its parameters have been looked at.
        parameter_count: how many `?` it has.
        templates: the values of placeholders with parameters in them.
        constants: the values of the other placeholders.
        nested_attributes: the attributes that its paths reach into.
        set_faults: per placeholder that must be a set, what is said where it is none.
        read: what a SELECT is from, whatever else is wrong with it.
    """

    statement: Statement | None
    fault: ValidationError | None
    parameter_count: int
    templates: Mapping[str, Template] = field(default_factory=dict)
    constants: Mapping[str, Literal] = field(default_factory=dict)
    nested_attributes: tuple[str, ...] = ()
    set_faults: Mapping[str, str] = field(default_factory=dict)
    read: Source | None = None
