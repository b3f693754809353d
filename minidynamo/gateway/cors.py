"""Pages of other origins: preflights, and the headers that let them read answers.

Source: Amazon API Gateway Developer Guide, "Configure CORS for HTTP APIs in API Gateway", "CORS for REST APIs in API
Gateway"; AWS SAM, "CorsConfiguration".
"""

from __future__ import annotations

from collections.abc import Iterable

from minidynamo.gateway.answers import http_response, is_header
from minidynamo.gateway.call import Call
from minidynamo.gateway.definition import Cors
from minidynamo.gateway.definition_rules import ANY
from minidynamo.gateway.routing import Routes
from minidynamo.http.messages import HttpResponse
from minidynamo.policies.patterns import matches

_PREFLIGHT = "OPTIONS"
_MOCK_BODY = b"{}\n"  # The template of SAM's own method.


def preflight_answer(call: Call, routes: Routes) -> HttpResponse | None:
    """The response to a preflight that no function sees; None where a request is none."""
    cors = call.api.cors
    if cors is None or call.method != _PREFLIGHT:
        return None
    if call.api.is_rest:
        return _mock_answer(call, cors, routes)
    is_preflight = call.headers.get("origin") and call.headers.get("access-control-request-method")
    if not is_preflight and routes.find(call.method, call.encoded_path) is not None:
        return None
    headers = {name: [value] for name, value in cors_headers(call).items()}
    return http_response(204, headers, b"")


def cors_headers(call: Call) -> dict[str, str]:
    """The headers that an HTTP API adds to a response, or to that of a preflight; none for other origins."""
    cors, origin = call.api.cors, call.headers.get("origin")
    if cors is None or call.api.is_rest or not origin:
        return {}
    if not any(matches(pattern.lower(), origin.lower()) for pattern in cors.origins):
        return {}
    names_all = "*" in cors.origins and not cors.allow_credentials
    headers = {"access-control-allow-origin": "*" if names_all else origin}
    headers |= {"access-control-allow-credentials": "true"} if cors.allow_credentials else {}
    headers |= _listed("access-control-expose-headers", cors.expose_headers)
    if call.method == _PREFLIGHT:
        headers |= _listed("access-control-allow-methods", cors.methods)
        headers |= _listed("access-control-allow-headers", cors.headers)
        headers |= _age(cors)
    return {name: value for name, value in headers.items() if is_header(name, value)}


def _mock_answer(call: Call, cors: Cors, routes: Routes) -> HttpResponse | None:
    """What the method OPTIONS that SAM adds to each path answers; None where there is no path, or it has its own."""
    methods = routes.methods_at(call.encoded_path)
    if not methods or routes.has_own(_PREFLIGHT, call.encoded_path):
        return None
    allowed = cors.methods or tuple(sorted({*methods, _PREFLIGHT} - {ANY}))
    headers = {
        **_listed("access-control-allow-origin", cors.origins),
        **_listed("access-control-allow-methods", allowed),
        **_listed("access-control-allow-headers", cors.headers),
        **_age(cors),
        "content-type": "application/json",
    }
    if cors.allow_credentials:
        headers["access-control-allow-credentials"] = "true"
    kept = {name: [value] for name, value in headers.items() if is_header(name, value)}
    if cors.preflight_status is not None:
        return http_response(cors.preflight_status, kept, b"")
    return http_response(200, kept, _MOCK_BODY)


def _listed(name: str, values: Iterable[str]) -> dict[str, str]:
    text = ",".join(values)
    return {name: text} if text else {}


def _age(cors: Cors) -> dict[str, str]:
    return {} if cors.max_age is None else {"access-control-max-age": str(cors.max_age)}
