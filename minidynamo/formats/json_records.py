"""Records in JSON: one per line, or the members of one array, which is decoded member by member.

The array may be the member "Items" of an object, as Scan and Query answer.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from json import JSONDecodeError

from minidynamo.formats.least_sizes import Members, Refused, counting
from minidynamo.formats.records import Record, record_of
from minidynamo.formats.source import Source, excess, not_utf8
from minidynamo.limits import ITEM_SIZE_BYTES_MAX, KIB, NUMBER_DIGITS_MAX
from minidynamo.values.api_types import JsonValue

_PIECE_BYTES = 64 * KIB
_SPACES = re.compile(r"[ \t\r\n]*")
_TOO_DEEP = "not JSON that can be stored: it nests too deep"
_REST_UNREAD = "nothing after this line was read"


def _number(text: str) -> Decimal:
    """A number less the zeros at its end, which do not count as digits."""
    if len(text) <= NUMBER_DIGITS_MAX:
        return Decimal(text)
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int), f"{text} is no finite number, and JSON has no others"
    shown = "".join(map(str, digits)).rstrip("0")
    if not shown:
        return Decimal(0)
    return Decimal((sign, tuple(map(int, shown)), exponent + len(digits) - len(shown)))


def _whole_number(text: str) -> int | Decimal:
    return int(text) if len(text) <= NUMBER_DIGITS_MAX else _number(text)


def _object(members: Members) -> JsonValue:
    """An object; one that has a name twice, of which JSON decoders lose one, is refused."""
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        raise Refused(f"says {next(name for name in names if names.count(name) > 1)!r} twice")
    return found


_DECODER = json.JSONDecoder(parse_float=_number, parse_int=_whole_number, object_pairs_hook=_object)
# Finds the end of a value, whatever its objects say, and keeps none of them.
_LENIENT_DECODER = json.JSONDecoder(object_pairs_hook=lambda members: None)


def _decoder(characters: int) -> json.JSONDecoder:
    """Decodes a value that has at most so many characters; of a long one no more than an item can hold."""
    if characters <= ITEM_SIZE_BYTES_MAX:
        return _DECODER
    return json.JSONDecoder(parse_float=_number, parse_int=_whole_number, object_pairs_hook=counting(_object))


def line_records(source: Source) -> Iterator[Record]:
    """A record per line that is not blank."""
    for number, text, error in source.lines():
        error = error or excess(text)
        if error:
            yield Record(number, None, error)
        elif text.strip():
            yield _line_record(number, text)


def _line_record(number: int, line: str) -> Record:
    try:
        return record_of(number, _decoder(len(line)).decode(line), len(line))
    except JSONDecodeError as error:
        return Record(number, None, f"not JSON: {error.msg}: column {error.colno}")
    except Refused as error:
        return Record(number, None, str(error))
    except RecursionError:
        return Record(number, None, _TOO_DEEP)


class _Unreadable(Exception):
    """A place of an array behind which nothing can be read, since where the next member begins cannot be known."""


def array_records(source: Source) -> Iterator[Record]:
    """The members of an array, or of the array in an object, each with the line on which it begins."""
    text = _ArrayText(source)
    try:
        is_answer = text.next_character() == "{"
        if is_answer:
            _enter_items(text)
        text.take("[", "not a JSON array")
        while text.next_character() != "]":
            number, start = text.line_number(), text.consumed
            value = text.value()
            if isinstance(value, Refused):
                yield Record(number, None, str(value))
            else:
                yield record_of(number, value, text.consumed - start)
            if text.next_character() == ",":
                text.position += 1
            elif text.next_character() != "]":
                raise _Unreadable("the JSON array is not closed" if text.is_at_end else "not JSON: a comma is missing")
        text.position += 1
        if is_answer:
            while text.next_character() == ",":
                _next_name(text, ",")
                text.value()
            text.take("}", "the JSON object is not closed")
        if text.next_character():
            raise _Unreadable(f"there is more behind the JSON {'object' if is_answer else 'array'}")
    except _Unreadable as error:
        yield Record(text.line_number(), None, f"{error}; {_REST_UNREAD}")


def _enter_items(text: _ArrayText) -> None:
    """Goes on to the member "Items" of an object."""
    opening = "{"
    while _next_name(text, opening) != "Items":
        text.value()
        if text.next_character() != ",":
            raise _Unreadable('not a JSON array, nor an object with the member "Items"')
        opening = ","


def _next_name(text: _ArrayText, before: str) -> JsonValue:
    """The name of the next member of an object, behind what stands before it."""
    text.take(before, "not JSON: a comma is missing")
    if text.next_character() != '"':
        raise _Unreadable("not JSON: a name is missing")
    name = text.value()
    text.take(":", "not JSON: a colon is missing")
    text.next_character()
    return name


class _ArrayText:
    """The text of a file, of which only what is not yet decoded is kept.

    Attributes:
        position: of the next character, in the text that is kept.
    """

    def __init__(self, source: Source) -> None:
        self.position = 0
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._dropped = 0
        self._lines, self._counted = source.line_count + 1, 0
        self._bad_byte = ""
        self._is_read = False

    @property
    def consumed(self) -> int:
        """How many characters have been decoded."""
        return self._dropped + self.position

    @property
    def is_at_end(self) -> bool:
        """Whether the file has nothing behind the position."""
        return self._is_read and self.position == len(self._text) and not self._bad_byte

    def line_number(self) -> int:
        """The line of the position."""
        self._lines += self._text.count("\n", self._counted, self.position)
        self._counted = self.position
        return self._lines

    def next_character(self) -> str:
        """Skips spaces; the character behind them, "" at the end."""
        while True:
            spaces = _SPACES.match(self._text, self.position)
            assert spaces is not None, "no spaces are spaces as well"
            self.position = spaces.end()
            if self.position < len(self._text):
                return self._text[self.position]
            if not self._read_more():
                return ""

    def take(self, character: str, otherwise: str) -> None:
        """Goes past a character, with spaces before it; where there is another one, raises what is said otherwise."""
        if self.next_character() != character:
            raise _Unreadable(otherwise)
        self.position += 1

    def value(self) -> JsonValue | Refused:
        """Decodes the value at the position; what is wrong with it, where it is refused."""
        while True:
            try:
                value, end = self._decoded()
            except JSONDecodeError as error:
                if self._read_more():
                    continue
                if not self._text[error.pos :].strip() or error.msg.startswith("Unterminated"):
                    raise _Unreadable("the JSON array is not closed") from None
                raise _Unreadable(f"not JSON: {error.msg}") from None
            except RecursionError:
                raise _Unreadable(_TOO_DEEP) from None
            if end == len(self._text) and self._read_more():
                continue  # It may be the first half of a number.
            self.position = end
            return value

    def _decoded(self) -> tuple[JsonValue | Refused, int]:
        try:
            return _decoder(len(self._text) - self.position).raw_decode(self._text, self.position)
        except Refused as error:
            return error, _LENIENT_DECODER.raw_decode(self._text, self.position)[1]

    def _read_more(self) -> bool:
        """Reads as much again as is kept, so that a long value is tried few times; False at the end."""
        self.line_number()
        self._text, self._dropped = self._text[self.position :], self.consumed
        self.position = self._counted = 0
        if self._bad_byte:
            raise _Unreadable(self._bad_byte)
        error = excess(self._text)
        if error:
            raise _Unreadable(error)
        start, piece = self._source.piece(max(_PIECE_BYTES, len(self._text)))
        pending = len(self._decoder.getstate()[0])
        try:
            self._text += self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as fault:
            self._bad_byte = not_utf8(start - pending + fault.start)
            self._text += bytes(fault.object[: fault.start]).decode()
            return True
        self._is_read = not piece
        return bool(piece)
