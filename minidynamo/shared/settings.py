"""What all sessions of a database have in common."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from minidynamo.clock import Clock
from minidynamo.schema.arns import ArnScope
from minidynamo.tables.catalog import StatusDelays
from minidynamo.tables.metering import Meter
from minidynamo.wording import Wording


def _new_uuid() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class StoreSettings:
    """The settings of a database over a shared store.

    Attributes:
        clock: the time.
        scope: names ARNs.
        delays: how long statuses pass.
        wording: the words of its errors.
        meter: counts capacity units.
        shard_count: how many shards streams have that begin now.
        new_uuid: gives identifiers, which no other process gives.
    """

    clock: Clock
    scope: ArnScope
    delays: StatusDelays
    wording: Wording
    meter: Meter
    shard_count: int = 4
    new_uuid: Callable[[], str] = _new_uuid
