"""Parsing: the text of a statement to its syntax tree. Trees are cached by text.

Source: DynamoDB Developer Guide, "PartiQL - a SQL-compatible query language"; observed responses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from minidynamo.errors import ValidationError
from minidynamo.partiql.faults import reason_of
from minidynamo.partiql.refusals import refusal
from minidynamo.partiql.statements import read_statement
from minidynamo.partiql.syntax import Parsed
from minidynamo.partiql.tokens import UnreadableText, not_well_formed, tokens_of

if TYPE_CHECKING:
    from lark import Lark, Token, Tree


@lru_cache(maxsize=2048)
def parse(text: str) -> Parsed:
    """The syntax tree of a statement, or what the service refuses of one that it can parse.

    Raises:
        ValidationError: it cannot be parsed, or a number in it cannot be stored.
    """
    try:
        return read_statement(parse_tree(text))
    except RecursionError:  # It nests deeper than anything that the service would evaluate.
        raise not_well_formed() from None


def parse_tree(text: str) -> Tree[Token]:
    """The parse tree of a statement; raises ValidationError where it is none."""
    from lark.exceptions import UnexpectedToken

    tokens = tokens_of(text)
    try:
        tree = _parsed(tokens)
    except UnexpectedToken as error:
        raise not_well_formed(reason_of(error, tokens, _parsed)) from None
    reason = refusal([tree])
    if reason is not None:
        raise not_well_formed(reason)
    return tree


def fault_place(text: str) -> tuple[int, int, int] | None:
    """Line, column and length of the place at which a statement stops being one; None where it is one."""
    from lark.exceptions import UnexpectedToken

    try:
        tokens = tokens_of(text)
        _parsed(tokens)
    except UnreadableText as fault:
        return fault.line, fault.column, 1
    except UnexpectedToken as error:
        token, is_end = error.token, error.token.type == "$END"
        if is_end and not tokens:
            return None
        at = tokens[-1] if is_end else token
        return at.line or 1, (at.column or 1) + (len(at) if is_end else 0), 1 if is_end else len(at)
    except ValidationError:
        return None
    return None


@lru_cache(maxsize=1)
def _lark() -> Lark:
    # Imported here, since building the parser costs more than importing the rest of the package.
    from importlib import resources

    from lark import Lark
    from lark.lexer import Lexer

    class TokenLexer(Lexer):
        """Gives the tokens that it is given."""

        def __init__(self, configuration: object) -> None:
            pass

        def lex(self, tokens: Sequence[Token]) -> Iterator[Token]:  # type: ignore[override]
            return iter(tokens)

    grammar = resources.files("minidynamo.partiql").joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer=TokenLexer, maybe_placeholders=False)


def _parsed(tokens: Sequence[Token]) -> Tree[Token]:
    return _lark().parse(tokens)
