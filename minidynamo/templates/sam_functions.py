"""The policies that SAM makes of its functions and connectors.

Source: AWS SAM Developer Guide, AWS::Serverless::Function, AWS::Serverless::Connector, "Globals".
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass

from minidynamo.templates.declared_resources import DeclaredResources
from minidynamo.templates.parts import Part, shown
from minidynamo.templates.policy_documents import Collected
from minidynamo.templates.resource_names import TABLE_TYPES, Resource
from minidynamo.templates.sam_policies import (
    connector_policy,
    is_policy_template,
    template_parameters,
    template_policy,
)
from minidynamo.values.api_types import JsonObject

FUNCTION = "AWS::Serverless::Function"
# Resources that SAM makes for what its functions have in common; policies may refer to them.
MADE_FOR_ALL = ("ServerlessRestApi", "ServerlessHttpApi", "ServerlessDeploymentApplication")
_CONNECTOR, _MEMBERS = "AWS::Serverless::Connector", ("Source", "Destination", "Permissions")
_STREAM_EVENT, _STREAM_POLICY = "DynamoDB", "AWSLambdaDynamoDBExecutionRole"
# What SAM's Globals do not take of functions.
_NOT_GLOBAL = ("Policies", "Role")


def add_function_policies(
    resources: DeclaredResources, function: Resource, found: Collected, add_managed: Callable[[str], None]
) -> None:
    """Adds the policies of the role that SAM makes for a function.

    Parameters:
        resources: of the template.
        function: of SAM's type.
        found: takes them.
        add_managed: adds a managed policy by its name or ARN.

    Raises:
        TemplateError: SAM would not take them.
    """
    _global_function(resources)
    for number, policy in enumerate(resources.listed(function, "Policies")):
        place = f"Policies[{number}] of {function.part.name}"
        if isinstance(policy, str):
            add_managed(policy)
        elif isinstance(policy, Mapping) and "Statement" in policy:
            found.add(policy, place)
        else:
            document = _of_template(
                Part({"": policy}, function.part.name).inner(f"Policies[{number}]", policy), resources
            )
            if document is not None:
                found.add(document, place)
    if any(each == _STREAM_EVENT for each in _event_types(resources, function)):
        add_managed(_STREAM_POLICY)


def ignored_policies(resources: DeclaredResources, function: Resource) -> bool:
    """Whether a function has policies that SAM ignores, since it has a role."""
    return function.type == FUNCTION and bool(resources.listed(function, "Policies"))


def boundary_of(resources: DeclaredResources, function: Resource) -> object:
    """The permissions boundary of the role that SAM makes for a function; None for none."""
    own = resources.property(function, "PermissionsBoundary")
    shared = _global_function(resources).get("PermissionsBoundary")
    return own if own is not None or shared is None else resources.resolved(function, shared)


def _global_function(resources: DeclaredResources) -> Part:
    """What SAM's Globals say of all functions."""
    everywhere = resources.whole.section("Globals").section("Function")
    for name in _NOT_GLOBAL:
        if everywhere.has(name):
            raise everywhere.error(f"has {name!r}, which SAM does not take there")
    return everywhere


def _of_template(policy: Part, resources: DeclaredResources) -> JsonObject | None:
    """The document of a policy template; None where it grants nothing on DynamoDB."""
    name = next(iter(policy.members), None)
    if len(policy.members) != 1 or not isinstance(name, str) or not is_policy_template(name):
        members = ", ".join(map(shown, policy.members)) or "no member"
        raise policy.error(f"has {members}: neither a Statement nor a policy template that SAM has")
    parameters = template_parameters(name)
    if not parameters:
        return None
    given = policy.part(name)
    values = {each: given.text(each) for each in parameters}
    return template_policy(name, resources.scope.table_arn(values.pop("TableName")), *values.values())


def _event_types(resources: DeclaredResources, function: Resource) -> Iterator[object]:
    events = resources.property(function, "Events")
    if events is None:
        return
    properties = Part({"Events": events}, function.part.name)
    for _, event in properties.part("Events").each("event"):
        yield event.get("Type")


@dataclass(frozen=True)
class Connection:
    """What a connector grants a function.

    Attributes:
        function: it.
        resource: where the connector stands.
        document: the policy.
    """

    function: Resource
    resource: Resource
    document: JsonObject


def connections(resources: DeclaredResources, runners: Container[str]) -> Iterator[Connection]:
    """What the connectors of a template grant functions on tables; those of other resources grant nothing there.

    Parameters:
        resources: of the template.
        runners: the types of functions and the like.
    """
    for resource, connector, source in _connectors(resources):
        permissions = [each for each in _entries(connector.get("Permissions")) if isinstance(each, str)]
        for number, destination in enumerate(_entries(connector.get("Destination"))):
            ends = source, connector.inner(f"Destination[{number}]", destination)
            types = [_type_of(resources, each) for each in ends]
            is_source = types[0] in TABLE_TYPES
            table, function = ends if is_source else ends[::-1]
            if types[not is_source] not in TABLE_TYPES or types[is_source] not in runners:
                continue
            document = connector_policy(permissions, _table_arn(resources, table), is_source)
            if document is None:
                raise connector.wrong("Permissions", connector.get("Permissions"), "what SAM grants there")
            named = resources.named(function.text("Id")) if function.has("Id") else None
            if named is None:
                raise connector.error("has a function that is not in the template")
            yield Connection(named, resource, document)


def _connectors(resources: DeclaredResources) -> Iterator[tuple[Resource, Part, Part]]:
    """The connectors of a template: where each stands, its properties and its source."""
    for resource in resources.of_types((_CONNECTOR,)):
        with resources.reading(resource):
            members: dict[object, object] = {each: resources.property(resource, each) for each in _MEMBERS}
            part = Part(members, resource.part.name)
            yield resource, part, part.part("Source")
    for resource in resources.with_connectors():
        with resources.reading(resource):
            given = Part(
                {"Connectors": resources.resolved(resource, resource.part.get("Connectors"))}, resource.part.name
            )
            for _, connector in given.part("Connectors").each("connector"):
                yield resource, connector.part("Properties"), Part({"Id": resource.logical_name}, resource.part.name)


def _entries(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _type_of(resources: DeclaredResources, end: Part) -> str:
    """The type of a connector's end: a resource of the template by its Id, or one that is described."""
    resource = resources.named(end.text("Id")) if end.has("Id") else None
    return str(end.get("Type") if resource is None else resource.type)


def _table_arn(resources: DeclaredResources, table: Part) -> str:
    resource = resources.named(table.text("Id")) if table.has("Id") else None
    return table.text("Arn") if resource is None else resources.arn_of(resource)
