"""APIs as a document of OpenAPI 3.0.

Source: OpenAPI Specification 3.0.3; Amazon API Gateway Developer Guide, "OpenAPI extensions for API Gateway".
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from minidynamo.gateway.answers import http_response
from minidynamo.gateway.call import Call
from minidynamo.gateway.definition import ApiDefinition, Authorizer, Route
from minidynamo.gateway.definition_rules import ANY, DEFAULT_ROUTE, METHODS, TOKEN
from minidynamo.http.messages import HttpResponse
from minidynamo.values.api_types import JsonObject

_VERSION = "3.0.3"
_API_KEY = "api_key"
_PARAMETER = re.compile(r"\{([^}+]+)\+?\}")
_ANY_METHOD = "x-amazon-apigateway-any-method"


def document_of(definitions: Sequence[ApiDefinition], url: str = "/") -> JsonObject:
    """The document of some APIs.

    Parameters:
        definitions: one, or several, whose paths then begin with their names.
        url: where they are.
    """
    assert definitions, "a document is of an API"
    first = definitions[0]
    title = " and ".join(each.title or each.name for each in definitions)
    info: JsonObject = {"title": title, "version": first.version}
    if first.description:
        info["description"] = first.description
    paths: JsonObject = {}
    schemes: JsonObject = {}
    for api in definitions:
        prefix = f"/{api.name}" if len(definitions) > 1 else ""
        for path, operations in _paths_of(api).items():
            paths[prefix + path] = operations
        schemes |= _schemes_of(api)
    document: JsonObject = {"openapi": _VERSION, "info": info, "servers": [{"url": url}], "paths": paths}
    if schemes:
        document["components"] = {"securitySchemes": schemes}
    return document


def document_response(call: Call) -> HttpResponse:
    """The response that is the document of an API."""
    return json_response(document_of([call.api], base_url(call)))


def json_response(value: JsonObject) -> HttpResponse:
    """A response of JSON."""
    return http_response(200, {"content-type": ["application/json"]}, json.dumps(value).encode())


def base_url(call: Call) -> str:
    """Where an API was reached."""
    host = call.headers.get("host")
    return f"{call.headers.get('x-forwarded-proto') or 'http'}://{host}" if host else "/"


def _paths_of(api: ApiDefinition) -> dict[str, JsonObject]:
    """The operations by path and method; a route of any method is each that has no route of its own."""
    paths: dict[str, JsonObject] = {}
    for route in sorted(api.routes, key=lambda each: each.method == ANY):
        path = f"/{DEFAULT_ROUTE}" if route.path == DEFAULT_ROUTE else _PARAMETER.sub(r"{\1}", route.path)
        operations = paths.setdefault(path, {})
        if route.path == DEFAULT_ROUTE:
            operations[_ANY_METHOD] = _operation(api, route, ANY)
            continue
        for method in METHODS if route.method == ANY else (route.method,):
            operations.setdefault(method.lower(), _operation(api, route, method))
    return paths


def _operation(api: ApiDefinition, route: Route, method: str) -> JsonObject:
    words = re.sub(r"\W+", "_", f"{api.name}_{method.lower()}_{route.path}").strip("_")
    operation: JsonObject = {
        "operationId": words,
        "responses": {"default": {"description": f"What {route.function} answers."}},
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    if parameters:
        operation["parameters"] = parameters
    names = (route.authorizer, _API_KEY if route.needs_api_key else None)
    needed: JsonObject = {name: [] for name in names if name}
    if needed:
        operation["security"] = [needed]
    return operation


def _schemes_of(api: ApiDefinition) -> JsonObject:
    schemes = {name: _scheme(each) for name, each in api.authorizers.items()}
    if any(route.needs_api_key for route in api.routes):
        schemes[_API_KEY] = {"type": "apiKey", "in": "header", "name": "x-api-key"}
    return schemes


def _scheme(authorizer: Authorizer) -> JsonObject:
    """The security scheme of an authorizer: a key where the first of its identity sources stands."""
    source = next(iter(authorizer.sources), "request.header.Authorization").lstrip("$").removeprefix("method.")
    _, place, name = (*source.split(".", 2), "", "")[:3]
    return {
        "type": "apiKey",
        "in": "query" if place == "querystring" else "header",
        "name": name or "Authorization",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "token" if authorizer.type == TOKEN else "request"},
    }
