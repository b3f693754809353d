"""How queued invocations of functions are treated, as requests say it.

Source: AWS Lambda API reference, FunctionEventInvokeConfig.
"""

from __future__ import annotations

from dataclasses import replace

from minidynamo.errors import ResourceNotFound
from minidynamo.lambda_api.faults import Fault, invalid
from minidynamo.lambda_api.finder import FunctionFinder
from minidynamo.lambdas.function import LATEST
from minidynamo.lambdas.invocations import AsynchronousSettings
from minidynamo.values.api_types import JsonObject


class EventConfigOperations:
    """The settings of queued invocations.

    Parameters:
        finder: finds the functions.
    """

    def __init__(self, finder: FunctionFinder) -> None:
        self._finder = finder
        self._owner = finder.owner

    def put(self, members: JsonObject) -> JsonObject:
        """Says how queued invocations are treated; what is not named is as by default."""
        before = self._owner.functions.asynchronous_settings(self._finder.named(members)[0].name)
        letters = None if before is None else before.dead_letters  # Which are a setting of the function itself.
        return self._set_events(members, AsynchronousSettings(dead_letters=letters))

    def update(self, members: JsonObject) -> JsonObject:
        """Changes what is named of that."""
        return self._set_events(members, self._events(members))

    def get(self, members: JsonObject) -> JsonObject:
        """Shows how queued invocations are treated, where anything was said of it."""
        function, _ = self._finder.named(members)
        settings = self._events(members)
        targets = {"OnSuccess": settings.on_success, "OnFailure": settings.on_failure}
        return {
            "LastModified": function.modified_at,
            "FunctionArn": f"{self._finder.arn(function)}:{self._finder.qualifier(members) or LATEST}",
            "MaximumRetryAttempts": settings.retries,
            "MaximumEventAgeInSeconds": int(settings.event_age_seconds),
            "DestinationConfig": {
                name: {"Destination": each} if isinstance(each, str) else {} for name, each in targets.items()
            },
        }

    def delete(self, members: JsonObject) -> None:
        """Treats queued invocations as by default again."""
        letters, name = self._events(members).dead_letters, self._finder.named(members)[0].name
        settings = None if letters is None else AsynchronousSettings(dead_letters=letters)
        self._owner.functions.configure_asynchronous(name, settings)

    def _events(self, members: JsonObject) -> AsynchronousSettings:
        function, _ = self._finder.named(members)
        settings = self._owner.functions.asynchronous_settings(function.name)
        if settings is None:
            arn = f"{self._finder.arn(function)}:{self._finder.qualifier(members) or LATEST}"
            raise Fault("ResourceNotFoundException", f"The function {arn} doesn't have an EventInvokeConfig")
        return settings

    def _set_events(self, members: JsonObject, before: AsynchronousSettings) -> JsonObject:
        function, _ = self._finder.named(members)
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
        return self.get(members)


def _target(config: JsonObject, member: str) -> str | None:
    target: str | None = (config.get(member) or {}).get("Destination")
    return target
