"""Layers: code that functions share.

Source: AWS Lambda API reference, PublishLayerVersion.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime

from minidynamo.execution.package import PackageError, zip_package
from minidynamo.lambda_api.faults import invalid, not_there
from minidynamo.lambda_api.finder import page_of
from minidynamo.lambda_api.notes import ApiNotes, LayerVersion
from minidynamo.lambda_api.owner import FunctionOwner
from minidynamo.values.api_types import JsonObject

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
            versions = self._versions(members["LayerName"])
            number = max((each.described["Version"] for each in versions), default=0) + 1
            arn = self._layer_arn(members["LayerName"])
            described: JsonObject = {
                "LayerVersionArn": f"{arn}:{number}",
                "Version": number,
                "CreatedDate": f"{datetime.fromtimestamp(self._owner.clock.now(), UTC):%Y-%m-%dT%H:%M:%S.000+0000}",
                **{name: members[name] for name in _KEPT if name in members},
            }
            self._notes.layers[f"{arn}:{number}"] = LayerVersion(package, described)
        return self._whole(self._notes.layers[f"{arn}:{number}"], arn)

    def get(self, members: JsonObject) -> JsonObject:
        """Shows a version of a layer."""
        arn = self._layer_arn(members["LayerName"])
        found = self._notes.layers.get(f"{arn}:{members['VersionNumber']}")
        if found is None:
            raise not_there()
        return self._whole(found, arn)

    def delete(self, members: JsonObject) -> None:
        """Forgets a version; functions that have it keep it."""
        self._notes.layers.pop(f"{self._layer_arn(members['LayerName'])}:{members['VersionNumber']}", None)

    def versions(self, members: JsonObject) -> JsonObject:
        """Shows the versions of a layer, the latest first."""
        found = sorted(self._versions(members["LayerName"]), key=lambda each: -each.described["Version"])
        page, marker = page_of([each.described for each in found], members)
        return {"LayerVersions": list(page), **marker}

    def list(self, members: JsonObject) -> JsonObject:
        """Shows the latest version of each layer."""
        names = sorted({arn.rpartition(":")[0] for arn in self._notes.layers})
        page, marker = page_of(names, members)
        shown = [
            {
                "LayerName": arn.rpartition(":")[2],
                "LayerArn": arn,
                "LatestMatchingVersion": self.versions({"LayerName": arn.rpartition(":")[2]})["LayerVersions"][0],
            }
            for arn in page
        ]
        return {"Layers": shown, **marker}

    def _whole(self, version: LayerVersion, arn: str) -> JsonObject:
        assert version.described["LayerVersionArn"].startswith(f"{arn}:"), f"{version.described} is none of {arn}"
        content = {"CodeSha256": version.package.sha256, "CodeSize": version.size}
        return {**version.described, "LayerArn": arn, "Content": content}

    def _versions(self, name: str) -> Sequence[LayerVersion]:
        arn = self._layer_arn(name)
        return [each for key, each in self._notes.layers.items() if key.rpartition(":")[0] == arn]

    def _layer_arn(self, name: str) -> str:
        name = name.rpartition(":layer:")[2]
        scope = self._owner.scope
        return f"arn:aws:lambda:{scope.region}:{scope.account_id}:layer:{name}"
