"""The runtime: functions by name, how they are invoked, and what they answer.

Source: AWS Lambda API reference, Invoke; AWS Lambda Developer Guide, "Understanding Lambda function scaling",
"Recursive loop detection".
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from random import Random

from minidynamo.clock import Clock
from minidynamo.errors import ResourceNotFound, TooManyRequests
from minidynamo.execution.logs import Logs
from minidynamo.execution.packaged_handler import PackagedHandler
from minidynamo.lambdas.function import LATEST, Handler, Invocation, LambdaFunction, Outcome
from minidynamo.lambdas.handler_calls import HandlerCalls
from minidynamo.lambdas.observer import Observer
from minidynamo.limits import FUNCTION_TIMEOUT_SECONDS_MAX
from minidynamo.schema.arns import ArnScope
from minidynamo.values.api_types import JsonValue

Run = Callable[[Invocation], Outcome]
# Runs a handler within whatever is laid around it.
Around = Callable[[Invocation, Run], Outcome]


def _plainly(invocation: Invocation, run: Run) -> Outcome:
    return run(invocation)


class Runtime:
    """Runs functions.

    Parameters:
        clock: times out by it.
        scope: names the ARNs.
        new_request_id: gives an identifier for each invocation.
        around: calls what runs a handler.
        chance: what the versions of weighted aliases are drawn from.

    Attributes:
        observer: is told what happens; None for nobody.
    """

    def __init__(
        self,
        clock: Clock,
        scope: ArnScope,
        new_request_id: Callable[[], str],
        around: Around = _plainly,
        chance: Random | None = None,
    ) -> None:
        self.observer: Observer | None = None
        self._chance = chance or Random(0)
        self._clock = clock
        self._scope = scope
        self._new_request_id = new_request_id
        self._around = around
        self._functions: dict[str, LambdaFunction] = {}
        self._revisions = itertools.count(1)
        self._running: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()
        self.logs = Logs(clock.now)
        self._calls = HandlerCalls(clock, self.logs, self.arn)

    def register(
        self, name: str, handler: Handler, Timeout: float = 3, ReservedConcurrency: int | None = None
    ) -> LambdaFunction:
        """Registers a function, or new code for `$LATEST` of one that is known.

        Parameters:
            name: what it is invoked by.
            handler: called with the event and a `Context`.
            Timeout: seconds by the database's clock after which an invocation has failed, up to 900.
            ReservedConcurrency: how many invocations there may be at once; more get TooManyRequestsException.

        Raises:
            ValueError: a timeout or concurrency out of range.
        """
        if not 0 < Timeout <= FUNCTION_TIMEOUT_SECONDS_MAX:
            raise ValueError(
                f"Timeout must be more than 0 and at most {FUNCTION_TIMEOUT_SECONDS_MAX} seconds, not {Timeout}"
            )
        if ReservedConcurrency is not None and ReservedConcurrency < 0:
            raise ValueError(f"ReservedConcurrency must be at least 0, not {ReservedConcurrency}")
        if not callable(handler):
            raise TypeError(f"a handler is called with an event and a context; {handler!r} cannot be called")
        with self._lock:
            known = self._functions.get(name) or LambdaFunction(name, Timeout, ReservedConcurrency, {})
            known.timeout_seconds, known.reserved_concurrency = Timeout, ReservedConcurrency
            before = known.versions.get(LATEST)
            self.revise(known)
            known.versions[LATEST] = handler
            self._functions[name] = known  # Now that others may find it.
        if isinstance(before, PackagedHandler):
            before.end()
        return known

    def revise(self, function: LambdaFunction, qualifier: str = LATEST, is_modified: bool = True) -> None:
        """Notes that a version or an alias has changed.

        Parameters:
            function, qualifier: of what.
            is_modified: whether its code or settings have, and not only what stands beside it.
        """
        function.revisions[qualifier] = next(self._revisions)
        if is_modified:
            function.modified[qualifier] = self._clock.now()

    def remove(self, name: str) -> None:
        """Forgets a function, with its versions and aliases."""
        with self._lock:
            function = self._functions.pop(name)
        function.end_environments()

    def end_environments(self) -> None:
        """Ends the execution environments of all functions; those in use after their invocation."""
        for function in list(self._functions.values()):
            function.end_environments()

    def resume_environments(self) -> None:
        """Keeps execution environments again, after they were ended."""
        for function in list(self._functions.values()):
            function.resume_environments()

    @property
    def names(self) -> list[str]:
        """The names of all functions."""
        return list(self._functions)

    def publish_version(self, name: str) -> str:
        """Keeps the present `$LATEST` as a version that never changes; its number."""
        function, _ = self.find(name)
        function.published += 1
        version = str(function.published)
        self.revise(function, version, is_modified=False)
        function.keep_as(version)
        return version

    def put_alias(self, name: str, alias: str, version: str, weights: Mapping[str, float] | None = None) -> None:
        """Lets an alias stand for a version from now on; raises ResourceNotFound where there is no such version.

        Parameters:
            name, alias, version: of what.
            weights: other versions that get a part of its invocations, from 0 to 1.
        """
        function, _ = self.find(name)
        for each in (version, *(weights or {})):
            if each not in function.versions:
                raise ResourceNotFound(f"Function not found: {self.arn(name)}:{each}")
        self.revise(function, alias, is_modified=False)
        function.weights[alias] = dict(weights or {})
        function.aliases[alias] = version

    def find(self, name: str, qualifier: str | None = None) -> tuple[LambdaFunction, str]:
        """A function and the version that a qualifier (version or alias) stands for.

        Parameters:
            name: a name, `name:qualifier`, or an ARN.

        Raises:
            ResourceNotFound: there is none.
        """
        wanted = self.qualifier_of(name, qualifier) or LATEST
        name = _bare(name).partition(":")[0]
        function = self._functions.get(name)
        version = wanted if function is None else function.aliases.get(wanted, wanted)
        if function is None or version not in function.versions:
            raise ResourceNotFound(f"Function not found: {self.arn(name)}{'' if wanted == LATEST else ':' + wanted}")
        return function, version

    def routed(self, name: str, qualifier: str | None = None) -> tuple[LambdaFunction, str]:
        """What `find` finds, where a weighted alias may give an invocation to another of its versions."""
        function, version = self.find(name, qualifier)
        weights = function.weights.get(self.qualifier_of(name, qualifier))
        if not weights:
            return function, version
        assert sum(weights.values()) <= 1, f"{name} gives away {weights} of its invocations"
        drawn = self._chance.random()
        for other, weight in weights.items():
            drawn -= weight
            if drawn < 0:
                return function, other
        return function, version

    @staticmethod
    def qualifier_of(name: str, qualifier: str | None = None) -> str:
        """The version or alias that is named, beside a name or in it; "" where there is none."""
        return qualifier or _bare(name).partition(":")[2]

    def run(self, function: LambdaFunction, version: str, event: JsonValue, qualifier: str = "") -> Outcome:
        """Calls a handler once.

        Parameters:
            function, version, event: what is called, with what.
            qualifier: the version or alias that was named, "" for none.

        Raises:
            TooManyRequests: as many invocations as are allowed are under way.
        """
        return self._around(Invocation(function, version, event, qualifier), self._run)

    def _run(self, invocation: Invocation) -> Outcome:
        function = invocation.function
        observer = self.observer
        with self._lock:
            if function.reserved_concurrency is not None and function.active >= function.reserved_concurrency:
                function.metrics.throttles += 1
                if observer is not None:
                    observer.throttled(invocation)
                raise TooManyRequests("Rate Exceeded.", {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"})
            function.active += 1
            concurrent = function.active
            function.metrics.invocations += 1
        began = 0.0 if observer is None else self._clock.now()
        request_id = self._new_request_id()
        self._running[request_id] = function.name, time.monotonic()
        try:
            outcome = self._calls.call(invocation, request_id)
        finally:
            del self._running[request_id]
            with self._lock:
                function.active -= 1
        if outcome.is_error:
            with self._lock:
                function.metrics.errors += 1
        if observer is not None:
            observer.invoked(invocation, outcome, self._clock.now() - began, concurrent)
        return outcome

    def running(self) -> list[str]:
        """The invocations under way, in words: the function, and for how long it has been running."""
        now = time.monotonic()
        return [f"{name} ({now - began:.1f} s)" for name, began in list(self._running.values())]

    def begin_as_child(self) -> None:
        """Begins anew in a child process, where nothing runs that another thread was at."""
        self._lock = threading.Lock()
        self.logs.begin_as_child()
        self._running.clear()
        for function in self._functions.values():
            function.begin_as_child()

    def arn(self, name: str) -> str:
        """The ARN of the function of a name."""
        return f"arn:aws:lambda:{self._scope.region}:{self._scope.account_id}:function:{name}"


def _bare(name: str) -> str:
    """A name, with its qualifier if there is one, of a name or an ARN."""
    return name.split(":function:", 1)[-1] if name.startswith("arn:") else name
