"""The resources of a Terraform plan or state, and which of them belong to which table.

Source: Terraform's JSON output format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from minidynamo.templates.parts import Part
from minidynamo.templates.plan_references import PlanReferences, names_referred, split_address

TABLE_TYPE = "aws_dynamodb_table"
# The member by which a resource of a type names its table.
TABLE_MEMBERS = {
    "aws_dynamodb_global_secondary_index": "table_name",
    "aws_dynamodb_tag": "resource_arn",
    "aws_dynamodb_contributor_insights": "table_name",
    "aws_dynamodb_kinesis_streaming_destination": "table_name",
    "aws_dynamodb_resource_policy": "resource_arn",
    "aws_dynamodb_table_replica": "global_table_arn",
    "aws_dynamodb_table_item": "table_name",
    "aws_dynamodb_table_export": "table_arn",
    "aws_dynamodb_global_table": "name",
}
_REFERRED_TABLE = re.compile(rf"({TABLE_TYPE}\.[^.\[]+)(\[[^\]]*\])?")
_ARN_OF_TABLE = re.compile(r"arn:[^:]*:dynamodb:[^:]*:[^:]*:table/([^/]*)")


@dataclass(frozen=True)
class PlanResource:
    """A resource that a plan would leave.

    Attributes:
        address: where it stands in the configuration, with the indexes of `count` and `for_each`.
        type: such as aws_dynamodb_table.
        values: what is known of it.
        part: the whole of it.
    """

    address: str
    type: str
    values: Part
    part: Part


def planned_resources(plan: Part) -> Iterator[PlanResource]:
    """The tables, and what belongs to tables, in all modules of a plan or state."""
    member = "planned_values" if plan.has("planned_values") else "values"
    for resource in module_resources(plan.section(member).section("root_module")):
        kind = resource.get("type")
        is_ours = isinstance(kind, str) and (kind == TABLE_TYPE or kind in TABLE_MEMBERS)
        if is_ours and resource.get("mode") in (None, "managed"):
            address = resource.text("address") if resource.has("address") else str(kind)
            yield PlanResource(address, str(kind), resource.called(address).part("values").called(address), resource)


def module_resources(module: Part) -> Iterator[Part]:
    """The resources of a module and of those in it."""
    yield from module.parts("resources")
    for child in module.parts("child_modules"):
        yield from module_resources(child)


class References:
    """To which tables the resources of a plan belong: by name, by ARN, or by what the configuration refers to.

    Parameters:
        plan: the whole plan.
        tables: its tables.
    """

    def __init__(self, plan: Part, tables: Iterable[PlanResource]) -> None:
        self._by_name: dict[object, PlanResource] = {}
        self._by_address: dict[str, PlanResource] = {}
        self._by_declaration: dict[str, list[PlanResource]] = {}  # Without the last index of their address.
        for each in tables:
            name = each.values.get("name")
            if isinstance(name, str):
                self._by_name.setdefault(name, each)
            self._by_address.setdefault(each.address, each)
            self._by_declaration.setdefault("".join(split_address(each.address)[:2]), []).append(each)
        self._configured = PlanReferences(plan)

    def table_of(self, resource: PlanResource) -> PlanResource | None:
        """The table that a resource belongs to; None where it is not in the plan, or not known."""
        assert resource.type in TABLE_MEMBERS, f"{resource.type} belongs to no table"
        member = TABLE_MEMBERS[resource.type]
        named = resource.values.get(member)
        if isinstance(named, str) and named:
            arn = _ARN_OF_TABLE.match(named)
            return self._by_name.get(named if arn is None else arn[1])
        module, _, index = split_address(resource.address)
        for name in self._names(resource):
            referred = _REFERRED_TABLE.match(name)
            if referred is not None:
                table, own_index = module + referred[1], referred[2] or index
                alone = self._by_declaration.get(table, [])
                return self._by_address.get(table + own_index) or (alone[0] if len(alone) == 1 else None)
        return None

    def is_of_stream(self, resource: PlanResource) -> bool:
        """Whether a resource belongs to the stream of its table."""
        member = TABLE_MEMBERS[resource.type]
        named = resource.values.get(member)
        if isinstance(named, str) and named:
            return "/stream/" in named
        return any(name.endswith(".stream_arn") for name in self._names(resource))

    def _names(self, resource: PlanResource) -> list[str]:
        """What the expression that names a resource's table refers to."""
        expressions = self._configured.expressions(resource.address)
        return names_referred(expressions.get(TABLE_MEMBERS[resource.type]))
