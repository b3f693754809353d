"""Tables from a Terraform plan or state in JSON, as `terraform show -json` prints them.

Source: Terraform's JSON output format; the resources of its AWS provider for DynamoDB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from minidynamo.templates.bounds import TABLE_LIST_ENTRIES_MAX
from minidynamo.templates.parts import Members, Part
from minidynamo.templates.plan_resources import TABLE_TYPE, PlanResource, References, planned_resources
from minidynamo.templates.planned_settings import INDEX, TABLE
from minidynamo.templates.reading import NOT_SIMULATED, LeftOut
from minidynamo.templates.table_definition import Omission, TableDefinition
from minidynamo.templates.table_request import complete_throughput, table_of
from minidynamo.values.api_types import RequestDraft

_INDEX_TYPE = "aws_dynamodb_global_secondary_index"
_TAG_TYPE = "aws_dynamodb_tag"
_POLICY_TYPE = "aws_dynamodb_resource_policy"
_KNOWN_LATER = "known only once the plan is applied"
_NO_TABLE = "of no table in the plan"
_UNITS_WHERE_UNSAID = 1


def planned_tables(document: Members, strays: list[Omission]) -> Iterator[TableDefinition]:
    """The tables that a plan would leave, in all its modules.

    Parameters:
        document: the plan.
        strays: takes what belongs to no table of the plan.
    """
    plan = Part(document, "the plan")
    resources = list(planned_resources(plan))
    tables = [each for each in resources if each.type == TABLE_TYPE]
    references = References(plan, tables)
    companions: dict[int, list[PlanResource]] = {}
    for each in resources:
        if each.type == TABLE_TYPE:
            continue
        table = references.table_of(each)
        if table is None:
            strays.append(Omission(each.address, _NO_TABLE))
        else:
            companions.setdefault(id(table), []).append(each)
    for table in tables:
        yield _table(table, companions.get(id(table), ()), references)


def _table(resource: PlanResource, companions: Sequence[PlanResource], references: References) -> TableDefinition:
    left_out = LeftOut()
    values = resource.values
    draft = TABLE.draft(values, left_out)
    draft.setdefault("AttributeDefinitions", [])
    _add_key_schema(draft, values)
    for index, part in zip(draft.get("LocalSecondaryIndexes", ()), values.parts("local_secondary_index"), strict=True):
        index.setdefault("KeyRoles", {}).setdefault("HASH", draft["KeySchema"][0].get("AttributeName"))
        _add_key_schema(index, part)
    indexes = zip(draft.get("GlobalSecondaryIndexes", ()), values.parts("global_secondary_index"), strict=True)
    for index, part in indexes:
        _add_key_schema(index, part)
    if len(companions) > TABLE_LIST_ENTRIES_MAX:
        raise values.error(f"has more than {TABLE_LIST_ENTRIES_MAX:,} resources of its own")
    _add_indexes(draft, companions, left_out)
    for companion in companions:
        _add_companion(draft, companion, references, left_out)
    complete_throughput(draft, _UNITS_WHERE_UNSAID)
    return table_of(values, draft, left_out, resource.address, resource.part.members)


def _add_key_schema(draft: RequestDraft, part: Part) -> None:
    """Makes a KeySchema of a hash and a range key, where no blocks give one."""
    roles = draft.pop("KeyRoles", {})
    if "KeySchema" in draft:
        return
    if "HASH" not in roles:
        raise part.error("lacks 'hash_key'")
    draft["KeySchema"] = [
        {"AttributeName": roles[role], "KeyType": role} for role in ("HASH", "RANGE") if role in roles
    ]


def _add_companion(draft: RequestDraft, companion: PlanResource, references: References, left_out: LeftOut) -> None:
    values = companion.values
    if companion.type == _TAG_TYPE:
        (tag,) = Part({"tags": {values.text("key"): values.required("value")}}, values.name).tags("tags")
        draft["Tags"] = [each for each in draft.get("Tags", []) if each["Key"] != tag["Key"]] + [tag]
    elif companion.type == _POLICY_TYPE and values.has("policy"):
        owner = draft.get("StreamSpecification") if references.is_of_stream(companion) else draft
        if owner is not None:
            owner["ResourcePolicy"] = values.text("policy")
    elif companion.type == _POLICY_TYPE:
        left_out.note(companion.address, _KNOWN_LATER)
    elif companion.type != _INDEX_TYPE:
        left_out.note(companion.address, NOT_SIMULATED)


def _add_indexes(draft: RequestDraft, companions: Sequence[PlanResource], left_out: LeftOut) -> None:
    """Adds the indexes that are resources of their own, in place of those of their names that the table shows."""
    added = {}
    for companion in companions:
        if companion.type == _INDEX_TYPE:
            index = _index(draft, companion.values, left_out.within(companion.address))
            added[str(index["IndexName"])] = index
    if added:
        shown_too = [each for each in draft.get("GlobalSecondaryIndexes", ()) if str(each["IndexName"]) not in added]
        draft["GlobalSecondaryIndexes"] = [*shown_too, *added.values()]


def _index(draft: RequestDraft, values: Part, left_out: LeftOut) -> RequestDraft:
    """An index that is a resource of its own; the types of its key attributes become the table's."""
    index = INDEX.draft(values, left_out)
    if "IndexName" not in index:
        raise values.error("lacks 'index_name'")
    _add_key_schema(index, values)
    defined = [each["AttributeName"] for each in draft["AttributeDefinitions"]]
    for element in index["KeySchema"]:
        kind, name = element.pop("AttributeType", None), element["AttributeName"]
        if kind is not None and name not in defined:
            defined.append(name)
            draft["AttributeDefinitions"].append({"AttributeName": name, "AttributeType": kind})
    return index
