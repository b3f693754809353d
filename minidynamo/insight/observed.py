"""A request that has been answered, as those see it who count, show or trace what an endpoint does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from minidynamo.errors import DynamoError
from minidynamo.insight.known_tables import KnownTables
from minidynamo.metrics.asked_capacity import Consumed
from minidynamo.values.api_types import Request, Response

# What stands for an operation where the service itself has deleted items whose time was over. Its request names the
# table, and how many there were (`Count`); nobody has made it.
EXPIRY = "TimeToLive"


class Observed(NamedTuple):
    """One request and what has come of it.

    Attributes:
        operation: its API name.
        request: its members as its caller made them, which are not to be changed.
        response: as its caller gets it; None where it failed.
        error: why it failed; None where it did not.
        consumed: the units that it took, by table and index.
        place: the line of the caller's code that it comes from, such as "orders.py:88"; "" where that is not known.
        began: when, epoch seconds by the endpoint's clock.
        seconds: how long it took.
        tables: what is known of the endpoint's tables.
    """

    operation: str
    request: Request
    response: Response | None
    error: DynamoError | None
    consumed: list[Consumed]
    place: str
    began: float
    seconds: float
    tables: KnownTables


Listener = Callable[[Observed], None]
