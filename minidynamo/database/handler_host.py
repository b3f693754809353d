"""A database that runs functions: handlers of its streams, and those that are invoked by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, Unpack, overload

from minidynamo.database.argument_rules import check_method
from minidynamo.database.core import Core

if TYPE_CHECKING:
    from minidynamo.database.function_server import FunctionServer
    from minidynamo.database.settings import StreamSettings
    from minidynamo.lambdas.drain import DrainReport, Errors
    from minidynamo.lambdas.function import Handler
    from minidynamo.lambdas.mapping import EventSourceMapping
    from minidynamo.lambdas.service import Functions
    from minidynamo.lambdas.source import Streams

HandlerType = TypeVar("HandlerType", bound="Handler")


_MAKING = threading.RLock()  # Held while the functions of a database are made.


class HandlerHost(Core):
    """A core with functions. They are made, and their modules imported, when they are first asked for."""

    _functions: Functions | None = None
    _function_server: FunctionServer | None = None
    _runs_functions = False

    @property
    def functions(self) -> Functions:
        """Functions that run in this process as AWS Lambda runs them: `register`, `invoke`, versions and aliases."""
        if self._functions is None:
            with _MAKING:
                self._functions = self._functions or self._new_functions()
                if self._runs_functions:
                    self._functions.start()
        return self._functions

    def run_functions(self) -> None:
        """Has functions run in the background from now on, be there any yet or not: see `functions.start()`."""
        self._runs_functions = True
        if self._functions is not None:
            self._functions.start()

    def _new_functions(self) -> Functions:
        from minidynamo.lambdas.service import Functions

        functions = Functions(self, self._streams(), self.execute, self._identity, self._around_invocation)
        functions.deployment.reach = lambda name: self._server_of_functions().variables()
        return functions

    def _streams(self) -> Streams:
        """What functions read streams by."""
        from minidynamo.lambdas.stream_reader import LocalStreams

        return LocalStreams(self)

    def _server_of_functions(self) -> FunctionServer:
        """The server that functions in processes of their own reach."""
        from minidynamo.database.function_server import FunctionServer

        with self.lock:
            if self._function_server is None:
                self._function_server = FunctionServer(self, self.functions.client_of)
            return self._function_server

    def stop_functions(self, timeout: float) -> list[str]:
        """Ends what runs functions; those that are still running after so many seconds, in words."""
        hanging = [] if self._functions is None else self._functions.stop(timeout)
        if self._function_server is not None:
            self._function_server.stop()
        return hanging

    @overload
    def on_stream(
        self, table_name: str, handler: Handler | str, **parameters: Unpack[StreamSettings]
    ) -> EventSourceMapping: ...
    @overload
    def on_stream(
        self, table_name: str, handler: None = None, **parameters: Unpack[StreamSettings]
    ) -> Callable[[HandlerType], HandlerType]: ...
    def on_stream(
        self, table_name: str, handler: Handler | str | None = None, **parameters: Unpack[StreamSettings]
    ) -> EventSourceMapping | Callable[[HandlerType], HandlerType]:
        """Invokes a handler with the changes of a table, as an event source mapping of AWS Lambda does.

        Parameters:
            table_name: the table, whose stream must be enabled.
            handler: called with the event and a context, or the name of a registered function. Without it the result
                is a decorator for the handler, which stays what it is.
            parameters: those of CreateEventSourceMapping, with its defaults: BatchSize, MaximumBatchingWindowInSeconds,
                ParallelizationFactor, StartingPosition (by default TRIM_HORIZON), BisectBatchOnFunctionError,
                MaximumRetryAttempts, MaximumRecordAgeInSeconds, TumblingWindowInSeconds, FunctionResponseTypes,
                FilterCriteria, DestinationConfig, Enabled; and Timeout, the function's.

        Returns:
            The mapping. It does nothing by itself: `drain()` or `functions.start()` runs it.

        Raises:
            ResourceNotFound: there is no such table or function.
            ValueError: the table has no stream, or a parameter is out of its range.
        """
        check_method(table_name=table_name)
        if handler is not None:
            return self.functions.map_stream(table_name, handler, dict(parameters))

        self.functions.check_mapping(dict(parameters))

        def decorate(function: HandlerType) -> HandlerType:
            self.functions.map_stream(table_name, function, dict(parameters))
            return function

        return decorate

    def drain(
        self, until: Callable[[], bool] | None = None, max_batches: int = 10_000, errors: Errors = "raise"
    ) -> DrainReport:
        """Hands all changes over to the handlers of `on_stream`, and runs queued invocations, until nothing is left.

        It never sleeps: what is due later is waited for by advancing a `ManualClock`; with another clock it is done at
        once. The order of what could be done is drawn from the database's seed.

        Parameters:
            until: ends it as soon as this is true.
            max_batches: ends it after so many steps.
            errors: "raise" ends it with what a handler has raised, as it is raised; the batch stays to be tried again.
                A simulated database tries again where a fault in the handler may be the cause. "report" does what AWS
                Lambda does with failures, which may take a day of the database's clock, and reports them.

        Raises:
            Exception: what a handler has raised, TimeoutError where it took too long, RuntimeError where it has ended
                its process or has failed more than 50 times with the same batch.
        """
        check_method(until=until, max_batches=max_batches, errors=errors)
        self._require_open()
        return self.functions.drain(until, max_batches, errors)

    def begin_as_child(self) -> None:
        super().begin_as_child()
        self._function_server = None  # Its thread is the parent's.
        if self._functions is not None:  # Their threads are the parent's.
            self._functions.begin_as_child()
