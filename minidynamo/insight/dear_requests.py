"""Requests that take long or cost much, in the log: a listener that writes a line of each, with its figures as fields.

No value of a key or an item is written.
"""

from __future__ import annotations

import logging

from minidynamo.arguments import require
from minidynamo.insight.observed import Listener, Observed
from minidynamo.metrics.asked_capacity import Consumed
from minidynamo.metrics.named_tables import names_of_tables

LOGGER = "minidynamo.requests"
"""The name of the logger; its records are of the level INFO."""

_log = logging.getLogger(LOGGER)


def log_dear_requests(*, log_above_units: float | None = None, log_above_seconds: float | None = None) -> Listener:
    """A listener that logs requests above a bound, for `minidynamo.observe(db, listeners=[...])`.

    A record has these fields, by `extra`, beside its text: `operation`, `tables`, `index` ("" for none), `units`,
    `milliseconds`, `place` (the caller's line, "" where it is not known), `error_code` ("" where it succeeded).

    Parameters:
        log_above_units: logs requests that take more units, of reading or writing.
        log_above_seconds: logs requests that take longer.

    Raises:
        TypeError: a bound is no number from 0 on, or neither is given.
    """
    for name, bound in (("log_above_units", log_above_units), ("log_above_seconds", log_above_seconds)):
        is_number = isinstance(bound, int | float) and not isinstance(bound, bool) and bound >= 0
        require(bound is None or is_number, name, "a number from 0 on", bound)
    if log_above_units is None and log_above_seconds is None:
        raise TypeError("say what is to be logged: give log_above_units=, log_above_seconds=, or both")

    def listen(observed: Observed) -> None:
        units = sum(each.units for each in observed.consumed)
        is_dear = log_above_units is not None and units > log_above_units
        is_slow = log_above_seconds is not None and observed.seconds > log_above_seconds
        if (is_dear or is_slow) and _log.isEnabledFor(logging.INFO):
            _write(observed, units)

    return listen


def _write(observed: Observed, units: float) -> None:
    index = observed.request.get("IndexName")
    fields = {
        "operation": observed.operation,
        "tables": names_of_tables(observed.request),
        "index": index if isinstance(index, str) else "",
        "units": units,
        "milliseconds": round(observed.seconds * 1000, 3),
        "place": observed.place,
        "error_code": "" if observed.error is None else observed.error.code,
    }
    assert units >= 0, f"{observed.operation} takes {units} units"
    _log.info("%s", _told(fields, observed.consumed), extra=fields)


def _told(fields: dict[str, object], consumed: list[Consumed]) -> str:
    """The same as a line."""
    tables = fields["tables"]
    assert isinstance(tables, list), f"{fields['operation']} has no list of tables"
    where = f" on {', '.join(tables)}" if tables else ""
    where += f", index {fields['index']}" if fields["index"] else ""
    ways = [
        f"{sum(each.units for each in consumed if each.is_write is is_write):g} {way}"
        for is_write, way in ((False, "read units"), (True, "write units"))
        if any(each.is_write is is_write for each in consumed)
    ]
    took = " and ".join(ways or ["no units"])
    failed = f", {fields['error_code']}" if fields["error_code"] else ""
    place = f" at {fields['place']}" if fields["place"] else ""
    return f"{fields['operation']}{where} took {took}, {fields['milliseconds']:.1f} ms{failed}{place}"
