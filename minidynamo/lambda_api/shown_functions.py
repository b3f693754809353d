"""Functions as replies show them.

Source: AWS Lambda API reference, FunctionConfiguration.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

from minidynamo.lambda_api.finder import FunctionFinder
from minidynamo.lambda_api.states import members_of, state_of
from minidynamo.lambdas.function import LATEST, LambdaFunction, configuration_of
from minidynamo.values.api_types import JsonObject

# What a function has that nobody has said anything of.
_BY_DEFAULT: JsonObject = {
    "TracingConfig": {"Mode": "PassThrough"},
    "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512},
    "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
}


class ShownFunctions:
    """Shows functions.

    Parameters:
        finder: finds them.
    """

    def __init__(self, finder: FunctionFinder) -> None:
        self._finder = finder

    def shown(
        self, function: LambdaFunction, version: str, qualifier: str | None = None, state: str | None = None
    ) -> JsonObject:
        """The configuration of a version of a function.

        Parameters:
            function, version: of what.
            qualifier: what it was asked for with, None for nothing.
            state: what it begins to pass through; None for whatever it is at.
        """
        assert version in function.versions, f"{function} has no version {version}"
        arn, configuration = self._finder.arn(function), configuration_of(function.versions[version])
        packaged = function.packaged(version)
        moment = datetime.fromtimestamp(function.modified[version], UTC)
        role = f"arn:aws:iam::{self._finder.owner.scope.account_id}:role/minidynamo"
        members: JsonObject = {
            "FunctionName": function.name,
            "FunctionArn": arn if qualifier is None else f"{arn}:{qualifier}",
            "Runtime": configuration.runtime,
            "Role": configuration.role or role,
            "Handler": configuration.handler,
            "CodeSize": 0 if packaged is None else packaged.package.size,
            "CodeSha256": code_hash(function, version),
            "Description": function.descriptions.get(version, configuration.description),
            "Timeout": int(function.timeout_of(version)),
            "MemorySize": configuration.memory_mib,
            "LastModified": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000",
            "Version": version,
            **_BY_DEFAULT,
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.name}"},
            **function.shown.get(version, {}),
            "RevisionId": self._finder.revision(function, version),
            **members_of(state or state_of(function, version)),
            "PackageType": "Zip",
        }
        if configuration.variables:
            members["Environment"] = {"Variables": dict(configuration.variables)}
        layers = [] if packaged is None else [each for each in packaged.package.below if each.arn]
        if layers:
            members["Layers"] = [{"Arn": each.arn, "CodeSize": each.size} for each in layers]
        return members


def code_hash(function: LambdaFunction, version: str = LATEST) -> str:
    """The hash of a package; of a callable, what stands for it: one of its code."""
    packaged = function.packaged(version)
    if packaged is not None:
        return packaged.package.sha256
    handler = function.versions[version]
    code = getattr(getattr(handler, "__code__", None), "co_code", b"")
    digest = hashlib.sha256(configuration_of(handler).handler.encode() + code).digest()
    return base64.b64encode(digest).decode()
