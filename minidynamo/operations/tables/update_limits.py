"""How much of a table may be changed how often: quotas of throughput, its decreases, and changes of the table class.

Source: DynamoDB Developer Guide, "Quotas"; observed responses.
"""

from __future__ import annotations

from datetime import UTC, datetime

from minidynamo.errors import LimitExceeded
from minidynamo.limits import (
    TABLE_CLASS_CHANGES_MAX,
    TABLE_CLASS_WINDOW_SECONDS,
    THROUGHPUT_DECREASES_FREE_PER_DAY,
)
from minidynamo.messages import SUBSCRIBER_LIMIT
from minidynamo.operations.context import OperationContext
from minidynamo.schema.table_state import TableState, Throughput, Units
from minidynamo.schema.throughput_rules import UNITS, check_on_demand_quotas, check_quotas
from minidynamo.schema.update_rules import changes_class, index_actions
from minidynamo.values.api_types import Request

_HOUR_SECONDS = 3600
_DAY_SECONDS = 86400


def check_limits(context: OperationContext, request: Request, state: TableState) -> None:
    """Raises LimitExceeded for the first limit that a change to a table goes beyond."""
    _check_quotas(context, request, state)
    _check_class_changes(request, state, context.clock.now())


def is_decrease(current: Throughput, wanted: Units) -> bool:
    """Whether less is wanted of anything."""
    return any(wanted[unit] < current.units[unit] for unit in UNITS)


def decreases_on_day_of(current: Throughput, now: float) -> int:
    """How many decreases there have been on the present day, in UTC."""
    last = current.decreased_at
    is_today = last is not None and last // _DAY_SECONDS == now // _DAY_SECONDS
    return current.decreases if is_today else 0


def _check_quotas(context: OperationContext, request: Request, state: TableState) -> None:
    set_here = (request, *(parameters for _, parameters in index_actions(request)))
    on_demand = [each["OnDemandThroughput"] for each in set_here if "OnDemandThroughput" in each]
    check_on_demand_quotas(on_demand, context.scope.region)
    throughputs: list[tuple[str | None, Units]] = []
    if "ProvisionedThroughput" in request:
        throughputs.append((None, request["ProvisionedThroughput"]))
        _check_decrease(state.throughput, request["ProvisionedThroughput"], context.clock.now())
    for kind, parameters in index_actions(request):
        if "ProvisionedThroughput" not in parameters:
            continue
        throughputs.append((parameters["IndexName"], parameters["ProvisionedThroughput"]))
        index = state.index(parameters["IndexName"])
        if kind == "Update" and index is not None and index.throughput is not None:
            _check_decrease(index.throughput, parameters["ProvisionedThroughput"], context.clock.now())
    own = state.provisioned_units
    others = {unit: number - own[unit] for unit, number in context.catalog.reserved_units.items()}
    check_quotas(throughputs, others, context.scope.region)


def _check_decrease(current: Throughput, wanted: Units, now: float) -> None:
    """Four decreases a day are free, then one an hour."""
    if not is_decrease(current, wanted):
        return
    last, count = current.decreased_at, decreases_on_day_of(current, now)
    if last is None or count < THROUGHPUT_DECREASES_FREE_PER_DAY or now - last >= _HOUR_SECONDS:
        return
    when = datetime.fromtimestamp(last, UTC).strftime("%A, %B %d, %Y at %H:%M:%S UTC")
    raise LimitExceeded(
        f"{SUBSCRIBER_LIMIT}Provisioned throughput decreases are limited within a given UTC day. After the first "
        f"{THROUGHPUT_DECREASES_FREE_PER_DAY} decreases, each subsequent decrease in the same UTC day can be "
        f"performed at most once every {_HOUR_SECONDS} seconds. Number of decreases today: {count}. "
        f"Last decrease at {when}."
    )


def _check_class_changes(request: Request, state: TableState, now: float) -> None:
    recent = [each for each in state.class_changes if now - each < TABLE_CLASS_WINDOW_SECONDS]
    if changes_class(request, state) and len(recent) >= TABLE_CLASS_CHANGES_MAX:
        text = f"Updates to TableClass are limited to {TABLE_CLASS_CHANGES_MAX} times in 30 day(s)."
        raise LimitExceeded(SUBSCRIBER_LIMIT + text)
