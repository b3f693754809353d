"""The resources of a template, and the names by which Ref and Fn::Sub know them.

Source: AWS CloudFormation resource reference, "Return values" of each type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from minidynamo.templates.loops import Bindings, Loops
from minidynamo.templates.parts import Part
from minidynamo.templates.resolution import text_in
from minidynamo.templates.table_definition import TemplateError

TABLE_TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable")
# Of types whose resources Ref calls by a name that a property may give: the property.
_NAME_PROPERTIES = {
    **dict.fromkeys(TABLE_TYPES, "TableName"),
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SSM::Parameter": "Name",
    "AWS::Serverless::Function": "FunctionName",
}
# Called by their logical names where nothing else is given: tables by this package, and keys, whose ids say nothing.
_BY_LOGICAL_NAME = (*TABLE_TYPES, "AWS::KMS::Key")


@dataclass(frozen=True)
class Resource:
    """A resource of a template.

    Attributes:
        logical_name: its name in the template.
        part: what declares it.
        bindings: the loops that it stands in.
    """

    logical_name: str
    part: Part
    bindings: Bindings

    @property
    def type(self) -> object:
        return self.part.get("Type")


class ResourceNames:
    """The resources of a template by their logical names.

    Parameters:
        loops: in which they may be repeated.
        resolved: resolves a value.
        given: names that the template does not give.

    Attributes:
        all: them, in the order of the template; none before they are read.
    """

    def __init__(self, loops: Loops, resolved: Callable[[object], object], given: Mapping[str, str]) -> None:
        self._loops = loops
        self._resolved = resolved
        self._given = given
        self._by_logical_name: dict[str, Resource] = {}
        self.all: list[Resource] = []

    def read(self, section: Part) -> None:
        """Takes the resources of a template's section of them; what their loops go through may name none."""
        self.all = [
            Resource(str(name), section.inner(name, member).called(f"the resource {name}"), self._loops.values)
            for name, member in self._loops.members(section.members)
        ]
        self._by_logical_name = {each.logical_name: each for each in self.all}

    def __contains__(self, logical_name: object) -> bool:
        return logical_name in self._by_logical_name

    def name(self, logical_name: str) -> str:
        """What Ref gives for a resource.

        Raises:
            TemplateError: it is in the template, but its name is not.
        """
        if logical_name in self._given:
            return self._given[logical_name]
        resource = self._by_logical_name[logical_name]
        member = _NAME_PROPERTIES.get(str(resource.type))
        properties = resource.part.section("Properties")
        if member is not None and properties.has(member):
            with self._loops.within(resource.bindings):
                return text_in("Ref", self._resolved(properties.get(member)))
        if resource.type in _BY_LOGICAL_NAME:
            return logical_name
        raise TemplateError(f"the name of the resource {logical_name} is not in the template: give it as a parameter")

    def is_table(self, logical_name: object) -> bool:
        """Whether a resource is there and a table."""
        return logical_name in self and self._by_logical_name[str(logical_name)].type in TABLE_TYPES
