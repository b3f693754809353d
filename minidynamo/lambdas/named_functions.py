"""Functions by name: registered or deployed, shown, published, invoked.

Source: AWS Lambda API reference.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from typing import Unpack

from minidynamo.arguments import check_arguments, refuse_unknown
from minidynamo.errors import ResourceNotFound
from minidynamo.execution.context import ClientContext as InvokersContext
from minidynamo.execution.logs import LogEvent, LogStream
from minidynamo.execution.packaged_handler import PackagedHandler
from minidynamo.execution.running import CLIENT_CONTEXT
from minidynamo.lambdas.aws_services import SERVICES, AwsClient, AwsServices
from minidynamo.lambdas.deployment import Deployment, DeploymentSettings, Source
from minidynamo.lambdas.failures import Destination, Destinations, Execute
from minidynamo.lambdas.function import Handler, LambdaFunction
from minidynamo.lambdas.invocations import AsynchronousSettings, Invocations
from minidynamo.lambdas.runtime import Around, Runtime
from minidynamo.lambdas.setting_rules import FUNCTION, check_called
from minidynamo.lambdas.source import FunctionContext, Streams
from minidynamo.values.api_types import JsonValue, Response


class NamedFunctions:
    """The functions of one database.

    Parameters:
        context: the database.
        streams: those of its tables.
        execute: its `execute`.
        seed: what chance is drawn from.
        around: calls what runs a handler.

    Attributes:
        deployment: makes the handlers of functions that are deployed.
    """

    def __init__(self, context: FunctionContext, streams: Streams, execute: Execute, seed: str, around: Around) -> None:
        self._context, self._streams = context, streams
        self._numbers = itertools.count(1)
        self._ids = random.Random(f"{seed}/invocations")
        weights = random.Random(f"{seed}/aliases")
        self._runtime = Runtime(context.clock, context.scope, self._new_request_id, around, weights)
        self._services = AwsServices(context.scope.region, context.clock.now)
        self._destinations = Destinations(self._runtime, execute, streams.primary_key, self._services)
        self._invocations = Invocations(self._runtime, self._destinations, context.clock)
        self.deployment = Deployment(context.clock, context.scope, self._new_request_id)

    def register(
        self,
        name: str,
        handler: Handler,
        Timeout: float = 3,
        ReservedConcurrency: int | None = None,
        MaximumEventAgeInSeconds: float = 21_600,
        MaximumRetryAttempts: int = 2,
        OnSuccess: Destination | None = None,
        OnFailure: Destination | None = None,
        DeadLetterConfig: Destination | None = None,
    ) -> LambdaFunction:
        """Registers a function, or new code for `$LATEST` of one that is known.

        Parameters:
            name: what it is invoked by.
            handler: called with the event and a context like AWS Lambda's.
            Timeout: seconds by the database's clock, up to 900, after which an invocation has failed.
            ReservedConcurrency: how many invocations there may be at once.
            MaximumEventAgeInSeconds, MaximumRetryAttempts: how long and how often queued invocations are tried.
            OnSuccess, OnFailure, DeadLetterConfig: where records of queued invocations go, and payloads given up: a
                callable, a function's name, or the ARN of a table whose key attributes are strings.

        Raises:
            ValueError: a setting out of range, or a destination that is none.
            TypeError: a setting of a wrong type.
        """
        check_arguments(
            FUNCTION,
            name=name,
            Timeout=Timeout,
            ReservedConcurrency=ReservedConcurrency,
            MaximumEventAgeInSeconds=MaximumEventAgeInSeconds,
            MaximumRetryAttempts=MaximumRetryAttempts,
        )
        settings = AsynchronousSettings(
            MaximumEventAgeInSeconds, MaximumRetryAttempts, OnSuccess, OnFailure, DeadLetterConfig
        )
        function = self._runtime.register(name, handler, Timeout, ReservedConcurrency)
        self._invocations.configure(name, settings)
        return function

    def deploy(
        self,
        name: str,
        code: Source,
        Handler: str,
        Timeout: float = 3,
        ReservedConcurrency: int | None = None,
        **settings: Unpack[DeploymentSettings],
    ) -> LambdaFunction:
        """Deploys a function from a folder or a zip file, or new code for `$LATEST` of one that is known.

        It runs in execution environments: its modules are imported once for each, and nothing else sees them; what it
        prints is in `logs`.

        Parameters:
            name: what it is invoked by.
            code: a folder, which is used as it stands; or the bytes of a zip file.
            Handler: a module and a function in it, such as "app.handler".
            Timeout, ReservedConcurrency: as of `register`.
            settings: MemorySize in MB; Environment, variables by name; Layers, folders; Runtime, Role and Description,
                as they are shown; isolation, "thread" or "process": in a process of its own, a function ends when it
                takes too long or too much memory; cold_start_seconds, how much longer an environment takes to begin.

        Raises:
            ValueError: a setting out of range, or code that cannot be used.
            TypeError: a setting of a wrong type.
        """
        check_arguments(FUNCTION, name=name, Timeout=Timeout, ReservedConcurrency=ReservedConcurrency)
        refuse_unknown("deploy", settings, DeploymentSettings.__annotations__)
        handler = self.deployment.handler(name, code, Handler, **settings)
        return self._runtime.register(name, handler, Timeout, ReservedConcurrency)

    def register_packaged(
        self, name: str, handler: PackagedHandler, Timeout: float, ReservedConcurrency: int | None = None
    ) -> LambdaFunction:
        """Registers a function whose handler `deployment` has made."""
        return self._runtime.register(name, handler, Timeout, ReservedConcurrency)

    def provision(self, name: str, qualifier: str, number: int) -> None:
        """Keeps execution environments of a version ready, which begin now.

        Parameters:
            name, qualifier: of the function, and the version or alias.
            number: how many; 0 for none.

        Raises:
            ResourceNotFound: there is no such function or version.
            ReportedFailure: its code fails before the handler is there.
        """
        function, version = self._runtime.find(name, qualifier)
        packaged = function.packaged(version)
        if packaged is not None:
            packaged.provision(number, LogStream(self._runtime.logs.of(name), f"[{version}]", ""))
        if number:
            function.provisioned[qualifier] = number
        else:
            function.provisioned.pop(qualifier, None)

    def logs(self, name: str, request_id: str | None = None, after: int = 0) -> list[LogEvent]:
        """What a function has logged, the latest 10,000 events of it, as CloudWatch Logs would hold it.

        Parameters:
            name: the function's; it need not be there any more.
            request_id: of one invocation; None for all.
            after: the number of an event: only later ones.
        """
        check_called(name=name)
        return self._runtime.logs.of(name).events(request_id, after)

    @property
    def logged(self) -> list[str]:
        """The names of functions that have logged something, whether they are there still or not."""
        return list(self._runtime.logs)

    def use_clients(self, **clients: AwsClient) -> None:
        """Gives clients of other services, to which records of invocations can go then.

        Parameters:
            clients: boto3's, by the names of services: sqs, sns, s3 and events. While moto is on, its own serve
                without being given.
        """
        refuse_unknown("use_clients", clients, SERVICES)
        self._services.clients.update(clients)

    def client_of(self, service: str) -> AwsClient | None:
        """The client of another service; None where nobody has given one and moto is off."""
        return self._services.client(service)

    def publish_version(self, name: str) -> str:
        """Keeps the present code of a function as a version; its number."""
        check_called(name=name)
        return self._runtime.publish_version(name)

    def put_alias(self, name: str, alias: str, version: str, weights: Mapping[str, float] | None = None) -> None:
        """Lets an alias of a function stand for a version from now on.

        Parameters:
            name, alias, version: of what.
            weights: other versions that get a part of its invocations, such as {"2": 0.1}.
        """
        check_called(name=name, alias=alias, version=version, weights=weights)
        self._runtime.put_alias(name, alias, version, weights)

    def find(self, name: str, qualifier: str | None = None) -> tuple[LambdaFunction, str]:
        """A function and the version that a qualifier stands for; raises ResourceNotFound where there is none."""
        check_called(name=name, Qualifier=qualifier)
        return self._runtime.find(name, qualifier)

    def remove(self, name: str) -> None:
        """Forgets a function; mappings onto it stay, and fail."""
        function, _ = self._runtime.find(name)
        self._runtime.remove(function.name)
        self._invocations.forget(function.name)

    def revise(self, function: LambdaFunction, qualifier: str, is_modified: bool) -> None:
        """Notes that a version or an alias has changed; if it is modified, in its code or its settings."""
        self._runtime.revise(function, qualifier, is_modified)

    def asynchronous_settings(self, name: str, qualifier: str | None = None) -> AsynchronousSettings | None:
        """How queued invocations of a function, a version or an alias are treated; None where nothing was said."""
        return self._invocations.settings_of(name, qualifier)

    def asynchronous_qualifiers(self, name: str) -> list[str | None]:
        """The versions and aliases of a function that have such settings, None among them for the function."""
        return self._invocations.qualifiers(name)

    def configure_asynchronous(
        self, name: str, settings: AsynchronousSettings | None, qualifier: str | None = None
    ) -> None:
        """Says how queued invocations of a function, a version or an alias are treated, None for as by default.

        Raises:
            ValueError: a destination is none.
        """
        if settings is None:
            self._invocations.treat_as_by_default(name, qualifier)
        else:
            self._invocations.configure(name, settings, qualifier)

    def send_letters(self, name: str, destination: Destination | None) -> None:
        """Says where payloads of queued invocations go that are given up, None for nowhere.

        Raises:
            ValueError: that is no destination.
        """
        self._invocations.send_letters(name, destination)

    def invoke(
        self,
        name: str,
        payload: JsonValue = None,
        InvocationType: str = "RequestResponse",
        Qualifier: str | None = None,
        LogType: str = "None",
        ClientContext: str | None = None,
    ) -> Response:
        """Invokes a function.

        Parameters:
            name: a name, `name:qualifier` or an ARN.
            payload: the event: what JSON can say, or JSON itself.
            InvocationType: "RequestResponse" to wait for the response, "Event" to queue it (see `drain` and `start`),
                "DryRun" to look whether there is such a function.
            Qualifier: a version or alias.
            LogType: "Tail" for the last 4 KB of what a synchronous one has logged.
            ClientContext: what the caller says of itself: base64 of a JSON object.

        Returns:
            StatusCode and, of a synchronous one, ExecutedVersion, Payload (JSON, as bytes), where the handler failed
            FunctionError, and LogResult (base64) if it is asked for.

        Raises:
            ResourceNotFound: there is no such function.
            TooManyRequests: its reserved concurrency is used up.
        """
        check_called(name=name, Qualifier=Qualifier)
        context = None if ClientContext is None else InvokersContext.of(ClientContext)
        token = CLIENT_CONTEXT.set(context)
        try:
            return self._invocations.invoke(
                name, payload, InvocationType, Qualifier, self._new_request_id(), LogType == "Tail"
            )
        finally:
            CLIENT_CONTEXT.reset(token)

    @property
    def names(self) -> list[str]:
        """The names of all functions."""
        return self._runtime.names

    def has(self, name: str) -> bool:
        """Whether there is a function of a name, `name:qualifier` or ARN."""
        try:
            self._runtime.find(name)
        except ResourceNotFound:
            return False
        return True

    def _new_request_id(self) -> str:
        number = next(self._numbers)
        bits = f"{self._ids.getrandbits(96):024x}"
        return f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}{number:08x}"
