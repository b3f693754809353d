"""Aliases: names for versions of functions, with routing weights.

Source: AWS Lambda API reference, AliasConfiguration.
"""

from __future__ import annotations

from collections.abc import Mapping

from minidynamo.errors import ResourceNotFound
from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.finder import FunctionFinder, describe, page_of
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.lambdas.function import LATEST, LambdaFunction
from minidynamo.values.api_types import JsonObject


class AliasOperations:
    """The aliases of functions.

    Parameters:
        finder: finds these.
        notes: what requests have said of them.
    """

    def __init__(self, finder: FunctionFinder, notes: ApiNotes) -> None:
        self._finder = finder
        self._notes = notes
        self._owner = finder.owner

    def create(self, members: JsonObject) -> JsonObject:
        """Makes an alias."""
        function, _ = self._finder.named(members)
        name = members["Name"]
        if name in function.aliases:
            text = f"Alias already exists: {self._finder.arn(function)}:{name}"
            raise Fault("ResourceConflictException", text)
        self._point(function, name, members["FunctionVersion"], members)
        return self._alias(function, name)

    def update(self, members: JsonObject) -> JsonObject:
        """Changes what is named of an alias."""
        function, name = self._with_alias(members)
        self._finder.require_revision(function, name, members)
        self._point(function, name, members.get("FunctionVersion", function.aliases[name]), members)
        return self._alias(function, name)

    def get(self, members: JsonObject) -> JsonObject:
        """Shows an alias."""
        return self._alias(*self._with_alias(members))

    def delete(self, members: JsonObject) -> None:
        """Ends an alias; one that is not there has ended already."""
        function, _ = self._finder.named({"FunctionName": members["FunctionName"]})
        name = members["Name"]
        if name in function.aliases:
            if name in function.provisioned:
                self._owner.functions.provision(function.name, name, 0)
            del function.aliases[name]
            function.forget(name)
        self._notes.forget(function.name, name)
        self._owner.functions.configure_asynchronous(function.name, None, name)

    def list(self, members: JsonObject) -> JsonObject:
        """Shows the aliases of a function, or those of a version."""
        function, _ = self._finder.named(members)
        wanted = members.get("FunctionVersion")
        names = sorted(each for each, version in function.aliases.items() if wanted in (None, version))
        page, marker = page_of(names, members)
        return {"Aliases": [self._alias(function, each) for each in page], **marker}

    def _with_alias(self, members: JsonObject) -> tuple[LambdaFunction, str]:
        function, _ = self._finder.named({"FunctionName": members["FunctionName"]})
        name = members["Name"]
        if name not in function.aliases:
            raise Fault("ResourceNotFoundException", f"Cannot find alias arn: {self._finder.arn(function)}:{name}")
        return function, name

    def _point(self, function: LambdaFunction, name: str, version: str, members: JsonObject) -> None:
        """Lets an alias stand for a version."""
        weights = function.weights.get(name, {})
        if "RoutingConfig" in members:
            weights = members["RoutingConfig"].get("AdditionalVersionWeights") or {}
        _check_weights(version, weights)
        try:
            self._owner.functions.put_alias(function.name, name, version, weights)
        except ResourceNotFound as error:
            raise Fault("ResourceNotFoundException", error.message) from None
        except (TypeError, ValueError) as error:
            raise invalid(str(error)) from None
        assert function.aliases[name] == version, f"{name} of {function.name} stands for {function.aliases[name]}"
        describe(function, name, members)

    def _alias(self, function: LambdaFunction, name: str) -> JsonObject:
        assert name in function.aliases, f"{function} has no alias {name}"
        arn = f"{self._finder.arn(function)}:{name}"
        shown: JsonObject = {
            "AliasArn": arn,
            "Name": name,
            "FunctionVersion": function.aliases[name],
            "Description": function.descriptions.get(name, ""),
            "RevisionId": self._finder.revision(function, name),
        }
        if function.weights.get(name):
            shown["RoutingConfig"] = {"AdditionalVersionWeights": function.weights[name]}
        return shown


def _check_weights(version: str, weights: Mapping[str, float]) -> None:
    """Refuses weights that an alias of a version cannot have."""
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    if version in weights:
        text = f"Function version {version} is already included in routing configuration."
        raise invalid(f"Invalid function version {version}. {text}")
    if weights and version == LATEST:
        raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
