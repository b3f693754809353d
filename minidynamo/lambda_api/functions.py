"""Functions that are registered here: shown, published as versions, named by aliases, throttled and ended.

Source: AWS Lambda API reference, FunctionConfiguration, AliasConfiguration, FunctionEventInvokeConfig.
"""

from __future__ import annotations

import base64
import hashlib
import platform
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from minidynamo.errors import ResourceNotFound
from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.function_names import FunctionName
from minidynamo.lambda_api.owner import FunctionOwner
from minidynamo.lambdas.function import LATEST, LambdaFunction
from minidynamo.lambdas.invocations import AsynchronousSettings
from minidynamo.limits import FUNCTIONS_PAGE_MAX
from minidynamo.values.api_types import JsonObject, JsonValue

Member = TypeVar("Member")
_MEMORY_MIB = 128


class FunctionOperations:
    """The functions of a database, as Lambda's API shows them.

    Parameters:
        owner: the database.
    """

    def __init__(self, owner: FunctionOwner) -> None:
        self._owner = owner

    def list(self, members: JsonObject) -> JsonObject:
        """Shows functions in the order of their names, with all versions if asked for."""
        names = sorted(self._owner.functions.names)
        found = [self._find(name)[0] for name in names]
        wanted = [(each, version) for each in found for version in each.versions if self._lists(members, version)]
        page, marker = _page(wanted, members)
        return {"Functions": [self._shown(*each) for each in page], **marker}

    def get(self, members: JsonObject) -> JsonObject:
        """Shows a function, with what is reserved for it."""
        function, _ = self._named(members)
        reply: JsonObject = {"Configuration": self.configuration(members), "Tags": {}}
        if function.reserved_concurrency is not None:
            reply["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        return reply

    def configuration(self, members: JsonObject) -> JsonObject:
        """Shows the configuration of a function, of a version, or of what an alias stands for."""
        function, version = self._named(members)
        return self._shown(function, version, self._qualifier(members))

    def delete(self, members: JsonObject) -> None:
        """Ends a function, or one of its versions; mappings onto it stay."""
        function, version = self._named(members)
        qualifier = self._qualifier(members)
        if qualifier is None:
            self._owner.functions.remove(function.name)
        elif version == LATEST or qualifier in function.aliases:
            raise invalid("$LATEST version cannot be deleted without deleting the function.")
        elif any(version in (stable, *function.weights.get(name, ())) for name, stable in function.aliases.items()):
            raise Fault("ResourceConflictException", f"Version {version} of {function.name} is used by an alias.")
        else:
            del function.versions[version]
            function.descriptions.pop(version, None)

    def publish(self, members: JsonObject) -> JsonObject:
        """Keeps the present code as a version."""
        function, _ = self._named(members)
        wanted = members.get("CodeSha256")
        if wanted and wanted != _code_hash(function, LATEST):
            raise invalid(f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST.")
        version = self._owner.functions.publish_version(function.name)
        _describe(function, version, members)
        return self._shown(function, version, version)

    def versions(self, members: JsonObject) -> JsonObject:
        """Shows the versions of a function, $LATEST first."""
        function, _ = self._named(members)
        page, marker = _page(list(function.versions), members)
        return {"Versions": [self._shown(function, each, each) for each in page], **marker}

    def create_alias(self, members: JsonObject) -> JsonObject:
        """Makes an alias."""
        function, _ = self._named(members)
        name = members["Name"]
        if name in function.aliases:
            text = f"Alias already exists: {self._arn(function)}:{name}"
            raise Fault("ResourceConflictException", text)
        self._point(function, name, members["FunctionVersion"], members)
        return self._alias(function, name)

    def update_alias(self, members: JsonObject) -> JsonObject:
        """Changes what is named of an alias."""
        function, name = self._with_alias(members)
        self._point(function, name, members.get("FunctionVersion", function.aliases[name]), members)
        return self._alias(function, name)

    def get_alias(self, members: JsonObject) -> JsonObject:
        """Shows an alias."""
        return self._alias(*self._with_alias(members))

    def delete_alias(self, members: JsonObject) -> None:
        """Ends an alias; one that is not there has ended already."""
        function, _ = self._named({"FunctionName": members["FunctionName"]})
        function.aliases.pop(members["Name"], None)
        function.weights.pop(members["Name"], None)
        function.descriptions.pop(members["Name"], None)

    def aliases(self, members: JsonObject) -> JsonObject:
        """Shows the aliases of a function, or those of a version."""
        function, _ = self._named(members)
        wanted = members.get("FunctionVersion")
        names = sorted(each for each, version in function.aliases.items() if wanted in (None, version))
        page, marker = _page(names, members)
        return {"Aliases": [self._alias(function, each) for each in page], **marker}

    def reserve(self, members: JsonObject) -> JsonObject:
        """Says how many invocations of a function there may be at once, from now on."""
        function, _ = self._named(members)
        function.reserved_concurrency = members.get("ReservedConcurrentExecutions")
        return self.reserved(members)

    def reserved(self, members: JsonObject) -> JsonObject:
        """Shows that."""
        function, _ = self._named(members)
        count = function.reserved_concurrency
        return {} if count is None else {"ReservedConcurrentExecutions": count}

    def put_event_config(self, members: JsonObject) -> JsonObject:
        """Says how queued invocations are treated; what is not named is as by default."""
        before = self._owner.functions.asynchronous_settings(self._named(members)[0].name)
        letters = None if before is None else before.dead_letters  # Which are a setting of the function itself.
        return self._set_events(members, AsynchronousSettings(dead_letters=letters))

    def update_event_config(self, members: JsonObject) -> JsonObject:
        """Changes what is named of that."""
        return self._set_events(members, self._events(members))

    def event_config(self, members: JsonObject) -> JsonObject:
        """Shows how queued invocations are treated, where anything was said of it."""
        function, _ = self._named(members)
        settings = self._events(members)
        targets = {"OnSuccess": settings.on_success, "OnFailure": settings.on_failure}
        return {
            "LastModified": function.modified_at,
            "FunctionArn": f"{self._arn(function)}:{self._qualifier(members) or LATEST}",
            "MaximumRetryAttempts": settings.retries,
            "MaximumEventAgeInSeconds": int(settings.event_age_seconds),
            "DestinationConfig": {
                name: {"Destination": each} if isinstance(each, str) else {} for name, each in targets.items()
            },
        }

    def delete_event_config(self, members: JsonObject) -> None:
        """Treats queued invocations as by default again."""
        letters, name = self._events(members).dead_letters, self._named(members)[0].name
        settings = None if letters is None else AsynchronousSettings(dead_letters=letters)
        self._owner.functions.configure_asynchronous(name, settings)

    # What they share.

    def _find(self, name: str, qualifier: str | None = None) -> tuple[LambdaFunction, str]:
        try:
            return self._owner.functions.find(name, qualifier)
        except ResourceNotFound as error:
            raise Fault("ResourceNotFoundException", error.message) from None

    def _named(self, members: JsonObject) -> tuple[LambdaFunction, str]:
        name = FunctionName.of(members["FunctionName"], self._owner.scope, members.get("Qualifier"))
        return self._find(name.name, name.qualifier)

    def _qualifier(self, members: JsonObject) -> str | None:
        return FunctionName.of(members["FunctionName"], self._owner.scope, members.get("Qualifier")).qualifier

    def _arn(self, function: LambdaFunction) -> str:
        return FunctionName(function.name, None, is_arn=False).arn(self._owner.scope)

    @staticmethod
    def _lists(members: JsonObject, version: str) -> bool:
        return version == LATEST or members.get("FunctionVersion") == "ALL"

    def _shown(self, function: LambdaFunction, version: str, qualifier: str | None = None) -> JsonObject:
        assert version in function.versions, f"{function} has no version {version}"
        arn, handler = self._arn(function), function.versions[version]
        moment = datetime.fromtimestamp(function.modified_at, UTC)
        return {
            "FunctionName": function.name,
            "FunctionArn": arn if qualifier is None else f"{arn}:{qualifier}",
            "Runtime": "python" + ".".join(platform.python_version_tuple()[:2]),
            "Role": f"arn:aws:iam::{self._owner.scope.account_id}:role/minidynamo",
            "Handler": _name_of(handler),
            "CodeSize": 0,
            "CodeSha256": _code_hash(function, version),
            "Description": function.descriptions.get(version, ""),
            "Timeout": int(function.timeout_seconds),
            "MemorySize": _MEMORY_MIB,
            "LastModified": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000",
            "Version": version,
            "TracingConfig": {"Mode": "PassThrough"},
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
        }

    def _with_alias(self, members: JsonObject) -> tuple[LambdaFunction, str]:
        function, _ = self._named({"FunctionName": members["FunctionName"]})
        name = members["Name"]
        if name not in function.aliases:
            raise Fault("ResourceNotFoundException", f"Cannot find alias arn: {self._arn(function)}:{name}")
        return function, name

    def _point(self, function: LambdaFunction, name: str, version: str, members: JsonObject) -> None:
        """Lets an alias stand for a version."""
        weights = function.weights.get(name, {})
        if "RoutingConfig" in members:
            weights = members["RoutingConfig"].get("AdditionalVersionWeights") or {}
        if weights and LATEST in (version, *weights):
            raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
        if version in weights:
            raise invalid(f"Version {version} is the one that gets the rest: it has no weight of its own.")
        try:
            self._owner.functions.put_alias(function.name, name, version, weights)
        except ResourceNotFound as error:
            raise Fault("ResourceNotFoundException", error.message) from None
        except (TypeError, ValueError) as error:
            raise invalid(str(error)) from None
        assert function.aliases[name] == version, f"{name} of {function.name} stands for {function.aliases[name]}"
        _describe(function, name, members)

    def _alias(self, function: LambdaFunction, name: str) -> JsonObject:
        arn = f"{self._arn(function)}:{name}"
        shown: JsonObject = {
            "AliasArn": arn,
            "Name": name,
            "FunctionVersion": function.aliases[name],
            "Description": function.descriptions.get(name, ""),
        }
        if function.weights.get(name):
            shown["RoutingConfig"] = {"AdditionalVersionWeights": function.weights[name]}
        return shown

    def _events(self, members: JsonObject) -> AsynchronousSettings:
        function, _ = self._named(members)
        settings = self._owner.functions.asynchronous_settings(function.name)
        if settings is None:
            arn = f"{self._arn(function)}:{self._qualifier(members) or LATEST}"
            raise Fault("ResourceNotFoundException", f"The function {arn} doesn't have an EventInvokeConfig")
        return settings

    def _set_events(self, members: JsonObject, before: AsynchronousSettings) -> JsonObject:
        function, _ = self._named(members)
        config = members.get("DestinationConfig")
        settings = replace(
            before,
            retries=members.get("MaximumRetryAttempts", before.retries),
            event_age_seconds=members.get("MaximumEventAgeInSeconds", before.event_age_seconds),
        )
        if config is not None:
            success, failure = (_target(config, each) for each in ("OnSuccess", "OnFailure"))
            settings = replace(settings, on_success=success, on_failure=failure)
        try:
            self._owner.functions.configure_asynchronous(function.name, settings)
        except (ValueError, ResourceNotFound) as error:
            text = f"minidynamo hands records of invocations over to functions and tables of its own: {error}"
            raise invalid(text) from None
        return self.event_config(members)


def _describe(function: LambdaFunction, what: str, members: JsonObject) -> None:
    if "Description" in members:
        function.descriptions[what] = members["Description"]


def _target(config: JsonObject, member: str) -> str | None:
    target: str | None = (config.get(member) or {}).get("Destination")
    return target


def _page(found: Sequence[Member], members: JsonObject) -> tuple[Sequence[Member], JsonObject]:
    """A page of what there is, and where the next one begins."""
    start = int(members["Marker"]) if str(members.get("Marker", "")).isdecimal() else 0
    stop = start + min(members.get("MaxItems", FUNCTIONS_PAGE_MAX), FUNCTIONS_PAGE_MAX)
    marker: dict[str, JsonValue] = {"NextMarker": str(stop)} if stop < len(found) else {}
    return found[start:stop], marker


def _name_of(handler: object) -> str:
    name = getattr(handler, "__qualname__", type(handler).__qualname__)
    return f"{getattr(handler, '__module__', '')}.{name}".replace(".<locals>", "").replace("<lambda>", "handler")


def _code_hash(function: LambdaFunction, version: str) -> str:
    """What stands for the hash of a package: one of the code of the handler."""
    handler = function.versions[version]
    code = getattr(getattr(handler, "__code__", None), "co_code", b"")
    return base64.b64encode(hashlib.sha256(_name_of(handler).encode() + code).digest()).decode()
