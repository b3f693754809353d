"""What an application is made of, as its template declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minidynamo.execution.package import Package
from minidynamo.gateway.definition import ApiDefinition
from minidynamo.policies.declared import DeclaredPolicies
from minidynamo.templates.schema import TableTemplates
from minidynamo.values.api_types import JsonObject, JsonValue


@dataclass(frozen=True)
class FunctionDefinition:
    """A function.

    Attributes:
        logical_name: its name in the template.
        name: what it is invoked by.
        package: its code.
        handler: such as "app.handler".
        timeout_seconds, memory_mib, runtime, role, description: its settings.
        variables: its environment variables.
        reserved_concurrency: how many invocations there may be at once; None for any number.
        provisioned_concurrency: how many environments of the published version are kept ready.
        alias: one that stands for a version that is published with each deployment; None for none.
        dead_letters: the ARN of where payloads go that are given up.
        event_invoke: retries, age and destinations of queued invocations, by the names of the API.
        policies: what its role allows; None where the template does not say it, so that it may do everything.
    """

    logical_name: str
    name: str
    package: Package
    handler: str
    timeout_seconds: float = 3
    memory_mib: int = 128
    runtime: str = ""
    role: str = ""
    description: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    provisioned_concurrency: int = 0
    alias: str | None = None
    dead_letters: str | None = None
    event_invoke: JsonObject = field(default_factory=dict)
    policies: DeclaredPolicies | None = None

    @property
    def invoked(self) -> str:
        """What events invoke: the alias, where there is one."""
        return self.name if self.alias is None else f"{self.name}:{self.alias}"


@dataclass(frozen=True)
class MappingDefinition:
    """What invokes a function with the changes of a table.

    Attributes:
        table: its name.
        function: what is invoked.
        settings: those of CreateEventSourceMapping.
    """

    table: str
    function: str
    settings: JsonObject


@dataclass(frozen=True)
class ScheduleDefinition:
    """What invokes a function at times.

    Attributes:
        name: its own.
        function: what is invoked.
        expression: such as "rate(5 minutes)" or "cron(0 12 * * ? *)".
        payload: the event; None for that of a scheduled event.
        time_zone: of a cron expression.
        service: which has it: "events" for a rule of EventBridge, "scheduler" for a schedule of EventBridge Scheduler.
    """

    name: str
    function: str
    expression: str
    payload: JsonValue = None
    time_zone: str = "UTC"
    service: str = "events"


@dataclass(frozen=True)
class QueueDefinition:
    """What invokes a function with messages.

    Attributes:
        arn: of a queue of SQS, or of a topic of SNS.
        function: what is invoked.
        batch_size: how many messages at most it gets at once.
        reports_failures: whether it says which messages of a batch have failed.
    """

    arn: str
    function: str
    batch_size: int = 10
    reports_failures: bool = False


@dataclass(frozen=True)
class CreatedResource:
    """A queue or a topic to be made.

    Attributes:
        name: its name.
        attributes: those that it is made with, as its service takes them.
    """

    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class UrlDefinition:
    """The URL of a function.

    Attributes:
        logical_name: of its resource.
        function: its name.
        qualifier: an alias; "" for none.
        settings: AuthType and others of CreateFunctionUrlConfig.
    """

    logical_name: str
    function: str
    qualifier: str
    settings: JsonObject


@dataclass(frozen=True)
class ApplicationDefinition:
    """An application.

    Attributes:
        tables: its tables.
        functions, apis, mappings, schedules, queues, urls: what runs in it.
        outputs: by name.
        queues_to_create, topics_to_create: queues and topics that its template declares.
    """

    tables: TableTemplates
    functions: tuple[FunctionDefinition, ...]
    apis: tuple[ApiDefinition, ...] = ()
    mappings: tuple[MappingDefinition, ...] = ()
    schedules: tuple[ScheduleDefinition, ...] = ()
    queues: tuple[QueueDefinition, ...] = ()
    urls: tuple[UrlDefinition, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    queues_to_create: tuple[CreatedResource, ...] = ()
    topics_to_create: tuple[CreatedResource, ...] = ()
