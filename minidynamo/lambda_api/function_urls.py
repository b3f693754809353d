"""Function URLs: addresses at which a function answers HTTP.

Source: AWS Lambda API reference, CreateFunctionUrlConfig.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set
from datetime import UTC, datetime

from minidynamo.lambda_api.faults import Fault, not_there
from minidynamo.lambda_api.finder import FunctionFinder, page_of
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.values.api_types import JsonObject

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
        _, _, arn = found = self._finder.qualified(members)
        if found.key in self._notes.urls:
            text = (
                f"Failed to create function url config for [functionArn = {arn}]. "
                "Error message:  FunctionUrlConfig exists for this Lambda function"
            )
            raise Fault("ResourceConflictException", text)
        moment = self._moment()
        host = f"{hashlib.sha256(arn.encode()).hexdigest()[:32]}.lambda-url.{self._finder.owner.scope.region}.on.aws"
        self._notes.urls[found.key] = config = {
            "FunctionUrl": f"https://{host}/",
            "FunctionArn": arn,
            "InvokeMode": "BUFFERED",
            "CreationTime": moment,
            "LastModifiedTime": moment,
            **{name: members[name] for name in _SETTINGS if name in members},
        }
        return config

    def update(self, members: JsonObject) -> JsonObject:
        """Changes what is named of a URL's settings."""
        known = self.get(members)
        named = {name: members[name] for name in _SETTINGS if name in members}
        key = self._finder.qualified(members).key
        self._notes.urls[key] = changed = {**known, **named, "LastModifiedTime": self._moment()}
        return changed

    def get(self, members: JsonObject) -> JsonObject:
        """Shows a URL."""
        key = self._finder.qualified(members).key
        if key not in self._notes.urls:
            raise not_there()
        return self._notes.urls[key]

    def delete(self, members: JsonObject) -> None:
        """Ends a URL."""
        self.get(members)
        del self._notes.urls[self._finder.qualified(members).key]

    def list(self, members: JsonObject) -> JsonObject:
        """Shows the URLs of a function."""
        function, _ = self._finder.named(members)
        page, marker = page_of([each for key, each in self._notes.urls.items() if key[0] == function.name], members)
        return {"FunctionUrlConfigs": list(page), **marker}

    def called(self, url_id: str) -> tuple[str, JsonObject] | None:
        """The function, with its alias, and the settings of the URL of an id; None where there is none."""
        for (name, qualifier), config in list(self._notes.urls.items()):
            is_called = config["FunctionUrl"].startswith(f"https://{url_id}.")
            if is_called and name in self._finder.owner.functions.names:  # Which others may remove.
                return (f"{name}:{qualifier}" if qualifier else name), config
        return None

    def put(self, members: JsonObject) -> JsonObject:
        """Gives a function a URL, or changes the one that it has."""
        return self.update(members) if self._finder.qualified(members).key in self._notes.urls else self.create(members)

    def _moment(self) -> str:
        return f"{datetime.fromtimestamp(self._finder.owner.clock.now(), UTC):%Y-%m-%dT%H:%M:%S.%fZ}"

    def end(self, urls: Set[str]) -> None:
        """Ends the URLs that there are of some."""
        for key in [key for key, each in self._notes.urls.items() if each["FunctionUrl"] in urls]:
            del self._notes.urls[key]
