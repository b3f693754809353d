"""What a function is configured with besides its code.

Source: AWS Lambda API reference, FunctionConfiguration; AWS Lambda Developer Guide, "Lambda runtimes", "Using Lambda
environment variables".
"""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from minidynamo.limits import (
    FUNCTION_MEMORY_MIB_MAX,
    FUNCTION_MEMORY_MIB_MIN,
    FUNCTION_VARIABLES_BYTES_MAX,
)

Isolation = Literal["thread", "process"]
ISOLATIONS: tuple[str, ...] = get_args(Isolation)
RUNTIME = "python" + ".".join(platform.python_version_tuple()[:2])
# Variables that the service sets, so that nobody else may.
_RESERVED = """
_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME
AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE AWS_LAMBDA_LOG_GROUP_NAME
AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR
"""
RESERVED_VARIABLES = frozenset(_RESERVED.split())
_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")


@dataclass(frozen=True)
class Configuration:
    """Settings of one version of a function.

    Attributes:
        handler: such as "app.handler": a module, whose packages may be parted by slashes or dots, and a function in it.
        runtime: as the API shows it; every one runs on the Python of this process.
        role: the ARN of a role, as the API shows it.
        description: for people.
        memory_mib: the most memory that a process may use.
        variables: the environment variables.
        isolation: "thread": environments are threads of this process, whose time limits are noticed afterwards;
            "process": each is a process of its own, which is ended where it takes too long or too much memory.
        cold_start_seconds: how much longer an environment takes to begin.

    Raises:
        ValueError: one is out of range.
    """

    handler: str
    runtime: str = RUNTIME
    role: str = ""
    description: str = ""
    memory_mib: int = FUNCTION_MEMORY_MIB_MIN
    variables: Mapping[str, str] = field(default_factory=dict)
    isolation: Isolation = "thread"
    cold_start_seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.isolation not in ISOLATIONS:
            raise ValueError(f"isolation must be one of {', '.join(ISOLATIONS)}, not {self.isolation!r}")
        if not FUNCTION_MEMORY_MIB_MIN <= self.memory_mib <= FUNCTION_MEMORY_MIB_MAX:
            raise ValueError(
                f"MemorySize must be from {FUNCTION_MEMORY_MIB_MIN} to {FUNCTION_MEMORY_MIB_MAX} MB, "
                f"not {self.memory_mib}"
            )
        if self.cold_start_seconds < 0:
            raise ValueError(f"a cold start takes no less than 0 seconds, not {self.cold_start_seconds}")
        problem = variables_problem(self.variables)
        if problem is not None:
            raise ValueError(problem)


def variables_problem(variables: Mapping[str, str]) -> str | None:
    """What the service says of environment variables that cannot be; None where they can."""
    reserved = sorted(variables.keys() & RESERVED_VARIABLES)
    if reserved:
        return (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    wrong = next((name for name in variables if _VARIABLE.fullmatch(name) is None), None)
    if wrong is not None:
        return f"the name of an environment variable is letters, digits and underscores, at least two, not {wrong!r}"
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > FUNCTION_VARIABLES_BYTES_MAX:
        return (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the {FUNCTION_VARIABLES_BYTES_MAX // 1024}KB limit. String measured: {size} bytes"
        )
    return None
