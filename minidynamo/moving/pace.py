"""How fast requests are made: as fast as the other side lets them pass.

Nothing is held back until something is throttled. Then the pace falls to a part of what has passed in the last second,
and grows again slowly, so that most requests pass. It never falls so low that one request would wait for long.

Where the other side gives no answer, or says that something is wrong with itself, the request is made again until it
does. So every request must be one that may be carried out twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DatabaseClosed, DynamoError, InternalServerError, StorageFailure
from minidynamo.formats.patience import THROTTLED
from minidynamo.values.api_types import Request, Response

_FALL, _GROWTH = 0.7, 1.05
_PATIENCE_SECONDS = 600.0
_REST_SECONDS, _OUTAGE_REST_SECONDS = 0.1, 0.5
# No endpoint lets so much pass in a second.
_UNLIMITED = 1e9


class Pace:
    """The pace of all threads that call one endpoint.

    Parameters:
        now, sleep: seconds of a clock that is never set, and how to wait.

    Attributes:
        limit: how many units may pass in a second; None for any number.
        throttled_count: how many requests have been throttled.
        goes_on: asked whether to go on with a request that failed for a while; KeyboardInterrupt is raised if not.
        tell: told why an endpoint gives no answer, when that begins.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._now, self._sleep = now, sleep
        self.limit: float | None = None
        self.throttled_count = 0
        self.goes_on: Callable[[], bool] = lambda: True
        self.tell: Callable[[DynamoError], object] = lambda error: None
        self._is_out = False
        self._lock = threading.Lock()
        self._second = self._now()
        self._passed = 0.0
        self._last_second = 0.0
        self._next = 0.0

    def execute(self, endpoint: Endpoint, operation: str, request: Request, units: int = 1) -> Response:
        """Carries out a request at this pace, again as long as it is throttled.

        Parameters:
            endpoint, operation, request: what to carry out.
            units: how much it counts, such as its items.

        Raises:
            DynamoError: the endpoint's own error; that it throttles or gives no answer, where that has lasted for ten
                minutes.
        """
        assert units > 0, f"{operation} counts {units}"
        end = self._now() + _PATIENCE_SECONDS
        while True:
            self._wait(units)
            try:
                response = endpoint.execute(operation, request)
            except DynamoError as error:
                if not self.goes_on():
                    raise KeyboardInterrupt from None
                if not is_passing(error) or self._now() >= end:
                    raise
                self._hold_back(error, units)
            else:
                self._is_out = False
                self._pass(units)
                return response

    def slow_down(self, units: int = 1) -> None:
        """Falls back, also where an endpoint has left something over without an error.

        Parameters:
            units: how much it was asked for.
        """
        self._fall(units)
        self._sleep(_REST_SECONDS)

    def _hold_back(self, error: DynamoError, units: int) -> None:
        if is_throttled(error):
            self.slow_down(units)
            return
        with self._lock:
            is_new, self._is_out = not self._is_out, True
        if is_new:
            self.tell(error)
        self._sleep(_OUTAGE_REST_SECONDS)

    def _wait(self, units: int) -> None:
        with self._lock:
            if self.limit is None:
                return
            begin = max(self._next, self._now())
            self._next = begin + units / self.limit
        delay = begin - self._now()
        if delay > 0:
            self._sleep(delay)

    def _pass(self, units: int) -> None:
        with self._lock:
            self._turn()
            self._passed += units

    def _fall(self, units: int) -> None:
        """Slows down, once for all that is throttled in a second."""
        with self._lock:
            self._turn()
            self.throttled_count += 1
            limit = max(self._last_second, self._passed, units) * _FALL
            if self.limit is None or limit < self.limit:
                self.limit = limit

    def _turn(self) -> None:
        """Begins another second, a little faster where there is a limit."""
        elapsed = self._now() - self._second
        if elapsed < 1.0:
            return
        self._last_second, self._passed = self._passed / elapsed, 0.0
        self._second = self._now()
        if self.limit is not None:
            self.limit = min(self.limit * _GROWTH ** min(elapsed, _PATIENCE_SECONDS), _UNLIMITED)


def is_throttled(error: DynamoError) -> bool:
    """Whether an error asks for patience: of a request, or of all that a transaction was cancelled for."""
    if error.code in THROTTLED or error.code == _CONFLICT:
        return True
    reasons = error.members.get("CancellationReasons") or [] if error.code == "TransactionCanceledException" else []
    codes = {each.get("Code") for each in reasons} - {"None", None}
    return bool(codes) and codes <= _CANCELLED_FOR_A_WHILE


def is_passing(error: DynamoError) -> bool:
    """Whether a request may succeed later: it was throttled, or the endpoint gave no answer or is out of order."""
    is_out = isinstance(error, InternalServerError) and not isinstance(error, (DatabaseClosed, StorageFailure))
    return is_out or error.code in _OUT or is_throttled(error)


_OUT = frozenset({"ServiceUnavailable", "ServiceUnavailableException"})
# Somebody else's transaction has the item.
_CONFLICT = "TransactionConflictException"
_CANCELLED_FOR_A_WHILE = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"})
