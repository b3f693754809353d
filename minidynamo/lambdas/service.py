"""The functions of a database: what is registered, what streams invoke, and how it is run."""

from __future__ import annotations

import itertools
import logging
import random
import time
from collections.abc import Callable, Mapping

from minidynamo.arguments import check_arguments
from minidynamo.errors import ResourceNotFound
from minidynamo.lambdas.background import STOP_SECONDS, Background
from minidynamo.lambdas.drain import DrainReport, Errors, Work, drain
from minidynamo.lambdas.failures import Destination, Destinations, Execute
from minidynamo.lambdas.function import Handler, LambdaFunction
from minidynamo.lambdas.invocations import AsynchronousSettings, Invocations
from minidynamo.lambdas.mapping import EventSourceMapping
from minidynamo.lambdas.observer import Observer
from minidynamo.lambdas.runtime import Around, Runtime
from minidynamo.lambdas.setting_rules import FUNCTION, check_called
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.operations.context import OperationContext
from minidynamo.schema.key_schema import PrimaryKey
from minidynamo.values.api_types import JsonValue, Request, Response

logger = logging.getLogger("minidynamo.lambdas")


class Functions:
    """Functions and event source mappings of one database.

    Parameters:
        context: the database.
        execute: its `execute`.
        seed: what the order of `drain` is drawn from.
        around: calls what runs a handler.
    """

    def __init__(self, context: OperationContext, execute: Execute, seed: str, around: Around) -> None:
        self._context = context
        self._numbers = itertools.count(1)
        weights = random.Random(f"{seed}/aliases")
        self._runtime = Runtime(context.clock, context.scope, self._new_request_id, around, weights)
        self._destinations = Destinations(self._runtime, execute, self._keys_of)
        self._invocations = Invocations(self._runtime, self._destinations, context.clock)
        self._chance = random.Random(f"{seed}/drain")
        self._ids = random.Random(f"{seed}/invocations")
        self._background: Background | None = None
        self.mappings: list[EventSourceMapping] = []

    def __repr__(self) -> str:
        streams = [f"{each.table_name} -> {each.function_name}" for each in self._live_mappings()]
        return f"<Functions: {', '.join([*self._runtime.names, *streams]) or 'none'}>"

    # Functions.

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

    def asynchronous_settings(self, name: str) -> AsynchronousSettings | None:
        """How queued invocations of a function are treated; None where nothing was said."""
        return self._invocations.settings_of(name)

    def configure_asynchronous(self, name: str, settings: AsynchronousSettings | None) -> None:
        """Says how queued invocations of a function are treated, None for as by default.

        Raises:
            ValueError: a destination is none.
        """
        if settings is None:
            self._invocations.forget(name)
        else:
            self._invocations.configure(name, settings)

    def invoke(
        self,
        name: str,
        payload: JsonValue = None,
        InvocationType: str = "RequestResponse",
        Qualifier: str | None = None,
    ) -> Response:
        """Invokes a function.

        Parameters:
            name: a name, `name:qualifier` or an ARN.
            payload: the event: what JSON can say, or JSON itself.
            InvocationType: "RequestResponse" to wait for the response, "Event" to queue it (see `drain` and `start`),
                "DryRun" to look whether there is such a function.
            Qualifier: a version or alias.

        Returns:
            StatusCode and, of a synchronous one, ExecutedVersion, Payload (JSON, as bytes) and, where the handler
            failed, FunctionError.

        Raises:
            ResourceNotFound: there is no such function.
            TooManyRequests: its reserved concurrency is used up.
        """
        check_called(name=name, Qualifier=Qualifier)
        return self._invocations.invoke(name, payload, InvocationType, Qualifier, self._new_request_id())

    # Mappings.

    def map_stream(self, table_name: str, handler: Handler | str, parameters: Request) -> EventSourceMapping:
        """See `Database.on_stream`."""
        settings = self.check_mapping(parameters)
        if isinstance(handler, str):
            if "Timeout" in parameters:
                raise TypeError(f"Timeout is the function's: give it where {handler} is registered")
            self._runtime.find(handler)
            name = handler
        else:
            name = getattr(handler, "__name__", type(handler).__name__).strip("<>")
            self._runtime.register(name, handler, parameters.get("Timeout", 3))
        if any(each.table_name == table_name and each.function_name == name for each in self._live_mappings()):
            raise ValueError(f"there is a mapping of the stream of {table_name} onto {name} already")
        uuid = self._new_request_id()
        mapping = EventSourceMapping(self._context, self._runtime, self._destinations, table_name, name, settings, uuid)
        self.mappings.append(mapping)
        if self._background is not None:
            mapping.start()
        return mapping

    def check_mapping(self, parameters: Request) -> MappingSettings:
        """The settings of parameters of `map_stream`; raises what it does for wrong ones."""
        settings = MappingSettings.of({name: value for name, value in parameters.items() if name != "Timeout"})
        check_arguments(FUNCTION, Timeout=parameters.get("Timeout", 3))
        self._destinations.check(settings.failure_destination)
        return settings

    def observe(self, observer: Observer) -> None:
        """Tells somebody what happens from now on."""
        self._runtime.observer = observer

    def resume(self) -> None:
        """Lets every mapping take up what is stored of it, after the database has been restored."""
        for mapping in self._live_mappings():
            mapping.resume()

    def check(self) -> None:
        """Asserts that every mapping is sound; to be called with the lock held."""
        for mapping in self.mappings:
            if mapping.state != "Deleted":
                mapping.check()

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

    def live_mappings(self) -> list[EventSourceMapping]:
        """The mappings that there are, in the order of their making."""
        return list(self._live_mappings())

    def _live_mappings(self) -> list[EventSourceMapping]:
        self.mappings = [each for each in self.mappings if each.state != "Deleted"]
        return self.mappings

    # Running.

    def drain(
        self, until: Callable[[], bool] | None = None, max_batches: int = 10_000, errors: Errors = "raise"
    ) -> DrainReport:
        """See `Database.drain`."""
        is_over = lambda: self._context.is_closed or (until is not None and until())  # noqa: E731  # A handler may close it.
        return drain(self._work, self._context.clock, self._chance, is_over, max_batches, errors)

    def start(self) -> None:
        """Runs everything in the background from now on: each mapping and the queue in a thread of its own."""
        if self._background is None or not self._background.is_alive:
            self._background = Background(self._invocations.waiting, self._context.clock)
        for mapping in self._live_mappings():
            mapping.start()

    def stop(self, timeout: float = STOP_SECONDS) -> list[str]:
        """Ends that, after the invocations under way.

        Parameters:
            timeout: how many seconds to wait for them. Handlers that run longer are left to themselves.

        Returns:
            Those handlers, in words: the function and how long it has been running.
        """
        check_called(timeout=timeout)
        backgrounds = [mapping.leave() for mapping in self.mappings] + [self._background]
        self._background = None
        left = [each for each in backgrounds if each is not None]
        for each in left:
            each.stop()
        end = time.monotonic() + timeout
        for each in left:
            each.join(max(0.0, end - time.monotonic()))
        hanging = self._runtime.running() if any(each.is_hanging for each in left) else []
        if hanging:
            logger.error("handlers have not ended after %s s and are left alone: %s", timeout, ", ".join(hanging))
        return hanging

    def begin_as_child(self) -> None:
        """Begins anew in a child process, which has none of the threads."""
        self._background = None
        self._runtime.begin_as_child()
        self._invocations.begin_as_child()
        for mapping in self.mappings:
            mapping.begin_as_child()

    def _work(self) -> list[Work]:
        workers = [work for mapping in self._live_mappings() for work in mapping.work()]
        return [*workers, *self._invocations.waiting()]

    def _keys_of(self, table_name: str) -> PrimaryKey | None:
        try:
            with self._context.lock:
                return self._context.catalog.described_table(table_name).primary_key
        except ResourceNotFound:
            return None

    def _new_request_id(self) -> str:
        number = next(self._numbers)
        bits = f"{self._ids.getrandbits(96):024x}"
        return f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}{number:08x}"
