"""Simulation as middleware: each request, and each delivery to a handler, goes through the choices legal for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import takewhile

from minidynamo.clock import advanced
from minidynamo.endpoints.middleware import Call, Middleware, Proceed, Run, Wrapped
from minidynamo.errors import DynamoError
from minidynamo.lambdas.function import Invocation, Outcome
from minidynamo.requests.statements import is_write
from minidynamo.simulation.arguments import require
from minidynamo.simulation.effects import batches, pages, statements, stream_reads, tables
from minidynamo.simulation.effects.rejection_policy import RejectionPolicy
from minidynamo.simulation.effects.rejections import timeout
from minidynamo.simulation.effects.target import Target
from minidynamo.simulation.faults.history import History
from minidynamo.simulation.faults.rules import Faults
from minidynamo.values.api_types import Request, Response


class Simulation(Middleware):
    """Answers requests as the real service may. It is to be laid around its database first, inside all others.

    Parameters:
        target: the database.
    """

    def __init__(self, target: Target) -> None:
        require(isinstance(target, Target), "Simulation", "what minidynamo.simulate() gives it", target)
        self._target = target
        self._injector = target.injector
        self._policy = RejectionPolicy(target)

    def __repr__(self) -> str:
        return f"<Simulation of {self._injector!r}>"

    @property
    def faults(self) -> Faults:
        """Aims faults, and switches kinds off and on."""
        return self._injector.faults

    @property
    def history(self) -> History:
        """Every call up to now, what was chosen in it, and why that is legal."""
        return self._injector.history

    def execute(self, call: Call, proceed: Proceed) -> Response:
        operation, request = call.operation, call.request
        if not isinstance(request, Mapping):
            return proceed(operation, request)  # What is wrong with it, the operation says.
        injector = self._injector
        with self._target.context.lock:
            begun = injector.begin(operation, request)
            try:
                response = self._response(operation, request)
            except DynamoError as error:
                injector.end(begun, error.code)
                raise
            except BaseException as error:
                injector.end(begun, type(error).__name__)
                raise
            injector.end(begun, "ok")
            return response

    def invoke(self, invocation: Invocation, run: Run) -> Outcome:
        """Runs a handler, and hands a batch of changes over a second time where that is chosen."""
        outcome = self._excusing(invocation, run)
        if not isinstance(invocation.event, dict) or "Records" not in invocation.event:
            return outcome
        with self._target.context.lock:
            call = self._injector.begin("Deliver", {})
            call.key = f"{len(invocation.event['Records'])} records to {invocation.function.name}"
            try:
                is_again = self._injector.choose("duplicate_delivery") is not None
            finally:
                self._injector.end(call, "error" if outcome.is_error else "ok")
        return self._excusing(invocation, run) if is_again else outcome

    def _excusing(self, invocation: Invocation, run: Run) -> Outcome:
        """Runs a handler; a failure is excused where it has met faults, since it will be tried again."""
        calls = self._injector.history.calls
        last = calls[-1].number if calls else 0
        outcome = run(invocation)
        if not outcome.is_error:
            return outcome
        # By number, since a history may keep the last calls alone.
        own = takewhile(lambda call: call.number > last, reversed(calls))
        return replace(outcome, is_excused=any(call.choices for call in own))

    def check(self) -> None:
        """Asserts that what it remembers is sound: calls, changes and capacity. To be called with the lock held."""
        self._injector.check()
        self._target.visibility.check()
        self._policy.check()

    def _response(self, operation: str, request: Request) -> Response:
        self._pass_time()
        hides_response = self._policy.before_effect(operation, request)
        try:
            response = self._performed(operation, request)
        except DynamoError:
            if hides_response:
                raise timeout() from None
            raise
        self._policy.after_effect(operation, request, hides_response)
        return response

    def _performed(self, operation: str, request: Request) -> Response:
        """The response, as one of those that are legal."""
        target = self._target
        if operation == "BatchGetItem":
            return batches.get(target, self._policy, request)
        if operation == "BatchWriteItem":
            return batches.write(target, self._policy, request)
        if operation == "BatchExecuteStatement":
            return statements.batch(target, self._policy, request)
        if self._injector.happens_at("stale_read") and not is_write(operation, request):
            return pages.read(target, operation, request)
        if operation == "GetRecords":
            return stream_reads.get_records(target, request)
        if self._injector.happens_at("slow_table"):
            return tables.control(target, operation, request)
        return target.perform(operation, request)

    def _pass_time(self) -> None:
        """Lets the time pass that a call takes, where the clock can be advanced."""
        profile, clock = self._injector.profile, self._target.clock
        if not advanced(clock, profile.latency_seconds):
            return
        detail = self._injector.choose("latency", lambda draw: {"seconds": profile.slow_seconds * draw.count(1, 5) / 5})
        if detail is not None:
            advanced(clock, detail["seconds"])


def paused(database: Wrapped) -> AbstractContextManager[None]:
    """While this is on, a simulated database answers as a plain one; any other does so anyway.

    Parameters:
        database: of this process or at a URL.

    Raises:
        TypeError: it is no database, such as a client: give the one that it was made from.
    """
    require(isinstance(database, Wrapped), "paused", "a Database", database)
    simulation = database.find(Simulation)
    return nullcontext() if simulation is None else simulation.faults.paused()
