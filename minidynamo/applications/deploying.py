"""Putting what a definition declares into a database: functions, mappings, timers, pollers of queues."""

from __future__ import annotations

import re
import warnings

from minidynamo.applications.definition import (
    ApplicationDefinition,
    FunctionDefinition,
    MappingDefinition,
    UrlDefinition,
)
from minidynamo.applications.queues import QueuePoller, make_queue, poller_of, send_on
from minidynamo.applications.timers import Timer
from minidynamo.database.database import Database
from minidynamo.execution.configuration import Isolation
from minidynamo.lambda_api.api import urls_of
from minidynamo.lambda_api.faults import Fault
from minidynamo.lambdas.aws_services import service_of
from minidynamo.lambdas.drain import Work
from minidynamo.lambdas.invocations import AsynchronousSettings
from minidynamo.lambdas.mapping import EventSourceMapping
from minidynamo.templates.table_definition import TemplateWarning
from minidynamo.values.api_types import JsonObject

# How the stream of a table is named before there is one.
_ANY_STREAM = re.compile(r"(arn:aws:dynamodb:[^:]*:[^:]*:table/([^/]+))/stream/\*")
_ON_FAILURE = ("DestinationConfig", "OnFailure", "Destination")


class Deployed:
    """What of an application is in a database.

    Parameters:
        database: where it is put.
        isolation: how its functions run.
    """

    def __init__(self, database: Database, isolation: Isolation) -> None:
        self._database = database
        self._isolation: Isolation = isolation
        self._mappings: dict[MappingKey, EventSourceMapping] = {}
        self.urls: dict[str, str] = {}
        self._functions: set[str] = set()
        self.timers: list[Timer] = []
        self._pollers: list[QueuePoller] = []

    def deploy(self, definition: ApplicationDefinition) -> None:
        """Puts it there, or what has changed of it since.

        Raises:
            ValueError: a part of it cannot be; the text names it.
            DynamoError: the database refuses a table.
        """
        self._create_queues(definition)
        self._compare_keys(definition)
        definition.tables.without(self._database.tables).create(self._database)
        for function in definition.functions:
            self._deploy_function(function)
        for function in definition.functions:
            self._configure(function)
        self._give_urls(definition.urls)
        self._map(definition.mappings)
        self._remove_others({each.name for each in definition.functions})
        functions, clock, scope = self._database.functions, self._database.clock, self._database.scope
        self.timers = [Timer(each, functions, clock, scope) for each in definition.schedules]
        found = [poller_of(each, functions, clock) for each in definition.queues]
        self._pollers = [each for each in found if each is not None]
        if len(self._pollers) < len(found):
            _warn("queues and topics invoke nothing without clients: give clients={'sqs': ..., 'sns': ...}")

    def _compare_keys(self, definition: ApplicationDefinition) -> None:
        """Tells of tables that are there and have other keys than are declared: they stay what they are."""
        for table in definition.tables:
            if table.name in self._database.tables:
                present = self._database.execute("DescribeTable", {"TableName": table.name})["Table"]
                if present["KeySchema"] != table.request["KeySchema"]:
                    _warn(f"table {table.name} stays as it is, with another key: delete it to have it made anew")

    def work(self) -> list[Work]:
        """What timers and pollers have to do."""
        return [*self.timers, *self._pollers]

    def _remove_others(self, names: set[str]) -> None:
        """Removes the functions that were declared before and are not any more."""
        for name in (self._functions - names) & set(self._database.functions.names):
            self._database.functions.remove(name)
        self._functions = names

    def _deploy_function(self, function: FunctionDefinition) -> None:
        settings: JsonObject = {"Runtime": function.runtime} if function.runtime else {}
        self._database.functions.deploy(
            function.name,
            function.package,
            function.handler,
            function.timeout_seconds,
            function.reserved_concurrency,
            MemorySize=function.memory_mib,
            Environment={name: self.with_streams(value) for name, value in function.variables.items()},
            Role=function.role,
            Description=function.description,
            isolation=self._isolation,
            **settings,
        )
        if function.alias is not None:
            self._publish(function.name, function.alias, function.provisioned_concurrency)

    def _publish(self, name: str, alias: str, provisioned: int) -> None:
        """Lets an alias stand for what was deployed; the environments of what it stood for before end."""
        functions = self._database.functions
        before = functions.find(name)[0].aliases.get(alias)
        functions.put_alias(name, alias, functions.publish_version(name))
        functions.provision(name, alias, provisioned)
        packaged = None if before is None else functions.find(name)[0].packaged(before)
        if packaged is not None:
            packaged.end()

    def _configure(self, function: FunctionDefinition) -> None:
        """Says what becomes of queued invocations, once all functions are there that may be their destinations."""
        given = function.event_invoke
        settings = AsynchronousSettings(
            given.get("MaximumEventAgeInSeconds", AsynchronousSettings.event_age_seconds),
            given.get("MaximumRetryAttempts", AsynchronousSettings.retries),
            self._reachable(given.get("OnSuccess")),
            self._reachable(given.get("OnFailure")),
            self._reachable(function.dead_letters),
        )
        self._database.functions.configure_asynchronous(function.name, settings)

    def _give_urls(self, wanted: tuple[UrlDefinition, ...]) -> None:
        """Gives functions the URLs that are declared, and keeps them by the logical names of their resources."""
        urls, before = urls_of(self._database), set(self.urls.values())
        self.urls = {}
        for each in wanted:
            qualifier = {"Qualifier": each.qualifier} if each.qualifier else {}
            try:
                config = urls.put({"FunctionName": each.function, **qualifier, **each.settings})
            except Fault as fault:
                raise ValueError(f"the URL {each.logical_name}: {fault}") from None
            self.urls[each.logical_name] = config["FunctionUrl"]
        urls.end(before - set(self.urls.values()))

    def _map(self, wanted: tuple[MappingDefinition, ...]) -> None:
        """Makes the mappings that there are not yet, and ends those that are not declared any more."""
        keys = {_key_of(each): each for each in wanted}
        for key in [each for each in self._mappings if each not in keys]:
            self._mappings.pop(key).delete()
        for key, mapping in keys.items():
            if key not in self._mappings:
                settings = dict(mapping.settings)
                outer, middle, inner = _ON_FAILURE
                destination = ((settings.get(outer) or {}).get(middle) or {}).get(inner)
                if destination is not None and self._reachable(destination) is None:
                    del settings[outer]
                functions = self._database.functions
                self._mappings[key] = functions.map_stream(mapping.table, mapping.function, settings)

    def _reachable(self, destination: str | None) -> str | None:
        """A destination, if there is a client for it where it needs one; else a warning tells that there is none."""
        service = None if destination is None else service_of(destination)
        if service is None or self._database.functions.client_of(service) is not None:
            return destination
        _warn(f"{destination} gets nothing without a client: give clients={{{service!r}: ...}}")
        return None

    def with_streams(self, text: str) -> str:
        """A text in which the streams of tables are named as they are called by now."""
        return _ANY_STREAM.sub(lambda found: self._stream_of(found[2]) or found[0], text)

    def _stream_of(self, table: str) -> str | None:
        if table not in self._database.tables:
            return None
        described = self._database.execute("DescribeTable", {"TableName": table})["Table"]
        arn: str | None = described.get("LatestStreamArn")
        return arn

    def _create_queues(self, definition: ApplicationDefinition) -> None:
        """Makes the queues and topics that the template declares, where there are clients for them."""
        sqs, sns = (self._database.functions.client_of(each) for each in ("sqs", "sns"))
        if sqs is not None:
            for queue in definition.queues_to_create:
                make_queue(sqs, queue)
            for queue in definition.queues_to_create:  # Once all are there that others send on to.
                send_on(sqs, queue)
        if sns is not None:
            for topic in definition.topics_to_create:
                sns.create_topic(Name=topic.name, Attributes=dict(topic.attributes))


MappingKey = tuple[str, str, str]


def _key_of(mapping: MappingDefinition) -> MappingKey:
    return mapping.table, mapping.function, repr(sorted(mapping.settings.items()))


def _warn(text: str) -> None:
    warnings.warn(TemplateWarning(text), stacklevel=4)
