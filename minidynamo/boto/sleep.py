"""Sleeping inside botocore and aiobotocore, for clients that a database answers.

Where retries and waiters sleep, a clock that can be advanced is advanced instead; the machine's clock is waited for,
though never longer than there is something to wait for.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType

from minidynamo.boto.botocore_types import Method, TokenBucket
from minidynamo.boto.transport import TRAVEL
from minidynamo.clock import advanced
from minidynamo.embedded.waiters import advance_or_delay
from minidynamo.endpoints.endpoint import Endpoint

_WAITING_FOR: ContextVar[Endpoint | None] = ContextVar("minidynamo waiting", default=None)


class ModuleWith:
    """A module with one of its functions replaced.

    Parameters:
        module: the module.
        sleep: what `sleep` is instead.
    """

    def __init__(self, module: ModuleType, sleep: Callable[[float], object]) -> None:
        self._module = module
        self.sleep = sleep

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


# The seconds that adaptive retries need not wait, because a clock that can be advanced was advanced instead.
_skipped = [0.0]


def time_skipped(original: Callable[..., float]) -> Callable[..., float]:
    """The clock of adaptive retries, with the time that was skipped."""

    @functools.wraps(original)
    def current_time(self: object) -> float:
        return float(original(self)) + _skipped[0]

    return current_time


def acquiring(original: Method) -> Method:
    """How adaptive retries take a token, for the synchronous bucket and the asynchronous one."""

    @functools.wraps(original)
    def acquire(self: TokenBucket, amount: float, block: bool) -> object:
        travel = TRAVEL.get()
        if block and travel is not None:
            self._refill()
            seconds = self._sleep_amount(amount)
            if seconds > 0 and advanced(travel.endpoint.clock, seconds):
                _skipped[0] += seconds
        return original(self, amount, block)

    return acquire


TIME = ModuleWith(time, _sleep)
ASYNCIO = ModuleWith(asyncio, _sleep_asynchronously)
