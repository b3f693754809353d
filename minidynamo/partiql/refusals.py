"""What PartiQL's own parser refuses of a statement although the grammar takes it: select lists, aggregates, RETURNING.

Source: PartiQL reference parser, as observed in responses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minidynamo.partiql.places import Node

OTHERS_SELECTED = "Other expressions may not be present in the select list when '*' is used without dot notation."
NOT_UNARY = "Aggregate functions are always unary"

AGGREGATES = frozenset({"COUNT", "AGGREGATE"})
_RETURNED_COMPONENTS_MAX = 2


def refusal(parts: Iterable[object]) -> str | None:
    """What is said of the first refused part of a statement; None where there is none.

    Parameters:
        parts: trees, and tokens among them, in the order written.
    """
    found = (_REASONS[node.data](node) for node in _finished(parts) if node.data in _REASONS)
    return next((text for text in found if text is not None), None)


def _finished(parts: Iterable[object]) -> Iterator[Node]:
    """The trees in the order in which a parser has read them to their ends."""
    pending = [(part, False) for part in reversed(list(parts))]
    while pending:
        part, is_read = pending.pop()
        children = getattr(part, "children", None)
        if children is None:
            continue
        if is_read:
            yield part  # type: ignore[misc]
        else:
            pending += [(part, True), *((child, False) for child in reversed(children))]


def _item_reason(item: Node) -> str | None:
    """A star may only end a selected path, and only one without brackets."""
    path = item.children[0]
    if isinstance(path, str) or path.data != "path":
        return None
    steps = [str(step.data) for step in _finished(path.children[1:])]
    if "all_indexes" in steps or "all_names" in steps[:-1]:
        return "Invalid use of * in select list"
    if steps[-1] == "all_names" and "index_step" in steps:
        return "Cannot use [] and * together in SELECT list expression"
    return None


def _items_reason(items: Node) -> str | None:
    kinds = [getattr(item, "data", "") for item in items.children]
    return OTHERS_SELECTED if "everything" in kinds[:-1] or "everything" in kinds[1:] else None


def _call_reason(call: Node) -> str | None:
    name, *arguments = call.children
    count = sum(not isinstance(each, str) for each in arguments)
    return NOT_UNARY if getattr(name, "type", "") in AGGREGATES and count > 1 else None


def _returned_reason(returned: Node) -> str | None:
    column = returned.children[-1]
    if isinstance(column, str):
        return None
    if column.data == "path" and len(column.children) > _RETURNED_COMPONENTS_MAX:
        return "More than two paths in RETURNING columns."
    return "Unsupported syntax in RETURNING columns."


_REASONS: Mapping[str, Callable[[Node], str | None]] = {
    "item": _item_reason,
    "items": _items_reason,
    "call": _call_reason,
    "returned": _returned_reason,
}
