"""What stands for a part of a request: identity sources, mapped headers, and variables in templates.

Source: Amazon API Gateway Developer Guide, "Mapping template and access logging variable reference".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from minidynamo.gateway.call import Call
from minidynamo.gateway.events import request_context

_VARIABLE = re.compile(r"\$(\{)?((?:context|stageVariables|method|request)\.[\w.$-]*\w)(?(1)\})")


def variable_of(call: Call, name: str) -> str | None:
    """The value of a variable, None where there is none.

    Parameters:
        call: the request.
        name: such as "method.request.header.X", "$request.querystring.x", "context.requestId", "stageVariables.x".
    """
    bare = name.lstrip("$").removeprefix("method.")
    for prefix, look_up in _SOURCES.items():
        if bare.startswith(prefix):
            return look_up(call, bare.removeprefix(prefix))
    return None


def filled_in(call: Call, template: str, errors: Mapping[str, str]) -> str:
    """A template with its variables filled in; those that there are not become nothing.

    Parameters:
        call: the request.
        template: in which they stand, such as `{"message": $context.error.messageString}`.
        errors: what the variables below `context.error.` stand for.
    """

    def value_of(match: re.Match[str]) -> str:
        name = match[2]
        if name.startswith("context.error."):
            return errors.get(name.removeprefix("context.error."), "")
        return variable_of(call, name) or ""

    return _VARIABLE.sub(value_of, template)


def _of_query(call: Call, name: str) -> str | None:
    values = call.query_values.get(name)
    return values[-1] if values else None


def _of_context(call: Call, path: str) -> str | None:
    found: object = request_context(call)
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, dict | list | bool):
        return json.dumps(found)
    return None if found is None else str(found)


_SOURCES: dict[str, Callable[[Call, str], str | None]] = {
    "request.header.": lambda call, name: call.headers.get(name),
    "request.multivalueheader.": lambda call, name: ",".join(call.headers.values(name)) or None,
    "request.querystring.": _of_query,
    "request.multivaluequerystring.": lambda call, name: ",".join(call.query_values.get(name, ())) or None,
    "request.path.": lambda call, name: call.parameters.get(name),
    "request.path": lambda call, name: call.path,
    "stageVariables.": lambda call, name: call.api.stage_variables.get(name),
    "context.": _of_context,
}
