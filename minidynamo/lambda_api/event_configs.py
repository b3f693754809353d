"""How queued invocations of functions are treated, as requests say it.

Source: AWS Lambda API reference, FunctionEventInvokeConfig; known answers of the service.
"""

from __future__ import annotations

from dataclasses import replace

from minidynamo.errors import ResourceNotFound
from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.finder import FunctionFinder, page_of
from minidynamo.lambda_api.function_names import FunctionName
from minidynamo.lambdas.function import LATEST, LambdaFunction
from minidynamo.lambdas.invocations import AsynchronousSettings
from minidynamo.values.api_types import JsonObject

_SAID = frozenset({"MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"})


class EventConfigOperations:
    """The settings of queued invocations, by the versions and aliases that these name.

    Parameters:
        finder: finds the functions.
    """

    def __init__(self, finder: FunctionFinder) -> None:
        self._finder = finder
        self._functions = finder.owner.functions

    def put(self, members: JsonObject) -> JsonObject:
        """Says how queued invocations are treated; what is not named is as by default."""
        if not members.keys() & _SAID:
            raise invalid("You must specify at least one of error handling or destination setting.")
        return self._set(self._existing(members), members, AsynchronousSettings())

    def update(self, members: JsonObject) -> JsonObject:
        """Changes what is named of that."""
        return self._set(self._existing(members), members, self._settings(members))

    def get(self, members: JsonObject) -> JsonObject:
        """Shows how queued invocations are treated, where anything was said of it."""
        return _shown(self._arn(members), self._settings(members))

    def delete(self, members: JsonObject) -> None:
        """Treats queued invocations as by default again."""
        self._settings(members)
        function, qualifier = self._existing(members), self._finder.qualifier(members) or LATEST
        for each in (qualifier, None) if qualifier == LATEST else (qualifier,):
            self._functions.configure_asynchronous(function.name, None, each)

    def list(self, members: JsonObject) -> JsonObject:
        """Shows the settings of all versions and aliases of a function that have any."""
        function = self._existing(members)
        said = sorted({each or LATEST for each in self._functions.asynchronous_qualifiers(function.name)})
        page, marker = page_of(said, members)
        shown = [self.get({"FunctionName": function.name, "Qualifier": each}) for each in page]
        return {"FunctionEventInvokeConfigs": shown, **marker}

    def _existing(self, members: JsonObject) -> LambdaFunction:
        """The function of a request, if there is one, with its version or alias."""
        name = FunctionName.of(members["FunctionName"], self._finder.owner.scope, members.get("Qualifier"))
        if not self._functions.has(name.invoked):
            raise Fault("ResourceNotFoundException", "The function doesn't exist.")
        return self._functions.find(name.name)[0]

    def _arn(self, members: JsonObject) -> str:
        name = FunctionName.of(members["FunctionName"], self._finder.owner.scope, members.get("Qualifier"))
        return f"{name.arn(self._finder.owner.scope)}:{name.qualifier or LATEST}"

    def _settings(self, members: JsonObject) -> AsynchronousSettings:
        name = FunctionName.of(members["FunctionName"], self._finder.owner.scope, members.get("Qualifier"))
        settings = self._functions.asynchronous_settings(name.name, name.qualifier or LATEST)
        if settings is None:
            text = f"The function {self._arn(members)} doesn't have an EventInvokeConfig"
            raise Fault("ResourceNotFoundException", text)
        return settings

    def _set(self, function: LambdaFunction, members: JsonObject, before: AsynchronousSettings) -> JsonObject:
        config = members.get("DestinationConfig")
        settings = replace(
            before,
            retries=members.get("MaximumRetryAttempts", before.retries),
            event_age_seconds=members.get("MaximumEventAgeInSeconds", before.event_age_seconds),
        )
        if config is not None:
            success, failure = (_target(config, each, function) for each in ("OnSuccess", "OnFailure"))
            settings = replace(settings, on_success=success, on_failure=failure)
        qualifier = self._finder.qualifier(members) or LATEST
        try:
            self._functions.configure_asynchronous(function.name, settings, qualifier)
        except (ValueError, ResourceNotFound) as error:
            text = f"minidynamo hands records of invocations over to functions and tables of its own: {error}"
            raise invalid(text) from None
        return self.get(members)


def _target(config: JsonObject, member: str, function: LambdaFunction) -> str | None:
    """Where records go, which is nowhere that leads back to the function."""
    target: str | None = (config.get(member) or {}).get("Destination")
    if target is not None and target.partition(":function:")[2].partition(":")[0] == function.name:
        raise invalid("You can't specify the function as a destination for itself.")
    return target


def _shown(arn: str, settings: AsynchronousSettings) -> JsonObject:
    targets = {"OnSuccess": settings.on_success, "OnFailure": settings.on_failure}
    return {
        "LastModified": settings.said_at,
        "FunctionArn": arn,
        "MaximumRetryAttempts": settings.retries,
        "MaximumEventAgeInSeconds": int(settings.event_age_seconds),
        "DestinationConfig": {
            name: {"Destination": each} if isinstance(each, str) else {} for name, each in targets.items()
        },
    }
