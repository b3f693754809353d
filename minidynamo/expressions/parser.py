"""Parsing: the text of an expression to its syntax tree, with every error that can be told without names and values.

The grammar is `grammar.lark`, the tree is built by `tree_builder.py`. Parsed trees are cached by kind and text.
Source: DynamoDB Developer Guide, "Using expressions"; observed responses.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from minidynamo.errors import ValidationError
from minidynamo.expressions import syntax
from minidynamo.expressions.tree_builder import TreeBuilder
from minidynamo.limits import EXPRESSION_SIZE_BYTES_MAX
from minidynamo.values.attribute_value import utf8_size
from minidynamo.wording import VALUE

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

# The parameter that carries an expression, to the start rule of its kind.
START_RULES = {
    "ConditionExpression": "condition",
    "FilterExpression": "condition",
    "KeyConditionExpression": "condition",
    "ProjectionExpression": "projection",
    "UpdateExpression": "update",
}


@lru_cache(maxsize=2048)
def parse(parameter: str, text: str) -> syntax.Parsed:
    """The syntax tree of an expression and the placeholders it uses.

    Parameters:
        parameter: the request member that carries it, such as "FilterExpression".
        text: the expression.

    Raises:
        ValidationError: an error of size, syntax, functions, reserved words, parentheses or sections.
    """
    size = utf8_size(text)
    if size > EXPRESSION_SIZE_BYTES_MAX:
        tail = "" if parameter == "UpdateExpression" else f" expression size: {size}"
        raise invalid(parameter, f"Expression size has exceeded the maximum allowed size;{tail}")
    if not text:
        raise invalid(parameter, "The expression can not be empty;")
    builder = TreeBuilder(in_condition=START_RULES[parameter] == "condition")
    tree = builder.transform(_parse_tree(parameter, text))
    error = builder.first_error(tree)
    if error is not None:
        raise invalid(parameter, error)
    return syntax.Parsed(tree, frozenset(builder.names), frozenset(builder.values), tuple(builder.nested))


def invalid(parameter: str, text: str) -> ValidationError:
    """The error of an expression: "Invalid FilterExpression: ...", or the text alone where no parameter carries it."""
    if not parameter:
        return ValidationError(text)
    return ValidationError(f"Invalid {parameter}: {text}", prefix=VALUE)


class _KeepStrayTokens:
    """Tells Lark to keep the terminal of stray characters, which no rule uses."""

    always_accept = ("STRAY",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


@lru_cache(maxsize=1)
def _lark() -> Lark:
    # Imported here, since building the parser costs more than importing the rest of the package.
    from importlib import resources

    from lark import Lark

    grammar = resources.files("minidynamo.expressions").joinpath("grammar.lark").read_text("utf-8")
    starts = sorted(set(START_RULES.values()))
    return Lark(grammar, parser="lalr", lexer="basic", start=starts, postlex=_KeepStrayTokens())


def _parse_tree(parameter: str, text: str) -> Tree[Token]:
    from lark.exceptions import UnexpectedToken

    try:
        return _lark().parse(text, start=START_RULES[parameter])
    except UnexpectedToken as error:
        token, near = _error_window(text, error.token)
    raise invalid(parameter, f'Syntax error; token: "{token}", near: "{near}"')


def _error_window(text: str, bad: Token) -> tuple[str, str]:
    """The bad token, and the source from the start of the token before it to the end of the token after it."""
    tokens = list(_lark().lex(text))
    if bad.type == "$END":
        return "<EOF>", text[tokens[-1].start_pos or 0 :] if tokens else text
    index = next(i for i, token in enumerate(tokens) if token.start_pos == bad.start_pos)
    first, last = tokens[max(index - 1, 0)], tokens[min(index + 1, len(tokens) - 1)]
    return str(bad), text[first.start_pos or 0 : last.end_pos]
