"""The routes of an API in an OpenAPI document with API Gateway's extensions.

Source: Amazon API Gateway Developer Guide, "OpenAPI extensions for API Gateway"; AWS SAM, DefinitionBody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minidynamo.applications.declared import DeclaredApplication, function_in
from minidynamo.applications.declared_cors import http_cors, listed, preflight_cors
from minidynamo.applications.definition import FunctionDefinition
from minidynamo.gateway.definition import Authorizer, Cors, Route
from minidynamo.gateway.definition_rules import ANY, DEFAULT_ROUTE, METHODS, REST
from minidynamo.templates.parts import Part, text_of

_EXTENSION = "x-amazon-apigateway-"
_METHODS = {**{each.lower(): each for each in METHODS}, f"{_EXTENSION}any-method": ANY}
_INTEGRATION, _AUTHORIZER = f"{_EXTENSION}integration", f"{_EXTENSION}authorizer"
# How long a function is waited for at most.
_SECONDS_MAX = {REST: 29.0, "HTTP": 30.0}


class OpenApiBody:
    """What an OpenAPI document says of an API.

    Parameters:
        application: the template.
        functions: its functions, by name.
        body: the document, resolved; an empty one says nothing.
        kind: "REST" or "HTTP".

    Attributes:
        routes: by what they are called, such as "GET /items".
        authorizers: by name.
        cors: who may read answers from other origins.
        binary_media_types: which bodies are binary.

    Raises:
        TemplateError: it is wrong.
    """

    def __init__(
        self, application: DeclaredApplication, functions: Mapping[str, FunctionDefinition], body: Part, kind: str
    ) -> None:
        self._application = application
        self._functions = functions
        self._kind = kind
        self._security = listed(body.get("security"))
        self._key_schemes: set[str] = set()
        self.routes: dict[str, Route] = {}
        self.authorizers: dict[str, Authorizer] = {}
        self.binary_media_types = tuple(map(str, listed(body.get(f"{_EXTENSION}binary-media-types"))))
        self.cors = _http_cors(body)
        for name, scheme in _schemes(body):
            self._read_scheme(name, scheme)
        for path, item in body.section("paths").each("path"):
            for name in filter(item.has, _METHODS):
                self._read(str(path), _METHODS[name], item.part(name).called(f"{_METHODS[name]} {path}"))

    def _read_scheme(self, name: str, scheme: Part) -> None:
        """How callers may show who they are: to a function, or by an API key."""
        if scheme.has(_AUTHORIZER):
            authorizer = self._authorizer(name, scheme, scheme.part(_AUTHORIZER))
            if authorizer is not None:
                self.authorizers[name] = authorizer
        elif (text_of(scheme.get("name")) or "").lower() == "x-api-key":
            self._key_schemes.add(name)

    def _authorizer(self, name: str, scheme: Part, part: Part) -> Authorizer | None:
        """An authorizer that is a function; others are left out."""
        function = function_in(part.get("authorizerUri"), self._functions)
        of_type = (text_of(part.get("type")) or "").upper()
        if function is None or of_type not in ("TOKEN", "REQUEST"):
            self._application.leave_out(f"authorizer {name}", "no function of the template")
            return None
        named = [each for text in listed(part.get("identitySource")) for each in str(text).split(",")]
        sources = tuple(each.strip() for each in named if each.strip())
        if of_type == "TOKEN":
            sources = (f"method.request.header.{text_of(scheme.get('name')) or 'Authorization'}",)
        ttl, is_rest = "authorizerResultTtlInSeconds", self._kind == REST
        return Authorizer(
            name,
            function,
            of_type,
            "1.0" if is_rest else text_of(part.get("authorizerPayloadFormatVersion")) or "1.0",
            part.flag("enableSimpleResponses"),
            sources,
            part.number(ttl) if part.has(ttl) else 300 if is_rest else 0,
            text_of(part.get("identityValidationExpression")),
        )

    def _read(self, path: str, method: str, operation: Part) -> None:
        integration = operation.section(_INTEGRATION)
        kind = (text_of(integration.get("type")) or "none").lower()
        function = function_in(integration.get("uri"), self._functions) if kind == "aws_proxy" else None
        if kind == "mock" and method == "OPTIONS":
            self.cors = self.cors or _preflight(integration)
        elif function is None:
            self._application.leave_out(f"{operation.name} ({kind})", "without a function of the template")
        else:
            place = DEFAULT_ROUTE if path == f"/{DEFAULT_ROUTE}" else path
            route = self._route(method, place, function, operation, integration)
            self.routes[route.key] = route

    def _route(self, method: str, path: str, function: str, operation: Part, integration: Part) -> Route:
        demanded = list(self._demanded(operation))
        authorizers = [each for each in demanded if each in self.authorizers]
        seconds = integration.number("timeoutInMillis") / 1000 if integration.has("timeoutInMillis") else 30.0
        payload_format = text_of(integration.get("payloadFormatVersion")) or "1.0"
        try:
            return Route(
                method=method,
                path=path,
                function=function,
                payload_format="1.0" if self._kind == REST else payload_format,
                authorizer=authorizers[0] if authorizers else None,
                needs_api_key=not self._key_schemes.isdisjoint(demanded),
                timeout_seconds=min(seconds, _SECONDS_MAX[self._kind]),
            )
        except ValueError as error:
            raise operation.error(f"is no route: {error}") from None

    def _demanded(self, operation: Part) -> Iterator[str]:
        """The security schemes of an operation that there are here."""
        given = listed(operation.get("security")) if operation.has("security") else self._security
        for name in (str(name) for each in given if isinstance(each, Mapping) for name in each):
            if name in self.authorizers or name in self._key_schemes:
                yield name
            else:
                self._application.leave_out(f"security {name} of {operation.name}", "not simulated")


def _schemes(body: Part) -> Iterator[tuple[str, Part]]:
    """The security schemes, where either version of OpenAPI has them."""
    for section in (body.section("securityDefinitions"), body.section("components").section("securitySchemes")):
        for name, scheme in section.each("security scheme"):
            yield str(name), scheme


def _http_cors(body: Part) -> Cors | None:
    name = f"{_EXTENSION}cors"
    if not body.has(name):
        return None
    given = body.part(name)
    return http_cors(
        Part({str(each)[:1].upper() + str(each)[1:]: value for each, value in given.members.items()}, name)
    )


def _preflight(integration: Part) -> Cors | None:
    """What a method that answers preflights says, by the first of its answers."""
    for _, response in integration.section("responses").each("response"):
        status = response.number("statusCode") if response.has("statusCode") else None
        return preflight_cors(response.section("responseParameters").members, status)
    return None
