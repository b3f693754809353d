"""What UPDATE does: SET and REMOVE clauses to the updates of expressions.

Source: DynamoDB Developer Guide, "PartiQL update statements"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from minidynamo.errors import ValidationError
from minidynamo.expressions import syntax
from minidynamo.expressions.syntax import DocumentPath, ParsedAction, ParsedUpdate, ValuePlaceholder
from minidynamo.partiql.operands import OperandReader, path_of, without_parentheses
from minidynamo.partiql.places import place_of

if TYPE_CHECKING:
    from minidynamo.partiql.places import Node

_SETS = frozenset({"SS", "NS", "BS"})
_SET_FUNCTIONS: dict[str, Callable[[DocumentPath, ValuePlaceholder], ParsedAction]] = {
    "set_add": syntax.AddAction,
    "set_delete": syntax.DeleteAction,
}


class ChangeReader:
    """Reads the clauses of one UPDATE.

    Attributes:
        set_faults: per placeholder that must be a set, what is said where it is none.
    """

    def __init__(self, operands: OperandReader) -> None:
        self._operands = operands
        self.set_faults: dict[str, str] = {}

    def update(self, clauses: Iterable[Node]) -> ParsedUpdate:
        """All the clauses as one update."""
        actions: list[ParsedAction] = []
        for clause in clauses:
            trees = [child for child in clause.children if not isinstance(child, str)]
            if clause.data == "set":
                actions += map(self._assignment, trees)
            else:
                actions += (syntax.RemoveAction(path_of(each)) for each in trees)
        return syntax.Update(tuple(actions))

    def _assignment(self, node: Node) -> ParsedAction:
        target, value = (child for child in node.children if not isinstance(child, str))
        path = path_of(target)
        value = without_parentheses(value)
        name = str(value.children[0]).lower() if value.data == "call" else ""
        if name in _SET_FUNCTIONS:
            return _SET_FUNCTIONS[name](path, self._members(name, path, value))
        return syntax.SetAction(path, self._operands.operand(value, in_condition=False))

    def _members(self, name: str, target: DocumentPath, call: Node) -> ValuePlaceholder:
        """What is added to a set or taken out of it."""
        token, *arguments = call.children
        first, *rest = (each for each in arguments if not isinstance(each, str)) if arguments else (None,)
        if first is None or len(rest) != 1:
            raise ValidationError(f"{name.upper()} must have exactly two arguments{place_of(token)}")
        if first.data not in ("name", "path") or path_of(first) != target:
            text = f"The first argument to {name.upper()} must equal the assignment value"
            raise ValidationError(text + place_of(token))
        fault = f"The second argument to {name.upper()} must be a value with type SET{place_of(first)}"
        literals = self._operands.literals
        members = without_parentheses(rest[0])
        template = literals.bag(members, names_place=False) if members.data == "bag" else None
        if template is None and members.data == "parameter":
            placeholder = self._operands.placeholder(literals.parameter(members))
            self.set_faults[placeholder.name] = fault
            return placeholder
        if template is None:
            raise ValidationError(fault)
        return self._operands.placeholder(template)


def is_set(value: object) -> bool:
    """Whether an attribute value is a set."""
    return isinstance(value, dict) and bool(_SETS & value.keys())
