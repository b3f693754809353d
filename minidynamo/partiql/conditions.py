"""Conditions of a statement: parse trees to the conditions of expressions.

Source: DynamoDB Developer Guide, "PartiQL operators" and "PartiQL functions"; observed responses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from minidynamo.errors import ValidationError
from minidynamo.expressions import syntax
from minidynamo.expressions.functions import FUNCTIONS
from minidynamo.expressions.syntax import Condition, Operand, ValuePlaceholder
from minidynamo.limits import EXPRESSION_IN_OPERANDS_MAX, EXPRESSION_OPERATORS_MAX
from minidynamo.partiql.operands import OperandReader, operator_of, without_parentheses
from minidynamo.partiql.places import place_of
from minidynamo.partiql.templates import Constant

if TYPE_CHECKING:
    from minidynamo.partiql.places import Node

# The types that IS tells, to those of attribute values.
_TYPES = {
    **dict.fromkeys(("bool", "boolean"), "BOOL"),
    **dict.fromkeys(("string", "varchar", "char", "character", "character varying", "symbol"), "S"),
    **dict.fromkeys(("decimal", "dec", "numeric", "float", "real", "double precision"), "N"),
    **dict.fromkeys(("int", "integer", "smallint", "bigint", "int4", "int8", "integer4", "integer8"), "N"),
    **dict.fromkeys(("blob", "clob"), "B"),
    **dict.fromkeys(("struct", "tuple"), "M"),
    "list": "L",
    "null": "NULL",
}


def condition_of(node: Node, operands: OperandReader) -> Condition:
    """The condition that stands behind WHERE.

    Raises:
        ValidationError: it is none that the service evaluates.
    """
    return _Conditions(operands).read(node)


class _Conditions:
    """Reads one condition, and counts its operators."""

    def __init__(self, operands: OperandReader) -> None:
        self._operands = operands
        self._operator_count = 0

    def read(self, node: Node) -> Condition:
        node = without_parentheses(node)
        read = _READERS.get(node.data)
        if read is None:
            raise ValidationError(f"Unsupported operator in Condition Expression. Operator: {operator_of(node)}")
        return read(self, node)

    def count(self, operators: int = 1) -> None:
        self._operator_count += operators
        if self._operator_count > EXPRESSION_OPERATORS_MAX:
            text = "The expression contains too many operators; operator count: "
            raise ValidationError(f"{text}{self._operator_count}")

    def chain(self, node: Node) -> tuple[Condition, ...]:
        """The parts of a chain of AND or of OR, which the grammar nests to the left."""
        kind, parts = node.data, []
        while node.data == kind:
            first, last = _trees(node)
            parts.append(last)
            node = without_parentheses(first)
        assert parts, f"a chain of {kind} has one part"
        self.count(len(parts))
        return tuple(self.read(each) for each in reversed([*parts, node]))

    def negation(self, node: Node) -> Condition:
        self.count()
        return syntax.Not(self.read(_trees(node)[0]))

    def comparison(self, node: Node) -> Condition:
        self.count()
        left, right = map(without_parentheses, _trees(node))
        operator = next(str(child) for child in node.children if isinstance(child, str))
        if operator == "=":
            for one, other in ((left, right), (right, left)):
                if _is_condition(one) and other.data == "boolean":
                    function = self._operands.function(one, in_condition=True)
                    return function if str(other.children[0]).lower() == "true" else syntax.Not(function)
        return syntax.Comparison("<>" if operator == "!=" else operator, *map(self._operand, (left, right)))

    def between(self, node: Node) -> Condition:
        self.count()
        return syntax.Between(*map(self._operand, _trees(node)))

    def inside(self, node: Node) -> Condition:
        self.count()
        operand, choices = _trees(node)
        members = _trees(choices) if choices.data in ("list", "parentheses") else None
        if members is None:
            raise ValidationError(f"Unsupported operator in Condition Expression. Operator: {operator_of(node)}")
        if len(members) > EXPRESSION_IN_OPERANDS_MAX:
            text = "The IN operator is provided with too many operands; number of operands: "
            raise ValidationError(f"{text}{len(members)}")
        return syntax.In(self._operand(operand), tuple(map(self._operand, members)))

    def type_test(self, node: Node) -> Condition:
        self.count()
        operand, kind = _trees(node)
        name = str(kind.children[0]).lower()
        path = self._operand(operand)
        if name == "missing":
            return syntax.Function("attribute_not_exists", (path,))
        if name not in _TYPES:
            raise ValidationError(f"Unsupported operator in Condition Expression. Operator: is {name}")
        test = syntax.Function("attribute_type", (path, self._text(_TYPES[name])))
        is_whole = name.startswith(("int", "smallint", "bigint"))
        return syntax.And((test, syntax.Function("is whole", (path,)))) if is_whole else test

    def function(self, node: Node) -> Condition:
        function = self._operands.function(node, in_condition=True)
        if not FUNCTIONS[function.name].is_condition:
            raise ValidationError(f"Unrecognized function: {function.name}{place_of(node.children[0])}")
        return function

    def _operand(self, node: Node) -> Operand:
        return self._operands.operand(node)

    def _text(self, text: str) -> ValuePlaceholder:
        return self._operands.placeholder(Constant({"S": text}))


def _trees(node: Node) -> list[Node]:
    return [child for child in node.children if not isinstance(child, str)]


def _is_condition(node: Node) -> bool:
    rule = FUNCTIONS.get(str(node.children[0]).lower()) if node.data == "call" else None
    return rule is not None and rule.is_condition


def _negated(read: Callable[[_Conditions, Node], Condition]) -> Callable[[_Conditions, Node], Condition]:
    return lambda conditions, node: syntax.Not(read(conditions, node))


_READERS: dict[str, Callable[[_Conditions, Node], Condition]] = {
    "and": lambda conditions, node: syntax.And(conditions.chain(node)),
    "or": lambda conditions, node: syntax.Or(conditions.chain(node)),
    "not": _Conditions.negation,
    "comparison": _Conditions.comparison,
    "between": _Conditions.between,
    "not_between": _negated(_Conditions.between),
    "in": _Conditions.inside,
    "not_in": _negated(_Conditions.inside),
    "is_type": _Conditions.type_test,
    "is_not_type": _negated(_Conditions.type_test),
    "call": _Conditions.function,
}
