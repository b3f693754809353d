"""Whoever wants to know what a runtime does; by default nobody does, and nothing is told."""

from __future__ import annotations

from typing import Protocol

from minidynamo.execution.logs import LogEvent
from minidynamo.lambdas.function import Invocation, LambdaFunction, Outcome


class Observer(Protocol):
    """Is told of invocations, as they end, in the threads that have run them."""

    def invoked(self, invocation: Invocation, outcome: Outcome, seconds: float, concurrent: int) -> None:
        """An invocation has ended.

        Parameters:
            invocation, outcome: which, and how.
            seconds: how long it took, by the database's clock.
            concurrent: how many of the function there were when it began, it included.
        """
        ...

    def throttled(self, invocation: Invocation) -> None:
        """An invocation was refused, since too many are under way."""
        ...

    def read_batch(self, function_name: str, age_millis: float) -> None:
        """A batch of a stream has been handed over; so old was its first change."""
        ...

    def logged(self, event: LogEvent) -> None:
        """A function has logged something."""
        ...

    def lost_letter(self, function: LambdaFunction) -> None:
        """An event that was given up could not be handed over to where dead letters go."""
        ...
