"""Tables from answers of `aws dynamodb describe-table`, or from requests of CreateTable.

Source: DynamoDB API reference, TableDescription and CreateTable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from minidynamo.requests.operations import API
from minidynamo.schema.throughput_rules import warm_throughput
from minidynamo.templates.conversions import EXPIRY, INDEX_REQUIRED, as_it_is, policy, rows_of, structure, structures
from minidynamo.templates.parts import Part, shown
from minidynamo.templates.reading import LeftOut, Reading, Row
from minidynamo.templates.table_definition import TableDefinition, TemplateError
from minidynamo.templates.table_request import table_of, with_own_throughput
from minidynamo.values.api_types import RequestDraft

_CREATED = API["CreateTable"].request.members
_LEAST = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
_KEY_IS_USED = ("ENABLED", "ENABLING", "UPDATING")

_SUMMARY_FACTS = frozenset({"LastUpdateToPayPerRequestDateTime", "LastUpdateDateTime"})
_INDEX_FACTS = frozenset({"IndexStatus", "Backfilling", "IndexSizeBytes", "ItemCount", "IndexArn"})
_THROUGHPUT = {
    "ProvisionedThroughput": Row(
        "ProvisionedThroughput",
        structure(
            Reading(
                rows_of(_CREATED["ProvisionedThroughput"]),
                silent=frozenset({"NumberOfDecreasesToday", "LastIncreaseDateTime", "LastDecreaseDateTime"}),
            )
        ),
    ),
    "WarmThroughput": Row(
        "WarmThroughput", structure(Reading(rows_of(_CREATED["WarmThroughput"]), silent=frozenset({"Status"})))
    ),
}


def _summed_up(member: str) -> Row:
    summary = structure(Reading({member: Row(member, as_it_is)}, silent=_SUMMARY_FACTS))

    def convert(part: Part, name: str, left_out: LeftOut) -> object:
        draft = summary(part, name, left_out)
        return draft.get(member) if isinstance(draft, dict) else None

    return Row(member, convert)


def _encryption(part: Part, member: str, left_out: LeftOut) -> object:
    described = part.part(member)
    if described.get("Status") not in (None, *_KEY_IS_USED):
        return None
    specification = {"Enabled": True, "SSEType": described.get("SSEType") or "KMS"}
    key = described.get("KMSMasterKeyArn")
    return specification if key is None else {**specification, "KMSMasterKeyId": key}


def _expiry(part: Part, member: str, left_out: LeftOut) -> object:
    described = part.part(member)
    is_on = described.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return {"Enabled": is_on, "AttributeName": described.get("AttributeName")} if is_on else None


TABLE = Reading(
    {
        "BillingModeSummary": _summed_up("BillingMode"),
        "TableClassSummary": _summed_up("TableClass"),
        "SSEDescription": Row("SSESpecification", _encryption),
        "TimeToLiveDescription": Row("TimeToLiveSpecification", _expiry),
        "TimeToLiveSpecification": EXPIRY,
        **rows_of(API["CreateTable"].request),
        **_THROUGHPUT,
        "ResourcePolicy": Row("ResourcePolicy", policy),
        "LocalSecondaryIndexes": Row(
            "LocalSecondaryIndexes",
            structures(
                Reading(rows_of(_CREATED["LocalSecondaryIndexes"].inner), _INDEX_FACTS, required=INDEX_REQUIRED)
            ),
        ),
        "GlobalSecondaryIndexes": Row(
            "GlobalSecondaryIndexes",
            structures(
                Reading(
                    {**rows_of(_CREATED["GlobalSecondaryIndexes"].inner), **_THROUGHPUT},
                    _INDEX_FACTS,
                    required=INDEX_REQUIRED,
                )
            ),
        ),
        "Replicas": Row("Replicas"),
        "MultiRegionConsistency": Row("MultiRegionConsistency"),
        "GlobalTableWitnesses": Row("GlobalTableWitnesses"),
        "DisassociationProtectionEnabled": Row("DisassociationProtectionEnabled"),
        "ContinuousBackupsDescription": Row("PointInTimeRecoverySpecification"),
        "ContributorInsightsStatus": Row("ContributorInsightsSpecification"),
        "KinesisDataStreamDestinations": Row("KinesisStreamSpecification"),
    },
    silent=frozenset(
        {
            "TableStatus",
            "TableArn",
            "TableId",
            "TableSizeBytes",
            "ItemCount",
            "CreationDateTime",
            "LatestStreamArn",
            "LatestStreamLabel",
            "TableThroughputModeSummary",
            "GlobalTableVersion",
            "RestoreSummary",
            "ArchivalSummary",
        }
    ),
    required=("TableName", "KeySchema", "AttributeDefinitions"),
)


def described_tables(responses: Iterable[object]) -> Iterator[TableDefinition]:
    """The tables that responses of DescribeTable, their `Table` members or requests of CreateTable describe.

    What stands beside the `Table` of a response, such as a TimeToLiveDescription, belongs to the table as well.
    """
    for response in responses:
        if not isinstance(response, Mapping):
            raise TemplateError(f"a table is described by an object, not by {shown(response)}")
        table = _described(Part(response, "the description"))
        if isinstance(table.get("TableName"), str):
            table = table.called(f"the description of {table.get('TableName')}")
        left_out = LeftOut()
        draft = TABLE.draft(table, left_out)
        _drop_usual_warmth(draft)
        yield table_of(table, draft, left_out, "", response)


def _described(response: Part) -> Part:
    for member in ("Table", "TableDescription"):
        if member in response.members:
            table = response.part(member).called("the description")
            beside = {name: each for name, each in response.members.items() if name in TABLE.rows}
            return Part({**beside, **table.members}, table.name) if beside else table
    return response


def _drop_usual_warmth(draft: RequestDraft) -> None:
    """Takes away warm throughput that a new table has anyway, so that other throughput can be asked for."""
    is_on_demand = draft.get("BillingMode") == "PAY_PER_REQUEST"
    for _, each in with_own_throughput(draft):
        described = each.pop("WarmThroughput", {})
        units = None if is_on_demand else each.get("ProvisionedThroughput")
        usual = warm_throughput(None, None if units is None else {**_LEAST, **units})
        other = {unit: warm for unit, warm in described.items() if warm != usual[unit]}
        if other:
            each["WarmThroughput"] = other
