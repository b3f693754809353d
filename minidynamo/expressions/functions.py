"""The functions of expressions: where each may stand, what it takes. A table; evaluation is elsewhere.

Source: DynamoDB Developer Guide, "Comparison operator and function reference"; observed responses.
"""

from __future__ import annotations

from dataclasses import dataclass

SCALARS = frozenset({"S", "N", "B"})
SETS = frozenset({"SS", "NS", "BS"})


@dataclass(frozen=True, slots=True)
class FunctionRule:
    """How a function may be used.

    Attributes:
        in_condition: whether conditions know it; updates know the others.
        is_condition: whether it stands alone as a condition; others are operands.
        arity: its number of operands.
        needs_path: whether its first operand must be a document path.
        distinct: whether its first operand must differ from the others.
        types: per operand, the types a literal may have; None for any.
        result: the type of its value where that is certain.
    """

    in_condition: bool
    is_condition: bool
    arity: int
    needs_path: bool = False
    distinct: bool = False
    types: tuple[frozenset[str] | None, ...] = ()
    result: str | None = None


FUNCTIONS: dict[str, FunctionRule] = {
    "attribute_exists": FunctionRule(True, True, 1, needs_path=True),
    "attribute_not_exists": FunctionRule(True, True, 1, needs_path=True),
    "attribute_type": FunctionRule(True, True, 2, types=(None, frozenset({"S"}))),
    "begins_with": FunctionRule(True, True, 2, distinct=True, types=(frozenset("SB"), frozenset("SB"))),
    "contains": FunctionRule(True, True, 2, distinct=True),
    "is whole": FunctionRule(True, True, 1),  # Of PartiQL's IS INTEGER; no expression can name it.
    "size": FunctionRule(True, False, 1, types=(frozenset({"S", "B", "L", "M"}) | SETS,), result="N"),
    "if_not_exists": FunctionRule(False, False, 2, needs_path=True, distinct=True),
    "list_append": FunctionRule(False, False, 2, types=(frozenset("L"), frozenset("L")), result="L"),
}

ATTRIBUTE_TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")

TYPE_WORDS = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
    "L": "LIST",
    "M": "MAP",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
}
