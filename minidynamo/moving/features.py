"""What tables have besides items: what a copy carries over, what it forgets, and what a target may not have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError, NoResponse
from minidynamo.moving.facts import TableFacts, told
from minidynamo.values.api_types import JsonObject, RequestDraft

_UNKNOWN = "UnknownOperationException"
_LSI, _GSI = "LocalSecondaryIndexes", "GlobalSecondaryIndexes"


@dataclass(frozen=True)
class Finding:
    """Something to know before tables move.

    Attributes:
        what: what it is, such as "time to live by expires".
        remedy: what to do, or what becomes of it.
        is_grave: whether it is not safe to change over with it.
    """

    what: str
    remedy: str
    is_grave: bool = False


def forgotten(source: Endpoint, facts: TableFacts) -> list[Finding]:
    """What a copy of items and definition does not carry over; raises DynamoError where nothing answers."""
    found = []
    for shows, remedy in _FORGOTTEN:
        what = shows(source, facts)
        if what:
            found.append(Finding(what, remedy))
    return found


def lacking(target: Endpoint, facts: TableFacts) -> list[Finding]:
    """What a table uses and a target does not have."""
    found = []
    for is_used, what, operation, request in _NEEDED:
        if is_used(facts) and not _has(target, operation, request):
            found.append(Finding(what, "the target does not have it", is_grave=True))
    return found


def differing(source: TableFacts, target: TableFacts) -> list[Finding]:
    """What differs between the definition of a table and one that is at the target already."""
    found = []
    if source.key_types != target.key_types:
        remedy = f"is {shown_key(source)} at the source, and {shown_key(target)} at the target: copy refuses it"
        found.append(Finding("key", remedy, is_grave=True))
    for name in sorted(_index_names(source, _LSI) - _index_names(target, _LSI)):
        remedy = "can only be made with the table: delete it at the target, and let copy make it"
        found.append(Finding(f"local index {name}", remedy, is_grave=True))
    for name in sorted(_index_names(source, _GSI) - _index_names(target, _GSI)):
        found.append(Finding(f"global index {name}", "is not at the target: add it by UpdateTable", is_grave=True))
    rows: tuple[tuple[str, object, object], ...] = (
        ("time to live", source.expires_by, target.expires_by),
        ("billing mode", _billing(source), _billing(target)),
        ("stream", _view(source), _view(target)),
        ("deletion protection", _is_protected(source), _is_protected(target)),
        ("tags", _tags(source), _tags(target)),
    )
    for what, ours, theirs in rows:
        if ours != theirs:
            found.append(Finding(what, f"is {_shown(ours)} at the source, and {_shown(theirs)} at the target"))
    return found


def inactive(facts: TableFacts) -> list[str]:
    """The table and its indexes, as far as they are not ACTIVE."""
    statuses = {facts.name: facts.description.get("TableStatus", "ACTIVE")}
    statuses |= {each["IndexName"]: each.get("IndexStatus", "ACTIVE") for each in facts.description.get(_GSI) or ()}
    return [f"{name} is {status}" for name, status in statuses.items() if status != "ACTIVE"]


def shown_key(facts: TableFacts) -> str:
    """The key of a table for people."""
    return ", ".join(f"{name} ({kind})" for name, kind in facts.key_types.items())


def _index_names(facts: TableFacts, member: str) -> set[str]:
    return {str(each["IndexName"]) for each in facts.description.get(member) or ()}


def _billing(facts: TableFacts) -> str:
    return str(facts.description.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"))


def _is_protected(facts: TableFacts) -> bool:
    return bool(facts.description.get("DeletionProtectionEnabled"))


def _view(facts: TableFacts) -> str:
    stream: JsonObject = facts.description.get("StreamSpecification") or {}
    return str(stream.get("StreamViewType", "")) if stream.get("StreamEnabled") else ""


def _tags(facts: TableFacts) -> str:
    return ", ".join(sorted(f"{each['Key']}={each['Value']}" for each in facts.tags))


def _shown(value: object) -> str:
    return {True: "on", False: "off", "": "off"}.get(value, str(value)) if isinstance(value, bool | str) else str(value)


# What a copy forgets: what tells that it is there, in words, and what to do.

_Shows = Callable[[Endpoint, TableFacts], str]


def _continuous_backups(source: Endpoint, facts: TableFacts) -> str:
    answer = told(source, "DescribeContinuousBackups", {"TableName": facts.name}) or {}
    recovery = answer.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    return "point-in-time recovery" if recovery.get("PointInTimeRecoveryStatus") == "ENABLED" else ""


def _backups(source: Endpoint, facts: TableFacts) -> str:
    answer = told(source, "ListBackups", {"TableName": facts.name}) or {}
    count = len(answer.get("BackupSummaries", ()))
    return f"{count} backups" if count else ""


def _kinesis(source: Endpoint, facts: TableFacts) -> str:
    answer = told(source, "DescribeKinesisStreamingDestination", {"TableName": facts.name}) or {}
    on = [each for each in answer.get("KinesisDataStreamDestinations", ()) if each.get("DestinationStatus") == "ACTIVE"]
    return f"{len(on)} Kinesis destinations" if on else ""


def _insights(source: Endpoint, facts: TableFacts) -> str:
    answer = told(source, "DescribeContributorInsights", {"TableName": facts.name}) or {}
    return "contributor insights" if answer.get("ContributorInsightsStatus") == "ENABLED" else ""


def _replicas(source: Endpoint, facts: TableFacts) -> str:
    regions = [str(each["RegionName"]) for each in facts.description.get("Replicas") or ()]
    return f"replicas in {', '.join(regions)}" if regions else ""


def _scaling(source: Endpoint, facts: TableFacts) -> str:
    return "scaling and alarms of capacity" if _billing(facts) == "PROVISIONED" else ""


def _untold(source: Endpoint, facts: TableFacts) -> str:
    return f"what {', '.join(facts.unknown)} would tell" if facts.unknown else ""


_FORGOTTEN: tuple[tuple[_Shows, str], ...] = (
    (_continuous_backups, "turn it on at the target by UpdateContinuousBackups"),
    (_backups, "stay where they are"),
    (_kinesis, "enable them at the target"),
    (_insights, "turn them on at the target"),
    (_replicas, "add them at the target by UpdateTable"),
    (_scaling, "live in other services: set them up for the target"),
    (_untold, "the source does not answer: look it up there"),
)


# What a table may need of a target: who uses it, what it is, and a request that whoever has it answers or refuses.

_Uses = Callable[[TableFacts], bool]
_NO_TABLE = "minidynamo-probe"
_NEEDED: tuple[tuple[_Uses, str, str, RequestDraft], ...] = (
    (lambda facts: bool(facts.expires_by), "time to live", "DescribeTimeToLive", {"TableName": _NO_TABLE}),
    (lambda facts: facts.stream_arn is not None, "streams", "ListStreams", {"Limit": 1}),
    (lambda facts: bool(facts.tags), "tags", "ListTagsOfResource", {"ResourceArn": "arn:aws:dynamodb:probe"}),
    (
        lambda facts: bool(facts.policy),
        "policies of tables",
        "GetResourcePolicy",
        {"ResourceArn": "arn:aws:dynamodb:x"},
    ),
    (lambda facts: True, "transactions", "TransactGetItems", {"TransactItems": []}),
    (lambda facts: True, "PartiQL", "ExecuteStatement", {"Statement": "SELECT"}),
)


def _has(target: Endpoint, operation: str, request: RequestDraft) -> bool:
    """Whether an endpoint has an operation: whatever it says of the request, but that it is unknown."""
    try:
        target.execute(operation, request)
    except NoResponse:
        raise
    except DynamoError as error:
        return error.code != _UNKNOWN
    return True
