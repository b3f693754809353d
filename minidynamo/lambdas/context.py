"""What a function learns of its own invocation: the second argument of its handler.

Source: AWS Lambda Developer Guide, "Using the Lambda context object to retrieve Python function information".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Context:
    """The context of one invocation.

    Attributes:
        function_name, function_version, invoked_function_arn, aws_request_id, memory_limit_in_mb, log_group_name,
            log_stream_name: as in AWS Lambda.
        identity, client_context: None.
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
    client_context: None = None

    @property
    def log_group_name(self) -> str:
        """The function's log group."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """How much of the timeout is left, by the database's clock."""
        return max(int((self._deadline - self._now()) * 1000), 0)
