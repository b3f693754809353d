"""Where a reader goes on: a text that means nothing to an agent, and belongs to the request that it was given for."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field

from minidynamo.http.bodies import body_of, decoded_binaries
from minidynamo.mcp.arguments import Asked
from minidynamo.mcp.tool_error import ToolError
from minidynamo.values.api_types import JsonObject, RequestDraft, Response

# What of a response says where the next page begins, and where a request says it.
# A statement answers a key as well, by which it cannot go on.
_FOLLOWING = {"NextToken": "NextToken", "LastEvaluatedKey": "ExclusiveStartKey", "UnprocessedKeys": "RequestItems"}
_MARK_CHARACTERS = 8


@dataclass(frozen=True)
class Position:
    """A position within what a request reads.

    Attributes:
        start: members of the request by which its page begins; none of the first.
        skipped: how many items of that page have been shown.
    """

    start: RequestDraft = field(default_factory=dict)
    skipped: int = 0

    def text(self, asked: Asked) -> str:
        """The position as text, for an agent to give back with the same request."""
        assert self.skipped >= 0, f"{self.skipped} items have been shown"
        told: JsonObject = {"of": _mark(asked), "start": self.start, "skipped": self.skipped}
        return base64.urlsafe_b64encode(body_of(told)).decode().rstrip("=")

    def following(self, response: Response, shown: int, count: int) -> Position | None:
        """Where to go on after a page; None at the end.

        Parameters:
            response: the page.
            shown: how many of its items have been shown by now.
            count: how many it has.
        """
        if shown < count:
            return Position(self.start, shown)
        for member, parameter in _FOLLOWING.items():
            if response.get(member):
                return Position({parameter: response[member]})
        return None


def position_of(text: str | None, asked: Asked) -> Position:
    """The position that a text stands for; the beginning for None. Raises ToolError for a text of another request."""
    if text is None:
        return Position()
    wrong = ToolError("next takes what read has answered to the same request: leave it out to begin anew")
    try:
        told = json.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
        start, skipped = told["start"], told["skipped"]
        is_ours = told["of"] == _mark(asked) and isinstance(start, dict) and isinstance(skipped, int)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise wrong from None
    if not is_ours or skipped < 0 or not set(start) <= set(_FOLLOWING.values()):
        raise wrong
    return Position(decoded_binaries(asked.operation, start), skipped)


def _mark(asked: Asked) -> str:
    """What tells a request from others."""
    body = body_of({"operation": asked.operation, "request": asked.request})
    return hashlib.sha256(body).hexdigest()[:_MARK_CHARACTERS]
