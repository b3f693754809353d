"""A database that answers as the real service may: each call goes through the choices that are legal for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minidynamo.clock import Clock
from minidynamo.core import Response
from minidynamo.database import Database
from minidynamo.errors import ConditionalCheckFailed, DynamoError, TransactionCanceled
from minidynamo.functions.runtime import Function, Outcome, Runtime
from minidynamo.functions.service import Functions
from minidynamo.limits import TIME_TO_LIVE_DELAY_HOURS_MAX
from minidynamo.operations.expiry import Lateness
from minidynamo.simulation import batches, pages, stream_reads
from minidynamo.simulation.aiming import Faults, tables_of
from minidynamo.simulation.capacity import Capacity
from minidynamo.simulation.chance import Detail, Draw
from minidynamo.simulation.choosing import Choices
from minidynamo.simulation.history import History
from minidynamo.simulation.refusals import conflict, conflict_detail, plain_refusal, throttle, throttle_detail, timeout
from minidynamo.simulation.replicas import Replicas
from minidynamo.simulation.shadows import Shadow
from minidynamo.storage.engine import Snapshot
from minidynamo.tables.catalog import StatusDelays
from minidynamo.tables.table import Table
from minidynamo.tables.writing import WriteBatch

Request = Mapping[str, Any]
_READS = frozenset({"GetItem", "Query", "Scan", "BatchGetItem"})
_CONTROL = frozenset({"CreateTable", "DeleteTable", "UpdateTable"})
_BEFORE_ARRIVAL = ("connection_lost", "server_error")
_AFTER_EFFECT = ("answer_lost", "connection_lost_after")


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
        self._capacity = Capacity(self.clock)
        self._unanswered_tokens: set[str] = set()
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

    def execute(self, operation: str, request: Request) -> Response:
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
        return self._carry_out(operation, request, self if shadow is None else shadow)

    def _answered(self, operation: str, request: Request) -> Response:
        self._pass_time()
        self._refuse_before_arrival()
        detail = self._choose_timeout()
        if detail is not None and not detail["took_effect"]:
            raise timeout()
        self._refuse_before_effect(operation, request)
        response = self._performed(operation, request)
        for kind in _AFTER_EFFECT:
            if self.choices.happens_at(kind) and self.choices.choose(kind) is not None:
                raise plain_refusal(kind)
        if detail is not None:
            raise timeout()
        self._unanswered_tokens.discard(request.get("ClientRequestToken", ""))
        return response

    def _performed(self, operation: str, request: Request) -> Response:
        """The answer, as one of those that are legal."""
        if operation in _READS:
            if operation == "BatchGetItem":
                return batches.get(self, request)
            return pages.read(self, operation, request)
        if operation == "BatchWriteItem":
            return batches.write(self, request)
        if operation == "GetRecords":
            return stream_reads.get_records(self, request)
        if operation in _CONTROL:
            return self._control(operation, request)
        if operation == "TransactWriteItems" and isinstance(request.get("ClientRequestToken"), str):
            self._unanswered_tokens.add(request["ClientRequestToken"])
        return self.perform(operation, request)

    # Time.

    def _pass_time(self) -> None:
        """Lets the time pass that a call takes, where the clock can be advanced."""
        profile = self.choices.profile
        if profile.latency_seconds:
            self.advance(profile.latency_seconds)
        if not hasattr(self.clock, "advance"):
            return
        detail = self.choices.choose(
            "slow_answer", lambda draw: {"seconds": profile.slow_seconds * draw.count(1, 5) / 5}
        )
        if detail is not None:
            self.advance(detail["seconds"])

    def advance(self, seconds: float) -> None:
        """Moves the clock forward, if it is one that can be."""
        advance = getattr(self.clock, "advance", None)
        if advance is not None:
            advance(seconds)

    # Refusals.

    def _refuse_before_arrival(self) -> None:
        for kind in _BEFORE_ARRIVAL:
            if self.choices.choose(kind) is not None:
                raise plain_refusal(kind)

    def _choose_timeout(self) -> Detail | None:
        if not self.choices.happens_at("timed_out"):
            return None
        return self.choices.choose("timed_out", lambda draw: {"took_effect": draw.among([False, True])})

    def _refuse_before_effect(self, operation: str, request: Request) -> None:
        """Refuses a request that is otherwise in order, if that is chosen."""
        actions = _actions_of(request)
        rehearsal: Shadow | None = None
        if self.choices.happens_at("throttled"):

            def throttled(draw: Draw) -> Detail | None:
                nonlocal rehearsal
                rehearsal = self._rehearsed(operation, request)
                resources = self._resources(operation, request, rehearsal)
                return throttle_detail(draw, resources) if resources else None

            detail = self.choices.choose("throttled", throttled)
            if detail is not None:
                raise self._throttle(operation, request, detail)
        if self.choices.happens_at("conflict"):

            def conflicting(draw: Draw) -> Detail | None:
                self._rehearsed(operation, request)
                return conflict_detail(draw, len(actions))

            detail = self.choices.choose("conflict", conflicting)
            if detail is not None:
                raise conflict(detail, len(actions))
        token = request.get("ClientRequestToken")
        if isinstance(token, str) and token in self._unanswered_tokens and self.choices.happens_at("in_progress"):
            self._refuse_plainly("in_progress")
        self._refuse_for_capacity(operation, request)

    def _refuse_plainly(self, kind: str) -> None:
        if self.choices.choose(kind) is not None:
            raise plain_refusal(kind)

    def _refuse_for_capacity(self, operation: str, request: Request) -> None:
        """Takes the units of a request, unless it is a batch, whose parts are admitted one by one."""
        if "RequestItems" in request or not self.has_capacity or not self.choices.happens_at("capacity"):
            return
        detail = self.take_capacity(operation, request)
        if detail is not None:
            raise self._throttle(operation, request, detail)

    @property
    def has_capacity(self) -> bool:
        """Whether capacity can run out."""
        choices = self.choices
        if choices.replay is not None:
            return True
        return choices.profile.capacity and choices.schedule is None and not choices.faults.is_off("capacity")

    def take_capacity(self, operation: str, request: Request) -> Detail | None:
        """Takes the units of a request; what refuses it where there are none."""

        def take(draw: Draw) -> Detail | None:
            rehearsal = self._rehearsed(operation, request)
            return self._capacity.take(rehearsal.load, self._tables(operation, request))

        if self.choices.replay is not None:
            return self.choices.choose("capacity")
        detail = take(Draw(lambda bound: 0))
        if detail is not None:
            self.choices.call.choices["capacity"] = detail
        return detail

    def _throttle(self, operation: str, request: Request, detail: Detail) -> DynamoError:
        actions = [self.catalog.table(each["TableName"]).name for each in _actions_of(request)]
        table = self.catalog.table(detail["table"])
        return throttle(operation, detail, table, self.location, actions)

    def _rehearsed(self, operation: str, request: Request) -> Shadow:
        """A shadow on which a request has been carried out.

        Raises:
            DynamoError: the request is invalid. A condition that does not hold is not looked at so early.
        """
        shadow = Shadow(self)
        try:
            self.perform(operation, request, shadow)
        except ConditionalCheckFailed:
            pass
        except TransactionCanceled as error:
            codes = {each["Code"] for each in error.members["CancellationReasons"]}
            if not codes <= {"None", "ConditionalCheckFailed"}:
                raise
        return shadow

    def _resources(self, operation: str, request: Request, rehearsal: Shadow) -> list[tuple[Table, str]]:
        """The tables and global indexes that a request draws capacity from."""
        names = {rehearsal.keyspace_of(each).name for each in rehearsal.load}
        found: list[tuple[Table, str]] = []
        for table in self._tables(operation, request):
            own = [table.keyspace, *(each.keyspace for each in table.local_indexes)]
            if any(each.name in names for each in own):
                found.append((table, ""))
            found += [
                (table, name)
                for name, index in table.indexes.items()
                if not index.is_local and index.keyspace.name in names
            ]
        return found

    def _tables(self, operation: str, request: Request) -> list[Table]:
        return list(dict.fromkeys(self.catalog.table(name) for name in tables_of(operation, request)))

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
        detail: Detail | None = None
        is_chosen = False

        def lateness(table: Table, key: bytes) -> float:
            nonlocal detail, is_chosen
            if not is_chosen:
                most = TIME_TO_LIVE_DELAY_HOURS_MAX
                detail = self.choices.choose(
                    "expiry_late", lambda draw: {"hours": draw.among([1, 12, most // 2, most])}
                )
                is_chosen = True
            place = (table.keyspace.name, key)
            hours = self._expiry_hours.setdefault(place, 0 if detail is None else detail["hours"])
            return hours * 3600.0

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


def _actions_of(request: Request) -> list[Mapping[str, Any]]:
    """The parameters of each action of a transaction; none in other requests, and in those not well-formed."""
    try:
        return [action for entry in request.get("TransactItems", ()) for action in entry.values()]
    except (TypeError, AttributeError):
        return []
