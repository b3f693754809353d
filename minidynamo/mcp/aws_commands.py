"""Command lines of the AWS CLI, `aws dynamodb query --table-name ...`, as requests. Nothing is ever run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping

from minidynamo.http.bodies import decoded_binaries
from minidynamo.mcp.arguments import Asked
from minidynamo.mcp.bounds import COMMAND_CHARACTERS_MAX
from minidynamo.mcp.tool_error import ToolError
from minidynamo.requests.operations import API
from minidynamo.requests.shapes import Shape
from minidynamo.values.api_types import JsonObject, JsonValue, RequestDraft

# Options of the CLI itself that take a value and change no request, and those that take none.
_IGNORED = frozenset(
    (
        *("--output", "--query", "--region", "--profile", "--endpoint-url", "--color", "--cli-read-timeout"),
        *("--cli-connect-timeout", "--ca-bundle", "--cli-binary-format", "--starting-token"),
    )
)
_IGNORED_FLAGS = frozenset(
    ("--no-paginate", "--no-cli-pager", "--debug", "--no-verify-ssl", "--no-sign-request", "--no-cli-auto-prompt")
)
# How the CLI bounds what it asks for, where this is not by the operation's own parameter.
_LIMITS = frozenset({"--max-items", "--page-size"})


def command_request(text: str) -> Asked:
    """The request of a command line.

    Raises:
        ToolError: it is none of `aws dynamodb`, or an option of it cannot be read.
    """
    if len(text) > COMMAND_CHARACTERS_MAX:
        raise ToolError(f"a command has at most {COMMAND_CHARACTERS_MAX:,} characters, not {len(text):,}")
    words = _words(text)
    if words[:2] != ["aws", "dynamodb"] or len(words) < 3:
        raise ToolError("a command begins with aws dynamodb and an operation, such as query")
    operation = _camel_case(words[2])
    if operation not in API:
        raise ToolError(f"aws dynamodb has no operation {words[2][:80]!r} that is carried out here")
    members = API[operation].request.members
    request: RequestDraft = {}
    for option, values in _options(words[3:]):
        if option == "--cli-input-json":
            request = {**_json_object(option, values), **request}
        elif option in _LIMITS:
            request["Limit"] = _whole(option, _single(option, values))
        elif option not in _IGNORED and option not in _IGNORED_FLAGS:
            name, value = _member(option, values, members, operation)
            request[name] = value
    return Asked(operation, decoded_binaries(operation, request))


def _words(text: str) -> list[str]:
    """The words of a line, which may go on after a backslash."""
    try:
        return shlex.split(text.replace("\\\r\n", " ").replace("\\\n", " "))
    except ValueError as error:
        raise ToolError(f"the command cannot be read: {str(error).lower()}") from None


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Options with the words that follow them."""
    if words and not words[0].startswith("--"):
        raise ToolError(f"the command has {words[0][:80]!r} where an option is expected")
    option, values = "", list[str]()
    for word in words:
        if word.startswith("--") and len(word) > 2:
            if option:
                yield option, values
            option, equals, value = word.partition("=")
            values = [value] if equals else []
        else:
            values.append(word)
    if option:
        yield option, values


def _camel_case(text: str) -> str:
    """A name of the API for one of the CLI: "TableName" for "table-name"."""
    return "".join(part[:1].upper() + part[1:] for part in text.split("-"))


def _member(option: str, values: list[str], members: Mapping[str, Shape], operation: str) -> tuple[str, JsonValue]:
    """The member of a request that an option stands for, and its value."""
    name = _camel_case(option.removeprefix("--"))
    negated = _camel_case(option.removeprefix("--no-"))
    if option.startswith("--no-") and negated in members and members[negated].kind == "Boolean":
        return negated, False
    if name not in members:
        raise ToolError(f"{operation} has no option {option[:80]}")
    return name, _value(option, values, members[name])


def _value(option: str, values: list[str], shape: Shape) -> JsonValue:
    if shape.kind == "Boolean":
        return True
    if shape.kind == "String":
        return _single(option, values)
    if shape.kind in ("Integer", "Long"):
        return _whole(option, _single(option, values))
    if values and values[0].lstrip()[:1] in ("{", "["):
        return _json(option, _single(option, values))
    if shape.kind == "List":
        return list(values) if shape.inner.kind == "String" else [_shorthand(option, each) for each in values]
    return _shorthand(option, _single(option, values))


def _single(option: str, values: list[str]) -> str:
    if len(values) != 1:
        given = f"{len(values)} words: put it in quotes" if values else "none"
        raise ToolError(f"{option} takes one value, and has {given}")
    if values[0].startswith(("file://", "fileb://")):
        raise ToolError(f"{option} names a file, which is not read: write its content into the command")
    return values[0]


def _whole(option: str, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise ToolError(f"{option} takes a whole number, not {text[:80]!r}")
    return int(text)


def _json(option: str, text: str) -> JsonValue:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ToolError(f"{option} is no JSON: {error}") from None


def _json_object(option: str, values: list[str]) -> JsonObject:
    value = _json(option, _single(option, values))
    if not isinstance(value, dict):
        raise ToolError(f"{option} takes an object of JSON")
    return value


def _shorthand(option: str, text: str) -> JsonObject:
    """The shorthand of the CLI, as far as it is flat: "#s=status,#t=type"."""
    pairs = [part.partition("=") for part in text.split(",")]
    if any(not equals or not name or value[:1] in ("{", "[") for name, equals, value in pairs):
        raise ToolError(f"{option} takes JSON, or name=value, not {text[:80]!r}")
    return {name: value for name, _, value in pairs}
