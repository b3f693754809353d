"""How fast requests are made: as fast as they pass, slower where they are throttled, and patiently."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minidynamo import Database, DynamoError
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.errors import (
    DatabaseClosed,
    InternalServerError,
    NoResponse,
    StorageFailure,
    Throttling,
    TransactionCanceled,
)
from minidynamo.moving.pace import Pace, is_passing, is_throttled
from minidynamo.values.api_types import Response


class FakeTime:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds


class Refusing(Middleware):
    """Answers every request, or throttles it where something says so; nothing else is carried out."""

    def __init__(self, time: FakeTime, throttles: Callable[[], bool], seconds: float = 0.0) -> None:
        self._time, self._throttles, self._seconds = time, throttles, seconds
        self.passed_at: list[float] = []

    def execute(self, call: Call, proceed: Proceed) -> Response:
        self._time.seconds += self._seconds
        if self._throttles():
            raise Throttling("slow down")
        self.passed_at.append(self._time.seconds)
        return {}


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def pace_of(time: FakeTime) -> Pace:
    return Pace(time.now, time.sleep)


def test_nothing_is_held_back_until_something_is_throttled(time: FakeTime, target: Database) -> None:
    target.use(Refusing(time, lambda: False))
    pace = pace_of(time)
    for _ in range(1_000):
        pace.execute(target, "ListTables", {}, 100)
    assert (time.waits, pace.limit, pace.throttled_count) == ([], None, 0)


def test_it_falls_to_a_part_of_what_has_passed(time: FakeTime, target: Database) -> None:
    """To 70 % of the last second, at once."""
    answers = iter([False] * 200 + [True] + [False] * 99)
    target.use(Refusing(time, lambda: next(answers), seconds=0.01))
    pace = pace_of(time)
    for _ in range(201):
        pace.execute(target, "ListTables", {})
    assert pace.throttled_count == 1
    assert pace.limit == pytest.approx(70, rel=0.1)


def test_it_falls_once_for_all_that_is_throttled_in_a_second(time: FakeTime, target: Database) -> None:
    """Sixteen threads that are throttled together do not bring it to nothing."""
    answers = iter([False] * 100 + [True] * 5 + [False])
    target.use(Refusing(time, lambda: next(answers), seconds=0.002))
    pace = pace_of(time)
    for _ in range(101):
        pace.execute(target, "ListTables", {})
    assert pace.throttled_count == 5
    assert pace.limit == pytest.approx(70, rel=0.1)


def test_it_grows_again(time: FakeTime, target: Database) -> None:
    """By 5 % each second, and each request waits for its turn."""
    is_throttled_now = iter([False] * 100 + [True] + [False] * 10_000)
    refusing = Refusing(time, lambda: next(is_throttled_now), seconds=0.001)
    target.use(refusing)
    pace = pace_of(time)
    for _ in range(100):
        pace.execute(target, "ListTables", {})
    pace.execute(target, "ListTables", {})
    slow = pace.limit
    assert slow is not None
    begun = time.seconds
    while time.seconds < begun + 20:
        pace.execute(target, "ListTables", {})
    assert pace.limit is not None
    assert pace.limit == pytest.approx(slow * 1.05**20, rel=0.2)
    in_a_second = sum(begun + 1 <= each < begun + 2 for each in refusing.passed_at)
    assert in_a_second <= slow * 1.2


def test_a_large_request_that_is_throttled_first_does_not_stop_everything(time: FakeTime, target: Database) -> None:
    """Nothing has passed by which to measure: a request of that size passes each second or two."""
    answers = iter([True] + [False] * 10_000)
    target.use(Refusing(time, lambda: next(answers), seconds=0.01))
    pace = pace_of(time)
    begun = time.seconds
    for _ in range(20):
        pace.execute(target, "ListTables", {}, 100)
    assert time.seconds - begun < 40


def test_it_grows_by_the_time_that_goes_by(time: FakeTime, target: Database) -> None:
    """However few requests there are in it."""
    answers = iter([False] * 10 + [True] + [False] * 100)
    target.use(Refusing(time, lambda: next(answers)))
    pace = pace_of(time)
    for _ in range(11):
        pace.execute(target, "ListTables", {})
    slow = pace.limit
    assert slow is not None
    time.sleep(60)
    pace.execute(target, "ListTables", {})
    assert pace.limit is not None
    assert pace.limit >= slow * 10


def test_it_gives_up_after_ten_minutes(time: FakeTime, target: Database) -> None:
    """With the error of the endpoint."""
    target.use(Refusing(time, lambda: True))
    begun = time.seconds
    with pytest.raises(DynamoError, match="slow down"):
        pace_of(time).execute(target, "ListTables", {})
    assert 600 <= time.seconds - begun < 660


def test_a_throttle_that_ends_is_waited_for(time: FakeTime, target: Database) -> None:
    """Nine minutes long."""
    end = time.seconds + 540
    refusing = Refusing(time, lambda: time.seconds < end)
    target.use(refusing)
    assert pace_of(time).execute(target, "ListTables", {}) == {}
    assert len(refusing.passed_at) == 1


def test_an_outage_is_told_once_and_waited_for(time: FakeTime, target: Database) -> None:
    """Nothing is slowed down by it."""
    end = time.seconds + 540
    told: list[str] = []

    class Out(Middleware):
        def execute(self, call: Call, proceed: Proceed) -> Response:
            if time.seconds < end:
                raise NoResponse("nobody there", is_unreachable=True)
            return {}

    target.use(Out())
    pace = pace_of(time)
    pace.tell = lambda error: told.append(error.message)
    assert pace.execute(target, "ListTables", {}) == {}
    assert (told, pace.limit) == (["nobody there"], None)


def test_an_outage_without_end_is_an_error_after_ten_minutes(time: FakeTime, target: Database) -> None:
    begun = time.seconds

    class Out(Middleware):
        def execute(self, call: Call, proceed: Proceed) -> Response:
            raise NoResponse("nobody there", is_unreachable=True)

    target.use(Out())
    with pytest.raises(NoResponse):
        pace_of(time).execute(target, "ListTables", {})
    assert 600 <= time.seconds - begun < 660


@pytest.mark.parametrize("error", [DatabaseClosed("closed"), StorageFailure("disk full")])
def test_what_stays_broken_passes_at_once(error: DynamoError) -> None:
    assert not is_passing(error)


def test_other_errors_pass_at_once(time: FakeTime, target: Database) -> None:
    with pytest.raises(DynamoError) as raised:
        pace_of(time).execute(target, "DescribeTable", {"TableName": "Nope"})
    assert raised.value.code == "ResourceNotFoundException"
    assert time.waits == []


def cancelled(*codes: str) -> DynamoError:
    return TransactionCanceled([{"Code": code} for code in codes])


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Throttling("x"), True),
        (InternalServerError("x"), False),
        (cancelled("None", "ThrottlingError"), True),
        (cancelled("TransactionConflict", "ProvisionedThroughputExceeded"), True),
        (cancelled("TransactionConflict", "ConditionalCheckFailed"), False),
        (cancelled("ConditionalCheckFailed"), False),
        (cancelled(), False),
    ],
)
def test_what_asks_for_patience(error: DynamoError, expected: bool) -> None:
    """A transaction does where nothing else is wrong with it."""
    assert is_throttled(error) is expected
