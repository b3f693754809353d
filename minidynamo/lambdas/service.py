"""The functions of a database: what is registered, what streams invoke, and how it is run."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence

from minidynamo.arguments import check_arguments
from minidynamo.lambdas.background import STOP_SECONDS, Background
from minidynamo.lambdas.drain import DrainReport, Errors, Work, drain
from minidynamo.lambdas.failures import Execute
from minidynamo.lambdas.function import Handler
from minidynamo.lambdas.mapping import EventSourceMapping
from minidynamo.lambdas.named_functions import NamedFunctions
from minidynamo.lambdas.observer import Observer
from minidynamo.lambdas.runtime import Around
from minidynamo.lambdas.setting_rules import FUNCTION, check_called
from minidynamo.lambdas.settings import MappingSettings
from minidynamo.lambdas.source import FunctionContext, Streams
from minidynamo.values.api_types import Request

logger = logging.getLogger("minidynamo.lambdas")


# Gives the work that there is.
Source = Callable[[], Sequence[Work]]


class Functions(NamedFunctions):
    """Functions and event source mappings of one database.

    Parameters:
        context: the database.
        streams: those of its tables.
        execute: its `execute`.
        seed: what the order of `drain` is drawn from.
        around: calls what runs a handler.
    """

    def __init__(self, context: FunctionContext, streams: Streams, execute: Execute, seed: str, around: Around) -> None:
        super().__init__(context, streams, execute, seed, around)
        self._chance = random.Random(f"{seed}/drain")
        self._background: Background | None = None
        self.mappings: list[EventSourceMapping] = []
        self._sources: list[Source] = []

    def __repr__(self) -> str:
        streams = [f"{each.table_name} -> {each.function_name}" for each in self._live_mappings()]
        return f"<Functions: {', '.join([*self._runtime.names, *streams]) or 'none'}>"

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
        uuid, reader = self._new_request_id(), self._streams.reader(settings, name, table_name)
        mapping = EventSourceMapping(
            self._context, self._runtime, self._destinations, reader, table_name, name, settings, uuid
        )
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

    def add_source(self, find: Source) -> None:
        """Lets `drain` and the background do what something else has to do, such as schedules.

        Parameters:
            find: gives the work that there is.
        """
        self._sources.append(find)

    def remove_source(self, find: Source) -> None:
        """Ends that."""
        self._sources.remove(find)

    def observe(self, observer: Observer) -> None:
        """Tells somebody what happens from now on."""
        self._runtime.observer = observer
        self._runtime.logs.listener = observer.logged

    def resume(self) -> None:
        """Lets every mapping take up what is stored of it, after the database has been restored."""
        for mapping in self._live_mappings():
            mapping.resume()

    def check(self) -> None:
        """Asserts that every mapping is sound; to be called with the lock held."""
        for mapping in self.mappings:
            if mapping.state != "Deleted":
                mapping.check()

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
        self._runtime.resume_environments()
        if self._background is None or not self._background.is_alive:
            self._background = Background(self._other_work, self._context.clock)
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
        self._runtime.end_environments()
        backgrounds = [mapping.leave() for mapping in self.mappings] + [self._background]
        self._background = None
        left = [each for each in backgrounds if each is not None]
        for each in left:
            each.stop()
        end = time.monotonic() + timeout
        for each in left:
            each.join(max(0.0, end - time.monotonic()))
        for mapping in self._live_mappings():
            mapping.release(max(0.0, end - time.monotonic()))
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
        return [*workers, *self._other_work()]

    def _other_work(self) -> list[Work]:
        """What waits to be invoked, and what other sources have."""
        return [*self._invocations.waiting(), *(work for find in self._sources for work in find())]
