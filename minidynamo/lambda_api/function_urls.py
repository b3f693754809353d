"""Function URLs: addresses at which a function answers HTTP.

Source: AWS Lambda API reference, CreateFunctionUrlConfig.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set
from datetime import UTC, datetime

from minidynamo.lambda_api.faults import Fault
from minidynamo.lambda_api.finder import FunctionFinder, page_of
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.lambdas.function import LambdaFunction
from minidynamo.values.api_types import JsonObject

_NOT_THERE = "The resource you requested does not exist."
_SETTINGS = ("AuthType", "Cors", "InvokeMode")


class FunctionUrlOperations:
    """The URLs of functions.

    Parameters:
        finder: finds these.
        notes: what requests have said of them.
    """

    def __init__(self, finder: FunctionFinder, notes: ApiNotes) -> None:
        self._finder = finder
        self._notes = notes

    def create(self, members: JsonObject) -> JsonObject:
        """Gives a function, or an alias of it, a URL."""
        function, key = self._key(members)
        if key in self._notes.urls:
            text = (
                f"Failed to create function url config for [functionArn = {self._arn(function, key)}]. "
                "Error message:  FunctionUrlConfig exists for this Lambda function"
            )
            raise Fault("ResourceConflictException", text)
        moment = f"{datetime.fromtimestamp(self._finder.owner.clock.now(), UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        arn = self._arn(function, key)
        host = f"{hashlib.sha256(arn.encode()).hexdigest()[:32]}.lambda-url.{self._finder.owner.scope.region}.on.aws"
        self._notes.urls[key] = {
            "FunctionUrl": f"https://{host}/",
            "FunctionArn": arn,
            "InvokeMode": "BUFFERED",
            "CreationTime": moment,
            "LastModifiedTime": moment,
            **{name: members[name] for name in _SETTINGS if name in members},
        }
        return self._notes.urls[key]

    def update(self, members: JsonObject) -> JsonObject:
        """Changes what is named of a URL's settings."""
        known = self.get(members)
        known |= {name: members[name] for name in _SETTINGS if name in members}
        return known

    def get(self, members: JsonObject) -> JsonObject:
        """Shows a URL."""
        _, key = self._key(members)
        if key not in self._notes.urls:
            raise Fault("ResourceNotFoundException", _NOT_THERE)
        return self._notes.urls[key]

    def delete(self, members: JsonObject) -> None:
        """Ends a URL."""
        self.get(members)
        del self._notes.urls[self._key(members)[1]]

    def list(self, members: JsonObject) -> JsonObject:
        """Shows the URLs of a function."""
        function, _ = self._finder.named(members)
        page, marker = page_of([each for key, each in self._notes.urls.items() if key[0] == function.name], members)
        return {"FunctionUrlConfigs": list(page), **marker}

    def called(self, url_id: str) -> tuple[str, JsonObject] | None:
        """The function, with its alias, and the settings of the URL of an id; None where there is none."""
        for (name, qualifier), config in list(self._notes.urls.items()):
            if config["FunctionUrl"].startswith(f"https://{url_id}."):
                assert name in self._finder.owner.functions.names, f"{name} is gone and has a URL"
                return (f"{name}:{qualifier}" if qualifier else name), config
        return None

    def put(self, members: JsonObject) -> JsonObject:
        """Gives a function a URL, or changes the one that it has."""
        return self.update(members) if self._key(members)[1] in self._notes.urls else self.create(members)

    def end(self, urls: Set[str]) -> None:
        """Ends the URLs that there are of some."""
        for key in [key for key, each in self._notes.urls.items() if each["FunctionUrl"] in urls]:
            del self._notes.urls[key]

    def _key(self, members: JsonObject) -> tuple[LambdaFunction, tuple[str, str]]:
        function, _ = self._finder.named(members)
        return function, (function.name, self._finder.qualifier(members) or "")

    def _arn(self, function: LambdaFunction, key: tuple[str, str]) -> str:
        return self._finder.arn(function) + (f":{key[1]}" if key[1] else "")
