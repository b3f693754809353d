"""What a function learns of its own invocation: the second argument of its handler.

Source: AWS Lambda Developer Guide, "Using the Lambda context object to retrieve Python function information".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from minidynamo.limits import CLIENT_CONTEXT_BYTES_MAX
from minidynamo.values.api_types import JsonObject

_DESCRIBED = (
    "function_name",
    "function_version",
    "invoked_function_arn",
    "aws_request_id",
    "memory_limit_in_mb",
    "log_stream_name",
    "client_context",
)


class ClientContextError(ValueError):
    """What a caller says of itself cannot be read."""


class ClientContext:
    """What the caller of a function says of itself.

    Attributes:
        client, custom, env: as it was sent.

    Parameters:
        members: the object that was sent.
    """

    def __init__(self, members: JsonObject) -> None:
        self.members = members
        self.client = members.get("client")
        self.custom = members.get("custom")
        self.env = members.get("env")

    @classmethod
    def of(cls, text: str) -> ClientContext:
        """What a base64 text says.

        Raises:
            ClientContextError: it is too long, or no base64 of a JSON object.
        """
        if len(text) > CLIENT_CONTEXT_BYTES_MAX:
            raise ClientContextError(
                f"Client context must be no more than {CLIENT_CONTEXT_BYTES_MAX} bytes long, not {len(text)}"
            )
        try:
            members = json.loads(base64.b64decode(text, validate=True))
        except (ValueError, RecursionError):
            members = None
        if not isinstance(members, dict):
            raise ClientContextError("Client context must be a valid Base64-encoded JSON object.")
        return cls(members)


@dataclass(frozen=True)
class Context:
    """The context of one invocation.

    Attributes:
        function_name, function_version, invoked_function_arn, aws_request_id, memory_limit_in_mb, log_group_name,
            log_stream_name: as in AWS Lambda.
        identity: None.
        client_context: what the caller says of itself, None for nothing.
    """

    function_name: str
    function_version: str
    invoked_function_arn: str
    aws_request_id: str
    _deadline: float = field(repr=False)
    _now: Callable[[], float] = field(repr=False)
    memory_limit_in_mb: str = "128"
    log_stream_name: str = ""
    identity: None = None
    client_context: ClientContext | None = None

    @property
    def log_group_name(self) -> str:
        """The function's log group."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """How much of the timeout is left, by the database's clock."""
        return max(int((self._deadline - self._now()) * 1000), 0)

    def in_environment(self, log_stream_name: str, memory_mib: int, deadline: float) -> Context:
        """The context of the same invocation in an execution environment, with when it is late there."""
        return replace(self, log_stream_name=log_stream_name, memory_limit_in_mb=str(memory_mib), _deadline=deadline)

    def described(self) -> JsonObject:
        """What another process makes a context of by `of`."""
        described = {name: getattr(self, name) for name in _DESCRIBED}
        if self.client_context is not None:
            described["client_context"] = self.client_context.members
        return described

    @classmethod
    def of(cls, described: JsonObject, deadline: float, now: Callable[[], float]) -> Context:
        """The context that was described, of an invocation that must end by a time."""
        members = described.get("client_context")
        client_context = None if members is None else ClientContext(members)
        return cls(**{**described, "client_context": client_context, "_deadline": deadline, "_now": now})
