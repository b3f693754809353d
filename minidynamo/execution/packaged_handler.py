"""A handler whose code is a package: calling it runs the package's own handler in an execution environment."""

from __future__ import annotations

from collections.abc import Callable

from minidynamo.clock import Clock
from minidynamo.execution.configuration import Configuration
from minidynamo.execution.context import Context
from minidynamo.execution.environment import Code
from minidynamo.execution.environments import Environments
from minidynamo.execution.logs import LogStream
from minidynamo.execution.package import Package
from minidynamo.execution.running import RUNNING, Running
from minidynamo.values.api_types import JsonValue


class PackagedHandler:
    """Calls the handler of a package.

    Parameters:
        code: what is run.
        clock: the database's.
        new_id: gives identifiers.
    """

    def __init__(self, code: Code, clock: Clock, new_id: Callable[[], str]) -> None:
        self._code = code
        self._clock = clock
        self._new_id = new_id
        self.environments = Environments(code, clock, new_id)

    def __repr__(self) -> str:
        return f"<PackagedHandler {self.configuration.handler} of {self.package.folder}>"

    @property
    def package(self) -> Package:
        """The code."""
        return self._code.package

    @property
    def configuration(self) -> Configuration:
        """Its settings."""
        return self._code.configuration

    def __call__(self, event: JsonValue, context: Context) -> JsonValue:
        """What the package's handler returns; raises what it raises, or ReportedFailure."""
        running = RUNNING.get()
        assert running is not None, "a function is called within an invocation"
        asked_at = self._clock.now()
        environment = self.environments.take(running)
        running.deadline += self._clock.now() - asked_at
        running.log.name = environment.log_stream
        running.begin(self._code.version)
        try:
            inner = context.in_environment(environment.log_stream, self.configuration.memory_mib, running.deadline)
            return environment.invoke(event, inner, running, inner.get_remaining_time_in_millis() / 1000)
        finally:
            self.environments.give_back(environment)

    def is_like(self, other: PackagedHandler) -> bool:
        """Whether another one has the same code, layers and settings."""
        own, its = self.package, other.package
        layers = [[each.sha256 for each in package.below] for package in (own, its)]
        is_same_code = (own.sha256, own.layers) == (its.sha256, its.layers) and layers[0] == layers[1]
        return is_same_code and self.configuration == other.configuration

    def version(self, version: str) -> PackagedHandler:
        """The same, published as a version, with environments of its own."""
        return PackagedHandler(self._code._replace(version=version), self._clock, self._new_id)

    def provision(self, number: int, log: LogStream) -> None:
        """Keeps a number of environments ready.

        Raises:
            ReportedFailure: its code fails before the handler is there.
        """
        self.environments.provision(number, Running("", log))

    def begin_as_child(self) -> None:
        """Begins anew in a child process, without the environments of the parent."""
        self.environments.begin_as_child()

    def end(self) -> None:
        """Ends its environments."""
        self.environments.end()
