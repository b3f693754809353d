"""What the expressions of a request ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from minidynamo.values.attribute_value import Item

if TYPE_CHECKING:
    from minidynamo.expressions.evaluation import Predicate
    from minidynamo.expressions.key_condition import KeyClause
    from minidynamo.expressions.syntax import DocumentPath
    from minidynamo.expressions.update import BoundUpdate


class Filter(NamedTuple):
    """What drops items after reading.

    Attributes:
        keep: tells which items stay.
        attributes: those that it looks at.
    """

    keep: Predicate
    attributes: tuple[str, ...]


@dataclass(slots=True)
class Bound:
    """What the expressions and legacy parameters of a request ask for; None where they ask for nothing.

    Attributes:
        condition: guards a write.
        update: the change to an item, and whether it came from AttributeUpdates.
        key_clauses: what a query demands of the key attributes.
        filter: what drops items after reading.
        projection_paths, project: what to return of an item, as paths and compiled.
        nested_attributes: the attributes that any path of any expression reaches into.
    """

    condition: Predicate | None = None
    update: BoundUpdate | None = None
    is_legacy_update: bool = False
    key_clauses: tuple[KeyClause, ...] | None = None
    filter: Filter | None = None
    is_legacy_filter: bool = False
    projection_paths: tuple[DocumentPath, ...] | None = None
    project: Callable[[Item], Item] | None = None
    nested_attributes: tuple[str, ...] = ()


NOTHING_BOUND = Bound()
