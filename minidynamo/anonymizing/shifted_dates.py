"""Dates that are moved by a number of days, which the secret alone decides, so that intervals stay what they are."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, date
from hashlib import blake2b

from minidynamo.errors import ValidationError
from minidynamo.values.numbers import add_numbers, canonical_number

SHIFT_DAYS_MAX = 183

_SECONDS_PER_DAY = 24 * 3600
# Units in which times are counted from 1970, with how many a day has.
PER_DAY = {
    "days": 1,
    "seconds": _SECONDS_PER_DAY,
    "milliseconds": _SECONDS_PER_DAY * 10**3,
    "microseconds": _SECONDS_PER_DAY * 10**6,
    "nanoseconds": _SECONDS_PER_DAY * 10**9,
}
# The unit of a number by how many digits it has, at most: until the year 2286 this is right from some day of 1970 on.
_UNIT_BY_DIGITS = ((10, "seconds"), (13, "milliseconds"), (16, "microseconds"), (19, "nanoseconds"))
_EPOCH_TEXT = re.compile("[0-9]{10}|[0-9]{13}")
_DIGITS = re.compile("[0-9]{1,19}")

_TIME = r"(?:[T ][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]+)?)?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
_DATE = re.compile(rf"([0-9]{{4}})(-?)([0-9]{{2}})\2([0-9]{{2}})({_TIME})")
_DATE_NUMBER = re.compile("(?:19|20)[0-9]{6}")
# The years at the edges say "never", not when: they stay, and all others stay between them.
_FIRST = date(MINYEAR + 1, 1, 1).toordinal()
_DAYS = date(MAXYEAR, 1, 1).toordinal() - _FIRST


class ShiftedDates:
    """Moves dates.

    Parameters:
        key: made of the secret; it decides the number of days, between 1 and `SHIFT_DAYS_MAX` in either direction.
        unit: in which numbers count, one of `PER_DAY`; "" to tell it by their size.
    """

    def __init__(self, key: bytes, unit: str = "") -> None:
        drawn = int.from_bytes(blake2b(key=key, person=b"date").digest()) % (2 * SHIFT_DAYS_MAX)
        self.days = drawn - SHIFT_DAYS_MAX + (drawn >= SHIFT_DAYS_MAX)
        self._unit = unit
        assert 0 < abs(self.days) <= SHIFT_DAYS_MAX

    def text(self, text: str) -> str | None:
        """A later or earlier ISO date, its time of day kept, or a time in digits; None for a text that is neither."""
        if (_DIGITS if self._unit else _EPOCH_TEXT).fullmatch(text) is not None:
            unit = self._unit or _unit_of(len(text))
            assert unit in PER_DAY, f"{len(text)} digits have no unit"
            return str((int(text) + self.days * PER_DAY[unit]) % 10 ** len(text)).zfill(len(text))
        return self._date(text)

    def number(self, literal: str) -> str | None:
        """A later or earlier time; None for a number that is too large for one. 20240131 is a date, too."""
        canonical = canonical_number(literal)
        if not self._unit and _DATE_NUMBER.fullmatch(canonical) and (moved := self._date(canonical)) is not None:
            return moved
        unit = self._unit or _unit_of(len(canonical.lstrip("-").partition(".")[0]))
        if not unit:
            return None
        try:
            return add_numbers(canonical, str(self.days * PER_DAY[unit]))
        except ValidationError:  # It would have more digits than a number may have.
            return None

    def _date(self, text: str) -> str | None:
        match = _DATE.fullmatch(text)
        if match is None:
            return None
        year, dash, month, day, time = match.groups()
        try:
            ordinal = date(int(year), int(month), int(day)).toordinal()
        except ValueError:
            return None
        if not _FIRST <= ordinal < _FIRST + _DAYS:
            return text
        moved = date.fromordinal(_FIRST + (ordinal - _FIRST + self.days) % _DAYS).isoformat()
        return moved.replace("-", dash) + time


def _unit_of(digit_count: int) -> str:
    return next((unit for most, unit in _UNIT_BY_DIGITS if digit_count <= most), "")
