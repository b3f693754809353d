"""Functions as replies show them.

Source: AWS Lambda API reference, FunctionConfiguration.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import UTC, datetime

from minidynamo.lambda_api.finder import FunctionFinder
from minidynamo.lambda_api.notes import ApiNotes
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
        notes: what requests have said of them.
    """

    def __init__(self, finder: FunctionFinder, notes: ApiNotes) -> None:
        self._finder = finder
        self._notes = notes

    def shown(self, function: LambdaFunction, version: str, qualifier: str | None = None) -> JsonObject:
        """The configuration of a version of a function, by the qualifier that it was asked for with."""
        assert version in function.versions, f"{function} has no version {version}"
        arn, configuration = self._finder.arn(function), configuration_of(function.versions[version])
        packaged = function.packaged(version)
        moment = datetime.fromtimestamp(function.modified_at, UTC)
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
            **self._notes.settings.get(function.name, {}),
            "RevisionId": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{arn}:{version}:{function.modified_at}")),
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
        }
        if configuration.variables:
            members["Environment"] = {"Variables": dict(configuration.variables)}
        layers = self._notes.layers_of.get(function.name)
        if layers and packaged is not None:
            members["Layers"] = [{"Arn": each, "CodeSize": self._notes.layers[each].size} for each in layers]
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
