"""Tables from `serverless.yml`: the CloudFormation resources in it.

Source: Serverless Framework documentation, "AWS - Resources".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minidynamo.templates.cloudformation import template_tables
from minidynamo.templates.parts import Members, shown
from minidynamo.templates.resolution import PSEUDO_PARAMETERS
from minidynamo.templates.serverless_variables import Variables
from minidynamo.templates.table_definition import Omission, TableDefinition, TemplateError

Template = dict[str, dict[object, object]]
"""The sections of a template by name."""

_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources")


def is_serverless(document: Members) -> bool:
    """Whether a document is a `serverless.yml`."""
    return "service" in document and bool({"provider", "resources"} & document.keys())


def serverless_tables(
    document: Members, parameters: Mapping[str, str], strays: list[Omission]
) -> Iterator[TableDefinition]:
    """The tables among the resources of a service.

    Parameters:
        document: the whole of it.
        parameters: values of variables, such as `stage` for `${opt:stage}`, and of parameters of the resources.
        strays: takes what concerns no table.
    """
    variables = Variables(document, parameters)
    template = service_template(document, variables)
    whole: dict[object, object] = dict(template.items())
    return template_tables(whole, parameters_of(template, parameters), strays, variables.value)


def parameters_of(template: Template, parameters: Mapping[str, str]) -> dict[str, str]:
    """Those of the given parameters that are a template's own; the others are values of variables."""
    declared = template["Parameters"].keys() | template["Resources"].keys() | PSEUDO_PARAMETERS.keys()
    return {name: value for name, value in parameters.items() if name in declared}


def service_template(document: Members, variables: Variables) -> Template:
    """The template that the entries of `resources` make together."""
    listed = meant(document.get("resources") or {}, variables)
    template: Template = {section: {} for section in _SECTIONS}
    for entry in listed if isinstance(listed, list) else [listed]:
        members = object_in(entry, variables, "resources")
        for section in _SECTIONS:
            found = object_in(members.get(section) or {}, variables, section)
            template[section].update({name: meant(each, variables) for name, each in found.items()})
    return template


def object_in(value: object, variables: Variables, place: str) -> Members:
    """A value that must be an object; TemplateError for any other, which names its place."""
    value = meant(value, variables)
    if not isinstance(value, Mapping):
        raise TemplateError(f"the service has {shown(value)} in {place!r}, not an object")
    return value


def meant(value: object, variables: Variables) -> object:
    """A value, or what a text stands for."""
    return variables.value(value) if isinstance(value, str) else value
