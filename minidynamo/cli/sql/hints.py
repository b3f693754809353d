"""What is said beside the words of the service: the mistakes that are made most, and how to mend them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from itertools import pairwise

from minidynamo.errors import DynamoError
from minidynamo.partiql.keywords import KEYWORDS
from minidynamo.partiql.parser import fault_place, parse
from minidynamo.partiql.syntax import Select
from minidynamo.partiql.tokens import tokens_of

# Line, column and length of a fault.
Place = tuple[int, int, int]

_WORDS_MAX = 4
_UNENDED = {
    "'": "the string that begins here does not end; a quote within one is doubled: 'O''Hara'",
    '"': "the name in double quotes that begins here does not end",
    "/": "the comment that begins here does not end",
}
_TYPOGRAPHIC = "‘’‚‛“”„‟«»‹›´"
# Words that nobody takes for the names of attributes.
_STRUCTURE = frozenset({
    "select", "where", "and", "or", "not", "in", "is", "between", "by", "insert", "into", "update", "delete", "exists",
})  # fmt: skip
_COMPARISONS = ("EQUAL", "UNEQUAL", "ORDERING")


def hint_of_fault(text: str, place: Place) -> str | None:
    """How to mend a statement at whose fault something common is seen.

    Parameters:
        text: of the statement.
        place: of the fault.
    """
    line, column, _ = place
    assert line > 0 and column > 0, f"a fault is at {line}:{column}, before the statement"
    lines = text.split("\n")
    character = lines[line - 1][column - 1 : column] if line <= len(lines) else ""
    if character and character in _TYPOGRAPHIC:
        return f"{character} is no quote of PartiQL: strings stand in '...', names in \"...\""
    return _UNENDED[character] if character in _UNENDED and _is_unended(text) else _hint_of_keywords(text)


def hint_of_result(text: str, attributes: Collection[str], is_empty: bool, known: Collection[str]) -> str | None:
    """What may be wrong with a SELECT whose result is not what was meant.

    Parameters:
        text: of the statement.
        attributes: the names of those in the result.
        is_empty: whether it has no items.
        known: the attributes that have been met.
    """
    try:
        return _hint_of_result(text, attributes, is_empty, known)
    except DynamoError:  # Of a dialect that only the other side knows.
        return None


def _hint_of_result(text: str, attributes: Collection[str], is_empty: bool, known: Collection[str]) -> str | None:
    if is_empty:
        return next(map(_hint_of_quotes, (each for each in _compared_names(text) if each not in known)), None)
    for name in _selected_names(text):
        if name not in attributes:
            close = get_close_matches(name, [each for each in known if each != name], n=1)
            return f'no item found has "{name}"' + (f": did you mean {close[0]}?" if close else "")
    return None


def _hint_of_quotes(name: str) -> str:
    return f"\"{name}\" is the name of an attribute, and none was met: strings stand in single quotes, '{name}'"


def _is_unended(text: str) -> bool:
    try:
        tokens_of(text)
    except DynamoError:
        return True
    return False


def _hint_of_keywords(text: str) -> str | None:
    words = _keywords_to_quote(text, _WORDS_MAX)
    if not words:
        return None
    quoted = ", ".join(f'"{word}"' for word in words)
    if len(words) == 1:
        return f"{words[0]} is a keyword of PartiQL: write {quoted}"
    return f"{', '.join(words[:-1])} and {words[-1]} are keywords of PartiQL: write {quoted}"


def _keywords_to_quote(text: str, count: int) -> list[str] | None:
    """The keywords, so many at most, in whose place names make a statement of a text; None where there are none."""
    place = fault_place(text)
    if place is None:
        return []
    for begin, word in _keywords_at(text, place) if count else ():
        mended = f'{text[:begin]}"{word}"{text[begin + len(word) :]}'
        rest = _keywords_to_quote(mended, count - 1)
        if rest is not None:
            return [word, *rest]
    return None


def _keywords_at(text: str, place: Place) -> Iterator[tuple[int, str]]:
    """The keywords before and at a place, with where they begin."""
    try:
        tokens = tokens_of(text)
    except DynamoError:
        return
    at = next((n for n, each in enumerate(tokens) if (each.line, each.column) >= place[:2]), len(tokens))
    for token in tokens[max(at - 1, 0) : at + 1]:
        if token.type not in ("QUOTED", "STRING") and token.lower() in KEYWORDS - _STRUCTURE:
            yield token.start_pos or 0, str(token)


def _compared_names(text: str) -> Iterator[str]:
    """Names in double quotes behind the sign of a comparison."""
    tokens = tokens_of(text)
    for sign, token in pairwise(tokens):
        if sign.type in _COMPARISONS and token.type == "QUOTED":
            yield token[1:-1].replace('""', '"')


def _selected_names(text: str) -> list[str]:
    statement = parse(text).statement
    return [each.name for each in statement.selected] if isinstance(statement, Select) else []
