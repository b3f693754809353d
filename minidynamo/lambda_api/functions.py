"""Functions that are here: shown, published as versions and ended.

Source: AWS Lambda API reference, FunctionConfiguration.
"""

from __future__ import annotations

from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.finder import FunctionFinder, describe, page_of
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.lambda_api.shown_functions import ShownFunctions, code_hash
from minidynamo.lambdas.function import LATEST
from minidynamo.values.api_types import JsonObject


class FunctionOperations:
    """The functions of a database, as Lambda's API shows them.

    Parameters:
        finder: finds them.
        notes: what requests have said of them.
    """

    def __init__(self, finder: FunctionFinder, notes: ApiNotes) -> None:
        self._finder = finder
        self._notes = notes
        self._owner = finder.owner
        self._shown = ShownFunctions(finder, notes).shown

    def list(self, members: JsonObject) -> JsonObject:
        """Shows functions in the order of their names, with all versions if asked for."""
        names = sorted(self._owner.functions.names)
        found = [self._finder.find(name)[0] for name in names]
        wanted = [(each, version) for each in found for version in each.versions if self._lists(members, version)]
        page, marker = page_of(wanted, members)
        return {"Functions": [self._shown(*each) for each in page], **marker}

    def get(self, members: JsonObject) -> JsonObject:
        """Shows a function, with what is reserved for it."""
        function, _ = self._finder.named(members)
        reply: JsonObject = {"Configuration": self.configuration(members)}
        packaged = function.packaged()
        if packaged is not None:
            reply["Code"] = {"RepositoryType": "S3", "Location": packaged.package.folder.as_uri()}
        tags = self._notes.tags.get(function.name)
        if tags:
            reply["Tags"] = tags
        if function.reserved_concurrency is not None:
            reply["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        return reply

    def configuration(self, members: JsonObject) -> JsonObject:
        """Shows the configuration of a function, of a version, or of what an alias stands for."""
        function, version = self._finder.named(members)
        return self._shown(function, version, self._finder.qualifier(members))

    def delete(self, members: JsonObject) -> None:
        """Ends a function, or one of its versions; mappings onto it stay."""
        function, version = self._finder.named(members)
        qualifier = self._finder.qualifier(members)
        if qualifier is None:
            self._owner.functions.remove(function.name)
            self._notes.forget(function.name)
        elif version == LATEST or qualifier in function.aliases:
            raise invalid("$LATEST version cannot be deleted without deleting the function.")
        elif any(version in (stable, *function.weights.get(name, ())) for name, stable in function.aliases.items()):
            raise Fault("ResourceConflictException", f"Version {version} of {function.name} is used by an alias.")
        else:
            function.remove_version(version)

    def publish(self, members: JsonObject) -> JsonObject:
        """Keeps the present code as a version."""
        function, _ = self._finder.named(members)
        wanted = members.get("CodeSha256")
        if wanted and wanted != code_hash(function):
            raise invalid(f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST.")
        version = self._owner.functions.publish_version(function.name)
        describe(function, version, members)
        return self._shown(function, version, version)

    def versions(self, members: JsonObject) -> JsonObject:
        """Shows the versions of a function, $LATEST first."""
        function, _ = self._finder.named(members)
        page, marker = page_of(list(function.versions), members)
        return {"Versions": [self._shown(function, each, each) for each in page], **marker}

    @staticmethod
    def _lists(members: JsonObject, version: str) -> bool:
        return version == LATEST or members.get("FunctionVersion") == "ALL"
