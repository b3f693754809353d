"""The resources of an application's template, with what SAM's Globals say of all of a kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from minidynamo.applications.definition import FunctionDefinition
from minidynamo.templates.declared_resources import DeclaredResources
from minidynamo.templates.parts import Members, Part, text_of
from minidynamo.templates.resource_names import Resource
from minidynamo.templates.sam_functions import MADE_FOR_ALL
from minidynamo.templates.table_definition import Omission

# The sections of Globals by type.
_GLOBALS = {
    "AWS::Serverless::Function": "Function",
    "AWS::Serverless::Api": "Api",
    "AWS::Serverless::HttpApi": "HttpApi",
}
NOT_RUN = "not run"
_FUNCTION = re.compile(r":function:([^/:]+)(?::([^/]+))?")


class DeclaredApplication:
    """A template.

    Parameters:
        template: the whole of it.
        parameters: values of its parameters, over their defaults.
        folder: where paths in it begin.

    Attributes:
        resources: its resources.
        left_out: what is in it and not here.
    """

    def __init__(self, template: Members, parameters: Mapping[str, str], folder: Path) -> None:
        self.left_out: list[Omission] = []
        self.resources = DeclaredResources(template, parameters, self.left_out, checks_attributes=True)
        self.folder = folder
        for name in MADE_FOR_ALL:
            if not self.resources.has(name):
                self.resources.add(name, {}, {})

    def properties(self, resource: Resource) -> Part:
        """The properties of a resource, resolved, above those of Globals."""
        own = self.resources.resolved(resource, resource.part.section("Properties").members)
        section = _GLOBALS.get(str(resource.type))
        everywhere = self.resources.whole.section("Globals")
        shared: object = {}
        if section is not None and everywhere.has(section):
            shared = self.resources.resolved(resource, everywhere.get(section))
        return Part(self._layered(_object(shared), _object(own)), resource.part.name)

    def _layered(self, shared: Members, own: Members) -> Members:
        """What SAM makes of Globals and of a resource: objects side by side, lists one behind the other."""
        if not shared:
            return own
        layered = dict(shared)
        for name, value in own.items():
            below = layered.get(name)
            if isinstance(below, Mapping) and isinstance(value, Mapping):
                layered[name] = self._layered(below, value)
            elif isinstance(below, list) and isinstance(value, list):
                layered[name] = [*below, *value]
            else:
                layered[name] = value
        self.resources.note_origin(layered, own)
        return layered

    def is_unknown(self, text: str) -> bool:
        """Whether a text holds what only the service could say: an import, an output of another stack, a parameter."""
        return "{{resolve:" in text or any(each in text for each in self.resources.unknown)

    def leave_out(self, what: str, reason: str = NOT_RUN) -> None:
        """Notes what the template has and the application does not."""
        self.left_out.append(Omission(what, reason))


def _object(value: object) -> Members:
    return value if isinstance(value, Mapping) else {}


def last_name(value: object) -> str:
    """The name at the end of an ARN or a path, or the value itself."""
    return (text_of(value) or "").rpartition(":")[2].rpartition("/")[2]


def function_in(text: object, functions: Mapping[str, FunctionDefinition]) -> str | None:
    """The function of the application that a URI or an ARN names, with its alias; None where it names none."""
    found = _FUNCTION.search(text_of(text) or "")
    if found is None or found[1] not in functions or "${" in found[0]:
        return None
    return found[1] if found[2] is None else f"{found[1]}:{found[2]}"


def function_name_in(text: str) -> str:
    """The name of a function in an ARN, or in a name with a qualifier."""
    return text.rpartition(":function:")[2].partition(":")[0]
