"""What a function is invoked with: the events of both payload formats.

Source: Amazon API Gateway Developer Guide, "Lambda proxy integrations in API Gateway" (payload 1.0), "Create AWS Lambda
proxy integrations for HTTP APIs" (both).
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime

from minidynamo.gateway.bodies import body_members
from minidynamo.gateway.call import Call
from minidynamo.values.api_types import JsonObject

_PROTOCOL = "HTTP/1.1"
_DEPLOYMENT_ID = "local"
# What is known of a caller who has signed, which nobody does here.
_NOBODY = dict.fromkeys(
    (
        *("accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType"),
        *("cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "user", "userArn"),
    )
)


def proxy_event(call: Call) -> JsonObject:
    """The event of a request for the function of its route."""
    assert call.route is not None, "an event is made for a request whose route is known"
    if call.api.format_of(call.route) == "2.0":
        return {"version": "2.0", **request_members_2(call), **body_members(call)}
    version = {} if call.api.is_rest else {"version": "1.0"}
    return {**version, **request_members_1(call), **body_members(call)}


def request_members_1(call: Call) -> JsonObject:
    """What payload 1.0 tells of a request, but for its body."""
    query, headers = call.query_values, call.headers
    return {
        "resource": _resource(call),
        "path": call.path if call.api.is_rest else call.staged_path,
        "httpMethod": call.method,
        "headers": headers.last,
        "multiValueHeaders": headers.every,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(call.parameters) or None,
        "stageVariables": dict(call.api.stage_variables) or None,
        "requestContext": context_1(call),
    }


def request_members_2(call: Call) -> JsonObject:
    """What payload 2.0 tells of a request, but for its body: members that would be empty are left out."""
    headers = call.headers.joined
    headers.pop("cookie", None)
    cookies = [part.strip() for each in call.headers.values("cookie") for part in each.split(";") if part.strip()]
    optional: JsonObject = {
        "cookies": cookies,
        "queryStringParameters": {name: ",".join(values) for name, values in call.query_values.items()},
        "pathParameters": dict(call.parameters),
        "stageVariables": dict(call.api.stage_variables),
    }
    return {
        "routeKey": _route_key(call),
        "rawPath": call.staged_path,
        "rawQueryString": call.query,
        "headers": headers,
        "requestContext": context_2(call),
        **{name: value for name, value in optional.items() if value},
    }


def request_context(call: Call) -> JsonObject:
    """The context of a request, as its own format has it."""
    is_older = call.api.is_rest if call.route is None else call.api.format_of(call.route) == "1.0"
    return context_1(call) if is_older else context_2(call)


def context_1(call: Call) -> JsonObject:
    """`requestContext` of payload 1.0."""
    identity: JsonObject = {
        **_NOBODY,
        "sourceIp": call.source_ip,
        "userAgent": call.headers.get("user-agent"),
    }
    if call.api_key is not None:
        identity |= {"apiKey": call.api_key, "apiKeyId": call.api.api_keys[call.api_key]}
    context: JsonObject = {
        **_whereabouts(call),
        "deploymentId": _DEPLOYMENT_ID,
        "extendedRequestId": call.extended_id,
        "httpMethod": call.method,
        "identity": identity,
        "path": call.staged_path,
        "protocol": _PROTOCOL,
        "requestId": call.request_id if call.api.is_rest else call.extended_id,
        "requestTime": _common_log_time(call.now),
        "requestTimeEpoch": int(call.now * 1000),
        "resourceId": _resource_id(call),
        "resourcePath": _resource(call),
    }
    return context if call.authorizer is None else {**context, "authorizer": call.authorizer}


def context_2(call: Call) -> JsonObject:
    """`requestContext` of payload 2.0."""
    context: JsonObject = {
        **_whereabouts(call),
        "http": {
            "method": call.method,
            "path": call.staged_path,
            "protocol": _PROTOCOL,
            "sourceIp": call.source_ip,
            "userAgent": call.headers.get("user-agent") or "",
        },
        "requestId": call.extended_id,
        "routeKey": _route_key(call),
        "time": _common_log_time(call.now),
        "timeEpoch": int(call.now * 1000),
    }
    return context if call.authorizer is None else {**context, "authorizer": {"lambda": call.authorizer}}


def _whereabouts(call: Call) -> JsonObject:
    return {
        "accountId": call.api.account_id or call.scope.account_id,
        "apiId": call.api.api_id,
        "domainName": call.headers.get("host") or "",
        "domainPrefix": call.api.api_id,
        "stage": call.api.stage,
    }


def _resource(call: Call) -> str:
    return "" if call.route is None else call.route.path


def _route_key(call: Call) -> str:
    return "" if call.route is None else call.route.key


def _resource_id(call: Call) -> str:
    """What names the resource of a route: six letters and digits, or the key of an HTTP API's route."""
    if not call.api.is_rest:
        return _route_key(call)
    return f"{zlib.crc32(_resource(call).encode()):08x}"[:6]


def _common_log_time(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
