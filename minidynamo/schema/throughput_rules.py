"""What throughput settings must satisfy: provisioned, on demand, warm; and the bounds of table and account.

Source: DynamoDB API reference; DynamoDB Developer Guide, "Quotas"; observed responses.
"""

from __future__ import annotations

from collections.abc import Iterable

from minidynamo.errors import LimitExceeded, ValidationError
from minidynamo.limits import (
    ACCOUNT_CAPACITY_UNITS_MAX,
    CAPACITY_UNITS_VALUE_MAX,
    ON_DEMAND_WARM_READ_UNITS,
    ON_DEMAND_WARM_WRITE_UNITS,
    TABLE_CAPACITY_UNITS_MAX,
)
from minidynamo.messages import SEE_GUIDE, SUBSCRIBER_LIMIT
from minidynamo.schema.index_rules import invalid
from minidynamo.schema.table_state import Throughput, Units

UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")
ON_DEMAND_UNITS = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
_WARM = {
    "ReadUnitsPerSecond": ("ReadCapacityUnits", ON_DEMAND_WARM_READ_UNITS),
    "WriteUnitsPerSecond": ("WriteCapacityUnits", ON_DEMAND_WARM_WRITE_UNITS),
}
_WARM_GUIDE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html"


def check_unit_values(throughput: Units | None) -> None:
    """Refuses absurdly large capacity units."""
    for unit in UNITS if throughput else ():
        assert throughput is not None
        if throughput[unit] > CAPACITY_UNITS_VALUE_MAX:
            raise ValidationError(f"Given value {throughput[unit]} for {unit} is out of bounds")


def check_on_demand(throughput: Units | None, billing_mode: str, place: str, is_new: bool = False) -> None:
    """Refuses OnDemandThroughput on a provisioned table and values out of range.

    Parameters:
        throughput: the setting, None if it is not given.
        billing_mode: of the table.
        place: "table" or "index: i", for the message.
        is_new: whether the table or index is being created, and has no bound that -1 could take away.
    """
    for unit in ON_DEMAND_UNITS:
        if throughput is None or unit not in throughput:
            continue
        if billing_mode == "PROVISIONED":
            if place == "table":
                text = "cannot be specified when table BillingMode is PROVISIONED."
                raise invalid(f"{unit} for OnDemandThroughput {text}")
            text = "cannot be specified when table BillingMode is PROVISIONED"
            raise invalid(f"{unit} for OnDemandThroughput for {place} {text}")
        value = throughput[unit]
        if (value != -1 or is_new) and not 1 <= value <= CAPACITY_UNITS_VALUE_MAX:
            shown = place.replace("index:", "index :")
            raise invalid(f"Requested {unit} for OnDemandThroughput for {shown} is outside of valid range")


def check_warm(warm: Units | None, provisioned: Units | None, place: str) -> None:
    """Refuses WarmThroughput below what a new table or index starts with."""
    for unit, (provisioned_unit, on_demand_start) in _WARM.items():
        if warm is None or unit not in warm:
            continue
        text = f"Requested {unit} for WarmThroughput for {place} is lower than "
        if provisioned is None and warm[unit] < on_demand_start:
            raise invalid(f"{text}initial throughput for OnDemand. See: {_WARM_GUIDE}")
        if provisioned is not None and warm[unit] < provisioned[provisioned_unit]:
            raise invalid(f"{text}{provisioned_unit} of ProvisionedThroughput")


def warm_throughput(warm: Units | None, provisioned: Units | None) -> dict[str, int]:
    """The WarmThroughput of a new table or index, with its defaults filled in."""
    return {**_start_of(provisioned), **(warm or {})}


def risen_warm_throughput(warm: Units | None, provisioned: Units | None) -> dict[str, int]:
    """The WarmThroughput after other throughput was set, which it is never below; None for on demand."""
    return {unit: max(start, (warm or {}).get(unit, 0)) for unit, start in _start_of(provisioned).items()}


def _start_of(provisioned: Units | None) -> dict[str, int]:
    return {
        unit: on_demand_start if provisioned is None else provisioned[provisioned_unit]
        for unit, (provisioned_unit, on_demand_start) in _WARM.items()
    }


def check_quotas(throughputs: Iterable[tuple[str | None, Units]], reserved: Units, region: str) -> None:
    """Refuses throughput beyond what a table, an index or the whole account may have.

    Parameters:
        throughputs: index name (None for the table) and throughput of everything that is being set.
        reserved: the units that all other tables reserve.
        region: for the message.
    """
    listed = list(throughputs)
    for index_name, throughput in listed:
        for unit in UNITS:
            if throughput[unit] > TABLE_CAPACITY_UNITS_MAX:
                kind = "table" if index_name is None else "index"
                place = "" if index_name is None else f" for index {index_name},"
                raise LimitExceeded(
                    f"The requested {unit},{place} {throughput[unit]}, is above the per {kind} maximum for the "
                    f"account in {region}. Per {kind} maximum: {TABLE_CAPACITY_UNITS_MAX}. {SEE_GUIDE}"
                )
    for unit in UNITS:
        requested = sum(throughput[unit] for _, throughput in listed)
        if reserved[unit] + requested > ACCOUNT_CAPACITY_UNITS_MAX:
            raise LimitExceeded(
                f"This request would have caused the {unit} limit to be exceeded for the account in {region}. "
                f"Current {unit} reserved by the account: {reserved[unit]}. Limit: {ACCOUNT_CAPACITY_UNITS_MAX}. "
                f"Requested: {requested}. {SEE_GUIDE}"
            )


def check_on_demand_quotas(throughputs: Iterable[Units], region: str) -> None:
    """Refuses on-demand maxima of a table or index beyond the quota of a table."""
    for throughput in throughputs:
        for unit in ON_DEMAND_UNITS:
            if throughput.get(unit, 0) > TABLE_CAPACITY_UNITS_MAX:
                kind = "Read" if "Read" in unit else "Write"
                raise LimitExceeded(
                    f"{SUBSCRIBER_LIMIT}Requested {unit} for OnDemandThroughput for table exceeds "
                    f"TableMax{kind}CapacityUnits of the account in region {region}"
                )


def new_throughput(throughput: Units | None) -> Throughput:
    """The throughput that a table or index begins with; zeros on demand."""
    return Throughput() if throughput is None else Throughput(*(throughput[unit] for unit in UNITS))
