"""Functions whose code requests bring: made, and given other code or other settings.

Source: AWS Lambda API reference, CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from minidynamo.errors import ResourceNotFound
from minidynamo.execution.configuration import Configuration
from minidynamo.execution.package import Package, PackageError
from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.finder import FunctionFinder
from minidynamo.lambda_api.function_names import FunctionName
from minidynamo.lambda_api.layers import layer_packages
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.lambda_api.requested_settings import SETTINGS, changed, shown_only
from minidynamo.lambda_api.shown_functions import ShownFunctions
from minidynamo.lambda_api.states import IN_PROGRESS, PENDING, begin, refuse_passing
from minidynamo.lambdas.deployment import package_of
from minidynamo.lambdas.function import LATEST, LambdaFunction
from minidynamo.values.api_types import JsonObject

# The bucket by which a folder of this machine is named as the code of a function: its key is the path.
FOLDER_BUCKET = "hot-reload"
_DEFAULT_TIMEOUT_SECONDS = 3
_BARE_NAME_CHARACTERS_MAX = 64
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
        self._shown = ShownFunctions(finder).shown

    def create(self, members: JsonObject) -> JsonObject:
        """Makes a function."""
        _check_length(members["FunctionName"])
        name = FunctionName.of(members["FunctionName"], self._finder.owner.scope).name
        if name in self._functions.names:
            raise Fault("ResourceConflictException", f"Function already exist: {name}")
        if not {"Handler", "Runtime"} <= members.keys():
            raise invalid(_INCOMPLETE)
        layers = layer_packages(self._notes, members.get("Layers", []))
        package = _package(members["Code"]).above(layers)
        configuration = changed(Configuration(members["Handler"]), members)
        with self._notes.lock:
            handler = self._functions.deployment.configured(name, package, configuration)
            timeout = members.get("Timeout", _DEFAULT_TIMEOUT_SECONDS)
            function = self._functions.register_packaged(name, handler, timeout)
            self._notes.tags[name] = dict(members.get("Tags", {}))
            self._note(function, members)
        return self._published(function, members, PENDING)

    def update_code(self, members: JsonObject) -> JsonObject:
        """Gives a function other code."""
        function = self._changeable(members)
        before = function.packaged()
        package = _package(members)
        if before is not None:
            package = package.with_layers_of(before.package)
        if members.get("DryRun"):
            return self._shown(function, LATEST)
        configuration = before.configuration if before is not None else Configuration("lambda_function.handler")
        self._replace(function, package, configuration, function.timeout_seconds)
        return self._published(function, members, IN_PROGRESS)

    def update_configuration(self, members: JsonObject) -> JsonObject:
        """Gives a function other settings."""
        function = self._changeable(members)
        packaged = function.packaged()
        timeout = members.get("Timeout", function.timeout_seconds)
        if packaged is None:
            self._update_callable(function, members, timeout)
        else:
            package = packaged.package
            if "Layers" in members:
                package = package.above(layer_packages(self._notes, members["Layers"]))
            self._replace(function, package, changed(packaged.configuration, members), timeout)
        with self._notes.lock:
            self._note(function, members)
        begin(self._finder.owner, function, LATEST, IN_PROGRESS)
        return self._shown(function, LATEST, None, IN_PROGRESS)

    def _changeable(self, members: JsonObject) -> LambdaFunction:
        """The function of a request, where it may be changed."""
        function = self._finder.whole(members)
        refuse_passing(function, self._finder.arn(function))
        self._finder.require_revision(function, LATEST, members)
        return function

    def _update_callable(self, function: LambdaFunction, members: JsonObject, timeout: float) -> None:
        other = sorted(members.keys() & {*SETTINGS, "Environment", "Layers"} - {"Description"})
        if other:
            raise invalid(f"{function.name} is a callable of this process, which has no {', '.join(other)}.")
        function.timeout_seconds = timeout
        function.descriptions[LATEST] = members.get("Description", function.descriptions.get(LATEST, ""))
        self._functions.revise(function, LATEST, is_modified=True)

    def _replace(
        self, function: LambdaFunction, package: Package, configuration: Configuration, timeout: float
    ) -> None:
        handler = self._functions.deployment.configured(function.name, package, configuration)
        self._functions.register_packaged(function.name, handler, timeout, function.reserved_concurrency)

    def _published(self, function: LambdaFunction, members: JsonObject, passing: str) -> JsonObject:
        """What is shown of a function that was deployed, published if that was asked for."""
        begin(self._finder.owner, function, LATEST, passing)
        if not members.get("Publish"):
            return self._shown(function, LATEST, None, passing)
        version = function.latest_version or self._functions.publish_version(function.name)
        if passing == PENDING:
            begin(self._finder.owner, function, version, passing)
        return self._shown(function, version, version, passing)

    def _note(self, function: LambdaFunction, members: JsonObject) -> None:
        """Keeps what is shown alone, and where payloads go that are given up."""
        function.shown[LATEST] = {**function.shown.get(LATEST, {}), **shown_only(members)}
        if "DeadLetterConfig" not in members:
            return
        target = members["DeadLetterConfig"].get("TargetArn") or None
        try:
            self._functions.send_letters(function.name, target)
        except (ValueError, ResourceNotFound) as error:
            raise invalid(f"DeadLetterConfig: {error}") from None


def _check_length(name: str) -> None:
    """Refuses a bare name that is too long; parts of ARNs have a bound of their own."""
    if ":" not in name and len(name) > _BARE_NAME_CHARACTERS_MAX:
        text = f"Member must have length less than or equal to {_BARE_NAME_CHARACTERS_MAX}"
        told = f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: {text}"
        raise Fault("ValidationException", told)


def _package(code: JsonObject) -> Package:
    """The package that a request brings or names."""
    try:
        if "ZipFile" in code:
            return package_of(base64.b64decode(code["ZipFile"], validate=True))
        if code.get("S3Bucket") == FOLDER_BUCKET and "S3Key" in code:
            return package_of(Path(code["S3Key"]))
    except (PackageError, binascii.Error) as error:
        raise invalid(str(error)) from None
    if "ImageUri" in code:
        raise invalid("minidynamo runs Python from zip files and folders: it has no container images.")
    raise invalid(_NO_BUCKET if "S3Bucket" in code else "Please provide a source for function code.")
