"""The functions of a template: SAM's, and CloudFormation's as CDK synthesises them.

Source: AWS SAM Developer Guide, AWS::Serverless::Function; AWS CloudFormation, AWS::Lambda::Function.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from minidynamo.applications.declared import DeclaredApplication
from minidynamo.applications.definition import FunctionDefinition
from minidynamo.execution.configuration import variables_problem
from minidynamo.execution.package import Package, PackageError
from minidynamo.lambdas.deployment import package_of
from minidynamo.policies.declared import DeclaredPolicies
from minidynamo.templates.declared_policies import DeclaredPrincipals
from minidynamo.templates.parts import Part, text_of
from minidynamo.templates.resource_names import FUNCTION_TYPES, Resource
from minidynamo.templates.table_definition import TemplateError
from minidynamo.values.api_types import JsonObject

_LAYERS = {"AWS::Serverless::LayerVersion": "ContentUri", "AWS::Lambda::LayerVersion": "Content"}
_PYTHON = "python"
# Where CDK says which folder or file the code of a resource is.
_ASSET = "aws:asset:path"
_INLINE_FILE = "index.py"
_EVENT_INVOKE = {"MaximumEventAgeInSeconds", "MaximumRetryAttempts"}


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
        found = []
        for resource in self._application.resources.of_types(FUNCTION_TYPES):
            with self._application.resources.reading(resource):
                function = self._function(resource)
            if function is not None:
                found.append(function)
        return found

    def _function(self, resource: Resource) -> FunctionDefinition | None:
        properties = self._application.properties(resource)
        runtime = text_of(properties.get("Runtime")) or ""
        if properties.get("PackageType") == "Image" or (runtime and not runtime.startswith(_PYTHON)):
            what = "a container image" if properties.get("PackageType") == "Image" else runtime
            self._application.leave_out(f"function {resource.logical_name} ({what})", "not Python")
            return None
        is_inline = properties.has("InlineCode") or "ZipFile" in properties.section("Code").members
        return FunctionDefinition(
            logical_name=resource.logical_name,
            name=self._application.resources.name_of(resource),
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
            policies=self._policies(resource),
        )

    @staticmethod
    def _provisioned(properties: Part) -> int:
        return number_of(properties.section("ProvisionedConcurrencyConfig"), "ProvisionedConcurrentExecutions") or 0

    def _environment(self, resource: Resource, properties: Part) -> dict[str, str]:
        declared = properties.section("Environment").section("Variables")
        variables = {str(name): text_of(value) or "" for name, value in declared.members.items()}
        for given in (self._variables.get("Parameters", {}), self._variables.get(resource.logical_name, {})):
            # As `sam local` has it: only what the template declares is replaced.
            variables |= {name: value for name, value in given.items() if name in variables}
        problem = variables_problem(variables)
        if problem is not None:
            raise properties.error(f"has environment variables that cannot be: {problem}")
        return variables

    def _package(self, resource: Resource, properties: Part) -> Package:
        inline = properties.get("InlineCode") or properties.section("Code").get("ZipFile")
        folder = (
            _inline_folder(inline) if isinstance(inline, str) else self._code(resource, properties, "CodeUri", "Code")
        )
        try:
            return package_of(folder, self._layers(properties))
        except PackageError as error:
            raise resource.part.error(f"has code that cannot be used: {error}") from None

    def _code(self, resource: Resource, properties: Part, *members: str) -> Path | bytes:
        """The folder, or the bytes of the zip file, that the code of a function or a layer is in."""
        asset = resource.part.section("Metadata").get(_ASSET)
        given = next((properties.get(each) for each in members if properties.has(each)), ".")
        named = asset if isinstance(asset, str) else given
        if not isinstance(named, str) or named.startswith("s3://"):
            raise resource.part.error("has its code in S3: give a folder, as `sam build` leaves it")
        place = self._application.folder / named
        return place.read_bytes() if place.is_file() else place

    def _layers(self, properties: Part) -> list[Path]:
        """The folders of layers that the template declares; others are expected to be installed."""
        folders: list[Path] = []
        layers = properties.get("Layers")
        for each in layers if isinstance(layers, list) else []:
            resource = self._application.resources.named(str(each))
            if resource is None or str(resource.type) not in _LAYERS:
                self._application.leave_out(f"layer {each}", "not in the template")
                continue
            code = self._code(resource, self._application.properties(resource), _LAYERS[str(resource.type)])
            folders.append(package_of(code).folder)
        return folders

    def _policies(self, resource: Resource) -> DeclaredPolicies | None:
        if self._principals is None:
            return None
        try:
            collected = self._principals.collected(resource.logical_name)
        except TemplateError as error:
            self._application.leave_out(f"role of {resource.logical_name} ({error})", "not in the template")
            return None
        return collected.declared


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


def _inline_folder(text: str) -> Path:
    """A folder with code that stands in a template; the same for the same code."""
    folder = Path(tempfile.gettempdir()) / f"minidynamo-inline-{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / _INLINE_FILE
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
    return folder
