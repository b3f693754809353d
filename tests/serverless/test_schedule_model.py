"""Schedules against a model that looks at each minute, and at times that clocks leave out."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minidynamo.applications.schedules import ScheduleError, schedule_of

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS = tuple(name.upper() for name in calendar.month_abbr)


def spans(least: int, most: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    """A field of numbers, as it is written and what it means."""

    def written(number: int) -> str:
        return names[number] if names else str(number)

    number = st.integers(least, most)
    single = number.map(lambda each: (written(each), frozenset({each})))
    ranges = st.tuples(number, number).map(sorted).map(
        lambda pair: (f"{written(pair[0])}-{written(pair[1])}", frozenset(range(pair[0], pair[1] + 1)))
    )  # fmt: skip
    steps = st.tuples(number, st.integers(1, most)).map(
        lambda pair: (f"{pair[0]}/{pair[1]}", frozenset(range(pair[0], most + 1, pair[1])))
    )
    every = st.just(("*", frozenset(range(least, most + 1))))
    lists = st.lists(single | ranges, min_size=2, max_size=3).map(
        lambda each: (",".join(text for text, _ in each), frozenset[int]().union(*(found for _, found in each)))
    )
    return st.one_of(every, single, ranges, steps, lists)


def nearest_weekday(year: int, month: int, day: int) -> int:
    """The weekday of a month that is next to a day of it."""
    last = calendar.monthrange(year, month)[1]
    weekdays = [each for each in range(1, last + 1) if calendar.weekday(year, month, each) < 5]
    return min(weekdays, key=lambda each: (abs(each - min(day, last)), each))


def is_day(moment: datetime, text: str, weekday: str) -> bool:
    """Whether a day is meant by a word for days."""
    last = calendar.monthrange(moment.year, moment.month)[1]
    if text == "L":
        return moment.day == last
    if text.endswith("W"):
        wanted = last if text == "LW" else int(text[:-1])
        return moment.day == nearest_weekday(moment.year, moment.month, wanted)
    if DAYS[moment.isoweekday() % 7] != weekday[:3]:
        return False
    return moment.day > last - 7 if weekday.endswith("L") else (moment.day - 1) // 7 + 1 == int(weekday[4:])


WORDS = st.one_of(
    st.sampled_from([("L", "?"), ("LW", "?")]),
    st.integers(1, 31).map(lambda day: (f"{day}W", "?")),
    st.sampled_from(DAYS).map(lambda day: ("?", f"{day}L")),
    st.tuples(st.sampled_from(DAYS), st.integers(1, 5)).map(lambda pair: ("?", f"{pair[0]}#{pair[1]}")),
)
Numbers = tuple[str, frozenset[int]]


def first_after(
    start: datetime, minutes: Numbers, hours: Numbers, months: Numbers, is_its_day: object
) -> datetime | None:
    """The first minute within a year, looked for one by one, of days that are meant at all."""
    assert callable(is_its_day)
    moment, end = start.replace(second=0) + timedelta(minutes=1), start + timedelta(days=366)
    while moment < end:
        if moment.month not in months[1] or not is_its_day(moment):
            moment = moment.replace(hour=0, minute=0) + timedelta(days=1)
        elif moment.hour in hours[1] and moment.minute in minutes[1]:
            return moment
        else:
            moment += timedelta(minutes=1)
    return None


STARTS = st.datetimes(datetime(2023, 1, 1), datetime(2030, 1, 1)).map(lambda each: each.replace(microsecond=0))


def expect(expression: str, start: datetime, expected: datetime | None) -> None:
    now = start.replace(tzinfo=UTC).timestamp()
    found = schedule_of(expression, now)(now)
    if expected is not None:
        assert found is not None and datetime.fromtimestamp(found, UTC).replace(tzinfo=None) == expected
    else:
        assert found is None or found > now + 365 * 86_400


@given(STARTS, spans(0, 59), spans(0, 23), spans(1, 31), spans(1, 12, MONTHS))
def test_days_of_months(start: datetime, minutes: Numbers, hours: Numbers, days: Numbers, months: Numbers) -> None:
    expected = first_after(start, minutes, hours, months, lambda moment: moment.day in days[1])
    expect(f"cron({minutes[0]} {hours[0]} {days[0]} {months[0]} ? *)", start, expected)


@given(STARTS, spans(0, 59), spans(0, 23), spans(1, 7, ("", *DAYS)), spans(1, 12))
def test_days_of_weeks(start: datetime, minutes: Numbers, hours: Numbers, days: Numbers, months: Numbers) -> None:
    expected = first_after(start, minutes, hours, months, lambda moment: moment.isoweekday() % 7 + 1 in days[1])
    expect(f"cron({minutes[0]} {hours[0]} ? {months[0]} {days[0]} *)", start, expected)


@given(STARTS, spans(0, 59), spans(0, 23), WORDS)
def test_words_for_days(start: datetime, minutes: Numbers, hours: Numbers, words: tuple[str, str]) -> None:
    every = "*", frozenset(range(1, 13))
    expected = first_after(start, minutes, hours, every, lambda moment: is_day(moment, *words))
    expect(f"cron({minutes[0]} {hours[0]} {words[0]} * {words[1]} *)", start, expected)


@given(st.floats(0, 4e9), st.integers(2, 1000), st.sampled_from(["minutes", "hours", "days"]), st.integers(0, 10_000))
@example(94.15911640505719, 42, "minutes", 13)
def test_rates_go_on(began: float, number: int, unit: str, count: int) -> None:
    due = schedule_of(f"rate({number} {unit})", began)
    step = number * {"minutes": 60, "hours": 3600, "days": 86_400}[unit]
    now = began + count * step
    following = due(now)
    assert following is not None and now < following <= now + step * 1.001
    assert abs(following - (began + (count + 1) * step)) < 0.001


# A zone, an expression, a time in it, and when it is due next in UTC.
CLOCKS = [
    ("Australia/Lord_Howe", "cron(15 2 * * ? *)", "2024-10-05T12:00", "2024-10-06T15:15"),  # 02:00 to 02:30.
    ("America/New_York", "cron(30 2 * * ? *)", "2024-03-09T12:00", "2024-03-11T06:30"),
    ("America/New_York", "cron(30 1 * * ? *)", "2024-11-03T00:00", "2024-11-03T05:30"),  # The first of both.
    ("America/New_York", "cron(30 1 * * ? *)", "2024-11-03T01:45", "2024-11-04T06:30"),
    ("Asia/Kolkata", "cron(0 0 * * ? *)", "2024-01-01T00:00", "2024-01-01T18:30"),
]


@pytest.mark.parametrize(("zone", "expression", "after", "due"), CLOCKS)
def test_clocks_that_are_changed(zone: str, expression: str, after: str, due: str) -> None:
    now = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone)).timestamp()
    found = schedule_of(expression, now, zone)(now)
    assert found is not None and f"{datetime.fromtimestamp(found, UTC):%Y-%m-%dT%H:%M}" == due


@pytest.mark.parametrize(
    "expression",
    [
        "cron(? 12 * * ? *)", "cron(0 ? * * ? *)", "cron(0 12 * ? ? *)", "cron(0 12 * * ? ?)", "cron(0 12 ? * ? *)",
        "cron(/5 12 * * ? *)", "cron(0/0 12 * * ? *)", "cron(0 24 * * ? *)", "cron(0 12 0 * ? *)",
        "cron(0 12 32W * ? *)",
        "cron(0 12 W * ? *)", "cron(0 12 ? * MON# *)", "cron(0 12 ? * #2 *)", "cron(0 12 ? * XL *)",
        "cron(0 12 * * ? 1969)",
        "cron(0 12 * * ? 2200)", "cron(1--2 12 * * ? *)", "cron(, 12 * * ? *)", "cron(0 12 * * ? *", "rate(-1 minutes)",
        "rate(1.5 hours)", "rate(5 weeks)", "at(2024-02-30T00:00:00)", "at(2024-01-01)", "",
    ],
)  # fmt: skip
def test_what_is_no_schedule(expression: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        schedule_of(expression, 0.0)
    assert "\n" not in str(caught.value)
