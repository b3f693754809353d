"""Schedules at work: what is due invokes its function, by `drain` or in the background.

Source: Amazon EventBridge User Guide, "Events from AWS services", scheduled events; EventBridge Scheduler User Guide.
"""

from __future__ import annotations

from datetime import UTC, datetime

from minidynamo.applications.definition import ScheduleDefinition
from minidynamo.applications.schedules import schedule_of
from minidynamo.clock import Clock
from minidynamo.lambdas.service import Functions
from minidynamo.lambdas.tally import Tally
from minidynamo.schema.arns import ArnScope
from minidynamo.values.api_types import JsonValue

# How the ARN of a schedule goes on, by the service that has it.
_RESOURCES = {"events": "rule", "scheduler": "schedule/default"}


class Timer:
    """One schedule; a piece of work for `drain`, which waits for no time that has not come.

    Parameters:
        schedule: what it is.
        functions: which it invokes.
        clock: tells the time.
        scope: names its rule.
        new_id: an identifier for each event.

    Raises:
        ScheduleError: the expression is none.
    """

    is_at_work = False

    def __init__(self, schedule: ScheduleDefinition, functions: Functions, clock: Clock, scope: ArnScope) -> None:
        self._schedule = schedule
        self._functions = functions
        self._clock = clock
        self._scope = scope
        self._count = 0
        self._next_after = schedule_of(schedule.expression, clock.now(), schedule.time_zone)
        self._due = self._next_after(clock.now())

    @property
    def name(self) -> str:
        """The function's."""
        return self._schedule.function.partition(":")[0]

    @property
    def next_time(self) -> float | None:
        """When it is due next, in epoch seconds; None for never."""
        return self._due

    def due_at(self) -> float | None:
        """When it was due; None where it is not yet."""
        return self._due if self._due is not None and self._due <= self._clock.now() else None

    def do(self) -> Tally:
        """Queues the invocation for the time that has come."""
        assert self._due is not None, "a timer does what is never due"
        due, self._due = self._due, self._next_after(self._due)
        self._count += 1
        payload = self._event(due) if self._schedule.payload is None else self._schedule.payload
        self._functions.invoke(self._schedule.function, payload, "Event")
        return Tally()

    def _event(self, due: float) -> JsonValue:
        account, region, service = self._scope.account_id, self._scope.region, self._schedule.service
        assert service in _RESOURCES, f"{service} has no schedules"
        return {
            "version": "0",
            "id": f"{self._count:08x}-0000-4000-8000-{int(due):012x}",
            "detail-type": "Scheduled Event",
            "source": f"aws.{service}",
            "account": account,
            "time": f"{datetime.fromtimestamp(due, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "region": region,
            "resources": [f"arn:aws:{service}:{region}:{account}:{_RESOURCES[service]}/{self._schedule.name}"],
            "detail": {} if service == "events" else "{}",
        }
