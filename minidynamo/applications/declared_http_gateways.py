"""The HTTP APIs that plain CloudFormation declares resource by resource, as CDK synthesises them.

Source: AWS CloudFormation, AWS::ApiGatewayV2::Api, Route, Integration, Authorizer, Stage.
"""

from __future__ import annotations

from collections.abc import Mapping

from minidynamo.applications.declared import DeclaredApplication, function_in
from minidynamo.applications.declared_apis import api_made, texts_of, throttle_of
from minidynamo.applications.declared_cors import http_cors, listed
from minidynamo.applications.declared_gateways import (
    NOT_SIMULATED,
    Declared,
    authorizer_of,
    declared_of,
    referred,
)
from minidynamo.applications.definition import FunctionDefinition
from minidynamo.gateway.definition import ApiDefinition, Authorizer, Route
from minidynamo.templates.parts import Part, text_of

_PREFIX = "AWS::ApiGatewayV2::"
HTTP_API, _ROUTE, _INTEGRATION, _AUTHORIZER, _STAGE, _DEPLOYMENT = HTTP_GATEWAY_TYPES = tuple(
    _PREFIX + each for each in ("Api", "Route", "Integration", "Authorizer", "Stage", "Deployment")
)
_SECONDS_MAX = 30.0
_DEFAULT = "$default"
_TARGET = "integrations/"


class DeclaredHttpGateways:
    """Reads HTTP APIs.

    Parameters:
        application: the template.
        functions: its functions.
    """

    def __init__(self, application: DeclaredApplication, functions: list[FunctionDefinition]) -> None:
        self._application = application
        self._functions = {each.name: each for each in functions}
        self._by_type: dict[str, list[Declared]] = {each: [] for each in HTTP_GATEWAY_TYPES}
        for declared in declared_of(application, *HTTP_GATEWAY_TYPES):
            self._by_type[str(declared.resource.type)].append(declared)

    def all(self) -> list[ApiDefinition]:
        """The APIs that have routes.

        Raises:
            TemplateError: one is wrong.
        """
        found = []
        for api in self._by_type[HTTP_API]:
            protocol = text_of(api.properties.get("ProtocolType")) or "HTTP"
            if protocol == "HTTP":
                found.append(self._api(api))
            else:
                self._application.leave_out(f"API {api.name} ({protocol})", NOT_SIMULATED)
        return [each for each in found if each.routes]

    def _of(self, kind: str, api: str) -> list[Declared]:
        """The resources of a type that belong to an API."""
        return [each for each in self._by_type[kind] if referred(each.properties.get("ApiId")) == api]

    def _api(self, api: Declared) -> ApiDefinition:
        found = {each.name: self._authorizer(each) for each in self._of(_AUTHORIZER, api.name)}
        authorizers = {name: each for name, each in found.items() if each is not None}
        routes = [*self._quick(api), *(self._route(each, authorizers) for each in self._of(_ROUTE, api.name))]
        stages = self._of(_STAGE, api.name)
        for each in stages[1:]:
            self._application.leave_out(f"stage {each.name} of {api.name}", f"not served beside {stages[0].name}")
        stage = stages[0].properties if stages else Part({}, f"the API {api.name}")
        return api_made(
            api.properties,
            name=api.name,
            kind="HTTP",
            routes=tuple(each for each in routes if each is not None),
            stage=text_of(stage.get("StageName")) or "",
            authorizers=authorizers,
            cors=http_cors(api.properties.part("CorsConfiguration"))
            if api.properties.has("CorsConfiguration")
            else None,
            throttle=throttle_of(stage, Part({}, stage.name)),
            stage_variables=texts_of(stage.section("StageVariables")),
        )

    def _quick(self, api: Declared) -> list[Route]:
        """The route of an API that is made with a target of its own."""
        if not api.properties.has("Target"):
            return []
        function = function_in(api.properties.get("Target"), self._functions)
        if function is None:
            self._application.leave_out(f"target of {api.name}", "no function of the template")
            return []
        return [self._made(text_of(api.properties.get("RouteKey")) or _DEFAULT, function, "2.0", api.properties)]

    def _route(self, declared: Declared, authorizers: Mapping[str, Authorizer]) -> Route | None:
        """What a route invokes; None where that is no function of the application."""
        properties = declared.properties
        named = (text_of(properties.get("Target")) or "").removeprefix(_TARGET)
        integration = next((each.properties for each in self._by_type[_INTEGRATION] if each.name == named), None)
        uri = None if integration is None else integration.get("IntegrationUri")
        function = function_in(uri, self._functions)
        if integration is None or function is None:
            self._application.leave_out(f"route {declared.name}", "without a function of the template")
            return None
        payload = text_of(integration.get("PayloadFormatVersion")) or "1.0"
        milliseconds = integration.number("TimeoutInMillis") if integration.has("TimeoutInMillis") else 30_000
        authorizer = authorizer_of(self._application, declared, authorizers)
        return self._made(properties.text("RouteKey"), function, payload, properties, authorizer, milliseconds)

    @staticmethod
    def _made(
        key: str,
        function: str,
        payload_format: str,
        within: Part,
        authorizer: str | None = None,
        milliseconds: int = 30_000,
    ) -> Route:
        method, _, path = key.partition(" ") if key != _DEFAULT else ("ANY", "", _DEFAULT)
        seconds = min(milliseconds / 1000, _SECONDS_MAX)
        try:
            return Route(method, path, function, payload_format, authorizer, timeout_seconds=seconds)
        except ValueError as error:
            raise within.error(f"is no route: {error}") from None

    def _authorizer(self, declared: Declared) -> Authorizer | None:
        """An authorizer that is a function; others are left out."""
        part = declared.properties
        function = function_in(part.get("AuthorizerUri"), self._functions)
        kind = text_of(part.get("AuthorizerType")) or ""
        if function is None or kind != "REQUEST":
            self._application.leave_out(f"authorizer {declared.name} ({kind})", "no function of the template")
            return None
        ttl = "AuthorizerResultTtlInSeconds"
        return Authorizer(
            declared.name,
            function,
            kind,
            text_of(part.get("AuthorizerPayloadFormatVersion")) or "1.0",
            part.flag("EnableSimpleResponses"),
            tuple(str(each) for each in listed(part.get("IdentitySource"))),
            part.number(ttl) if part.has(ttl) else 0,
        )
