"""The tokens of a statement: its text cut into words, names, literals and signs.

A word is a keyword whatever its case, or a name in its own. Some keywords that follow each other are one token, such as
NOT IN. Source: PartiQL specification, "Lexical structure"; observed responses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from minidynamo.errors import ValidationError
from minidynamo.partiql.keywords import KEYWORDS
from minidynamo.values.numbers import integer_of

if TYPE_CHECKING:
    from lark import Token

NOT_WELL_FORMED = "Statement wasn't well formed, can't be processed: "

# Larger exponents and scales cannot be read at all.
_EXPONENT_MAX = 2**31 - 1

_LEXEMES = re.compile(
    r"""
    (?P<SPACE>   [ \t\r\n\v\f]+ | --[^\r\n]* | /\*.*?\*/ )
  | (?P<OPEN>    /\* )
  | (?P<STRING>  '(?:[^']|'')*' )
  | (?P<QUOTED>  "(?:[^"]|"")*" )
  | (?P<ION>     `[^`]*` )
  | (?P<NUMBER>  (?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]*)? )
  | (?P<WORD>    [A-Za-z_$][A-Za-z0-9_$]* )
  | (?P<SIGN>    <<|>>|<>|<=|>=|!=|\|\||[-+*/%=<>()\[\]{},.:;?@] )
    """,
    re.VERBOSE | re.DOTALL,
)

# What says nothing before a statement: comments, and white space of every kind.
_BEFORE = re.compile(r"(?: \s+ | --[^\r\n]* | /\*.*?\*/ )*", re.VERBOSE | re.DOTALL)

# Tokens that say nothing but where they stand begin with an underscore.
_SIGNS = {
    "<<": "LEFT_BAG", ">>": "_RIGHT_BAG", "(": "_LEFT_PAREN", ")": "_RIGHT_PAREN", "[": "LEFT_BRACKET",
    "]": "_RIGHT_BRACKET", "{": "LEFT_CURLY", "}": "_RIGHT_CURLY", ",": "_COMMA", ".": "_DOT", ":": "_COLON",
    ";": "_SEMICOLON", "@": "_AT_SIGN", "?": "PARAMETER", "=": "EQUAL", "<>": "UNEQUAL", "!=": "UNEQUAL",
    "<": "ORDERING", "<=": "ORDERING", ">": "ORDERING", ">=": "ORDERING", "+": "PLUS", "-": "MINUS", "*": "STAR",
    "/": "DIVIDE", "%": "DIVIDE", "||": "CONCATENATE",
}  # fmt: skip

# Kinds of tokens, to the keywords that are of them; each keyword of `_EACH` and of `_SILENT` is a kind of its own.
_EACH = """
    asc bag count date desc distinct exists false join like limit list missing null offset sexp time true
"""
_SILENT = """
    and as between by delete from group having in is not on or order remove returning select set update value values
    where
"""
_TYPES = """
    boolean bool smallint integer4 int4 integer8 int8 bigint integer int float real decimal dec numeric timestamp
    character char varchar string symbol clob blob struct tuple any
"""
_FUNCTIONS = """
    substring char_length character_length octet_length bit_length upper lower size
"""
_AGGREGATES = "avg max min sum"
_UNIONS = "union except intersect"
_KINDS = {
    **dict.fromkeys(KEYWORDS, "KEYWORD"),
    **dict.fromkeys(_TYPES.split(), "TYPE"),
    **dict.fromkeys(_FUNCTIONS.split(), "FUNCTION"),
    **dict.fromkeys(_AGGREGATES.split(), "AGGREGATE"),
    **dict.fromkeys(_UNIONS.split(), "UNION"),
    **{word: word.upper() for word in _EACH.split()},
    **{word: f"_{word.upper()}" for word in _SILENT.split()},
}
# Keywords that are one token where they follow each other.
_MERGED: dict[tuple[str, ...], str] = {
    ("not", "in"): "_NOT_IN",
    ("is", "not"): "_IS_NOT",
    ("not", "between"): "_NOT_BETWEEN",
    ("not", "like"): "NOT_LIKE",
    ("insert", "into"): "_INSERT_INTO",
    ("on", "conflict"): "_ON_CONFLICT",
    ("do", "nothing"): "_DO_NOTHING",
    ("all", "old"): "RETURNED",
    ("all", "new"): "RETURNED",
    ("modified", "old"): "RETURNED",
    ("modified", "new"): "RETURNED",
    ("character", "varying"): "TYPE",
    ("double", "precision"): "TYPE",
    ("union", "all"): "UNION",
    ("except", "all"): "UNION",
    ("intersect", "all"): "UNION",
    ("cross", "join"): "JOIN",
    ("inner", "join"): "JOIN",
    ("left", "join"): "JOIN",
    ("right", "join"): "JOIN",
    ("full", "join"): "JOIN",
    ("outer", "join"): "JOIN",
    ("left", "outer", "join"): "JOIN",
    ("right", "outer", "join"): "JOIN",
    ("full", "outer", "join"): "JOIN",
}


_QUOTES = "'\"`"


class UnreadableText(ValidationError):
    """A place in a statement at which no token begins.

    Attributes:
        line, column: where it is, counted from 1.
    """

    def __init__(self, line: int, column: int) -> None:
        super().__init__(NOT_WELL_FORMED)
        self.line, self.column = line, column


def not_well_formed(reason: str = "") -> ValidationError:
    """The error of a statement that cannot be parsed."""
    return ValidationError(NOT_WELL_FORMED + reason)


def tokens_of(text: str) -> list[Token]:
    """The tokens of a statement.

    Raises:
        ValidationError: a character that begins no token, a quote or comment without end, or a number without digits.
    """
    return list(_merged(list(_single_tokens(text))))


def statement_start(text: str, position: int = 0) -> int:
    """Where a statement begins, behind the white space and the comments from some place on."""
    match = _BEFORE.match(text, position)
    assert match is not None, "what may be empty is everywhere"
    return match.end()


def statement_end(text: str, start: int = 0) -> int | None:
    """Where the semicolon stands that ends the statement which begins at some place; None where there is none."""
    position = start
    while position < len(text):
        match = _LEXEMES.match(text, position)
        if text[position] in _QUOTES if match is None else match.lastgroup == "OPEN":
            return None  # A quote or a comment that does not end takes all that follows.
        if match is not None and match.group() == ";":
            return position
        position = position + 1 if match is None else match.end()
    return None


def _single_tokens(text: str) -> Iterator[Token]:
    from lark import Token

    position, line, line_start = 0, 1, 0
    while position < len(text):
        match = _LEXEMES.match(text, position)
        if match is None or match.lastgroup == "OPEN":
            raise UnreadableText(line, position - line_start + 1)
        lexeme = match.group()
        kind = _kind(str(match.lastgroup), lexeme)
        if kind != "SPACE":
            column = position - line_start + 1
            yield Token(kind, lexeme, position, line, column, end_pos=match.end())
        position = match.end()
        if "\n" in lexeme:
            line += lexeme.count("\n")
            line_start = match.start() + lexeme.rindex("\n") + 1


def _kind(group: str, lexeme: str) -> str:
    if group == "SIGN":
        return _SIGNS[lexeme]
    if group == "WORD":
        return _KINDS.get(lexeme.lower(), "NAME")
    if group == "NUMBER":
        _check_exponent(lexeme)
    return group


def _check_exponent(number: str) -> None:
    """Refuses an exponent without digits, and one that no number can be read with."""
    digits, mark, exponent = number.lower().partition("e")
    if not mark:
        return
    if not exponent.strip("+-"):
        raise not_well_formed()
    power = integer_of(exponent)
    if power is None or abs(power) > _EXPONENT_MAX or abs(len(digits.partition(".")[2]) - power) > _EXPONENT_MAX:
        raise not_well_formed()


def _merged(tokens: Sequence[Token]) -> Iterator[Token]:
    from lark import Token

    index = 0
    while index < len(tokens):
        count = next((count for count in (3, 2) if _kind_of_words(tokens[index : index + count], count)), 1)
        words = tokens[index : index + count]
        kind = _kind_of_words(words, count)
        first, last = words[0], words[-1]
        yield (
            Token(kind, " ".join(words), first.start_pos, first.line, first.column, end_pos=last.end_pos)
            if kind
            else first
        )
        index += count


def _kind_of_words(tokens: Sequence[Token], count: int) -> str | None:
    """The kind of one token that so many are together; None where they are not."""
    is_quoted = any(token.type in ("STRING", "QUOTED") for token in tokens)
    return None if is_quoted or len(tokens) < count else _MERGED.get(tuple(token.lower() for token in tokens))
