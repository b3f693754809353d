"""The charge of an update expression, which the service bounds by the item size limit before it looks at the item.

    SET t = x        19 + target + operand
    ADD t :v         19 + target + value (of a set, only the members really added)
    REMOVE, DELETE   1 + target
    operand path     1 + sum of (14 + bytes of the element); the value it reads is free
    x + y, x - y     34, 37 + both operands
    if_not_exists    39 + path + operand
    list_append      37 + both operands
    target           bytes of the first name + (4 + bytes) of each further element

Source: observed responses of Amazon DynamoDB.
"""

from __future__ import annotations

from minidynamo.expressions import syntax
from minidynamo.expressions.evaluation import Values, filled, value_at
from minidynamo.expressions.syntax import DocumentPath, Literal, Operand
from minidynamo.values.attribute_value import Item, utf8_size, value_size_bytes

_BASE = 3
_ASSIGNMENT = 19
_REMOVAL = 1
_PATH = 1
_PATH_ELEMENT = 14
_NESTED_TARGET_ELEMENT = 4
_OPERATION = {"+": 34, "-": 37, "if_not_exists": 39, "list_append": 37}


def update_charge_bytes(update: syntax.ResolvedUpdate, old: Item, values: Values) -> int:
    """The charge of a resolved update in bytes.

    Parameters:
        update: the update.
        old: the item before it, `{}` if there is none.
        values: what fills its holes; those that nothing fills cost nothing.
    """
    return _BASE + sum(_action_charge(action, old, values) for action in update.actions)


def _action_charge(action: syntax.ResolvedAction, old: Item, values: Values) -> int:
    target = _target_charge(action.path)
    if isinstance(action, syntax.SetAction):
        return _ASSIGNMENT + target + _operand_charge(action.value, values)
    if isinstance(action, syntax.AddAction):
        return _ASSIGNMENT + target + _added_bytes(action.path, filled(action.value, values), old)
    return _REMOVAL + target


def _target_charge(path: DocumentPath) -> int:
    first, *others = (_element_bytes(element) for element in path.elements)
    return first + sum(_NESTED_TARGET_ELEMENT + size for size in others)


def _element_bytes(element: str | int) -> int:
    return utf8_size(str(element))


def _operand_charge(operand: Operand, values: Values) -> int:
    if isinstance(operand, Literal):
        return filled(operand, values).size_bytes
    if isinstance(operand, DocumentPath):
        return _PATH + sum(_PATH_ELEMENT + _element_bytes(element) for element in operand.elements)
    if isinstance(operand, syntax.Arithmetic):
        both = _operand_charge(operand.left, values) + _operand_charge(operand.right, values)
        return _OPERATION[operand.operator] + both
    assert isinstance(operand, syntax.Function), "a placeholder has not been resolved"
    return _OPERATION[operand.name] + sum(_operand_charge(each, values) for each in operand.arguments)


def _added_bytes(path: DocumentPath, literal: Literal, old: Item) -> int:
    tag, stored = literal.type, value_at(old, path.elements)
    if tag == "N" or stored is None or tag not in stored:
        return literal.size_bytes
    added = [member for member in literal.value[tag] if member not in stored[tag]]
    return value_size_bytes({tag: added}) if added else 0
