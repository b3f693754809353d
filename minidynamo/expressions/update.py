"""Updates: a resolved update applied to an item.

Every right-hand side and every list index reads the item as it was before the update. The result is a new item; the old
one is not changed. Source: DynamoDB Developer Guide, "Using update expressions"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minidynamo.errors import ValidationError
from minidynamo.expressions import syntax
from minidynamo.expressions.evaluation import value_at
from minidynamo.expressions.syntax import DocumentPath, Literal, Operand
from minidynamo.messages import OPERAND_MISSING, OPERAND_MISTYPED, UPDATE_PATH_INVALID
from minidynamo.values.attribute_value import AttributeValue, Item, sorted_members
from minidynamo.values.numbers import add_numbers, subtract_numbers


def creates_item(update: syntax.ResolvedUpdate) -> bool:
    """Whether an update of a missing item creates it: one made only of removals does not."""
    removals = (syntax.RemoveAction, syntax.DeleteAction)
    return not update.actions or not all(isinstance(action, removals) for action in update.actions)


def updated_item(
    update: syntax.ResolvedUpdate, old: Item, draft: Item, mistyped: str = OPERAND_MISTYPED, exists: bool = True
) -> Item:
    """The item after an update.

    Parameters:
        update: the resolved update.
        old: the item before it; read only. For a missing item, its key.
        draft: an equal copy of `old` that is changed and returned. It may share values with that, but for those of
            attributes into which paths lead.
        mistyped: what to say where a stored value has the wrong type.
        exists: whether the item exists.

    Raises:
        ValidationError: an operand is missing or mistyped, or a path leads nowhere.
    """
    return _Updating(old, draft, mistyped, exists).run(update)


class _Updating:
    def __init__(self, old: Item, draft: Item, mistyped: str, exists: bool) -> None:
        self._old = old
        self._draft = draft
        self._mistyped = mistyped
        self._exists = exists
        # List changes wait until all paths have been followed, since indexes mean the list before the update.
        self._appended: list[tuple[int, list[AttributeValue], AttributeValue]] = []
        self._removed: list[tuple[int, list[AttributeValue]]] = []

    def run(self, update: syntax.ResolvedUpdate) -> Item:
        assignments = [
            (action.path, self._new_value(action))
            for action in update.actions
            if isinstance(action, (syntax.SetAction, syntax.AddAction))
        ]
        for path, value in assignments:
            self._assign(path, value)
        for action in update.actions:
            if isinstance(action, syntax.DeleteAction):
                self._delete_members(action.path, action.value)
        for action in update.actions:
            if isinstance(action, syntax.RemoveAction) and (self._exists or len(action.path.elements) == 1):
                self._remove(action.path)
        for index, members in sorted(self._removed, key=lambda each: each[0], reverse=True):
            members.pop(index)
        for _, members, value in sorted(self._appended, key=lambda each: each[0]):
            members.append(value)
        return self._draft

    # Values.

    def _new_value(
        self, action: syntax.SetAction[DocumentPath] | syntax.AddAction[DocumentPath, Literal]
    ) -> AttributeValue:
        if isinstance(action, syntax.SetAction):
            return self._operand(action.value)
        return self._added(value_at(self._old, action.path.elements), action.value.value)

    def _operand(self, node: Operand) -> AttributeValue:
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, DocumentPath):
            value = value_at(self._old, node.elements)
            if value is None:
                raise ValidationError(OPERAND_MISSING)
            return value
        if isinstance(node, syntax.Arithmetic):
            compute = add_numbers if node.operator == "+" else subtract_numbers
            return self._computed(compute, self._operand(node.left), self._operand(node.right))
        assert isinstance(node, syntax.Function), "a placeholder has not been resolved"
        if node.name == "if_not_exists":
            path, default = node.arguments
            assert isinstance(path, DocumentPath), "resolution has required one"
            value = value_at(self._old, path.elements)
            return self._operand(default) if value is None else value
        head, tail = (self._operand(argument).get("L") for argument in node.arguments)
        if head is None or tail is None:
            raise ValidationError(self._mistyped)
        return {"L": [*head, *tail]}

    def _computed(
        self, compute: Callable[[str, str], str], left: AttributeValue, right: AttributeValue
    ) -> AttributeValue:
        if "N" not in left or "N" not in right:
            raise ValidationError(self._mistyped)
        return {"N": compute(left["N"], right["N"])}

    def _added(self, stored: AttributeValue | None, literal: AttributeValue) -> AttributeValue:
        ((tag, payload),) = literal.items()
        if stored is None:
            return literal
        if tag == "N":
            return self._computed(add_numbers, stored, literal)
        if tag not in stored:
            raise ValidationError(self._mistyped)
        if tag == "L":  # Only the legacy ADD knows lists.
            return {"L": [*stored["L"], *payload]}
        return {tag: sorted_members(tag, {*stored[tag], *payload})}

    # Places.

    def _parent(self, path: DocumentPath) -> Any:
        """The container that holds the last element of a path: a map's members or a list."""
        if len(path.elements) == 1:
            return self._draft
        parent = value_at(self._draft, path.elements[:-1])
        members = None if parent is None else parent.get("L" if isinstance(path.elements[-1], int) else "M")
        if members is None:
            raise ValidationError(UPDATE_PATH_INVALID)
        return members

    def _assign(self, path: DocumentPath, value: AttributeValue) -> None:
        members, last = self._parent(path), path.elements[-1]
        if isinstance(last, int) and last >= len(members):
            self._appended.append((last, members, value))
        else:
            members[last] = value

    def _remove(self, path: DocumentPath) -> None:
        members, last = self._parent(path), path.elements[-1]
        if not isinstance(last, int):
            members.pop(last, None)
        elif last < len(members):
            self._removed.append((last, members))

    def _delete_members(self, path: DocumentPath, literal: Literal) -> None:
        if not self._exists and len(path.elements) > 1:
            return
        parent, last = self._parent(path), path.elements[-1]
        stored = value_at(self._old, path.elements)
        if stored is None:
            return
        tag = literal.type
        if tag not in stored:
            raise ValidationError(self._mistyped)
        left = [member for member in stored[tag] if member not in literal.value[tag]]
        if left:
            parent[last] = {tag: left}
        elif isinstance(last, int):
            self._removed.append((last, parent))
        else:
            del parent[last]
