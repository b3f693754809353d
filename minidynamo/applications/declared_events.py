"""What invokes the functions of a template: mappings, schedules, queues, topics, and the routes of APIs.

Source: AWS SAM Developer Guide, "EventSource"; AWS CloudFormation, AWS::Lambda::EventSourceMapping, AWS::Events::Rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace

from minidynamo.applications.declared import DeclaredApplication, function_name_in, last_name
from minidynamo.applications.declared_functions import number_of
from minidynamo.applications.definition import (
    FunctionDefinition,
    MappingDefinition,
    QueueDefinition,
    ScheduleDefinition,
)
from minidynamo.applications.known_properties import check_properties
from minidynamo.applications.schedules import ScheduleError, schedule_of
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.limits import QUEUE_BATCH_AT_ONCE_MAX, QUEUE_BATCH_RECORDS_MAX
from minidynamo.templates.parts import Part, text_of
from minidynamo.templates.table_definition import TemplateError
from minidynamo.values.api_types import JsonObject, JsonValue

_SETTINGS = {each.name for each in fields(MappingSettings)}
_OF_MAPPING = "AWS::Lambda::EventSourceMapping"
_RULE = "AWS::Events::Rule"
_OFF = ("DISABLED", "disabled")
_QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?")


@dataclass(frozen=True)
class ApiEvent:
    """A route that an event of a function declares.

    Attributes:
        name: of the event.
        kind: "Api" or "HttpApi".
        properties: of the event.
        function: what is invoked.
    """

    name: str
    kind: str
    properties: Part
    function: str


@dataclass
class Events:
    """What was found."""

    mappings: list[MappingDefinition] = field(default_factory=list)
    schedules: list[ScheduleDefinition] = field(default_factory=list)
    queues: list[QueueDefinition] = field(default_factory=list)
    routes: list[ApiEvent] = field(default_factory=list)


class DeclaredEvents:
    """Reads what invokes functions.

    Parameters:
        application: the template.
        functions: its functions.
    """

    def __init__(self, application: DeclaredApplication, functions: list[FunctionDefinition]) -> None:
        self._application = application
        self._by_name = {each.name: each for each in functions}
        self._by_logical_name = {each.logical_name: each for each in functions}
        self._found = Events()
        self._readers: dict[str, Callable[[str, Part, FunctionDefinition], None]] = {
            "DynamoDB": self._stream,
            "Schedule": self._schedule,
            "ScheduleV2": self._scheduler,
            "SQS": self._queue,
            "SNS": self._topic,
            "Api": lambda name, properties, function: self._route("Api", name, properties, function),
            "HttpApi": lambda name, properties, function: self._route("HttpApi", name, properties, function),
        }

    def all(self) -> Events:
        """All of them.

        Raises:
            TemplateError: one is wrong.
        """
        for function in self._by_logical_name.values():
            resource = self._application.resources.named(function.logical_name)
            assert resource is not None, f"{function.logical_name} was read and is not there"
            with self._application.resources.reading(resource):
                events = self._application.properties(resource).section("Events")
                for name, event in events.each("event"):
                    self._read(str(name), event, function)
        self._read_resources()
        return self._found

    def _read(self, name: str, event: Part, function: FunctionDefinition) -> None:
        kind = event.text("Type")
        reader = self._readers.get(kind)
        if reader is None:
            self._application.leave_out(f"event {name} of {function.logical_name} ({kind})")
            return
        properties = event.section("Properties").called(f"the event {name} of {function.logical_name}")
        if not properties.members:
            self._application.resources.note_origin(properties.members, event.members)
        check_properties(self._application, properties, kind, f"the event {name} of {function.logical_name}")
        reader(name, properties, function)

    def _read_resources(self) -> None:
        """Mappings and rules that are resources of their own."""
        for resource in self._application.resources.of_types((_OF_MAPPING, _RULE)):
            with self._application.resources.reading(resource):
                properties = self._application.properties(resource)
                if resource.type == _OF_MAPPING:
                    self._mapping(properties)
                elif properties.has("ScheduleExpression"):
                    self._rule(self._application.resources.name_of(resource), properties)
                else:
                    self._application.leave_out(f"rule {resource.logical_name} (EventPattern)")

    def _mapping(self, properties: Part) -> None:
        function = self._invoked(properties.text("FunctionName"))
        if function is None:
            self._application.leave_out(f"mapping onto {properties.get('FunctionName')}", "without its function")
            return
        arn = text_of(properties.get("EventSourceArn")) or "of its own"
        if ":sqs:" in arn:
            self._queue("", properties, function, arn)
        elif ":dynamodb:" in arn:
            self._stream("", properties, function, arn)
        else:
            self._application.leave_out(f"mapping of {arn} onto {function.logical_name}")

    def _rule(self, name: str, properties: Part) -> None:
        for number, target in enumerate(properties.parts("Targets")):
            function = self._invoked(target.text("Arn"))
            if function is None:
                self._application.leave_out(f"target {target.get('Arn')} of the rule {name}", "no function")
            elif properties.get("State") not in _OFF:
                payload = _payload(target)
                self._add_schedule(f"{name}-{number}" if number else name, properties, function, payload)

    def _invoked(self, text: str) -> FunctionDefinition | None:
        """The function of a name, a logical name or an ARN."""
        name = function_name_in(text)
        return self._by_name.get(name) or self._by_logical_name.get(name)

    def _stream(self, name: str, properties: Part, function: FunctionDefinition, arn: str = "") -> None:
        arn = arn or properties.text("Stream")
        if self._application.is_unknown(arn):
            self._application.leave_out(f"stream {arn} of {function.logical_name}", "not in the template")
            return
        if ":table/" not in arn or "/stream/" not in arn:
            raise properties.error(f"reads {arn!r}, which is no stream of a table, such as !GetAtt Items.StreamArn")
        settings = {each: _plain(value) for each, value in properties.members.items() if each in _SETTINGS}
        for destination in (settings.get("DestinationConfig") or {}).values():
            destination.pop("Type", None)  # As SAM has it; the ARN says it.
        try:
            MappingSettings.of(settings)
        except (ValueError, TypeError) as error:
            raise properties.error(f"cannot be: {error}") from None
        table = arn.partition(":table/")[2].partition("/")[0]
        self._found.mappings.append(MappingDefinition(table, function.invoked, settings))

    def _schedule(self, name: str, properties: Part, function: FunctionDefinition) -> None:
        is_on = properties.get("Enabled") in (None, True, "true") and properties.get("State") not in _OFF
        expression = properties.get("Schedule") or properties.get("ScheduleExpression")
        if isinstance(expression, str) and self._application.is_unknown(expression):
            self._application.leave_out(f"schedule {expression} of {function.logical_name}", "not in the template")
        elif is_on:
            own_name = text_of(properties.get("Name")) or f"{function.logical_name}{name}"
            self._add_schedule(own_name, properties, function, _payload(properties))

    def _scheduler(self, name: str, properties: Part, function: FunctionDefinition) -> None:
        """A schedule of EventBridge Scheduler."""
        bounds = [each for each in ("StartDate", "EndDate") if properties.has(each)]
        if bounds:
            self._application.leave_out(f"{', '.join(bounds)} of the event {name} of {function.logical_name}")
        known = len(self._found.schedules)
        self._schedule(name, properties, function)
        self._found.schedules[known:] = [replace(each, service="scheduler") for each in self._found.schedules[known:]]

    def _add_schedule(self, name: str, properties: Part, function: FunctionDefinition, payload: JsonValue) -> None:
        member = "Schedule" if properties.has("Schedule") else "ScheduleExpression"
        zone = text_of(properties.get("ScheduleExpressionTimezone")) or "UTC"
        try:
            schedule_of(properties.text(member), 0.0, zone)
        except ScheduleError as error:
            raise properties.error(f"is no schedule: {error}") from None
        self._found.schedules.append(ScheduleDefinition(name, function.invoked, properties.text(member), payload, zone))

    def _queue(self, name: str, properties: Part, function: FunctionDefinition, arn: str = "") -> None:
        if properties.get("Enabled") in (False, "false"):
            return
        if properties.has("FilterCriteria"):
            self._application.leave_out(f"FilterCriteria of {name or 'a mapping'} onto {function.logical_name}")
        arn, batch_size = arn or properties.text("Queue"), 10
        if self._application.is_unknown(arn):
            self._application.leave_out(f"queue {arn} of {function.logical_name}", "not in the template")
            return
        if _QUEUE_ARN.fullmatch(arn) is None:
            raise properties.wrong(
                "Queue", arn, "the ARN of a queue, such as arn:aws:sqs:eu-west-1:123456789012:orders"
            )
        if properties.has("BatchSize"):
            batch_size = properties.number("BatchSize")
            if not 1 <= batch_size <= QUEUE_BATCH_RECORDS_MAX:
                raise properties.wrong("BatchSize", batch_size, f"a number from 1 to {QUEUE_BATCH_RECORDS_MAX:,}")
            if batch_size > QUEUE_BATCH_AT_ONCE_MAX and not number_of(properties, "MaximumBatchingWindowInSeconds"):
                text = f"a number up to {QUEUE_BATCH_AT_ONCE_MAX} without MaximumBatchingWindowInSeconds"
                raise properties.wrong("BatchSize", batch_size, text)
        reported = properties.get("FunctionResponseTypes")
        self._found.queues.append(
            QueueDefinition(
                arn,
                function.invoked,
                batch_size,
                isinstance(reported, list) and "ReportBatchItemFailures" in reported,
            )
        )

    def _topic(self, name: str, properties: Part, function: FunctionDefinition) -> None:
        topic, scope = properties.text("Topic"), self._application.resources.scope
        arn = topic if topic.startswith("arn:") else f"arn:aws:sns:{scope.region}:{scope.account_id}:{last_name(topic)}"
        if properties.has("FilterPolicy"):
            self._application.leave_out(f"FilterPolicy of {name} of {function.logical_name}")
        self._found.queues.append(QueueDefinition(arn, function.invoked, 1))

    def _route(self, kind: str, name: str, properties: Part, function: FunctionDefinition) -> None:
        self._found.routes.append(ApiEvent(name, kind, properties, function.invoked))


def _payload(part: Part) -> JsonValue:
    """The event that a target is given; None for the usual one."""
    if not part.has("Input"):
        return None
    try:
        return json.loads(part.text("Input"))
    except ValueError:
        raise part.wrong("Input", part.get("Input"), "JSON") from None


def _plain(value: object) -> JsonValue:
    """A value of a template as JSON has it."""
    try:
        plain: JsonObject = json.loads(json.dumps(value))
    except (TypeError, ValueError):
        raise TemplateError(f"{value!r} is no setting of a mapping") from None
    return plain
