"""When schedules are due: rates, and EventBridge's cron expressions."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from minidynamo.applications.schedules import ScheduleError, schedule_of


def moment(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def following(expression: str, after: str, zone: str = "UTC", count: int = 1) -> list[str]:
    """The next times, in UTC."""
    now = moment(after)
    due = schedule_of(expression, now, zone)
    found = []
    for _ in range(count):
        time = due(now)
        assert time is not None and time > now
        found.append(f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M}")
        now = time
    return found


CASES = [
    ("rate(5 minutes)", ["2024-02-28 12:05", "2024-02-28 12:10"]),
    ("rate(1 hour)", ["2024-02-28 13:00", "2024-02-28 14:00"]),
    ("rate(1 day)", ["2024-02-29 12:00", "2024-03-01 12:00"]),
    ("cron(0 12 * * ? *)", ["2024-02-29 12:00", "2024-03-01 12:00"]),
    ("cron(0/15 * * * ? *)", ["2024-02-28 12:15", "2024-02-28 12:30"]),
    ("cron(5,10 0-2/2 * * ? *)", ["2024-02-29 00:05", "2024-02-29 00:10"]),
    ("cron(0 8 1 * ? *)", ["2024-03-01 08:00", "2024-04-01 08:00"]),
    ("cron(0 8 L * ? *)", ["2024-02-29 08:00", "2024-03-31 08:00"]),
    ("cron(0 8 3W * ? *)", ["2024-03-04 08:00", "2024-04-03 08:00"]),
    ("cron(0 8 2W * ? *)", ["2024-03-01 08:00", "2024-04-02 08:00"]),
    ("cron(0 8 LW * ? *)", ["2024-02-29 08:00", "2024-03-29 08:00"]),
    ("cron(0 8 ? * MON-FRI *)", ["2024-02-29 08:00", "2024-03-01 08:00", "2024-03-04 08:00"]),
    ("cron(0 8 ? * 6#3 *)", ["2024-03-15 08:00", "2024-04-19 08:00"]),
    ("cron(0 8 ? * FRIL *)", ["2024-03-29 08:00", "2024-04-26 08:00"]),
    ("cron(0 8 31 * ? *)", ["2024-03-31 08:00", "2024-05-31 08:00"]),
    ("cron(0 8 29 FEB ? *)", ["2024-02-29 08:00", "2028-02-29 08:00"]),
    ("cron(0 8 1 JAN,JUL ? 2025-2026)", ["2025-01-01 08:00", "2025-07-01 08:00", "2026-01-01 08:00"]),
    ("at(2024-12-24T18:00:00)", ["2024-12-24 18:00"]),
]


@pytest.mark.parametrize(("expression", "times"), CASES)
def test_expressions(expression: str, times: list[str]) -> None:
    assert following(expression, "2024-02-28T12:00:00", count=len(times)) == times


def test_what_is_over_is_never_due() -> None:
    now = moment("2024-02-28T12:00:00")
    assert schedule_of("cron(0 8 1 1 ? 2023)", now)(now) is None
    assert schedule_of("at(2024-01-01T00:00:00)", now)(now) is None


def test_time_zones_with_hours_that_are_left_out() -> None:
    times = following("cron(30 2 * * ? *)", "2024-03-29T12:00:00", "Europe/Berlin", 3)
    assert times == ["2024-03-30 01:30", "2024-04-01 00:30", "2024-04-02 00:30"]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("rate(1 minutes)", "is no rate"),
        ("rate(2 minute)", "is no rate"),
        ("rate(0 minutes)", "is no rate"),
        ("every day", "is no schedule"),
        ("cron(0 12 * * *)", "is no schedule"),
        ("cron(0 12 * * * *)", "one of day-of-month and day-of-week"),
        ("cron(0 12 ? * ? *)", "one of day-of-month and day-of-week"),
        ("cron(60 12 * * ? *)", "'60' is no number from 0 to 59"),
        ("cron(0 12 * FOO ? *)", "'FOO' is no number from 1 to 12"),
        ("cron(0 12 ? * 8 *)", "'8' is no number from 1 to 7"),
        ("cron(0 12 ? * 2#6 *)", "'6' is no number from 1 to 5"),
        ("cron(9-3 12 * * ? *)", "ends before it begins"),
    ],
)
def test_what_is_none(expression: str, text: str) -> None:
    with pytest.raises(ScheduleError, match=text.replace("(", r"\(")):
        schedule_of(expression, 0.0)


def test_there_must_be_the_time_zone() -> None:
    with pytest.raises(ScheduleError, match="no time zone 'Mars/North'"):
        schedule_of("rate(1 hour)", 0.0, "Mars/North")
