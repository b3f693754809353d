"""Tags of functions and of event source mappings.

Source: AWS Lambda API reference, TagResource.
"""

from __future__ import annotations

from minidynamo.lambda_api.event_source_mappings import EventSourceMappings
from minidynamo.lambda_api.faults import invalid
from minidynamo.lambda_api.finder import FunctionFinder
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.values.api_types import JsonObject

_FUNCTION = ":function:"


class TagOperations:
    """Tags, by the ARN of what has them.

    Parameters:
        finder: finds functions.
        mappings: the mappings.
        notes: where the tags of functions are.
    """

    def __init__(self, finder: FunctionFinder, mappings: EventSourceMappings, notes: ApiNotes) -> None:
        self._finder = finder
        self._mappings = mappings
        self._notes = notes

    def list(self, members: JsonObject) -> JsonObject:
        """Shows the tags of a resource."""
        return {"Tags": self._tags(members["Resource"])}

    def add(self, members: JsonObject) -> None:
        """Adds tags."""
        self._tags(members["Resource"]).update(members["Tags"])

    def remove(self, members: JsonObject) -> None:
        """Removes tags."""
        tags = self._tags(members["Resource"])
        for key in members["TagKeys"]:
            tags.pop(key, None)

    def _tags(self, arn: str) -> dict[str, str]:
        if _FUNCTION not in arn:
            return self._mappings.tags_of(arn)
        named: JsonObject = {"FunctionName": arn}
        if self._finder.qualifier(named) is not None:
            raise invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
        function, _ = self._finder.named(named)
        return self._notes.tags.setdefault(function.name, {})
