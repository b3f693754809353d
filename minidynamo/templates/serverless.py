"""Tables from `serverless.yml`: the CloudFormation resources in it.

Source: Serverless Framework documentation, "AWS - Resources".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minidynamo.templates.cloudformation import template_tables
from minidynamo.templates.parts import Members, shown
from minidynamo.templates.serverless_variables import Variables
from minidynamo.templates.table_definition import Omission, TableDefinition, TemplateError

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
    template = _template(document, variables)
    declared = template["Parameters"].keys() | template["Resources"].keys()
    of_template = {name: value for name, value in parameters.items() if name in declared}
    whole: dict[object, object] = dict(template.items())
    return template_tables(whole, of_template, strays, variables.value)


def _template(document: Members, variables: Variables) -> dict[str, dict[object, object]]:
    """The template that the entries of `resources` make together."""
    listed = _meant(document.get("resources") or {}, variables)
    template: dict[str, dict[object, object]] = {section: {} for section in _SECTIONS}
    for entry in listed if isinstance(listed, list) else [listed]:
        members = _object(entry, variables, "resources")
        for section in _SECTIONS:
            found = _object(members.get(section) or {}, variables, section)
            template[section].update({name: _meant(each, variables) for name, each in found.items()})
    return template


def _object(value: object, variables: Variables, place: str) -> Members:
    value = _meant(value, variables)
    if not isinstance(value, Mapping):
        raise TemplateError(f"the service has {shown(value)} in {place!r}, not an object")
    return value


def _meant(value: object, variables: Variables) -> object:
    return variables.value(value) if isinstance(value, str) else value
