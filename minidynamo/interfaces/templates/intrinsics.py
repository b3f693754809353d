"""CloudFormation's intrinsic functions, as far as tables need them.

Source: AWS CloudFormation User Guide, "Intrinsic function reference", "Pseudo parameters".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from minidynamo.interfaces.templates.table_definition import TemplateError

_PSEUDO = {
    "AWS::AccountId": "000000000000",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "stack",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = object()


class Intrinsics:
    """Resolves the values of a template.

    Parameters:
        template: the whole template; its parameters, mappings and conditions count.
        parameters: values of parameters, over their defaults.
    """

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        declared = template.get("Parameters") or {}
        unknown = set(parameters) - set(declared)
        if unknown:
            raise TemplateError(f"the template has no parameter {', '.join(sorted(unknown))}")
        defaults = {name: each["Default"] for name, each in declared.items() if "Default" in each}
        self._parameters = {**_PSEUDO, **defaults, **parameters}
        self._declared = declared
        self._mappings = template.get("Mappings") or {}
        self._conditions = template.get("Conditions") or {}
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.holds,
            "Fn::Sub": self._sub,
            "Fn::Join": lambda value: value[0].join(map(str, self.resolved(value[1]))),
            "Fn::Select": lambda value: self.resolved(value[1])[int(self.resolved(value[0]))],
            "Fn::Split": lambda value: self.resolved(value[1]).split(value[0]),
            "Fn::If": lambda value: self.resolved(value[1] if self.holds(value[0]) else value[2]),
            "Fn::Equals": lambda value: str(self.resolved(value[0])) == str(self.resolved(value[1])),
            "Fn::Not": lambda value: not self.resolved(value[0]),
            "Fn::And": lambda value: all(map(self.resolved, value)),
            "Fn::Or": lambda value: any(map(self.resolved, value)),
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": lambda value: ".".join(map(str, value)),
            "Fn::ImportValue": lambda value: f"import-{self.resolved(value)}",
        }

    def resolved(self, value: Any) -> Any:
        """A value with all its functions carried out; members without a value are left out."""
        if isinstance(value, list):
            members = [self.resolved(each) for each in value]
            return [each for each in members if each is not NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = self._functions.get(name)
            if function is not None:
                return function(argument)
            if name.startswith("Fn::"):
                raise TemplateError(f"the function {name} is not understood in a table")
        members_by_name = {name: self.resolved(each) for name, each in value.items()}
        return {name: each for name, each in members_by_name.items() if each is not NO_VALUE}

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template is true; raises TemplateError for one that it does not declare."""
        if condition not in self._conditions:
            raise TemplateError(f"the template has no condition {condition}")
        return bool(self.resolved(self._conditions[condition]))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._parameters:
            return self._parameters[name]
        if name in self._declared:
            raise TemplateError(f"the parameter {name} has no default: give a value for it")
        return name  # A resource: known by its logical name here.

    def _sub(self, value: Any) -> str:
        text, variables = value if isinstance(value, list) else (value, {})

        def replacement(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            return str(self.resolved(variables[name]) if name in variables else self._ref(name))

        return re.sub(r"\$\{([^}]*)\}", replacement, text)

    def _find_in_map(self, value: Any) -> Any:
        name, first, second = (self.resolved(each) for each in value[:3])
        try:
            return self._mappings[name][first][second]
        except KeyError:
            raise TemplateError(f"the template's mappings have no {name}.{first}.{second}") from None
