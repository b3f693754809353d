"""Sleeping inside botocore and aiobotocore, for clients that a database answers.

Where retries and waiters sleep, a clock that can be advanced is advanced instead; the machine's clock is waited for,
though never longer than there is something to wait for. How long retries sleep hangs on the calls of the database
alone: on its clock, and on a chance that begins anew with each.
"""

from __future__ import annotations

import asyncio
import copy
import functools
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from weakref import WeakKeyDictionary

from minidynamo.boto.botocore_types import Method, TokenBucket
from minidynamo.boto.retry_state import note_missing
from minidynamo.boto.transport import TRAVEL
from minidynamo.clock import advanced
from minidynamo.embedded.waiters import advance_or_delay
from minidynamo.endpoints.endpoint import Endpoint

_WAITING_FOR: ContextVar[Endpoint | None] = ContextVar("minidynamo waiting", default=None)


class ModuleWith:
    """A module with some of its functions replaced.

    Parameters:
        module: the module.
        functions: what stands in for which.
    """

    def __init__(self, module: ModuleType, **functions: Callable[..., object]) -> None:
        self._module = module
        vars(self).update(functions)

    def __getattr__(self, name: str) -> object:
        return getattr(self._module, name)


@contextmanager
def waiting_for(endpoint: Endpoint | None) -> Iterator[None]:
    """While this is on, botocore sleeps by the database's clock in this thread or task; really for None."""
    token = _WAITING_FOR.set(endpoint)
    try:
        yield
    finally:
        _WAITING_FOR.reset(token)


def _delay(seconds: float) -> float:
    """How long to sleep really."""
    travel, endpoint = TRAVEL.get(), _WAITING_FOR.get()
    if travel is not None:
        return advance_or_delay(travel.endpoint, seconds, is_for_table=False)
    return seconds if endpoint is None else advance_or_delay(endpoint, seconds)


def _sleep(seconds: float) -> None:
    delay = _delay(seconds)
    if delay > 0:
        time.sleep(delay)


async def _sleep_asynchronously(seconds: float) -> None:
    await asyncio.sleep(max(_delay(seconds), 0))


# Marks the clocks by which limiters of a database tell the time; see `retry_state.py`.
_IS_DATABASES = "_minidynamo_is_databases"
# The least seconds that such a clock is advanced by: less might not move it.
_STEP_SECONDS_MIN = 0.001


def telling_time(original: Callable[..., float]) -> Callable[..., float]:
    """The clock of adaptive retries: where a database's can be advanced, its limiters go by that."""

    @functools.wraps(original)
    def current_time(self: object) -> float:
        travel = TRAVEL.get()
        if travel is None or not hasattr(travel.endpoint.clock, "advance"):
            return float(original(self))
        if travel.makes_twin:
            setattr(self, _IS_DATABASES, True)
        return travel.endpoint.clock.now() if hasattr(self, _IS_DATABASES) else float(original(self))

    return current_time


def acquiring(original: Method) -> Method:
    """How adaptive retries take a token, for the synchronous bucket and the asynchronous one."""

    @functools.wraps(original)
    def acquire(self: TokenBucket, amount: float, block: bool) -> object:
        travel = TRAVEL.get()
        if block and travel is not None and hasattr(getattr(self, "_clock", None), _IS_DATABASES):
            self._refill()
            while (seconds := self._sleep_amount(amount)) > 0:
                advanced(travel.endpoint.clock, max(seconds, _STEP_SECONDS_MIN))
                self._refill()
        return original(self, amount, block)

    return acquire


# What the jitter in delays is drawn from. The numbers are the same for every database, so that replays agree.
_jitters: WeakKeyDictionary[Endpoint, random.Random] = WeakKeyDictionary()
_lock = threading.Lock()


def _jitter() -> float:
    """A number from 0 to 1, by the database that answers the present call."""
    travel = TRAVEL.get()
    if travel is None:
        return random.random()
    with _lock:
        return _jitters.setdefault(travel.endpoint, random.Random(0)).random()


def delaying(original: Method) -> Method:
    """How long the mode `standard` delays a retry."""

    @functools.wraps(original)
    def delay_amount(self: object, *context: object, **named: object) -> object:
        if TRAVEL.get() is None:
            return original(self, *context, **named)
        if "_random" not in vars(self):
            note_missing("how ExponentialBackoff draws")
        steady = copy.copy(self)
        vars(steady)["_random"] = _jitter
        return original(steady, *context, **named)

    return delay_amount


TIME = ModuleWith(time, sleep=_sleep)
ASYNCIO = ModuleWith(asyncio, sleep=_sleep_asynchronously)
RANDOM = ModuleWith(random, random=_jitter)
