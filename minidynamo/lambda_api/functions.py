"""Functions that are here: shown, published as versions and ended.

Source: AWS Lambda API reference, FunctionConfiguration.
"""

from __future__ import annotations

from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.finder import FunctionFinder, describe, page_of
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.lambda_api.shown_functions import ShownFunctions, code_hash
from minidynamo.lambda_api.states import refuse_passing
from minidynamo.lambdas.function import LATEST, LambdaFunction
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
        self._shown = ShownFunctions(finder).shown

    def list(self, members: JsonObject) -> JsonObject:
        """Shows functions in the order of their names, with all versions if asked for."""
        names = sorted(self._owner.functions.names)
        found = [self._finder.find(name)[0] for name in names]
        wanted = [(each, version) for each in found for version in each.versions if self._lists(members, version)]
        page, marker = page_of(wanted, members)
        shows_all = members.get("FunctionVersion") == "ALL"
        shown = [self._shown(function, version, version if shows_all else None) for function, version in page]
        return {"Functions": shown, **marker}

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
        elif qualifier in function.aliases:
            raise invalid("Deletion of aliases is not currently supported.")
        elif version == LATEST:
            raise invalid("$LATEST version cannot be deleted without deleting the function.")
        else:
            self._delete_version(function, version)

    def _delete_version(self, function: LambdaFunction, version: str) -> None:
        versions = {name: (stable, *function.weights.get(name, ())) for name, stable in function.aliases.items()}
        aliases = [name for name, each in versions.items() if version in each]
        if aliases:
            text = f"Unable to delete version because the following aliases reference it: [{', '.join(aliases)}]"
            raise Fault("ResourceConflictException", text)
        function.remove_version(version)
        self._notes.forget(function.name, version)
        self._owner.functions.configure_asynchronous(function.name, None, version)

    def publish(self, members: JsonObject) -> JsonObject:
        """Keeps the present code as a version."""
        function, _ = self._finder.named(members)
        refuse_passing(function, self._finder.arn(function))
        self._finder.require_revision(function, LATEST, members)
        wanted, present = members.get("CodeSha256"), code_hash(function)
        if wanted and wanted != present:
            text = (
                f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({present}). "
                "Please try again with the CodeSHA256 in $LATEST."
            )
            raise invalid(text)
        version = function.latest_version  # Where nothing has changed, nothing is published.
        if version is None:
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
