"""How many requests are let through: a bucket of tokens that fills as time passes, and a quota per period.

Source: Amazon API Gateway Developer Guide, "Throttle requests to your REST APIs", "Usage plans and API keys".
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from minidynamo.gateway.definition import Throttle
from minidynamo.gateway.definition_rules import QUOTA_PERIODS
from minidynamo.gateway.faults import Fault, Refused

# What tells one period from the next; weeks begin on Sundays.
_PERIODS: dict[str, Callable[[datetime], Hashable]] = {
    "DAY": lambda moment: moment.date(),
    "WEEK": lambda moment: moment.date() - timedelta(days=(moment.weekday() + 1) % 7),
    "MONTH": lambda moment: (moment.year, moment.month),
}
assert set(_PERIODS) == set(QUOTA_PERIODS)


@dataclass
class _Bucket:
    """What is left for one caller.

    Attributes:
        tokens: requests that are let through at once.
        filled_at: when they were counted last.
        period: which the quota is counted for.
        used: requests of that.
    """

    tokens: float
    filled_at: float
    period: Hashable = None
    used: int = 0


class Throttling:
    """Lets requests through, or does not.

    Parameters:
        throttle: how many.
    """

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, caller: str, now: float) -> None:
        """Lets one request of a caller through.

        Parameters:
            caller: an API key, "" for all who need none.
            now: the time, epoch seconds.

        Raises:
            Refused: there are too many.
        """
        throttle = self._throttle
        with self._lock:
            bucket = self._buckets.setdefault(caller, _Bucket(throttle.burst, now))
            gained = max(0.0, now - bucket.filled_at) * throttle.rate
            bucket.tokens, bucket.filled_at = min(throttle.burst, bucket.tokens + gained), now
            assert 0 <= bucket.tokens <= throttle.burst, f"{bucket.tokens} tokens are in a bucket"
            if bucket.tokens < 1:
                raise Refused(Fault.THROTTLED)
            period = _PERIODS[throttle.quota_period](datetime.fromtimestamp(now, UTC))
            if period != bucket.period:
                bucket.period, bucket.used = period, 0
            if throttle.quota is not None and bucket.used >= throttle.quota:
                raise Refused(Fault.QUOTA_EXCEEDED)
            bucket.tokens -= 1
            bucket.used += 1
