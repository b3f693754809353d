"""Updates: a resolved update applied to an item.

An update is compiled once, whatever the values in its holes. Every right-hand side and every list index reads the item
as it was before the update. The result is a new item; the old one is not changed.
Source: DynamoDB Developer Guide, "Using update expressions"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from minidynamo.errors import ValidationError
from minidynamo.expressions import syntax
from minidynamo.expressions.attributes import literals_of
from minidynamo.expressions.evaluation import Values, filled, value_at
from minidynamo.expressions.syntax import DocumentPath, Hole, Literal, Operand
from minidynamo.expressions.update_charge import update_charge_bytes
from minidynamo.limits import ITEM_SIZE_BYTES_MAX
from minidynamo.messages import OPERAND_MISSING, OPERAND_MISTYPED, UPDATE_PATH_INVALID
from minidynamo.values.attribute_value import AttributeValue, Item, sorted_members
from minidynamo.values.numbers import add_numbers, subtract_numbers

# Gives a new value, of the item as it was, values for holes, and what to say where a stored value has the wrong type.
_Evaluate = Callable[[Item, Values, str], AttributeValue]

_REMOVALS = (syntax.RemoveAction, syntax.DeleteAction)


class UpdateProgram:
    """What is known of an update before there are values for its holes.

    Parameters:
        tree: the resolved update.

    Attributes:
        paths: what it changes.
        attributes: the attributes in which these begin, in the order written.
        nested: those of them into which a path leads.
        creates_item: whether it creates an item that is missing: one made only of removals does not.
    """

    def __init__(self, tree: syntax.ResolvedUpdate) -> None:
        self.tree = tree
        self.paths = tuple(action.path for action in tree.actions)
        self.attributes = tuple(dict.fromkeys(path.attribute for path in self.paths))
        self.nested = tuple(dict.fromkeys(path.attribute for path in self.paths if len(path.elements) > 1))
        removals = [action for action in tree.actions if isinstance(action, _REMOVALS)]
        self.creates_item = not tree.actions or len(removals) < len(tree.actions)
        self.assignments = [
            (action.path, _assigned(action))
            for action in tree.actions
            if isinstance(action, syntax.SetAction | syntax.AddAction)
        ]
        self.removals = removals
        # Nothing but SET and ADD of whole attributes, as most are.
        self.is_plain = not (removals or self.nested)
        self._charge_bytes = update_charge_bytes(tree, {}, {})
        self._holes = [each.name for each in literals_of(tree) if isinstance(each, Hole)]

    def charge_bytes_max(self, values: Values) -> int:
        """What the update is charged at most, whatever the item; see `update_charge.py`."""
        charge = self._charge_bytes
        for name in self._holes:
            charge += values[name].size_bytes
        return charge


@dataclass(slots=True)
class BoundUpdate:
    """An update with values for its holes."""

    program: UpdateProgram
    values: Values

    @classmethod
    def of(cls, tree: syntax.ResolvedUpdate) -> Self:
        """An update without holes."""
        return cls(UpdateProgram(tree), {})

    def is_charged_too_much(self, old: Item) -> bool:
        """Whether its charge is over the limit; `old` is the item before it, `{}` if there is none."""
        if self.program.charge_bytes_max(self.values) <= ITEM_SIZE_BYTES_MAX:
            return False
        return update_charge_bytes(self.program.tree, old, self.values) > ITEM_SIZE_BYTES_MAX

    def apply(self, old: Item, draft: Item, mistyped: str = OPERAND_MISTYPED, exists: bool = True) -> Item:
        """The item after the update.

        Parameters:
            old: the item before it; read only. For a missing item, its key.
            draft: an equal copy of `old` that is changed and returned. It may share values with that, but for those of
                attributes into which paths lead.
            mistyped: what to say where a stored value has the wrong type.
            exists: whether the item exists.

        Raises:
            ValidationError: an operand is missing or mistyped, or a path leads nowhere.
        """
        program, values = self.program, self.values
        new = [(path, evaluate(old, values, mistyped)) for path, evaluate in program.assignments]
        if program.is_plain:
            for path, value in new:
                draft[path.attribute] = value
            return draft
        return _Editing(old, draft, mistyped, exists).run(new, program.removals, values)


# New values.


def _assigned(
    action: syntax.SetAction[DocumentPath] | syntax.AddAction[DocumentPath, Literal],
) -> _Evaluate:
    """What gives the value that an action assigns."""
    if isinstance(action, syntax.SetAction):
        return _operand(action.value)
    elements, literal = action.path.elements, _operand(action.value)
    return lambda old, values, mistyped: _added(value_at(old, elements), literal(old, values, mistyped), mistyped)


def _operand(node: Operand) -> _Evaluate:
    if isinstance(node, Hole):
        name = node.name
        return lambda old, values, mistyped: values[name].value
    if isinstance(node, Literal):
        value = node.value
        return lambda old, values, mistyped: value
    if isinstance(node, DocumentPath):
        return _present(node.elements)
    if isinstance(node, syntax.Arithmetic):
        compute = add_numbers if node.operator == "+" else subtract_numbers
        left, right = _operand(node.left), _operand(node.right)
        return lambda old, values, mistyped: _computed(
            compute, left(old, values, mistyped), right(old, values, mistyped), mistyped
        )
    assert isinstance(node, syntax.Function), "a placeholder has not been resolved"
    return _FUNCTIONS[node.name](*node.arguments)


def _present(elements: tuple[str | int, ...]) -> _Evaluate:
    def value_there(old: Item, values: Values, mistyped: str) -> AttributeValue:
        value = value_at(old, elements)
        if value is None:
            raise ValidationError(OPERAND_MISSING)
        return value

    return value_there


def _if_not_exists(path: Operand, default: Operand) -> _Evaluate:
    assert isinstance(path, DocumentPath), "resolution has required one"
    elements, other = path.elements, _operand(default)

    def value_or_default(old: Item, values: Values, mistyped: str) -> AttributeValue:
        value = value_at(old, elements)
        return other(old, values, mistyped) if value is None else value

    return value_or_default


def _list_append(head: Operand, tail: Operand) -> _Evaluate:
    parts = _operand(head), _operand(tail)

    def joined(old: Item, values: Values, mistyped: str) -> AttributeValue:
        first, second = (part(old, values, mistyped).get("L") for part in parts)
        if first is None or second is None:
            raise ValidationError(mistyped)
        return {"L": [*first, *second]}

    return joined


_FUNCTIONS: dict[str, Callable[..., _Evaluate]] = {"if_not_exists": _if_not_exists, "list_append": _list_append}


def _computed(
    compute: Callable[[str, str], str], left: AttributeValue, right: AttributeValue, mistyped: str
) -> AttributeValue:
    if "N" not in left or "N" not in right:
        raise ValidationError(mistyped)
    return {"N": compute(left["N"], right["N"])}


def _added(stored: AttributeValue | None, literal: AttributeValue, mistyped: str) -> AttributeValue:
    ((tag, payload),) = literal.items()
    if stored is None:
        return literal
    if tag == "N":
        return _computed(add_numbers, stored, literal, mistyped)
    if tag not in stored:
        raise ValidationError(mistyped)
    if tag == "L":  # Only the legacy ADD knows lists.
        return {"L": [*stored["L"], *payload]}
    return {tag: sorted_members(tag, {*stored[tag], *payload})}


# Places.


class _Editing:
    """Edits of a draft, some of which lead into attributes or take something away."""

    def __init__(self, old: Item, draft: Item, mistyped: str, exists: bool) -> None:
        self._old = old
        self._draft = draft
        self._mistyped = mistyped
        self._exists = exists
        # List changes wait until all paths have been followed, since indexes mean the list before the update.
        self._appended: list[tuple[int, list[AttributeValue], AttributeValue]] = []
        self._removed: list[tuple[int, list[AttributeValue]]] = []

    def run(
        self,
        assignments: list[tuple[DocumentPath, AttributeValue]],
        removals: list[syntax.RemoveAction[DocumentPath] | syntax.DeleteAction[DocumentPath, Literal]],
        values: Values,
    ) -> Item:
        for path, value in assignments:
            self._assign(path, value)
        for action in removals:
            if isinstance(action, syntax.DeleteAction):
                self._delete_members(action.path, filled(action.value, values))
        for action in removals:
            if isinstance(action, syntax.RemoveAction) and (self._exists or len(action.path.elements) == 1):
                self._remove(action.path)
        for index, members in sorted(self._removed, key=lambda each: each[0], reverse=True):
            members.pop(index)
        for _, members, value in sorted(self._appended, key=lambda each: each[0]):
            members.append(value)
        return self._draft

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
