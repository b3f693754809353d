"""Parsing: the text of a statement to its syntax tree. Trees are cached by text.

Source: DynamoDB Developer Guide, "PartiQL - a SQL-compatible query language"; observed responses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from minidynamo.partiql.faults import reason_of
from minidynamo.partiql.statements import read_statement
from minidynamo.partiql.syntax import Parsed
from minidynamo.partiql.tokens import not_well_formed, tokens_of

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
        return _parsed(tokens)
    except UnexpectedToken as error:
        raise not_well_formed(reason_of(error, tokens, _parsed)) from None


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
