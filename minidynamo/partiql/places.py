"""Where something stands in a statement, and what the words of a statement say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Token, Tree

    Node = Tree[Token]


def place_of(node: Node | Token) -> str:
    """` at line:column:length` of a token, or of the first one of a tree, counted from 1."""
    token = first_token(node)
    assert token is not None, f"{node} has no tokens"
    return f" at {token.line}:{token.column}:{len(token)}"


def first_token(node: Node | Token) -> Token | None:
    """The first token of a tree that has been kept."""
    while not isinstance(node, str):
        if not node.children:
            return None
        node = node.children[0]
    return node


def text_of(node: Node | Token) -> str:
    """What a string literal, a name or a quoted name says."""
    token = first_token(node)
    assert token is not None, f"{node} says nothing"
    quote = token[0] if token.type in ("STRING", "QUOTED") else ""
    return token[1:-1].replace(quote * 2, quote) if quote else str(token)
