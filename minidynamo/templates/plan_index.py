"""The resources and data sources of a Terraform plan by address, by type and by what refers to them.

Source: Terraform's JSON output format.
"""

from __future__ import annotations

from collections.abc import Iterator

from minidynamo.templates.parts import Part
from minidynamo.templates.plan_references import PlanReferences, Reference, split_address
from minidynamo.templates.plan_resources import PlanResource, module_resources

_PREFIX = "data."


class PlanIndex:
    """What a plan has of the types of AWS.

    Parameters:
        document: the whole plan.

    Attributes:
        references: of its configuration.
    """

    def __init__(self, document: Part) -> None:
        self.document = document
        self.references = PlanReferences(document)
        self._by_address: dict[str, PlanResource] = {}
        self._by_declaration: dict[str, list[PlanResource]] = {}
        self._by_type: dict[str, list[PlanResource]] = {}
        for each in self._all():
            if each.address not in self._by_address:
                self._by_address[each.address] = each
                module, declaration, _ = split_address(each.address)
                self._by_declaration.setdefault(module + declaration, []).append(each)
                self._by_type.setdefault(each.type, []).append(each)

    def of_type(self, kind: str) -> list[PlanResource]:
        """The resources of a type; those of data sources have "data." before it."""
        return self._by_type.get(kind, [])

    def at(self, address: str) -> PlanResource:
        assert address in self._by_address, f"{address} is not in the plan"
        return self._by_address[address]

    def referred(self, resource: PlanResource, expression: object) -> Iterator[tuple[PlanResource, str]]:
        """The resources that an expression in a resource refers to, and of each the attribute."""
        own_index = split_address(resource.address)[2]
        for reference in self.references.referred(resource.address, expression):
            found = self._found(reference, own_index)
            if found is not None:
                yield found, reference.attribute

    def _found(self, reference: Reference, own_index: str) -> PlanResource | None:
        declared = reference.module + reference.declaration
        alone = self._by_declaration.get(declared, [])
        exact = self._by_address.get(declared + (reference.index or own_index))
        return exact or (alone[0] if len(alone) == 1 else None)

    def _all(self) -> Iterator[PlanResource]:
        """All resources; what is planned stands before what was there."""
        member = "planned_values" if self.document.has("planned_values") else "values"
        before = self.document.section("prior_state").section("values")
        for values, has_resources in ((self.document.section(member), True), (before, False)):
            for resource in module_resources(values.section("root_module")):
                is_data = resource.get("mode") == "data"
                if is_data or has_resources:
                    yield from _resource(resource, is_data)
        for change in self.document.parts("resource_changes"):
            if change.get("mode") == "data":
                after = change.section("change").section("after")
                members = {**change.members, "values": after.members}
                yield from _resource(Part(members, change.name), True)


def _resource(resource: Part, is_data: bool) -> Iterator[PlanResource]:
    kind = resource.get("type")
    if isinstance(kind, str) and kind.startswith("aws_") and resource.has("address"):
        address = resource.text("address")
        values = resource.called(address).section("values").called(address)
        yield PlanResource(address, _PREFIX + kind if is_data else kind, values, resource)
