"""Functions as requests name them, and what replies about them share."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from minidynamo.errors import ResourceNotFound
from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.function_names import FunctionName
from minidynamo.lambda_api.owner import FunctionOwner
from minidynamo.lambdas.function import LATEST, LambdaFunction
from minidynamo.limits import FUNCTIONS_PAGE_MAX
from minidynamo.values.api_types import JsonObject, JsonValue

Member = TypeVar("Member")
_FUNCTIONS_ONLY = (
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
    "Please specify either a function name or an unqualified function ARN."
)


class Qualified(NamedTuple):
    """A function with the qualifier of a request.

    Attributes:
        function: it.
        qualifier: a version or an alias, "" for none.
        arn: that of both.
    """

    function: LambdaFunction
    qualifier: str
    arn: str

    @property
    def key(self) -> tuple[str, str]:
        """What notes about it are kept by."""
        return self.function.name, self.qualifier


class FunctionFinder:
    """Finds the functions of a database.

    Parameters:
        owner: the database.
    """

    def __init__(self, owner: FunctionOwner) -> None:
        self.owner = owner

    def find(self, name: str, qualifier: str | None = None) -> tuple[LambdaFunction, str]:
        """A function and the version that a qualifier stands for; a Fault where there is none."""
        try:
            return self.owner.functions.find(name, qualifier)
        except ResourceNotFound as error:
            raise Fault("ResourceNotFoundException", error.message) from None

    def named(self, members: JsonObject) -> tuple[LambdaFunction, str]:
        """The function that a request is about, and the version."""
        name = FunctionName.of(members["FunctionName"], self.owner.scope, members.get("Qualifier"))
        return self.find(name.name, name.qualifier)

    def of_name(self, members: JsonObject) -> LambdaFunction:
        """The function that a request is about, whatever version or alias it names."""
        return self.find(FunctionName.of(members["FunctionName"], self.owner.scope, members.get("Qualifier")).name)[0]

    def whole(self, members: JsonObject) -> LambdaFunction:
        """The function that a request is about, which can be about no version and no alias."""
        if self.qualifier(members) is not None:
            raise invalid(_FUNCTIONS_ONLY)
        return self.named(members)[0]

    def revision(self, function: LambdaFunction, qualifier: str) -> str:
        """What tells a state of a version or an alias from all others."""
        assert qualifier in function.revisions, f"{function} has no revision of {qualifier}"
        number = function.revisions[qualifier]
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.arn(function)}:{qualifier}:{number}"))

    def require_revision(
        self, function: LambdaFunction, qualifier: str, members: JsonObject, shown_by: str = "GetFunction/GetAlias"
    ) -> None:
        """Refuses a request that is about another state than the present one, if it says which.

        Parameters:
            function, qualifier: the function, and the version or alias.
            members: of the request.
            shown_by: what tells of the revision.
        """
        if members.get("RevisionId") not in (None, self.revision(function, qualifier or LATEST)):
            text = (
                "The Revision Id provided does not match the latest Revision Id. "
                f"Call the {shown_by} API to retrieve the latest Revision Id"
            )
            raise Fault("PreconditionFailedException", text)

    def qualifier(self, members: JsonObject) -> str | None:
        """The qualifier that a request gives; None where it gives none."""
        return FunctionName.of(members["FunctionName"], self.owner.scope, members.get("Qualifier")).qualifier

    def arn(self, function: LambdaFunction) -> str:
        """The ARN of a function, without a qualifier."""
        return FunctionName(function.name, None, is_arn=False).arn(self.owner.scope)

    def qualified(self, members: JsonObject) -> Qualified:
        """The function, or the version or alias of it, that a request is about."""
        function, _ = self.named(members)
        qualifier = self.qualifier(members) or ""
        assert not qualifier or qualifier in (*function.versions, *function.aliases), f"{function} has no {qualifier}"
        return Qualified(function, qualifier, self.arn(function) + (f":{qualifier}" if qualifier else ""))


def describe(function: LambdaFunction, what: str, members: JsonObject) -> None:
    """Keeps the description that a request gives of a version or an alias."""
    if "Description" in members:
        function.descriptions[what] = members["Description"]


def page_of(found: Sequence[Member], members: JsonObject) -> tuple[Sequence[Member], JsonObject]:
    """A page of what there is, and where the next one begins."""
    assert members.get("MaxItems", 1) > 0, "a page has room for something"
    start = int(members["Marker"]) if str(members.get("Marker", "")).isdecimal() else 0
    stop = start + min(members.get("MaxItems", FUNCTIONS_PAGE_MAX), FUNCTIONS_PAGE_MAX)
    marker: dict[str, JsonValue] = {"NextMarker": str(stop)} if stop < len(found) else {}
    return found[start:stop], marker
