"""Layers: code that functions share.

Source: AWS Lambda API reference, PublishLayerVersion.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime

from minidynamo.execution.package import Package, PackageError, zip_package
from minidynamo.lambda_api.faults import invalid, not_there
from minidynamo.lambda_api.finder import page_of
from minidynamo.lambda_api.notes import ApiNotes, LayerVersion
from minidynamo.lambda_api.owner import FunctionOwner
from minidynamo.limits import FUNCTION_LAYERS_MAX
from minidynamo.values.api_types import JsonObject

# What versions are asked for by, and where they say that they suit it.
_SUITING = {"CompatibleRuntime": "CompatibleRuntimes", "CompatibleArchitecture": "CompatibleArchitectures"}
_KEPT = ("Description", "CompatibleRuntimes", "LicenseInfo", "CompatibleArchitectures")


class LayerOperations:
    """The layers of a database.

    Parameters:
        owner: the database.
        notes: what requests have said.
    """

    def __init__(self, owner: FunctionOwner, notes: ApiNotes) -> None:
        self._owner = owner
        self._notes = notes

    def publish(self, members: JsonObject) -> JsonObject:
        """Keeps a zip file as the next version of a layer."""
        if "ZipFile" not in members["Content"]:
            raise invalid("minidynamo takes layers as zip files within the request.")
        try:
            package = zip_package(base64.b64decode(members["Content"]["ZipFile"], validate=True))
        except (PackageError, binascii.Error) as error:
            raise invalid(str(error)) from None
        with self._notes.lock:
            arn = self._layer_arn(members["LayerName"])
            self._notes.layer_numbers[arn] = number = self._notes.layer_numbers.get(arn, 0) + 1
            described: JsonObject = {
                "LayerVersionArn": f"{arn}:{number}",
                "Version": number,
                "CreatedDate": f"{datetime.fromtimestamp(self._owner.clock.now(), UTC):%Y-%m-%dT%H:%M:%S.000+0000}",
                **{name: members[name] for name in _KEPT if name in members},
            }
            assert f"{arn}:{number}" not in self._notes.layers, f"{arn} has a version {number} already"
            self._notes.layers[f"{arn}:{number}"] = LayerVersion(package.published(f"{arn}:{number}"), described)
        return self._whole(self._notes.layers[f"{arn}:{number}"], arn)

    def get(self, members: JsonObject) -> JsonObject:
        """Shows a version of a layer."""
        arn = self._layer_arn(members["LayerName"])
        found = self._notes.layers.get(f"{arn}:{members['VersionNumber']}")
        if found is None:
            raise not_there()
        return self._whole(found, arn)

    def get_by_arn(self, members: JsonObject) -> JsonObject:
        """Shows the version of a layer that has an ARN."""
        arn = members["Arn"]
        if arn not in self._notes.layers:
            raise not_there()
        return self._whole(self._notes.layers[arn], arn.rpartition(":")[0])

    def delete(self, members: JsonObject) -> None:
        """Forgets a version; functions that have it keep it."""
        self._notes.layers.pop(f"{self._layer_arn(members['LayerName'])}:{members['VersionNumber']}", None)

    def versions(self, members: JsonObject) -> JsonObject:
        """Shows the versions of a layer, the latest first."""
        page, marker = page_of(self._matching(self._layer_arn(members["LayerName"]), members), members)
        return {"LayerVersions": list(page), **marker}

    def list(self, members: JsonObject) -> JsonObject:
        """Shows the latest version of each layer."""
        versions = {arn: self._matching(arn, members) for arn in sorted(self._notes.layer_numbers)}
        shown = [
            {"LayerName": arn.rpartition(":")[2], "LayerArn": arn, "LatestMatchingVersion": found[0]}
            for arn, found in versions.items()
            if found
        ]
        page, marker = page_of(shown, members)
        return {"Layers": list(page), **marker}

    def _whole(self, version: LayerVersion, arn: str) -> JsonObject:
        assert version.described["LayerVersionArn"].startswith(f"{arn}:"), f"{version.described} is none of {arn}"
        content = {"CodeSha256": version.package.sha256, "CodeSize": version.size}
        return {**version.described, "LayerArn": arn, "Content": content}

    def _matching(self, layer_arn: str, members: JsonObject) -> Sequence[JsonObject]:
        """What is shown of the versions of a layer that suit a request, the latest first."""
        wanted = [(listed, members[name]) for name, listed in _SUITING.items() if name in members]
        found = [
            each.described
            for arn, each in list(self._notes.layers.items())
            if arn.rpartition(":")[0] == layer_arn
            and all(value in each.described.get(listed, ()) for listed, value in wanted)
        ]
        return sorted(found, key=lambda each: -each["Version"])

    def _layer_arn(self, name: str) -> str:
        name = name.rpartition(":layer:")[2]
        scope = self._owner.scope
        return f"arn:aws:lambda:{scope.region}:{scope.account_id}:layer:{name}"


def layer_packages(notes: ApiNotes, arns: Sequence[str]) -> list[Package]:
    """The content of the layers that a function is to have.

    Parameters:
        notes: what there is.
        arns: the versions of layers.
    """
    if len(arns) > FUNCTION_LAYERS_MAX:
        raise invalid(f"Cannot reference more than {FUNCTION_LAYERS_MAX} layers.")
    chosen: dict[str, str] = {}
    for arn in arns:
        if arn not in notes.layers:
            raise invalid(f"Layer version {arn} does not exist.")
        other = chosen.setdefault(arn.rpartition(":")[0], arn)
        if other != arn:
            text = (
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{arn} and {other} are versions of the same layer."
            )
            raise invalid(text)
    return [notes.layers[arn].package for arn in arns]
