"""The database that is simulated, as the effects of faults see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minidynamo.clock import Clock
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.operations.context import OperationContext
from minidynamo.operations.overlays import Overlay
from minidynamo.operations.perform import perform
from minidynamo.schema.arns import ArnScope
from minidynamo.simulation.effects.visibility import Visibility
from minidynamo.simulation.faults.injector import FaultInjector
from minidynamo.tables.catalog import Catalog
from minidynamo.values.api_types import Request, Response


@dataclass(frozen=True, slots=True)
class Target:
    """What faults are done to.

    Attributes:
        context: the database.
        carry_out: how it answers when nothing goes wrong.
        injector: what decides whether something does.
        visibility: what replicas and indexes may not have seen yet.
        fork: gives a copy on which a request can be tried that changes tables.
    """

    context: OperationContext
    carry_out: Callable[[str, Request], Response]
    injector: FaultInjector
    visibility: Visibility
    fork: Callable[[], Endpoint]

    @property
    def catalog(self) -> Catalog:
        """The target's tables, as they are now."""
        return self.context.catalog

    @property
    def clock(self) -> Clock:
        """The target's clock."""
        return self.context.clock

    @property
    def scope(self) -> ArnScope:
        """What names its ARNs."""
        return self.context.scope

    def overlay(self) -> Overlay:
        """The database for an operation that shall leave nothing behind."""
        return Overlay(self.context)

    def perform(self, operation: str, request: Request, overlay: Overlay | None = None) -> Response:
        """Carries out a request without any misbehaviour, on the database itself or on an overlay of it."""
        return self.carry_out(operation, request) if overlay is None else perform(overlay, operation, request)
