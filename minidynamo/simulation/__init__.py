"""Simulation: every legal misbehaviour of the real service, drawn from one seed. All names here are public."""

from minidynamo.simulation.database import SimulatedDatabase
from minidynamo.simulation.faults.chance import Fault, FaultSchedule
from minidynamo.simulation.faults.history import Call, History, HistoryError
from minidynamo.simulation.faults.kinds import KINDS, REJECTIONS, Kind
from minidynamo.simulation.faults.profiles import ADVERSARY, CALM, PROFILES, STORMY, TYPICAL, Profile, profile_of
from minidynamo.simulation.middleware import Simulation, paused
from minidynamo.simulation.simulate import simulate

# The kinds by name, for `database.faults.on(..., raises=Throttled)`.
StaleRead = KINDS["stale_read"]
IndexLag = KINDS["index_lag"]
ShortPage = KINDS["short_page"]
EmptyPage = KINDS["empty_page"]
EndNoticed = KINDS["end_noticed"]
Unprocessed = KINDS["unprocessed"]
Throttled = KINDS["throttled"]
Conflict = KINDS["conflict"]
InProgress = KINDS["in_progress"]
ServerError = KINDS["server_error"]
ConnectionLost = KINDS["connection_lost"]
AnswerLost = KINDS["answer_lost"]
ConnectionLostAfter = KINDS["connection_lost_after"]
TimedOut = KINDS["timed_out"]
SlowAnswer = KINDS["slow_answer"]
SlowTable = KINDS["slow_table"]
ControlLimit = KINDS["control_limit"]
RecordsLate = KINDS["records_late"]
ShardSplit = KINDS["shard_split"]
ConsumerPaused = KINDS["consumer_paused"]
DeliveredAgain = KINDS["delivered_again"]
ExpiryLate = KINDS["expiry_late"]

__all__ = [
    "ADVERSARY",
    "CALM",
    "KINDS",
    "PROFILES",
    "REJECTIONS",
    "STORMY",
    "TYPICAL",
    "AnswerLost",
    "Call",
    "Conflict",
    "ConnectionLost",
    "ConnectionLostAfter",
    "ConsumerPaused",
    "ControlLimit",
    "DeliveredAgain",
    "EmptyPage",
    "EndNoticed",
    "ExpiryLate",
    "Fault",
    "FaultSchedule",
    "History",
    "HistoryError",
    "InProgress",
    "IndexLag",
    "Kind",
    "Profile",
    "RecordsLate",
    "ServerError",
    "ShardSplit",
    "ShortPage",
    "SimulatedDatabase",
    "Simulation",
    "SlowAnswer",
    "SlowTable",
    "StaleRead",
    "Throttled",
    "TimedOut",
    "Unprocessed",
    "paused",
    "profile_of",
    "simulate",
]
