"""What is known of a table besides its items: its definition, and what the API keeps beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.formats.patience import execute_patiently
from minidynamo.moving.move_error import MoveError
from minidynamo.templates.descriptions import described_tables
from minidynamo.templates.schema import TableTemplates
from minidynamo.values.api_types import JsonObject, JsonValue, RequestDraft, Response

# An endpoint that answers with one of these has failed. It does not say that there is nothing to tell, as 501 does.
_FAILED_STATUSES = frozenset({500, 502, 503, 504})
_NOTHING_THERE = frozenset({"PolicyNotFoundException", "ResourceNotFoundException"})


@dataclass
class TableFacts:
    """A table.

    Attributes:
        description: as DescribeTable gives it.
        expires_by: the attribute of its time to live, "" for none.
        tags: its tags.
        policy: its resource policy, "" for none.
        unknown: the operations that did not tell, such as "ListTagsOfResource".
    """

    description: JsonObject
    expires_by: str = ""
    tags: list[JsonObject] = field(default_factory=list)
    policy: str = ""
    unknown: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The table's."""
        return str(self.description["TableName"])

    @property
    def key_names(self) -> tuple[str, ...]:
        """The attributes of its key, the partition key first."""
        keys = sorted(self.description["KeySchema"], key=lambda each: str(each["KeyType"]))
        return tuple(str(each["AttributeName"]) for each in keys)

    @property
    def key_types(self) -> dict[str, str]:
        """The types of these attributes by name."""
        types = {each["AttributeName"]: each["AttributeType"] for each in self.description["AttributeDefinitions"]}
        return {name: types[name] for name in self.key_names}

    @property
    def stream_arn(self) -> str | None:
        """The ARN of its stream, None where that is off."""
        is_on = self.description.get("StreamSpecification", {}).get("StreamEnabled")
        return self.description.get("LatestStreamArn") if is_on else None

    @property
    def item_count(self) -> int:
        """How many items it has; up to six hours old at Amazon."""
        return int(self.description.get("ItemCount", 0))

    @property
    def size_bytes(self) -> int:
        """The size of its items; up to six hours old at Amazon."""
        return int(self.description.get("TableSizeBytes", 0))


def table_names(endpoint: Endpoint) -> list[str]:
    """The names of all tables; raises DynamoError."""
    names: list[str] = []
    request: RequestDraft = {}
    while True:
        page = execute_patiently(endpoint, "ListTables", request)
        names += page["TableNames"]
        if "LastEvaluatedTableName" not in page:
            return names
        request["ExclusiveStartTableName"] = page["LastEvaluatedTableName"]


def facts_of(endpoint: Endpoint, name: str) -> TableFacts | None:
    """What is known of a table, None where there is none; raises DynamoError."""
    ask = partial(execute_patiently, endpoint)
    try:
        facts = TableFacts(ask("DescribeTable", {"TableName": name})["Table"])
    except DynamoError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return None
    for operation, note in _COMPANIONS.items():
        try:
            note(facts, partial(ask, operation))
        except DynamoError as error:
            if has_failed(error):
                raise
            if error.code not in _NOTHING_THERE:  # Whatever else it is, it is not told.
                facts.unknown.append(operation)
    return facts


def make_table(endpoint: Endpoint, facts: TableFacts) -> None:
    """Makes a table that is like another one: keys, indexes, stream, billing, time to live, tags and policy.

    Raises:
        MoveError: the endpoint refuses it, and why.
    """
    document: JsonObject = {"Table": dict(facts.description)}
    if facts.expires_by:
        expiry = {"TimeToLiveStatus": "ENABLED", "AttributeName": facts.expires_by}
        document["TimeToLiveDescription"] = expiry
    try:
        (table,) = TableTemplates(tuple(described_tables([document])))
        _create(endpoint, TableTemplates((table,)), facts)
    except DynamoError as error:
        raise MoveError(f"the table {facts.name} cannot be made at the target: {error.code}: {error.message}") from None


def _create(endpoint: Endpoint, templates: TableTemplates, facts: TableFacts) -> None:
    tags = {"Tags": facts.tags} if facts.tags else {}
    templates.create(endpoint, **tags)
    if facts.policy:
        arn = endpoint.execute("DescribeTable", {"TableName": facts.name})["Table"]["TableArn"]
        moved = facts.policy.replace(str(facts.description["TableArn"]), str(arn))
        endpoint.execute("PutResourcePolicy", {"ResourceArn": arn, "Policy": moved})


_Ask = Callable[[RequestDraft], Response]


def _note_expiry(facts: TableFacts, ask: _Ask) -> None:
    described = ask({"TableName": facts.name})["TimeToLiveDescription"]
    if described.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        facts.expires_by = str(described["AttributeName"])


def _note_tags(facts: TableFacts, ask: _Ask) -> None:
    request: RequestDraft = {"ResourceArn": facts.description["TableArn"]}
    while True:
        page = ask(request)
        facts.tags += [each for each in page["Tags"] if not str(each["Key"]).startswith("aws:")]
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def _note_policy(facts: TableFacts, ask: _Ask) -> None:
    facts.policy = str(ask({"ResourceArn": facts.description["TableArn"]})["Policy"])


# What tells of a table besides DescribeTable, and how it is noted.
_COMPANIONS: dict[str, Callable[[TableFacts, _Ask], None]] = {
    "DescribeTimeToLive": _note_expiry,
    "ListTagsOfResource": _note_tags,
    "GetResourcePolicy": _note_policy,
}


def told(endpoint: Endpoint, operation: str, request: RequestDraft) -> JsonValue:
    """What an operation answers; None where the endpoint does not have it, or does not tell."""
    try:
        return execute_patiently(endpoint, operation, request)
    except DynamoError as error:
        if has_failed(error):
            raise
        return None


def has_failed(error: DynamoError) -> bool:
    """Whether an endpoint has failed, rather than refused something or not known it."""
    return error.status in _FAILED_STATUSES
