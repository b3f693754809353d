"""Clients that live longer than the databases that answer them: each database begins with a client as if just made."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from typing import Any

import boto3
import botocore.retries.adaptive
import botocore.retries.quota
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import minidynamo
from minidynamo import Fault, FaultSchedule, ManualClock, simulate
from minidynamo.boto import retry_state
from minidynamo.formats.short_tables import create_table_request
from minidynamo.simulation import SimulatedDatabase, TimedOut

MODES = ["legacy", "standard", "adaptive"]
EXAMPLES = [50, pytest.param(1_000, marks=pytest.mark.long)]
OPTIONS: dict[str, Any] = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}


def new_client(mode: str, **config: Any) -> Any:
    return boto3.client("dynamodb", config=Config(retries={"mode": mode}, **config), **OPTIONS)


# Made before any mock is on, as in a module of an application.
CLIENTS = {mode: new_client(mode) for mode in MODES}

QUIET = minidynamo.connect(clock=ManualClock())
QUIET.client().create_table(**create_table_request("tbl", {"key": ["pk S"]}))
# Two attempts of the first call fail, and one of each of the next three.
SCHEDULE = FaultSchedule(
    [
        Fault("timed_out"),
        Fault("timed_out", at=1),
        *(Fault("throttled", at=at) for at in (1, 3, 5)),
        Fault("latency", at=4),
    ]
)
# The course of the first is gone through in so many examples, that of the others in a tenth of them.
STORMS: list[Callable[[], SimulatedDatabase]] = [
    functools.partial(simulate, QUIET, schedule=SCHEDULE),
    functools.partial(simulate, QUIET, profile="stormy", seed=7),
    functools.partial(simulate, QUIET, profile="adversary", seed=1),
]
CALLS: list[tuple[str, dict[str, Any]]] = [
    *(("put_item", {"TableName": "tbl", "Item": {"pk": {"S": str(number)}}}) for number in range(4)),
    ("scan", {"TableName": "tbl"}),
    ("get_item", {"TableName": "tbl", "Key": {"pk": {"S": "1"}}}),
]


def course(database: SimulatedDatabase, outcomes: list[str]) -> tuple[str, str, float]:
    """What came of a program's calls, what happened in them, and how long they took by the database's clock."""
    return " ".join(outcomes), str(database.history()), database.clock.now()


def course_of(client: Any, database: SimulatedDatabase) -> tuple[str, str, float]:
    outcomes = []
    with minidynamo.mock(database):
        for method, request in CALLS:
            try:
                getattr(client, method)(**request)
                outcomes.append("ok")
            except (ClientError, BotoCoreError) as error:
                outcomes.append(type(error).__name__)
    return course(database, outcomes)


async def asynchronous_course_of(client: Any, database: SimulatedDatabase) -> tuple[str, str, float]:
    outcomes = []
    with minidynamo.mock(database):
        for method, request in CALLS:
            try:
                await getattr(client, method)(**request)
                outcomes.append("ok")
            except (ClientError, BotoCoreError) as error:
                outcomes.append(type(error).__name__)
    return course(database, outcomes)


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("mode", MODES)
def test_equal_calls_have_equal_courses(mode: str, examples: int) -> None:
    """Whatever the client has been through, and as with a client just made."""
    for storm in STORMS:
        count = examples if storm is STORMS[0] else examples // 10
        assert {course_of(CLIENTS[mode], storm()) for _ in range(count)} == {course_of(new_client(mode), storm())}


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("mode", MODES)
def test_equal_calls_of_aiobotocore_have_equal_courses(mode: str, examples: int) -> None:
    session = pytest.importorskip("aiobotocore.session")  # It comes later than botocore's newest versions.
    from aiobotocore.config import AioConfig

    async def run() -> None:
        def create_client() -> Any:
            config = AioConfig(retries={"mode": mode})
            return session.get_session().create_client("dynamodb", config=config, **OPTIONS)

        async with create_client() as client:
            for storm in STORMS:
                count = examples if storm is STORMS[0] else examples // 10
                seen = {await asynchronous_course_of(client, storm()) for _ in range(count)}
                async with create_client() as fresh:
                    assert seen == {await asynchronous_course_of(fresh, storm())}

    asyncio.run(run())


@pytest.mark.parametrize("mode", MODES)
def test_threads_with_databases_of_their_own_do_not_meet(mode: str) -> None:
    """Though they share a client."""
    courses: list[set[tuple[str, str, float]]] = [set() for _ in STORMS]

    def work(number: int) -> None:
        courses[number] = {course_of(CLIENTS[mode], STORMS[number]()) for _ in range(20)}

    threads = [threading.Thread(target=work, args=[number]) for number in range(len(STORMS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert courses == [{course_of(CLIENTS[mode], storm())} for storm in STORMS]


def ends_well(client: Any) -> bool:
    try:
        client.scan(TableName="tbl")
    except BotoCoreError:
        return False
    return True


def tired() -> SimulatedDatabase:
    """A database for which a client has no retries left."""
    database = simulate(QUIET, profile="calm")
    with minidynamo.mock(database):
        database.faults.on("Scan", fault=TimedOut, times=None)
        for _ in range(100):
            assert not ends_well(CLIENTS["standard"])
        database.faults.clear()
        database.faults.on("Scan", fault=TimedOut)
        assert not ends_well(CLIENTS["standard"])
    return database


def test_a_database_that_comes_back_finds_what_it_left() -> None:
    """Another one in between has a quota of its own."""
    outer, inner = tired(), simulate(QUIET, profile="calm")
    for database, expected in ((inner, True), (outer, False), (inner, True)):
        with minidynamo.mock(database):
            database.faults.on("Scan", fault=TimedOut)
            assert ends_well(CLIENTS["standard"]) == expected


def test_calls_that_succeed_give_back() -> None:
    """As botocore has it, whichever way they take."""
    database = tired()
    with minidynamo.mock(database):
        for _ in range(50):
            assert ends_well(CLIENTS["standard"])
        database.faults.on("Scan", fault=TimedOut)
        assert ends_well(CLIENTS["standard"])


def parts_of(client: Any, kind: type) -> list[Any]:
    """The objects of a class behind the hooks of a client, as they are while nothing answers it."""
    seen, found, ahead = set(), [], list(client.meta.events._emitter._handlers.prefix_search("needs-retry.dynamodb"))
    while ahead:
        each = ahead.pop()
        each = getattr(each, "__self__", each)
        if id(each) not in seen and type(each).__module__.startswith("botocore."):
            seen.add(id(each))
            found += [each] if isinstance(each, kind) else []
            ahead += vars(each).values()
    return found


def test_what_is_kept_for_calls_elsewhere_stays() -> None:
    client = new_client("adaptive")
    (quota,) = parts_of(client, botocore.retries.quota.RetryQuota)
    (limiter,) = parts_of(client, botocore.retries.adaptive.ClientRateLimiter)
    quota.acquire(100)
    before = quota.available_capacity, limiter._enabled, limiter._token_bucket.max_rate
    for storm in STORMS:
        course_of(client, storm())
    assert (quota.available_capacity, limiter._enabled, limiter._token_bucket.max_rate) == before


@pytest.mark.parametrize("mode", MODES)
def test_endpoints_are_not_discovered(mode: str) -> None:
    """botocore would ask once per client, and keep the answer."""
    client = new_client(mode, endpoint_discovery_enabled=True)
    courses = {course_of(client, STORMS[0]()) for _ in range(3)}
    assert courses == {course_of(CLIENTS[mode], STORMS[0]())}


@pytest.fixture
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_not_found", "_said"):
        monkeypatch.setattr(retry_state, name, [])


@pytest.mark.usefixtures("nothing_said")
def test_a_botocore_without_a_class_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(botocore.retries.adaptive, "ClientRateLimiter")
    with pytest.warns(UserWarning, match=r"botocore\.retries\.adaptive\.ClientRateLimiter") as warned:
        for _ in range(3):
            course_of(CLIENTS["standard"], STORMS[0]())
    assert len(warned) == 1


@pytest.mark.usefixtures("nothing_said")
def test_a_quota_that_cannot_be_made_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's own is used then."""
    client = new_client("standard")
    monkeypatch.delattr(botocore.retries.quota.RetryQuota, "__init__")
    with pytest.warns(UserWarning, match="how RetryQuota is made") as warned:
        courses = [course_of(client, STORMS[0]()) for _ in range(3)]
    assert len(warned) == 1
    assert courses[0][0].startswith("ok")
