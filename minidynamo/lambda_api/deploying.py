"""Functions whose code requests bring: made, and given other code or other settings.

Source: AWS Lambda API reference, CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from minidynamo.errors import ResourceNotFound
from minidynamo.execution.configuration import Configuration, variables_problem
from minidynamo.execution.package import Package, PackageError
from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.finder import FunctionFinder
from minidynamo.lambda_api.function_names import FunctionName
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.lambda_api.shown_functions import ShownFunctions
from minidynamo.lambdas.deployment import package_of
from minidynamo.lambdas.function import LATEST, LambdaFunction
from minidynamo.lambdas.invocations import AsynchronousSettings
from minidynamo.values.api_types import JsonObject

# Members that change nothing here, and are shown as they were sent.
_SHOWN_ONLY = (
    "TracingConfig", "EphemeralStorage", "Architectures", "LoggingConfig", "VpcConfig", "KMSKeyArn",
    "FileSystemConfigs", "DeadLetterConfig",
)  # fmt: skip
_SETTINGS = {
    "Handler": "handler", "Runtime": "runtime", "Role": "role", "Description": "description",
    "MemorySize": "memory_mib",
}  # fmt: skip
# The bucket by which a folder of this machine is named as the code of a function: its key is the path.
FOLDER_BUCKET = "hot-reload"
_PYTHON = "python"
_DEFAULT_TIMEOUT_SECONDS = 3
_INCOMPLETE = "Runtime and Handler are mandatory parameters for functions created with deployment packages."
_NO_BUCKET = (
    "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist"
)


class DeploymentOperations:
    """Makes and changes functions.

    Parameters:
        finder: finds them.
        notes: what requests have said of them.
    """

    def __init__(self, finder: FunctionFinder, notes: ApiNotes) -> None:
        self._finder = finder
        self._notes = notes
        self._functions = finder.owner.functions
        self._shown = ShownFunctions(finder, notes).shown

    def create(self, members: JsonObject) -> JsonObject:
        """Makes a function."""
        name = FunctionName.of(members["FunctionName"], self._finder.owner.scope).name
        if name in self._functions.names:
            raise Fault("ResourceConflictException", f"Function already exist: {name}")
        if not {"Handler", "Runtime"} <= members.keys():
            raise invalid(_INCOMPLETE)
        package = self._package(members["Code"], members.get("Layers", []))
        configuration = _changed(Configuration(members["Handler"]), members)
        with self._notes.lock:
            handler = self._functions.deployment.configured(name, package, configuration)
            timeout = members.get("Timeout", _DEFAULT_TIMEOUT_SECONDS)
            function = self._functions.register_packaged(name, handler, timeout)
            self._notes.tags[name] = dict(members.get("Tags", {}))
            self._note(function, members)
        return self._published(function, members)

    def update_code(self, members: JsonObject) -> JsonObject:
        """Gives a function other code."""
        function, _ = self._finder.named(members)
        before = function.packaged()
        package = self._package(members, self._notes.layers_of.get(function.name, []))
        if members.get("DryRun"):
            return self._shown(function, LATEST)
        configuration = before.configuration if before is not None else Configuration("lambda_function.handler")
        self._replace(function, package, configuration, function.timeout_seconds)
        return self._published(function, members)

    def update_configuration(self, members: JsonObject) -> JsonObject:
        """Gives a function other settings."""
        function, _ = self._finder.named(members)
        packaged = function.packaged()
        timeout = members.get("Timeout", function.timeout_seconds)
        if packaged is None:
            other = sorted(members.keys() & {*_SETTINGS, "Environment", "Layers"} - {"Description"})
            if other:
                raise invalid(f"{function.name} is a callable of this process, which has no {', '.join(other)}.")
            function.timeout_seconds = timeout
            function.descriptions[LATEST] = members.get("Description", function.descriptions.get(LATEST, ""))
        else:
            package = packaged.package
            if "Layers" in members:
                package = package.above(self._layers(members["Layers"]))
            self._replace(function, package, _changed(packaged.configuration, members), timeout)
        with self._notes.lock:
            self._note(function, members)
        return self._shown(function, LATEST)

    def _replace(
        self, function: LambdaFunction, package: Package, configuration: Configuration, timeout: float
    ) -> None:
        handler = self._functions.deployment.configured(function.name, package, configuration)
        self._functions.register_packaged(function.name, handler, timeout, function.reserved_concurrency)

    def _published(self, function: LambdaFunction, members: JsonObject) -> JsonObject:
        """What is shown of a function that was deployed, published if that was asked for."""
        if not members.get("Publish"):
            return self._shown(function, LATEST)
        version = self._functions.publish_version(function.name)
        return self._shown(function, version, version)

    def _package(self, code: JsonObject, layers: Sequence[str]) -> Package:
        """The package that a request brings or names."""
        below = self._layers(layers)
        try:
            if "ZipFile" in code:
                return package_of(base64.b64decode(code["ZipFile"], validate=True)).above(below)
            if code.get("S3Bucket") == FOLDER_BUCKET and "S3Key" in code:
                return package_of(Path(code["S3Key"])).above(below)
        except (PackageError, binascii.Error) as error:
            raise invalid(str(error)) from None
        if "ImageUri" in code:
            raise invalid("minidynamo runs Python from zip files and folders: it has no container images.")
        raise invalid(_NO_BUCKET if "S3Bucket" in code else "Please provide a source for function code.")

    def _layers(self, arns: Sequence[str]) -> list[Package]:
        for arn in arns:
            if arn not in self._notes.layers:
                raise invalid(f"Layer version {arn} does not exist.")
        return [self._notes.layers[arn].package for arn in arns]

    def _note(self, function: LambdaFunction, members: JsonObject) -> None:
        """Keeps what is shown alone, and where payloads go that are given up."""
        kept = self._notes.settings.setdefault(function.name, {})
        kept |= {name: members[name] for name in _SHOWN_ONLY if name in members}
        if "Layers" in members:
            self._notes.layers_of[function.name] = list(members["Layers"])
        if "DeadLetterConfig" not in members:
            return
        target = members["DeadLetterConfig"].get("TargetArn") or None
        settings = self._functions.asynchronous_settings(function.name) or AsynchronousSettings()
        try:
            self._functions.configure_asynchronous(function.name, replace(settings, dead_letters=target))
        except (ValueError, ResourceNotFound) as error:
            raise invalid(f"DeadLetterConfig: {error}") from None


def _changed(configuration: Configuration, members: JsonObject) -> Configuration:
    """Settings with what a request says of them."""
    runtime = members.get("Runtime", _PYTHON)
    if not runtime.startswith(_PYTHON):
        raise invalid(f"minidynamo runs Python: it has no runtime {runtime}.")
    changes = {setting: members[name] for name, setting in _SETTINGS.items() if name in members}
    if "Environment" in members:
        changes["variables"] = variables = dict(members["Environment"].get("Variables") or {})
        problem = variables_problem(variables)
        if problem is not None:
            raise invalid(problem)
    return replace(configuration, **changes)
