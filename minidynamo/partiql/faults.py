"""What is said of a statement that cannot be parsed: the words that PartiQL's own parser has for the place.

The grammar's parser stops at the first token that cannot stand where it stands. Which word is due follows from the
tokens around it, from those that could stand there, and from what the parser has open.
Source: PartiQL reference parser, as observed in responses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minidynamo.partiql.keywords import KEYWORDS
from minidynamo.partiql.refusals import AGGREGATES, NOT_UNARY, OTHERS_SELECTED, refusal

if TYPE_CHECKING:
    from lark import Token
    from lark.exceptions import UnexpectedToken

    from minidynamo.partiql.places import Node

# Operators with an operand on their right.
_LOGICAL = {"_OR", "_AND", "_IN", "_NOT_IN", "_BETWEEN", "_NOT_BETWEEN", "_IS", "_IS_NOT", "LIKE", "NOT_LIKE"}
_INFIX = _LOGICAL | {"EQUAL", "UNEQUAL", "ORDERING", "PLUS", "MINUS", "CONCATENATE", "STAR", "DIVIDE", "UNION"}
_STATEMENTS = frozenset({"_SELECT", "_INSERT_INTO", "_UPDATE", "_FROM", "_DELETE"})
_AROUND_OTHER_LISTS = frozenset({"_FROM", "_LEFT_PAREN", "LEFT_BRACKET", "LEFT_CURLY", "LEFT_BAG"})
_NOT_SELECTED = _STATEMENTS | {"_SET", "_REMOVE", "_WHERE"}
# A term can begin where a string can.
_TERM = "STRING"
_END = "$END"


@dataclass(frozen=True)
class Fault:
    """Where parsing has stopped.

    Attributes:
        token: the token that cannot stand there; its type is "$END" behind the last.
        before: the tokens in front of it.
        left: it and all behind it, the end not among them.
        accepted: the types of the tokens that could stand there.
        open: what the parser has not finished: tokens and trees, the innermost last.
    """

    token: Token
    before: Sequence[Token]
    left: Sequence[Token]
    accepted: Collection[str]
    open: Sequence[Node | Token]

    @property
    def previous(self) -> str:
        """The type of the token before, "" where there is none."""
        return self.before[-1].type if self.before else ""

    @property
    def is_in_select_list(self) -> bool:
        """Whether an entry of what is selected begins here."""
        return self.previous in ("_SELECT", "DISTINCT", "_COMMA") and self.listed is not None

    @property
    def listed(self) -> list[str] | None:
        """What the parser has of the select list in which it is; None outside of one, and inside of brackets in one."""
        kinds = [kind for each in self.open for kind in _kinds(each)]
        if "_SELECT" not in kinds:
            return None
        listed = kinds[len(kinds) - kinds[::-1].index("_SELECT") :]
        return listed if _AROUND_OTHER_LISTS.isdisjoint(listed) else None

    @property
    def begins_statement(self) -> bool:
        """Whether a statement begins where an operand is due, which PartiQL then parses as one."""
        return self.token.type in _STATEMENTS and _TERM in self.accepted and not self.is_in_select_list

    def has_open(self, *types: str) -> bool:
        """Whether the parser has such a token open."""
        return any(getattr(each, "type", None) in types for each in self.open)


def reason_of(error: UnexpectedToken, tokens: Sequence[Token], parse: Callable[[Sequence[Token]], Node]) -> str:
    """What the service says of a fault that Lark has found.

    Parameters:
        error: the fault.
        tokens: those of the statement.
        parse: parses tokens by the same grammar; raises UnexpectedToken.
    """
    from lark.exceptions import UnexpectedToken

    fault = _fault_at(error, tokens)
    refused = refusal(fault.open)
    if refused is not None:
        return refused
    if fault.begins_statement:
        try:
            refused = refusal([parse(fault.left)])
        except UnexpectedToken as inner:
            reason = reason_of(inner, fault.left, parse)
            refused = None if reason == _LEFT_OVER else reason
        return refused or f"Keyword {_keyword(fault)} only expected at the top level in the query"
    return next(reason(fault) if callable(reason) else reason for applies, reason in _REASONS if applies(fault))


def _fault_at(error: UnexpectedToken, tokens: Sequence[Token]) -> Fault:
    is_end = error.token.type == _END
    index = len(tokens) if is_end else next(i for i, each in enumerate(tokens) if each is error.token)
    stack = error.interactive_parser.parser_state.value_stack
    return Fault(error.token, tokens[:index], tokens[index:], error.accepts or (), stack)


def _term_reason(fault: Fault) -> str:
    if fault.token.type in _INFIX:
        return "Unexpected operator"
    return "Unexpected keyword" if _keyword(fault) in KEYWORDS else "Unexpected term"


def _keyword(fault: Fault) -> str:
    return str(fault.token).partition(" ")[0].lower()


def _lacks_right_side(fault: Fault) -> bool:
    if fault.previous not in _INFIX or fault.left or len(fault.open) < 2:
        return False
    left, operator = fault.open[-2:]
    # A star that stands for everything has nothing on its left.
    return getattr(operator, "type", "") == fault.previous and getattr(left, "data", "target") != "target"


def _is_name_of_function(fault: Fault) -> bool:
    return fault.accepted == {"_LEFT_PAREN"}


def _selects_beside_everything(fault: Fault) -> bool:
    """Whether a select list is over, without FROM, and has more in it than a star."""
    listed = fault.listed or ()
    is_over = {"_COMMA", "_FROM"} <= set(fault.accepted)
    return is_over and "_COMMA" in listed and not {"STAR", "everything"}.isdisjoint(listed)


def _kinds(part: Node | Token) -> Iterator[str]:
    """What a token or a tree is; of a tree that Lark has made of a repetition, what is in it."""
    if isinstance(part, str):
        yield part.type
    elif part.data.startswith("__"):
        yield from (kind for child in part.children for kind in _kinds(child))
    else:
        yield part.data


def _argument(fault: Fault, kind: str, *types: str) -> bool:
    """Whether a token of a kind stands where the argument of one of these functions begins."""
    called = fault.before[-2].type if len(fault.before) > 1 and fault.previous == "_LEFT_PAREN" else ""
    return fault.token.type == kind and called in types


def _is_star_of_distinct(fault: Fault) -> bool:
    types = [token.type for token in fault.before[-3:]]
    return fault.token.type == "STAR" and types == ["COUNT", "_LEFT_PAREN", "DISTINCT"]


def _is_second_bound(fault: Fault) -> bool:
    """Whether the AND before belongs to a BETWEEN."""
    return fault.previous == "_AND" and fault.has_open("_BETWEEN", "_NOT_BETWEEN")


def _is_empty_group(fault: Fault) -> bool:
    return fault.token.type == "_RIGHT_PAREN" and fault.previous == "_LEFT_PAREN"


def _closing(fault: Fault) -> str:
    return next(kind for kind in _CLOSING if kind in fault.accepted)[1:]


# The innermost bracket that is open decides; only one of these can close it.
_CLOSING = ("_RIGHT_PAREN", "_RIGHT_BRACKET", "_RIGHT_CURLY", "_COLON", "_RIGHT_BAG")
_CLOSING_NAMES = {"RIGHT_BAG": "RIGHT_DOUBLE_ANGLE_BRACKET"}

_LEFT_OVER = "Unexpected token after expression"
_RETURNING = "Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element."


def _accepts(*types: str) -> Callable[[Fault], bool]:
    return lambda fault: any(each in fault.accepted for each in types)


def _follows(*types: str) -> Callable[[Fault], bool]:
    return lambda fault: fault.previous in types


_Reason = str | Callable[[Fault], str]

# The first row that applies says why.
_REASONS: tuple[tuple[Callable[[Fault], bool], _Reason], ...] = (
    (_follows("_SEMICOLON"), "Unexpected token after semicolon. (Only one query is allowed.)"),
    (lambda fault: _argument(fault, "_RIGHT_PAREN", *AGGREGATES), NOT_UNARY),
    (_is_star_of_distinct, "COUNT(DISTINCT *) is not supported"),
    (
        lambda fault: _argument(fault, "STAR", "AGGREGATE"),
        lambda fault: f"{fault.before[-2].lower()}(*) is not allowed",
    ),
    (_is_empty_group, "Expression group cannot be empty"),
    (lambda fault: _is_second_bound(fault) and fault.token.type == _END, "Expected expression after AND"),
    (_accepts("TYPE"), "Expected type name"),
    (_lacks_right_side, "Missing right-hand side expression of infix operator"),
    (lambda fault: fault.accepted == {"NUMBER", "STRING"}, "Invalid path component for simple path"),
    (_follows("_AT_SIGN"), "Identifier must follow @-operator"),
    (
        lambda fault: fault.is_in_select_list and fault.token.type in _NOT_SELECTED,
        lambda fault: (
            f"Expected identifier or an expression but found unexpected keyword '{_keyword(fault)}' in a select list."
        ),
    ),
    (_accepts(_TERM, "_VALUE"), _term_reason),
    (_is_name_of_function, "Unexpected keyword"),
    (
        lambda fault: fault.previous == "_DOT" and fault.token.type == "STAR",
        "Invalid path dot component for simple path",
    ),
    (_follows("_DOT"), "Invalid path dot component"),
    (_follows("_DELETE"), "Expected FROM after DELETE"),
    (_follows("_UPDATE", "_FROM", "_INSERT_INTO", "_SET", "_REMOVE"), "Expected identifier for simple path"),
    (_selects_beside_everything, OTHERS_SELECTED),
    (_accepts("RETURNED"), _RETURNING),
    (_accepts("_BY"), "Expected BY"),
    (_accepts(*_CLOSING), lambda fault: f"Expected {_CLOSING_NAMES.get(_closing(fault), _closing(fault))}"),
    (lambda fault: fault.has_open("_BETWEEN", "_NOT_BETWEEN") and _END not in fault.accepted, "Expected AND keyword"),
    (_accepts(_END), _LEFT_OVER),
    (_accepts("_FROM"), "Expected FROM after SELECT list"),
    (_accepts("_SET"), "Expected data manipulation"),
    (_accepts("EQUAL"), "Expected '='"),
    (_follows("_AS"), "Expected identifier for AS-alias"),
    (lambda fault: True, _term_reason),
)
