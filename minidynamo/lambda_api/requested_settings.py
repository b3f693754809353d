"""The settings of a function that a request gives.

Source: AWS Lambda API reference, CreateFunction; known answers of the service.
"""

from __future__ import annotations

from dataclasses import replace

from minidynamo.execution.configuration import Configuration, variables_problem
from minidynamo.lambda_api.faults import invalid
from minidynamo.values.api_types import JsonObject

# Members that change nothing here, and are shown as they were sent.
SHOWN_ONLY = (
    "TracingConfig", "EphemeralStorage", "Architectures", "LoggingConfig", "VpcConfig", "KMSKeyArn",
    "FileSystemConfigs", "DeadLetterConfig",
)  # fmt: skip
SETTINGS = {
    "Handler": "handler", "Runtime": "runtime", "Role": "role", "Description": "description",
    "MemorySize": "memory_mib",
}  # fmt: skip
_PYTHON = "python"
# The runtimes that there are, as the service lists them, and those that there have been.
_LISTED = (
    "nodejs20.x", "provided.al2023", "python3.12", "python3.13", "nodejs22.x", "java17", "nodejs16.x", "dotnet8",
    "python3.10", "java11", "python3.11", "dotnet6", "java21", "nodejs18.x", "provided.al2", "ruby3.3", "ruby3.4",
    "java8.al2", "ruby3.2", "python3.8", "python3.9", "python3.14", "nodejs24.x", "java25",
)  # fmt: skip
_PAST = (
    "nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "java8", "python2.7",
    "python3.6", "python3.7", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "go1.x", "ruby2.5",
    "ruby2.7", "provided",
)  # fmt: skip


def changed(configuration: Configuration, members: JsonObject) -> Configuration:
    """Settings with what a request says of them."""
    if "Runtime" in members:
        _check_runtime(members["Runtime"])
    changes = {setting: members[name] for name, setting in SETTINGS.items() if name in members}
    if "Environment" in members:
        changes["variables"] = variables = dict(members["Environment"].get("Variables") or {})
        problem = variables_problem(variables)
        if problem is not None:
            raise invalid(problem)
    return replace(configuration, **changes)


def shown_only(members: JsonObject) -> JsonObject:
    """The settings of a request that change nothing here."""
    return {name: members[name] for name in SHOWN_ONLY if name in members}


def _check_runtime(runtime: str) -> None:
    if runtime not in _LISTED and runtime not in _PAST:
        text = (
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(_LISTED)}] or be a valid ARN"
        )
        raise invalid(text)
    if not runtime.startswith(_PYTHON):
        raise invalid(f"minidynamo runs Python: it has no runtime {runtime}.")
