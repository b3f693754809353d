"""The functions of a template: SAM's, and CloudFormation's as CDK synthesises them.

Source: AWS SAM Developer Guide, AWS::Serverless::Function; AWS CloudFormation, AWS::Lambda::Function.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from minidynamo.applications.declared import DeclaredApplication
from minidynamo.applications.definition import FunctionDefinition
from minidynamo.applications.known_properties import check_properties
from minidynamo.execution.configuration import Configuration
from minidynamo.execution.package import Package, PackageError, file_package, folder_package, text_package
from minidynamo.lambdas.invocations import AsynchronousSettings
from minidynamo.limits import FUNCTION_LAYERS_MAX, FUNCTION_TIMEOUT_SECONDS_MAX
from minidynamo.policies.declared import DeclaredPolicies
from minidynamo.templates.declared_policies import DeclaredPrincipals
from minidynamo.templates.parts import Part, text_of
from minidynamo.templates.resource_names import FUNCTION_TYPES, Resource
from minidynamo.templates.table_definition import TemplateError
from minidynamo.values.api_types import JsonObject

_LAYERS = {"AWS::Serverless::LayerVersion": "ContentUri", "AWS::Lambda::LayerVersion": "Content"}
_PYTHON, _ROLE = "python", "AWS::IAM::Role"
# Where CDK says which folder or file the code of a resource is.
_ASSET = "aws:asset:path"
_INLINE_FILE = "index.py"
_EVENT_INVOKE = {
    "MaximumEventAgeInSeconds": AsynchronousSettings.event_age_seconds,
    "MaximumRetryAttempts": AsynchronousSettings.retries,
}
_NAME = re.compile(r"[a-zA-Z0-9-_]{1,64}")
_ALIAS = re.compile(r"(?![0-9]+$)[a-zA-Z0-9-_]{1,128}")


class DeclaredFunctions:
    """Reads functions.

    Parameters:
        application: the template.
        principals: reads the policies of their roles; None where nobody is to be held to them.
        variables: variables over those of the template, by the logical names of functions, or for all by "Parameters".
    """

    def __init__(
        self,
        application: DeclaredApplication,
        principals: DeclaredPrincipals | None,
        variables: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._application = application
        self._principals = principals
        self._variables = variables

    def all(self) -> list[FunctionDefinition]:
        """The functions that run on Python.

        Raises:
            TemplateError: one is wrong.
        """
        found: dict[str, FunctionDefinition] = {}
        for resource in self._application.resources.of_types(FUNCTION_TYPES):
            with self._application.resources.reading(resource):
                function = self._function(resource)
                if function is not None and function.name in found:
                    other = found[function.name].logical_name
                    raise resource.part.error(f"is called {function.name}, as {other} is")
            if function is not None:
                found[function.name] = function
        return list(found.values())

    def _function(self, resource: Resource) -> FunctionDefinition | None:
        properties = self._application.properties(resource)
        runtime = text_of(properties.get("Runtime")) or ""
        if properties.get("PackageType") == "Image" or (runtime and not runtime.startswith(_PYTHON)):
            what = "a container image" if properties.get("PackageType") == "Image" else runtime
            self._application.leave_out(f"function {resource.logical_name} ({what})", "not Python")
            return None
        check_properties(self._application, properties, str(resource.type), resource.logical_name)
        is_inline = properties.has("InlineCode") or "ZipFile" in properties.section("Code").members
        definition = FunctionDefinition(
            logical_name=resource.logical_name,
            name=self._name(resource),
            package=self._package(resource, properties),
            handler=f"index.{properties.text('Handler').rpartition('.')[2]}"
            if is_inline
            else properties.text("Handler"),
            timeout_seconds=properties.number("Timeout") if properties.has("Timeout") else 3,
            memory_mib=properties.number("MemorySize") if properties.has("MemorySize") else 128,
            runtime=runtime,
            role=text_of(properties.get("Role")) or "",
            description=text_of(properties.get("Description")) or "",
            variables=self._environment(resource, properties),
            reserved_concurrency=number_of(properties, "ReservedConcurrentExecutions"),
            provisioned_concurrency=self._provisioned(properties),
            alias=text_of(properties.get("AutoPublishAlias")),
            dead_letters=text_of(properties.section("DeadLetterQueue").get("TargetArn"))
            or text_of(properties.section("DeadLetterConfig").get("TargetArn")),
            event_invoke=event_invoke(properties.section("EventInvokeConfig")),
            policies=self._policies(resource, properties),
        )
        _check(definition, properties)
        return definition

    def _name(self, resource: Resource) -> str:
        """What it is called; by its logical name where only the service could say it."""
        name = self._application.resources.name_of(resource)
        return resource.logical_name if self._application.is_unknown(name) else name

    @staticmethod
    def _provisioned(properties: Part) -> int:
        return number_of(properties.section("ProvisionedConcurrencyConfig"), "ProvisionedConcurrentExecutions") or 0

    def _environment(self, resource: Resource, properties: Part) -> dict[str, str]:
        environment = properties.section("Environment")
        stray = next((each for each in environment.members if each != "Variables"), None)
        if stray is not None:
            raise environment.error(f"has no {stray!r}: variables stand in its Variables")
        declared = environment.section("Variables")
        variables = {str(name): text_of(value) or "" for name, value in declared.members.items()}
        wrong = next((name for name, value in declared.members.items() if isinstance(value, Mapping | list)), None)
        if wrong is not None:
            raise declared.called(f"the environment of {resource.logical_name}").wrong(
                str(wrong), declared.members[wrong], "text"
            )
        for given in (self._variables.get("Parameters", {}), self._variables.get(resource.logical_name, {})):
            # As `sam local` has it: only what the template declares is replaced.
            variables |= {name: value for name, value in given.items() if name in variables}
        return variables

    def _package(self, resource: Resource, properties: Part) -> Package:
        code = properties.section("Code") if isinstance(properties.get("Code"), Mapping) else Part({}, "Code")
        try:
            if properties.has("InlineCode"):
                own = text_package(_INLINE_FILE, properties.text("InlineCode"))
            elif code.has("ZipFile"):
                own = text_package(_INLINE_FILE, code.text("ZipFile"))
            else:
                own = self._code(resource, properties, "CodeUri", "Code")
            return own.above(self._layers(properties))
        except PackageError as error:
            raise resource.part.error(f"has code that cannot be used: {error}") from None

    def _code(self, resource: Resource, properties: Part, *members: str) -> Package:
        """The code of a function or a layer: a folder, or a zip file."""
        asset = resource.part.section("Metadata").get(_ASSET)
        given = next((properties.get(each) for each in members if properties.has(each)), ".")
        named = asset if isinstance(asset, str) else given
        if not isinstance(named, str) or named.startswith("s3://"):
            raise resource.part.error("has its code in S3: give a folder, as `sam build` leaves it")
        place = self._application.folder / named
        return file_package(place) if place.is_file() else folder_package(place)

    def _layers(self, properties: Part) -> list[Package]:
        """The layers that the template declares; others are expected to be installed."""
        found: list[Package] = []
        layers = properties.get("Layers") or []
        if not isinstance(layers, list) or len(layers) > FUNCTION_LAYERS_MAX:
            raise properties.wrong("Layers", layers, f"a list of at most {FUNCTION_LAYERS_MAX} layers")
        for each in layers:
            resource = self._application.resources.named(str(each))
            if resource is None or str(resource.type) not in _LAYERS:
                self._application.leave_out(f"layer {each}", "not in the template")
                continue
            found.append(self._code(resource, self._application.properties(resource), _LAYERS[str(resource.type)]))
        return found

    def _policies(self, resource: Resource, properties: Part) -> DeclaredPolicies | None:
        if self._principals is None:
            return None
        role = properties.get("Role")
        if isinstance(role, str) and role.startswith("arn:") and not self._is_declared(role):
            what = f"{role}, the role of {resource.logical_name}, which may do everything,"
            self._application.leave_out(what, "not in the template")
            return None
        try:
            return self._principals.collected(resource.logical_name).declared
        except TemplateError as error:
            raise TemplateError(str(error), at=resource.part.members) from None

    def _is_declared(self, arn: str) -> bool:
        """Whether an ARN is that of a role of the template."""
        resources = self._application.resources
        return any(resources.arn_of(each) == arn for each in resources.of_types((_ROLE,)))


def number_of(part: Part, member: str) -> int | None:
    """A whole number; None where it is absent."""
    return part.number(member) if part.has(member) else None


def event_invoke(config: Part) -> JsonObject:
    """The settings of queued invocations, by the names of `Functions.configure_asynchronous`."""
    settings: JsonObject = {name: config.number(name) for name in _EVENT_INVOKE if config.has(name)}
    destinations = config.section("DestinationConfig")
    for name in ("OnSuccess", "OnFailure"):
        destination = destinations.section(name).get("Destination")
        if destination is not None:
            settings[name] = text_of(destination)
    return settings


def _check(function: FunctionDefinition, properties: Part) -> None:
    """Raises TemplateError where the service would refuse a function."""
    texts = (("FunctionName", function.name, _NAME), ("AutoPublishAlias", function.alias or "live", _ALIAS))
    for member, text, pattern in texts:
        if pattern.fullmatch(text) is None:
            raise properties.wrong(member, text, "letters, digits, hyphens and underscores")
    if "." not in function.handler:
        raise properties.wrong("Handler", function.handler, "a module and a function in it, such as app.handler")
    numbers = {
        "Timeout": (function.timeout_seconds, 1, FUNCTION_TIMEOUT_SECONDS_MAX),
        "ReservedConcurrentExecutions": (function.reserved_concurrency or 0, 0, None),
        "ProvisionedConcurrentExecutions": (function.provisioned_concurrency, 0, None),
    }
    for member, (number, least, most) in numbers.items():
        if number < least or (most is not None and number > most):
            raise properties.wrong(member, number, f"{least} or more" + (f", up to {most}" if most else ""))
    try:
        Configuration(
            function.handler,
            memory_mib=function.memory_mib,
            variables=function.variables,
            description=function.description,
        )
        AsynchronousSettings(*(function.event_invoke.get(name, usual) for name, usual in _EVENT_INVOKE.items()))
    except ValueError as error:
        raise properties.error(f"cannot be: {error}") from None
