"""Which operation a request of AWS Lambda's API is for, and its members: from path, query, headers and body.

Source: the API model of AWS Lambda, version 2015-03-31 (REST-JSON).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qs, unquote

from minidynamo.lambda_api.faults import Fault
from minidynamo.values.api_types import JsonObject

_OF_LAMBDA = re.compile(r"/20\d\d-\d\d-\d\d/(functions|event-source-mappings|tags|layers|account-settings)\b")
_NUMBERS = frozenset({"MaxItems", "VersionNumber"})
# Operations for whose path another one stands where the query has a certain name.
_BESIDE = {
    "GetProvisionedConcurrencyConfig": ("List", "ListProvisionedConcurrencyConfigs"),
    "ListLayers": ("find", "GetLayerVersionByArn"),
}
_LISTS = frozenset({"TagKeys"})


class ApiRequest(NamedTuple):
    """A request as it comes.

    Attributes:
        method, path, query: of its first line; path and query still encoded.
        headers: by lower-case name.
        body: as it was sent.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Route(NamedTuple):
    """Where an operation is.

    Attributes:
        operation: its name.
        method, path: the path with the names of members in braces.
        query: members that stand in the query, by their names there.
        headers: members that stand in headers, by the names of these.
        has_members: whether the body is a JSON object of further members.
    """

    operation: str
    method: str
    path: str
    query: Mapping[str, str] = MappingProxyType({})
    headers: Mapping[str, str] = MappingProxyType({})
    has_members: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """What the path of a request matches."""
        return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path)) + "/?")


_MAPPINGS, _TAGS = "/2015-03-31/event-source-mappings", "/2017-03-31/tags/{Resource}"
_FUNCTION = "/2015-03-31/functions/{FunctionName}"
_ALIAS, _EVENTS = f"{_FUNCTION}/aliases/{{Name}}", "/2019-09-25/functions/{FunctionName}/event-invoke-config"
_PROVISIONED, _URL = (
    "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
    "/2021-10-31/functions/{FunctionName}/url",
)
_LAYER = "/2018-10-31/layers/{LayerName}/versions"
_QUALIFIED = {"Qualifier": "Qualifier"}
_PAGED = {each: each for each in ("Marker", "MaxItems", "FunctionVersion")}
_LAYERS = {each: each for each in ("Marker", "MaxItems", "CompatibleRuntime", "CompatibleArchitecture", "Arn")}
ROUTES = (
    Route("CreateEventSourceMapping", "POST", _MAPPINGS, has_members=True),
    Route(
        "ListEventSourceMappings",
        "GET",
        _MAPPINGS,
        query={each: each for each in ("EventSourceArn", "FunctionName", "Marker", "MaxItems")},
    ),
    Route("GetEventSourceMapping", "GET", f"{_MAPPINGS}/{{UUID}}"),
    Route("UpdateEventSourceMapping", "PUT", f"{_MAPPINGS}/{{UUID}}", has_members=True),
    Route("DeleteEventSourceMapping", "DELETE", f"{_MAPPINGS}/{{UUID}}"),
    Route(
        "Invoke",
        "POST",
        f"{_FUNCTION}/invocations",
        query=_QUALIFIED,
        headers={
            "x-amz-invocation-type": "InvocationType",
            "x-amz-log-type": "LogType",
            "x-amz-client-context": "ClientContext",
            "x-amzn-trace-id": "TraceHeader",
        },
    ),
    Route("CreateFunction", "POST", "/2015-03-31/functions", has_members=True),
    Route("UpdateFunctionCode", "PUT", f"{_FUNCTION}/code", has_members=True),
    Route("UpdateFunctionConfiguration", "PUT", f"{_FUNCTION}/configuration", has_members=True),
    Route("ListFunctions", "GET", "/2015-03-31/functions", query=_PAGED),
    Route("GetFunction", "GET", _FUNCTION, query=_QUALIFIED),
    Route("GetFunctionConfiguration", "GET", f"{_FUNCTION}/configuration", query=_QUALIFIED),
    Route("DeleteFunction", "DELETE", _FUNCTION, query=_QUALIFIED),
    Route("PublishVersion", "POST", f"{_FUNCTION}/versions", has_members=True),
    Route("ListVersionsByFunction", "GET", f"{_FUNCTION}/versions", query=_PAGED),
    Route("CreateAlias", "POST", f"{_FUNCTION}/aliases", has_members=True),
    Route("ListAliases", "GET", f"{_FUNCTION}/aliases", query=_PAGED),
    Route("GetAlias", "GET", _ALIAS),
    Route("UpdateAlias", "PUT", _ALIAS, has_members=True),
    Route("DeleteAlias", "DELETE", _ALIAS),
    Route("PutFunctionConcurrency", "PUT", "/2017-10-31/functions/{FunctionName}/concurrency", has_members=True),
    Route("DeleteFunctionConcurrency", "DELETE", "/2017-10-31/functions/{FunctionName}/concurrency"),
    Route("GetFunctionConcurrency", "GET", "/2019-09-30/functions/{FunctionName}/concurrency"),
    Route("PutProvisionedConcurrencyConfig", "PUT", _PROVISIONED, query=_QUALIFIED, has_members=True),
    Route("GetProvisionedConcurrencyConfig", "GET", _PROVISIONED, query=_QUALIFIED),
    Route("DeleteProvisionedConcurrencyConfig", "DELETE", _PROVISIONED, query=_QUALIFIED),
    Route("PutFunctionEventInvokeConfig", "PUT", _EVENTS, query=_QUALIFIED, has_members=True),
    Route("UpdateFunctionEventInvokeConfig", "POST", _EVENTS, query=_QUALIFIED, has_members=True),
    Route("GetFunctionEventInvokeConfig", "GET", _EVENTS, query=_QUALIFIED),
    Route("DeleteFunctionEventInvokeConfig", "DELETE", _EVENTS, query=_QUALIFIED),
    Route("ListFunctionEventInvokeConfigs", "GET", f"{_EVENTS}/list", query=_PAGED),
    Route("AddPermission", "POST", f"{_FUNCTION}/policy", query=_QUALIFIED, has_members=True),
    Route(
        "RemovePermission",
        "DELETE",
        f"{_FUNCTION}/policy/{{StatementId}}",
        query={**_QUALIFIED, "RevisionId": "RevisionId"},
    ),
    Route("GetPolicy", "GET", f"{_FUNCTION}/policy", query=_QUALIFIED),
    Route("CreateFunctionUrlConfig", "POST", _URL, query=_QUALIFIED, has_members=True),
    Route("UpdateFunctionUrlConfig", "PUT", _URL, query=_QUALIFIED, has_members=True),
    Route("GetFunctionUrlConfig", "GET", _URL, query=_QUALIFIED),
    Route("DeleteFunctionUrlConfig", "DELETE", _URL, query=_QUALIFIED),
    Route("ListFunctionUrlConfigs", "GET", f"{_URL}s", query=_PAGED),
    Route("PublishLayerVersion", "POST", _LAYER, has_members=True),
    Route("ListLayerVersions", "GET", _LAYER, query=_LAYERS),
    Route("GetLayerVersion", "GET", f"{_LAYER}/{{VersionNumber}}"),
    Route("DeleteLayerVersion", "DELETE", f"{_LAYER}/{{VersionNumber}}"),
    Route("ListLayers", "GET", "/2018-10-31/layers", query=_LAYERS),
    Route("ListTags", "GET", _TAGS),
    Route("TagResource", "POST", _TAGS, has_members=True),
    Route("UntagResource", "DELETE", _TAGS, query={"tagKeys": "TagKeys"}),
)
_BY_PATTERN = [(route.method, route.pattern, route) for route in ROUTES]
OPERATIONS = tuple(route.operation for route in ROUTES)


def is_for_lambda(path: str) -> bool:
    """Whether a path is one of AWS Lambda's API, known here or not."""
    return (
        re.match(r"/20\d\d-\d\d-\d\d/(functions|event-source-mappings|tags|layers|account-settings)\b", path)
        is not None
    )


def routed(request: ApiRequest) -> tuple[str, JsonObject]:
    """The operation that a request is for, and its members.

    Raises:
        Fault: there is none, or its body is no JSON object.
    """
    assert request.path.startswith("/"), f"a request has the path {request.path!r}"
    for method, pattern, route in _BY_PATTERN:
        found = pattern.fullmatch(request.path) if method == request.method else None
        if found is not None:
            texts = {name: unquote(text) for name, text in found.groupdict().items()}
            named = {name: _number_of(text) if name in _NUMBERS else text for name, text in texts.items()}
            sent = _sent_members(route, request)
            mark, other = _BESIDE.get(route.operation, ("", ""))
            is_other = mark in parse_qs(request.query, keep_blank_values=True)
            return other if is_other else route.operation, {**sent, **named}
    raise Fault("UnknownOperationException", f"minidynamo does not carry out {request.method} {request.path}.")


def _sent_members(route: Route, request: ApiRequest) -> JsonObject:
    members: JsonObject = _object_in(request.body) if route.has_members else {}
    for name, values in parse_qs(request.query, keep_blank_values=True).items():
        member = route.query.get(name)
        if member is not None:
            members[member] = values if member in _LISTS else _number_of(values[0]) if member in _NUMBERS else values[0]
    for header, member in route.headers.items():
        if header in request.headers:
            members[member] = request.headers[header]
    return members


def _object_in(body: bytes) -> JsonObject:
    try:
        members = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise Fault("InvalidRequestContentException", "Could not parse request body into json.")
    return {name: value for name, value in members.items() if value is not None}


def _number_of(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Fault("ValidationException", f"1 validation error detected: Value '{text}' is no number.") from None
