"""Simulation: every legal misbehaviour of the real service, drawn from one seed. All names here are public."""

from minidynamo.simulation.database import SimulatedDatabase
from minidynamo.simulation.faults.aims import Aim
from minidynamo.simulation.faults.calls import Call
from minidynamo.simulation.faults.chance import Fault, FaultSchedule
from minidynamo.simulation.faults.followed import UnmetSchedule
from minidynamo.simulation.faults.history import History, HistoryError
from minidynamo.simulation.faults.kinds import KINDS, REJECTIONS, Kind
from minidynamo.simulation.faults.profiles import (
    ADVERSARY,
    CALM,
    PROFILES,
    STORMY,
    TYPICAL,
    Profile,
    profile_of,
    profile_text,
    without_kinds,
)
from minidynamo.simulation.middleware import Simulation, paused
from minidynamo.simulation.simulate import simulate

# The kinds by name, for `database.faults.on(..., fault=Throttled)`.
StaleRead = KINDS["stale_read"]
IndexLag = KINDS["index_lag"]
ShortPage = KINDS["short_page"]
EmptyPage = KINDS["empty_page"]
NoTrailingKey = KINDS["no_trailing_key"]
Unprocessed = KINDS["unprocessed"]
Throttled = KINDS["throttled"]
Conflict = KINDS["conflict"]
InProgress = KINDS["in_progress"]
ServerError = KINDS["server_error"]
ConnectionLost = KINDS["connection_lost"]
ResponseLost = KINDS["response_lost"]
ConnectionLostAfter = KINDS["connection_lost_after"]
TimedOut = KINDS["timed_out"]
Latency = KINDS["latency"]
SlowTable = KINDS["slow_table"]
ControlLimit = KINDS["control_limit"]
StreamLag = KINDS["stream_lag"]
ShardSplit = KINDS["shard_split"]
ConsumerPaused = KINDS["consumer_paused"]
DuplicateDelivery = KINDS["duplicate_delivery"]
TtlDelay = KINDS["ttl_delay"]

__all__ = [
    "ADVERSARY",
    "CALM",
    "KINDS",
    "PROFILES",
    "REJECTIONS",
    "STORMY",
    "TYPICAL",
    "Aim",
    "Call",
    "Conflict",
    "ConnectionLost",
    "ConnectionLostAfter",
    "ConsumerPaused",
    "ControlLimit",
    "DuplicateDelivery",
    "EmptyPage",
    "Fault",
    "FaultSchedule",
    "History",
    "HistoryError",
    "InProgress",
    "IndexLag",
    "Kind",
    "Latency",
    "NoTrailingKey",
    "Profile",
    "ResponseLost",
    "ServerError",
    "ShardSplit",
    "ShortPage",
    "SimulatedDatabase",
    "Simulation",
    "SlowTable",
    "StaleRead",
    "StreamLag",
    "Throttled",
    "TimedOut",
    "TtlDelay",
    "UnmetSchedule",
    "Unprocessed",
    "paused",
    "profile_of",
    "profile_text",
    "simulate",
    "without_kinds",
]
