"""Where the statements of a script come from: -c, files and standard input, read as they come in bounded memory."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple, TextIO

from minidynamo.cli.sql.script import split_script
from minidynamo.partiql.tokens import statement_start

# A statement of the service has at most 8,192 bytes: what is much longer will never end.
STATEMENT_CHARACTERS_MAX = 256 * 1024
_BYTE_ORDER_MARK = "\ufeff"
_PIECE_CHARACTERS = 64 * 1024
_WORD = re.compile(r"\w*")


class SourceError(ValueError):
    """A source that holds no statements; the text says which and why, in one line."""


class Placed(NamedTuple):
    """A statement or command, and where it stands.

    Attributes:
        text: without its semicolon.
        source: what it is from, as people call it.
        line: on which it begins, counted from 1.
    """

    text: str
    source: str
    line: int


def opened(given: Sequence[tuple[str, str]], stack: ExitStack) -> list[tuple[str, TextIO]]:
    """Sources with their names, open until the stack is left; raises OSError where there is no such file.

    Parameters:
        given: options with their values; standard input where there are none.
        stack: closes what has been opened.
    """
    return [_opened(option, value, stack) for option, value in given or [("-f", "-")]]


def statements_of(sources: Sequence[tuple[str, TextIO]]) -> Iterator[Placed]:
    """The statements of sources, each as soon as it has been read to its end.

    Raises:
        SourceError: what comes is no UTF-8, or a statement does not end.
    """
    for name, stream in sources:
        try:
            yield from _statements(name, stream)
        except UnicodeError:
            raise SourceError(f"{name} is no text in UTF-8") from None


def first_word(text: str) -> str:
    """The word that a statement begins with, in lower case; "" where it begins with none."""
    match = _WORD.match(text, statement_start(text))
    return match.group().lower() if match is not None else ""


def _opened(option: str, value: str, stack: ExitStack) -> tuple[str, TextIO]:
    if option == "-c":
        return "-c", io.StringIO(value)
    if value != "-":
        return value, stack.enter_context(open(value, encoding="utf-8"))
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="strict")
    return "standard input", sys.stdin


def _statements(name: str, stream: TextIO) -> Iterator[Placed]:
    text, line, has_begun = "", 1, False
    while piece := stream.readline(_PIECE_CHARACTERS):
        piece.encode()  # Arguments that are no UTF-8 hold what no text can.
        text += piece if has_begun else piece.removeprefix(_BYTE_ORDER_MARK)
        has_begun = True
        start = statement_start(text)
        if ";" in piece or text.startswith("\\", start):
            parts, rest = split_script(text)
            yield from _placed(parts, text, name, line)
            assert text.endswith(rest), f"what is left of a script is not its end: {rest[:40]!r}"
            start = len(text) - len(rest)
        line += text.count("\n", 0, start)
        text = text[start:]
        if len(text) > STATEMENT_CHARACTERS_MAX:
            raise SourceError(f"{name}, line {line}: no ; ends the statement within {len(text):,} characters")
    yield from _placed([text], text, name, line)


def _placed(parts: Sequence[str], text: str, name: str, line: int) -> Iterator[Placed]:
    """Parts of a text that begins on some line, without those that are empty."""
    assert line > 0, f"a part of {name} begins before it"
    position = 0
    for part in parts:
        position = text.index(part, position)
        if part.strip():
            yield Placed(part.strip(), name, line + text.count("\n", 0, position))
        position += len(part)
