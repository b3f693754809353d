"""What a tool is: a name, what an agent is told of it, the schema of its arguments, and what carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from minidynamo.mcp.arguments import Arguments
from minidynamo.mcp.session import Session
from minidynamo.values.api_types import JsonObject


@dataclass(frozen=True)
class Tool:
    """A tool.

    Attributes:
        name: by which it is called.
        description: what it does, for an agent.
        run: carries a call out; raises ToolError, DynamoError or StoreError.
        arguments: their JSON schemas by name.
        required: those that must be given.
        writes: whether it changes the database.
    """

    name: str
    description: str
    run: Callable[[Session, Arguments], JsonObject]
    arguments: Mapping[str, JsonObject] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    writes: bool = False

    @property
    def schema(self) -> JsonObject:
        """The JSON schema of its arguments."""
        assert set(self.required) <= set(self.arguments), f"{self.name} requires what it does not take"
        return {
            "type": "object",
            "properties": dict(self.arguments),
            "required": list(self.required),
            "additionalProperties": False,
        }


# Arguments that several tools take.
ASKED: Mapping[str, JsonObject] = {
    "operation": {"type": "string", "description": "A DynamoDB operation, such as Query. Goes with request."},
    "request": {
        "type": "object",
        "description": 'Its request as in the API: {"TableName": "Shop", "Key": {"pk": {"S": "a"}}}; binary as base64',
    },
    "statement": {"type": "string", "description": "A PartiQL statement, in place of operation."},
    "parameters": {
        "type": "array",
        "items": {"type": "object"},
        "description": 'For the ? in the statement, in order: [{"S": "c1"}].',
    },
}
TRIED: JsonObject = {"type": "boolean", "description": "Ask what `try` has made of the database (false)."}


def text(description: str) -> JsonObject:
    """The schema of a text."""
    return {"type": "string", "description": description}


def flag(description: str) -> JsonObject:
    """The schema of a flag, which is false where it is not given."""
    return {"type": "boolean", "description": description}


def count(description: str, least: int, most: int) -> JsonObject:
    """The schema of a whole number."""
    return {"type": "integer", "minimum": least, "maximum": most, "description": description}
