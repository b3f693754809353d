"""What resources beside a function say of it: aliases, settings of queued invocations, URLs.

Source: AWS CloudFormation, AWS::Lambda::Alias, AWS::Lambda::EventInvokeConfig, AWS::Lambda::Url; AWS SAM,
FunctionUrlConfig.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from minidynamo.applications.declared import DeclaredApplication, function_name_in
from minidynamo.applications.declared_functions import event_invoke, number_of
from minidynamo.applications.declared_gateways import declared_of
from minidynamo.applications.definition import FunctionDefinition, UrlDefinition
from minidynamo.templates.parts import Part, text_of

_ALIAS, _EVENT_INVOKE, _URL = COMPANION_TYPES = (
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Url",
)
_SAM_URL = "FunctionUrlConfig"
_AUTH_TYPES = ("NONE", "AWS_IAM")
_LATEST = "$LATEST"


class DeclaredCompanions:
    """Reads what is said beside functions.

    Parameters:
        application: the template.
        functions: its functions.
    """

    def __init__(self, application: DeclaredApplication, functions: Iterable[FunctionDefinition]) -> None:
        self._application = application
        self._by_name = {each.name: each for each in functions}

    def completed(self) -> list[FunctionDefinition]:
        """The functions with what aliases and settings beside them say.

        Raises:
            TemplateError: one is wrong.
        """
        for declared in declared_of(self._application, _ALIAS, _EVENT_INVOKE):
            properties = declared.properties
            function = self._function(properties.text("FunctionName"))
            what = f"{declared.name} ({declared.resource.type})"
            if function is None:
                self._application.leave_out(what, "without its function")
            elif declared.resource.type == _EVENT_INVOKE:
                self._by_name[function.name] = replace(function, event_invoke=event_invoke(properties))
            elif function.alias is not None:
                self._application.leave_out(what, "not the first alias of its function")
            else:
                kept = properties.section("ProvisionedConcurrencyConfig")
                self._by_name[function.name] = replace(
                    function,
                    alias=properties.text("Name"),
                    provisioned_concurrency=number_of(kept, "ProvisionedConcurrentExecutions") or 0,
                )
        return list(self._by_name.values())

    def urls(self) -> list[UrlDefinition]:
        """The URLs of functions, those of SAM first; call it behind `completed`.

        Raises:
            TemplateError: one is wrong.
        """
        found = []
        for function in self._by_name.values():
            resource = self._application.resources.named(function.logical_name)
            assert resource is not None, f"{function.logical_name} was read and is not there"
            with self._application.resources.reading(resource):
                config = self._application.properties(resource).section(_SAM_URL)
            if config.members:
                found.append(_url(f"{function.logical_name}Url", function.name, function.alias, config))
        for declared in declared_of(self._application, _URL):
            properties = declared.properties
            named = self._function(properties.text("TargetFunctionArn"))
            if named is None:
                self._application.leave_out(f"{declared.name} ({_URL})", "without its function")
                continue
            qualifier = text_of(properties.get("Qualifier"))
            qualifier = qualifier or properties.text("TargetFunctionArn").rpartition(":function:")[2].partition(":")[2]
            found.append(_url(declared.name, named.name, qualifier, properties))
        return found

    def _function(self, text: str) -> FunctionDefinition | None:
        """The function of a name or an ARN."""
        return self._by_name.get(function_name_in(text))


def _url(logical_name: str, function: str, qualifier: str | None, properties: Part) -> UrlDefinition:
    settings = {name: properties.get(name) for name in ("Cors", "InvokeMode") if properties.has(name)}
    if properties.text("AuthType") not in _AUTH_TYPES:
        raise properties.wrong("AuthType", properties.get("AuthType"), " or ".join(_AUTH_TYPES))
    settings["AuthType"] = properties.text("AuthType")
    plain = json.loads(json.dumps(settings, default=str))
    return UrlDefinition(logical_name, function, "" if qualifier in (None, _LATEST) else str(qualifier), plain)
