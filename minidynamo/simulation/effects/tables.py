"""Control operations that take their time, or are one too many."""

from __future__ import annotations

from minidynamo.simulation.effects.rejections import plain_refusal
from minidynamo.simulation.effects.target import Target
from minidynamo.simulation.faults.chance import Detail, Draw
from minidynamo.tables.catalog import StatusDelays
from minidynamo.values.api_types import Request, Response


def control(target: Target, operation: str, request: Request) -> Response:
    """Answers CreateTable, UpdateTable or DeleteTable."""
    injector = target.injector
    if target.catalog.next_due is not None:

        def limited(draw: Draw) -> Detail:
            target.fork().execute(operation, request)  # Whether it is in order.
            return {}

        if injector.choose("control_limit", limited) is not None:
            raise plain_refusal("control_limit")
    seconds = injector.profile.table_seconds
    detail = injector.choose("slow_table", lambda draw: {"seconds": seconds * draw.count(1, 6) / 6})
    if detail is None:
        return target.perform(operation, request)
    context = target.context
    delays, context.delays = context.delays, StatusDelays(*[detail["seconds"]] * 3)
    try:
        with injector.undone("slow_table"):
            return target.perform(operation, request)
    finally:
        context.delays = delays
