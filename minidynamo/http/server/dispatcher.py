"""Where a response is worked out: in the event loop, if that takes no time, or in a thread beside it.

Most requests take microseconds, less than it takes to hand them to a thread. What takes longer (pages of a megabyte,
transactions of a hundred actions, large bodies, waiting for the disk or for another thread's turn) would hold up all
other connections. Which operations take how long is measured: the present cost of each is the longest of late.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import NoResponse
from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.http.server.application import Application
from minidynamo.http.server.pool import Pool
from minidynamo.http.targets import operation_of, target_of
from minidynamo.limits import FUNCTION_CALLS_AT_ONCE_MAX, HTTP_INLINE_BODY_BYTES_MAX, MIB
from minidynamo.requests.operations import BATCH, PAGES, READ, STATEMENT, TRANSACTION, named

Finish = Callable[[HttpResponse | None], None]

_QUICK_SECONDS = 0.001
_QUICK_CALL_SECONDS = 0.002  # Of a function, which runs alone as long as all take no longer.
_DECAY = 0.9  # Of the longest time, with each shorter one: some twenty quick answers outweigh a slow one.
# What nothing is known of yet, and may take long.
_LONG = named(subjects=(PAGES, BATCH, TRANSACTION, STATEMENT))
_LONG_SECONDS = 0.01
# What may take long and leaves nothing to be learned from the first time.
_CONTROL = ("CreateTable", "DeleteTable", "UpdateTable")
# What computes gains nothing from more threads, which would only take turns with the event loop.
_COMPUTING_THREADS = 1
# What waits, for the disk or for its turn, does not wait behind what computes, and shares each sync of the disk.
_WAITING_THREADS = 16
_LARGE_BODY_BYTES = 1 * MIB


class Dispatcher:
    """Finds the place for each request.

    Parameters:
        application: answers them.
        endpoint: what carries out requests, or one of several that are alike.
    """

    def __init__(self, application: Application, endpoint: Endpoint) -> None:
        self._application = application
        self._try_lock, self._unlock = endpoint.try_lock, endpoint.unlock
        # By what stands in the header X-Amz-Target.
        self._costs = {target_of(each): _LONG_SECONDS for each in _LONG}
        self._control = frozenset(map(target_of, _CONTROL))
        self._slow = {*self._costs, *self._control}
        self._watched: set[str] = set()
        self._reads = frozenset(map(target_of, named(access=READ)))
        self._computing = Pool("long answers", _COMPUTING_THREADS)
        self._waiting = Pool("answers", _WAITING_THREADS)
        self._large = Pool("large bodies", 1)  # Bodies that are read take many times their size.
        self._calls = Pool("functions", FUNCTION_CALLS_AT_ONCE_MAX, queue_size=0, quick_seconds=_QUICK_CALL_SECONDS)

    def respond_at_once(self, request: HttpRequest) -> HttpResponse | None:
        """Answers a request in the event loop; None, with nothing done, where that may hold others up.

        Raises:
            NoAnswer: there is to be none.
        """
        headers = request.headers
        target = headers.get("x-amz-target")
        if (
            target in self._slow
            or len(request.body) > HTTP_INLINE_BODY_BYTES_MAX
            or "content-encoding" in headers
            or not self._try_lock(target in self._reads)
        ):
            return None
        self._unlock()
        if target is None or target in self._watched or operation_of(target) is None:
            return self.respond(request) if self._application.door_of(request) is None else None
        started = time.perf_counter()
        response = self._application.respond(request)
        if time.perf_counter() - started > _QUICK_SECONDS and operation_of(target) is not None:
            self._watched.add(target)  # Or another thread was at work: it is measured next time.
        return response

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Answers a request, and remembers how long that took of the processor's time.

        Raises:
            NoAnswer: there is to be none.
        """
        started = time.thread_time()
        try:
            return self._application.respond(request)
        finally:
            target = request.headers.get("x-amz-target")
            if target is not None and operation_of(target) is not None:
                self._note(target, time.thread_time() - started)

    def _note(self, target: str, seconds: float) -> None:
        cost = self._costs[target] = max(self._costs.get(target, 0.0) * _DECAY, seconds)
        if cost > _QUICK_SECONDS:
            self._slow.add(target)
        elif target not in self._control:
            self._slow.discard(target)
            self._watched.discard(target)

    def submit(self, request: HttpRequest, finish: Finish) -> bool:
        """Has a request answered in a thread.

        Parameters:
            request: the request.
            finish: called there with the response, None for none.

        Returns:
            Whether it will be: as many functions run as may.
        """

        def work() -> None:
            response: HttpResponse | None = None
            try:
                with suppress(NoResponse):
                    response = self.respond(request)
            finally:
                finish(response)

        return self._pool_for(request).submit(work)

    def close(self) -> None:
        """Lets its threads end."""
        for pool in (self._computing, self._waiting, self._large, self._calls):
            pool.close()

    def _pool_for(self, request: HttpRequest) -> Pool:
        if self._application.door_of(request) is not None:
            return self._calls
        if len(request.body) > _LARGE_BODY_BYTES or "content-encoding" in request.headers:
            return self._large
        target = request.headers.get("x-amz-target")
        return self._computing if target in self._slow and target not in self._control else self._waiting
