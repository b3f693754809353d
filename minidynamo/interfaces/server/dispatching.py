"""Where an answer is worked out: in the event loop, if that takes no time, or in a thread beside it.

Most requests take microseconds, less than it takes to hand them to a thread. What takes longer (pages of a megabyte,
transactions of a hundred actions, large bodies, waiting for the disk or for somebody else's turn) would hold up all
other connections. Which operations take how long is measured: the present cost of each is the longest of late.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from minidynamo.database import Database
from minidynamo.errors import NoAnswer
from minidynamo.interfaces.server.application import Application
from minidynamo.interfaces.server.pool import Pool
from minidynamo.interfaces.wire.messages import HttpAnswer, HttpRequest
from minidynamo.interfaces.wire.targets import operation_of
from minidynamo.limits import FUNCTION_CALLS_AT_ONCE_MAX, HTTP_INLINE_BODY_BYTES_MAX, MIB
from minidynamo.operations import READS

Finish = Callable[[HttpAnswer | None], None]

_QUICK_SECONDS = 0.001
_DECAY = 0.9  # Of the longest time, with each shorter one: some twenty quick answers outweigh a slow one.
# What nothing is known of yet, where it may take long.
_FIRST_SECONDS = dict.fromkeys(
    ("Query", "Scan", "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"), 0.01
)
# What computes gains nothing from more threads, which would only take turns with the event loop.
_COMPUTING_THREADS = 2
# What waits for the disk shares each sync.
_WRITING_THREADS = 16
_LARGE_BODY_BYTES = 1 * MIB


class Dispatcher:
    """Finds the place for each request.

    Parameters:
        application: answers them.
        database: where the data are, or one of several that are alike.
    """

    def __init__(self, application: Application, database: Database) -> None:
        self._application = application
        self._database = database
        self._costs: dict[str, float] = {}
        self._computing = Pool("answers", _COMPUTING_THREADS)
        self._writing = Pool("writes", _WRITING_THREADS)
        self._large = Pool("large bodies", 1)  # Read bodies take many times their size.
        self._calls = Pool("functions", FUNCTION_CALLS_AT_ONCE_MAX, queue_size=0)

    def is_quick(self, request: HttpRequest) -> bool:
        """Whether the event loop may answer a request itself."""
        headers, database = request.headers, self._database
        if len(request.body) > HTTP_INLINE_BODY_BYTES_MAX or "content-encoding" in headers:
            return False
        operation = operation_of(headers.get("x-amz-target"))
        if operation is None:
            return not self._application.is_for_function(request)
        if self._costs.get(operation, _FIRST_SECONDS.get(operation, 0.0)) > _QUICK_SECONDS:
            return False
        if database.engine.waits_for_disk and (operation not in READS or not database.engine.is_settled):
            return False
        return not database.is_busy

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answers a request, and remembers how long that took.

        Raises:
            NoAnswer: there is to be none.
        """
        started = time.thread_time()
        try:
            return self._application.answer(request)
        finally:
            operation = operation_of(request.headers.get("x-amz-target"))
            if operation is not None:
                cost = self._costs.get(operation, 0.0) * _DECAY
                self._costs[operation] = max(cost, time.thread_time() - started)

    def submit(self, request: HttpRequest, finish: Finish) -> bool:
        """Has a request answered in a thread.

        Parameters:
            request: the request.
            finish: called there with the answer, None for none.

        Returns:
            Whether it will be: as many functions run as may.
        """

        def work() -> None:
            answer: HttpAnswer | None = None
            try:
                with suppress(NoAnswer):
                    answer = self.answer(request)
            finally:
                finish(answer)

        return self._pool_for(request).submit(work)

    def _pool_for(self, request: HttpRequest) -> Pool:
        if self._application.is_for_function(request):
            return self._calls
        if len(request.body) > _LARGE_BODY_BYTES or "content-encoding" in request.headers:
            return self._large
        operation = operation_of(request.headers.get("x-amz-target"))
        is_waiting = self._database.engine.waits_for_disk and operation not in READS
        return self._writing if is_waiting else self._computing
