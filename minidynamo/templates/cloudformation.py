"""Tables from CloudFormation and SAM templates; what CDK synthesises is one, too.

Source: AWS CloudFormation resource reference, AWS::DynamoDB::Table and AWS::DynamoDB::GlobalTable; AWS SAM,
AWS::Serverless::SimpleTable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from minidynamo.schema.arns import DEFAULT_REGION
from minidynamo.templates.declared_tables import GLOBAL_TABLE, REPLICA, SIMPLE_TABLE, TABLE
from minidynamo.templates.intrinsics import Intrinsics
from minidynamo.templates.parts import Members, Part, shown
from minidynamo.templates.reading import LeftOut, merged
from minidynamo.templates.resolution import NO_VALUE
from minidynamo.templates.resource_names import Resource
from minidynamo.templates.table_definition import Omission, TableDefinition, TemplateError
from minidynamo.templates.table_request import complete_throughput, table_of
from minidynamo.values.api_types import RequestDraft

Draft = tuple[RequestDraft, LeftOut]

# What a provisioned global table has here where it does not say it.
_UNITS_WHERE_UNSAID = 5


def template_tables(
    template: Members,
    parameters: Mapping[str, str],
    strays: list[Omission],
    variables: Callable[[str], object] = str,
) -> Iterator[TableDefinition]:
    """The tables among the resources of a template, without those whose condition is false.

    A table without a name of its own is called by its logical name.

    Parameters:
        template: the whole template.
        parameters: values of its parameters, over their defaults, and names of resources that it does not give.
        strays: takes what concerns no table.
        variables: what else a text in it may stand for.
    """
    whole = Part(template, "the template")
    whole.part("Resources")
    intrinsics = Intrinsics(whole, parameters, strays, variables)
    for resource in intrinsics.resources.all:
        read = _READERS.get(resource.part.text("Type")) if resource.part.has("Type") else None
        if read is None:
            continue
        with intrinsics.within(resource):
            definition = _definition(resource, read, whole, intrinsics)
        if definition is not None:
            yield definition


def _definition(
    resource: Resource, read: Callable[[Part], Draft], whole: Part, intrinsics: Intrinsics
) -> TableDefinition | None:
    """The table that a resource declares; None where its condition is false."""
    table = resource.part.called(f"the table {resource.logical_name}")
    properties = _properties(table, intrinsics)
    if properties is None:
        return None
    if read is _simple_table and whole.has("Globals"):
        properties = _with_globals(properties, whole.part("Globals"), intrinsics)
    with standing_at(table, intrinsics):
        draft, left_out = read(properties)
        draft = {"TableName": resource.logical_name, **draft}
        return table_of(properties, draft, left_out, f"resource {resource.logical_name}", table.members)


def _properties(table: Part, intrinsics: Intrinsics) -> Part | None:
    """The properties of a table with all functions carried out; None where its condition is false."""
    with standing_at(table, intrinsics, f"{table.name}: "):
        if table.has("Condition") and not intrinsics.holds(table.get("Condition")):
            return None
        properties = intrinsics.resolved(table.get("Properties"))
    if properties is None or properties is NO_VALUE:
        properties = {}
    if not isinstance(properties, Mapping):
        raise table.wrong("Properties", properties, "an object")
    return Part(properties, table.name)


def _with_globals(properties: Part, everywhere: Part, intrinsics: Intrinsics) -> Part:
    """What SAM's Globals say of all simple tables, below what one says itself."""
    if not everywhere.has("SimpleTable"):
        return properties
    shared = everywhere.part("SimpleTable")
    resolved = intrinsics.resolved(shared.members)
    if not isinstance(resolved, dict):
        raise shared.error("is not an object")
    return Part(merged(resolved, properties.members), properties.name)


@contextmanager
def standing_at(resource: Part, intrinsics: Intrinsics, prefix: str = "") -> Iterator[None]:
    """Has errors stand at the object of the template that is wrong, or else at the resource."""
    try:
        yield
    except TemplateError as error:
        at = resource.members if error.at is None else intrinsics.origin(error.at)
        raise TemplateError(f"{prefix}{error}", at=at) from None


def _table(properties: Part) -> Draft:
    left_out = LeftOut()
    return TABLE.draft(properties, left_out), left_out


def _global_table(properties: Part) -> Draft:
    """A global table, as CDK's TableV2 makes them: what its replica in the region of its own adds counts as well."""
    left_out = LeftOut()
    draft = GLOBAL_TABLE.draft(properties, left_out)
    replicas = properties.parts("Replicas")
    own = next((each for each in replicas if each.get("Region") == DEFAULT_REGION), replicas[0] if replicas else None)
    for number, replica in enumerate(replicas):
        place = f"Replicas[{number}]"
        if replica is own:
            _add_replica(draft, replica, left_out.within(place))
        else:
            left_out.note(f"{place} ({shown(replica.get('Region'))})")
    complete_throughput(draft, _UNITS_WHERE_UNSAID)
    return draft, left_out


def _add_replica(draft: RequestDraft, replica: Part, left_out: LeftOut) -> None:
    added = REPLICA.draft(replica, left_out)
    indexes = draft.get("GlobalSecondaryIndexes", [])
    places = {str(each["IndexName"]): place for place, each in enumerate(indexes)}
    for index in added.pop("GlobalSecondaryIndexes", ()):
        place = places.get(str(index["IndexName"]))
        if place is None:
            raise replica.wrong("GlobalSecondaryIndexes", index["IndexName"], "an index of the table")
        indexes[place] = merged(indexes[place], index)
    draft.update(merged(draft, added))


def _simple_table(properties: Part) -> Draft:
    left_out = LeftOut()
    draft = SIMPLE_TABLE.draft(properties, left_out)
    key = draft.pop("PrimaryKey", {"AttributeName": "id", "AttributeType": "S"})
    draft["KeySchema"] = [{"AttributeName": key["AttributeName"], "KeyType": "HASH"}]
    draft["AttributeDefinitions"] = [key]
    draft["BillingMode"] = "PROVISIONED" if "ProvisionedThroughput" in draft else "PAY_PER_REQUEST"
    return draft, left_out


_READERS: dict[str, Callable[[Part], Draft]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::DynamoDB::GlobalTable": _global_table,
    "AWS::Serverless::SimpleTable": _simple_table,
}
