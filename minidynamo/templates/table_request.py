"""What a draft, read from any source, becomes: a request of CreateTable, and what is set after it."""

from __future__ import annotations

from collections.abc import Iterator

from minidynamo.templates.parts import Part
from minidynamo.templates.reading import LeftOut
from minidynamo.templates.request_types import check_request
from minidynamo.templates.settings import SIMULATED
from minidynamo.templates.table_definition import TableDefinition
from minidynamo.values.api_types import RequestDraft

_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")
_UNUSED = "not used on demand"


def table_of(part: Part, draft: RequestDraft, left_out: LeftOut, place: str, at: object) -> TableDefinition:
    """A table, of whose parameters all have their types.

    Parameters:
        part: what declares it.
        draft: its settings by their names in the API; TimeToLiveSpecification among them.
        left_out: what its source says besides.
        place, at: of the TableDefinition.

    Raises:
        TemplateError: a parameter, or something in it, has another type or is far too long.
    """
    assert draft.keys() <= SIMULATED, "a reader takes what no table has here"
    draft.setdefault("BillingMode", "PROVISIONED")
    _settle_throughput(draft, left_out)
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if draft.get(member) == []:
            del draft[member]
    expiry = _settle_expiry(part, draft)
    policy, stream_policy = draft.pop("ResourcePolicy", None), _settle_stream(draft)
    check_request(part, draft)
    return TableDefinition(draft, expiry, policy, stream_policy, tuple(left_out.omissions), place, at)


def with_own_throughput(draft: RequestDraft) -> Iterator[tuple[str, RequestDraft]]:
    """The table and its global indexes, each with what stands before the names of its members."""
    yield "", draft
    for number, index in enumerate(draft.get("GlobalSecondaryIndexes", ())):
        yield f"GlobalSecondaryIndexes[{number}].", index


def complete_throughput(draft: RequestDraft, units: int) -> None:
    """Gives a provisioned table and its global indexes so many units where their source says none."""
    if draft.get("BillingMode", "PROVISIONED") == "PROVISIONED":
        for _, each in with_own_throughput(draft):
            each["ProvisionedThroughput"] = dict.fromkeys(_UNITS, units) | each.get("ProvisionedThroughput", {})


def _settle_throughput(draft: RequestDraft, left_out: LeftOut) -> None:
    """Takes provisioned throughput from a table on demand, which the service would refuse; zeros are no loss."""
    if draft["BillingMode"] != "PAY_PER_REQUEST":
        return
    for place, each in with_own_throughput(draft):
        units = each.pop("ProvisionedThroughput", None)
        if units and any(units.values()):
            left_out.note(f"{place}ProvisionedThroughput", _UNUSED)


def _settle_stream(draft: RequestDraft) -> str | None:
    """Takes away a stream that is off; the policy of one that is on."""
    stream = draft.get("StreamSpecification")
    if stream is None:
        return None
    policy: str | None = stream.pop("ResourcePolicy", None)
    if not stream.setdefault("StreamEnabled", True):
        del draft["StreamSpecification"]
        return None
    return policy


def _settle_expiry(part: Part, draft: RequestDraft) -> str | None:
    specification = draft.pop("TimeToLiveSpecification", None)
    if not specification or not specification.get("Enabled"):
        return None
    return Part(specification, f"TimeToLiveSpecification of {part.name}").text("AttributeName")
