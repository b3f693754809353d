"""Expressions of schedules: when they are due next.

Source: Amazon EventBridge User Guide, "Creating a rule that runs on a schedule": rates, and cron expressions of six
fields.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_RATE = re.compile(r"rate\((\d+) (minutes?|hours?|days?)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_YEARS = (1970, 2199)


class ScheduleError(ValueError):
    """An expression that is none; the text says what is wrong, in one line."""


Next = Callable[[float], float | None]
"""The first time after a time at which something is due, in epoch seconds; None for never."""


def schedule_of(expression: str, began: float, time_zone: str = "UTC") -> Next:
    """When an expression is due.

    Parameters:
        expression: rate(...), cron(...) or at(...).
        began: since when it is on: rates count from there.
        time_zone: what cron expressions and times are in.

    Raises:
        ScheduleError: it is no expression, or there is no such time zone.
    """
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ScheduleError(f"there is no time zone {time_zone!r}") from None
    if (found := _RATE.fullmatch(expression)) is not None:
        return _rate(expression, int(found[1]), found[2], began)
    if (found := _AT.fullmatch(expression)) is not None:
        try:
            moment = datetime.fromisoformat(found[1]).replace(tzinfo=zone).timestamp()
        except ValueError as error:
            raise ScheduleError(f"{expression!r} is no time: {error}") from None
        return lambda after: moment if moment > after else None
    if (found := _CRON.fullmatch(expression)) is not None:
        cron = Cron.of(expression, found.groups())
        return lambda after: cron.following(after, zone)
    raise ScheduleError(f"{expression!r} is no schedule: write rate(5 minutes), cron(0 12 * * ? *) or at(...)")


def _rate(expression: str, number: int, unit: str, began: float) -> Next:
    if number < 1 or (number == 1) == unit.endswith("s"):
        raise ScheduleError(f"{expression!r} is no rate: write rate(1 minute), rate(5 minutes) and so on")
    step = number * _SECONDS[unit.removesuffix("s")]

    def following(after: float) -> float:
        count = max(0, int((after - began) // step)) + 1
        due = began + count * step
        return due if due > after else began + (count + 1) * step  # Where fractions of a second were rounded.

    return following


@dataclass(frozen=True)
class Cron:
    """A cron expression of EventBridge.

    Attributes:
        minutes, hours, months, years: those at which it is due.
        day_of_month, day_of_week: as they are written, one of them "?".
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    day_of_month: str
    months: frozenset[int]
    day_of_week: str
    years: frozenset[int]

    @classmethod
    def of(cls, expression: str, fields: tuple[str, ...]) -> Cron:
        """What six fields say.

        Raises:
            ScheduleError: one is wrong.
        """
        minutes, hours, day_of_month, months, day_of_week, years = fields
        if (day_of_month == "?") == (day_of_week == "?"):
            raise ScheduleError(f"{expression!r}: one of day-of-month and day-of-week is ?, and only one")
        try:
            cron = cls(
                _numbers(minutes, 0, 59),
                _numbers(hours, 0, 23),
                day_of_month,
                _numbers(months, 1, 12, _MONTHS),
                day_of_week,
                _numbers(years, *_YEARS),
            )
            cron._days(2024, 2)
        except ValueError as error:
            raise ScheduleError(f"{expression!r} is no cron expression: {error}") from None
        return cron

    def following(self, after: float, zone: ZoneInfo) -> float | None:
        """The first time after another at which it is due; None for never."""
        start = datetime.fromtimestamp(after, zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
        for day in self._dates(start.date()):
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                    exists = moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment.replace(tzinfo=None)
                    # Some times of the clock are left out.
                    if moment.timestamp() > after and exists:
                        return moment.timestamp()
        return None

    def _dates(self, first: date) -> Iterator[date]:
        """The days on which it is due, from one on."""
        for year in sorted(each for each in self.years if each >= first.year):
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                for day in sorted(self._days(year, month)):
                    found = date(year, month, day)
                    if found >= first:
                        yield found

    def _days(self, year: int, month: int) -> set[int]:
        """The days of a month on which it is due."""
        last = calendar.monthrange(year, month)[1]
        if self.day_of_week == "?":
            return {day for each in self.day_of_month.split(",") for day in _month_days(each, year, month, last)}
        return {day for each in self.day_of_week.split(",") for day in _week_days(each, year, month, last)}


def _month_days(text: str, year: int, month: int, last: int) -> set[int]:
    if text == "L":
        return {last}
    if text.endswith("W"):  # The weekday next to a day, in the same month.
        day = min(last if text == "LW" else _number(text[:-1], 1, 31), last)
        weekday = date(year, month, day).weekday()
        step = {5: -1 if day > 1 else 2, 6: 1 if day < last else -2}.get(weekday, 0)
        return {day + step}
    return {each for each in _numbers(text, 1, 31) if each <= last}


def _week_days(text: str, year: int, month: int, last: int) -> set[int]:
    by_day = {day: date(year, month, day).isoweekday() % 7 + 1 for day in range(1, last + 1)}
    if "#" in text:
        wanted, _, number = text.partition("#")
        weekday, place = _number(wanted, 1, 7, _DAYS), _number(number, 1, 5)
        return set([day for day, each in by_day.items() if each == weekday][place - 1 : place])
    if text.endswith("L"):
        weekday = _number(text[:-1], 1, 7, _DAYS) if text != "L" else 7
        return {[day for day, each in by_day.items() if each == weekday][-1]}
    wanted_days = _numbers(text, 1, 7, _DAYS)
    return {day for day, each in by_day.items() if each in wanted_days}


def _numbers(text: str, least: int, most: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """The numbers that a field stands for: single ones, ranges, steps and lists of them."""
    found: set[int] = set()
    for each in text.split(","):
        span, slash, step = each.partition("/")
        low, dash, high = span.partition("-")
        if span == "*":
            first, final = least, most
        else:
            first = _number(low, least, most, names)
            final = _number(high, least, most, names) if dash else most if slash else first
        if first > final:
            raise ValueError(f"{each} ends before it begins")
        found |= set(range(first, final + 1, _number(step, 1, most) if slash else 1))
    return frozenset(found)


def _number(text: str, least: int, most: int, names: dict[str, int] | None = None) -> int:
    number = (names or {}).get(text.upper(), int(text) if text.isdecimal() else None)
    if number is None or not least <= number <= most:
        raise ValueError(f"{text!r} is no number from {least} to {most}")
    return number
