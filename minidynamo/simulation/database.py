"""A database that answers as the real service may: each call goes through the choices that are legal for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from minidynamo.clock import Clock, advanced
from minidynamo.database.core import Core, Response
from minidynamo.database.database import Database
from minidynamo.database.expiry import Lateness
from minidynamo.errors import DynamoError
from minidynamo.lambdas.runtime import Function, Outcome, Runtime
from minidynamo.lambdas.service import Functions
from minidynamo.limits import TIME_TO_LIVE_DELAY_HOURS_MAX
from minidynamo.operations.store import Store
from minidynamo.simulation.effects import batches, pages, stream_reads
from minidynamo.simulation.effects.overlays import Shadow
from minidynamo.simulation.effects.rejection_policy import Refusing
from minidynamo.simulation.effects.rejections import plain_refusal, timeout
from minidynamo.simulation.effects.visibility import Replicas
from minidynamo.simulation.faults.chance import Detail, Draw
from minidynamo.simulation.faults.history import History
from minidynamo.simulation.faults.injector import Choices
from minidynamo.simulation.faults.rules import Faults
from minidynamo.storage.engine import Snapshot
from minidynamo.tables.catalog import StatusDelays
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.table import Table

Request = Mapping[str, Any]


class SimulatedDatabase(Database):
    """A database that misbehaves, call by call, as the real service may; made by `minidynamo.simulate`.

    Parameters:
        choices: what decides.
        settings: those of `Database`.

    One call is answered after the other, whatever the number of threads, so that equal calls have equal histories.
    """

    def __init__(self, choices: Choices, **settings: Any) -> None:
        profile = choices.profile
        self.choices = choices
        self.replicas = Replicas(lambda: self.catalog, max(profile.lag_seconds, profile.index_lag_seconds))
        super().__init__(**settings)
        self.refusing = Refusing(self)
        self._expiry_hours: dict[tuple[str, bytes], float] = {}

    def __repr__(self) -> str:
        return f"simulate({self.choices!r})"

    @property
    def faults(self) -> Faults:
        """Aims faults, and switches kinds off and on."""
        return self.choices.faults

    def history(self) -> History:
        """Every call up to now, what was chosen in it, and why that is legal."""
        return self.choices.history

    # Requests.

    def execute(self, operation: str, request: Request, store: Store | None = None) -> Response:
        assert store is None, "a simulated database chooses what an operation sees"
        if not isinstance(request, Mapping):
            return self.perform(operation, request)  # What is wrong with it, the operation says.
        with self.lock:
            call = self.choices.begin(operation, request)
            try:
                response = self._answered(operation, request)
            except DynamoError as error:
                self.choices.end(call, error.code)
                raise
            except BaseException as error:
                self.choices.end(call, type(error).__name__)
                raise
            self.choices.end(call, "ok")
            return response

    def commit(self, batch: WriteBatch) -> None:
        changes = self.replicas.note(batch, self.clock.now())
        super().commit(batch)
        self.replicas.add(changes)

    def perform(self, operation: str, request: Request, shadow: Shadow | None = None) -> Response:
        """Carries out a request without any misbehaviour, on the database itself or on a shadow of it."""
        return Core.execute(self, operation, request, shadow)

    def _answered(self, operation: str, request: Request) -> Response:
        self._pass_time()
        hides_answer = self.refusing.before_effect(operation, request)
        try:
            response = self._performed(operation, request)
        except DynamoError:
            if hides_answer:
                raise timeout() from None
            raise
        self.refusing.after_effect(operation, request, hides_answer)
        return response

    def _performed(self, operation: str, request: Request) -> Response:
        """The answer, as one of those that are legal."""
        if operation == "BatchGetItem":
            return batches.get(self, request)
        if operation == "BatchWriteItem":
            return batches.write(self, request)
        if self.choices.happens_at("stale_read"):
            return pages.read(self, operation, request)
        if operation == "GetRecords":
            return stream_reads.get_records(self, request)
        if self.choices.happens_at("slow_table"):
            return self._control(operation, request)
        return self.perform(operation, request)

    # Time.

    def _pass_time(self) -> None:
        """Lets the time pass that a call takes, where the clock can be advanced."""
        profile = self.choices.profile
        if not advanced(self.clock, profile.latency_seconds):
            return
        detail = self.choices.choose(
            "slow_answer", lambda draw: {"seconds": profile.slow_seconds * draw.count(1, 5) / 5}
        )
        if detail is not None:
            advanced(self.clock, detail["seconds"])

    # Tables.

    def _control(self, operation: str, request: Request) -> Response:
        """A control operation, which may take its time or be one too many."""
        if self.catalog.next_due is not None:

            def limited(draw: Draw) -> Detail:
                super(SimulatedDatabase, self).fork().execute(operation, request)  # Whether it is in order.
                return {}

            if self.choices.choose("control_limit", limited) is not None:
                raise plain_refusal("control_limit")
        seconds = self.choices.profile.table_seconds
        detail = self.choices.choose("slow_table", lambda draw: {"seconds": seconds * draw.count(1, 6) / 6})
        if detail is None:
            return self.perform(operation, request)
        delays, self.delays = self.delays, StatusDelays(*[detail["seconds"]] * 3)
        try:
            with self.choices.undone("slow_table"):
                return self.perform(operation, request)
        finally:
            self.delays = delays

    # Expiry and handlers.

    def expire(self) -> int:
        with self.lock:
            call = self.choices.begin("Expire", {})
            try:
                return super().expire()
            finally:
                self.choices.end(call, "ok")

    def _lateness(self) -> Lateness:
        """Items that are found to have expired may stay a while; how long is drawn per sweep."""
        most = TIME_TO_LIVE_DELAY_HOURS_MAX

        @cache
        def drawn_hours() -> float:
            detail = self.choices.choose("expiry_late", lambda draw: {"hours": draw.among([1, 12, most // 2, most])})
            return 0.0 if detail is None else float(detail["hours"])

        def lateness(table: Table, key: bytes) -> float:
            return self._expiry_hours.setdefault((table.keyspace.name, key), drawn_hours()) * 3600.0

        return lateness

    def _new_functions(self) -> Functions:
        def runtime(*parameters: Any) -> Runtime:
            return _RedeliveringRuntime(self, *parameters)

        return Functions(self, self.execute, self._identity, runtime)

    # Copies.

    def restore(self, snapshot: Snapshot) -> None:
        with self.lock:
            super().restore(snapshot)
            self.replicas.forget()

    def fork(self, clock: Clock | None = None) -> SimulatedDatabase:
        """An independent simulated database in memory, with the same profile or schedule and a history of its own."""
        with self.lock:
            settings = self.fork_settings(clock)
            choices = Choices(self.choices.profile, settings["seed"], self.choices.schedule, self.choices.replay)
            return SimulatedDatabase(choices, **settings)


class _RedeliveringRuntime(Runtime):
    """Runs handlers, and hands a batch of changes over a second time where that is chosen."""

    def __init__(self, database: SimulatedDatabase, *parameters: Any) -> None:
        super().__init__(*parameters)
        self._database = database

    def run(self, function: Function, version: str, event: Any) -> Outcome:
        outcome = super().run(function, version, event)
        if not isinstance(event, dict) or "Records" not in event:
            return outcome
        with self._database.lock:
            choices = self._database.choices
            call = choices.begin("Deliver", {})
            call.key = f"{len(event['Records'])} records to {function.name}"
            is_again = choices.choose("delivered_again") is not None
            choices.end(call, "error" if outcome.is_error else "ok")
        return super().run(function, version, event) if is_again else outcome
