"""What a SELECT shows of an item: each value under the last name of its path.

Source: DynamoDB Developer Guide, "PartiQL select statements"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from minidynamo.expressions.evaluation import value_at
from minidynamo.partiql.syntax import Selected
from minidynamo.values.attribute_value import Item


def compile_selected(selected: Sequence[Selected]) -> Callable[[Item], Item] | None:
    """A function that gives what is selected of an item; None where that is all of it."""
    if not selected:
        return None
    wanted = [(each.name, each.path.elements) for each in selected]

    def project(item: Item) -> Item:
        found = ((name, value_at(item, elements)) for name, elements in wanted)
        return {name: value for name, value in found if value is not None}

    return project
