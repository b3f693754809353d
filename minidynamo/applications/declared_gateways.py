"""The REST APIs that plain CloudFormation declares resource by resource, as CDK synthesises them.

Source: AWS CloudFormation, AWS::ApiGateway::RestApi, Resource, Method, Authorizer, Stage, GatewayResponse, UsagePlan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from minidynamo.applications.declared import DeclaredApplication, function_in
from minidynamo.applications.declared_apis import api_made, response_of, texts_of, throttle_of
from minidynamo.applications.declared_cors import listed, preflight_cors
from minidynamo.applications.definition import FunctionDefinition
from minidynamo.applications.openapi_bodies import OpenApiBody
from minidynamo.gateway.definition import ApiDefinition, Authorizer, Cors, Route
from minidynamo.templates.parts import Part, text_of
from minidynamo.templates.resource_names import Resource

_PREFIX = "AWS::ApiGateway::"
(REST_API, _RESOURCE, _METHOD, _AUTHORIZER, _STAGE, _DEPLOYMENT, _RESPONSE, _PLAN, _KEY) = GATEWAY_TYPES = tuple(
    _PREFIX + each
    for each in (
        *("RestApi", "Resource", "Method", "Authorizer", "Stage"),
        *("Deployment", "GatewayResponse", "UsagePlan", "ApiKey"),
    )
)
# Types that change nothing here.
WITHOUT_EFFECT = (f"{_PREFIX}Account", f"{_PREFIX}UsagePlanKey", f"{_PREFIX}Model", f"{_PREFIX}RequestValidator")
NOT_SIMULATED = "not simulated"
_SECONDS_MAX = 29.0
_DEPTH_MAX = 100


class Declared(NamedTuple):
    """A resource with its properties."""

    resource: Resource
    properties: Part

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.resource.logical_name


def declared_of(application: DeclaredApplication, *types: str) -> list[Declared]:
    """The resources of some types, with their properties resolved."""
    found = []
    for resource in application.resources.of_types(types):
        with application.resources.reading(resource):
            found.append(Declared(resource, application.properties(resource)))
    return found


def referred(value: object) -> str:
    """The logical name of the resource that Ref, or an attribute of which nothing is known, stands for."""
    return (text_of(value) or "").partition(".")[0]


class DeclaredGateways:
    """Reads REST APIs.

    Parameters:
        application: the template.
        functions: its functions.
        keys: names of API keys by value, besides those that the template gives a value.
    """

    def __init__(
        self, application: DeclaredApplication, functions: list[FunctionDefinition], keys: Mapping[str, str]
    ) -> None:
        self._application = application
        self._functions = {each.name: each for each in functions}
        self._by_type: dict[str, list[Declared]] = {each: [] for each in GATEWAY_TYPES}
        for declared in declared_of(application, *GATEWAY_TYPES):
            self._by_type[str(declared.resource.type)].append(declared)
        values = {each.name: text_of(each.properties.get("Value")) for each in self._by_type[_KEY]}
        self._keys = {**{value: name for name, value in values.items() if value}, **keys}

    def all(self) -> list[ApiDefinition]:
        """The APIs that have routes.

        Raises:
            TemplateError: one is wrong.
        """
        found = [self._api(each) for each in self._by_type[REST_API]]
        return [each for each in found if each.routes]

    def _of(self, kind: str, api: str) -> list[Declared]:
        """The resources of a type that belong to an API."""
        return [each for each in self._by_type[kind] if referred(each.properties.get("RestApiId")) == api]

    def _api(self, api: Declared) -> ApiDefinition:
        if api.properties.has("BodyS3Location"):
            self._application.leave_out(f"BodyS3Location of {api.name}", "not of this machine")
        body = OpenApiBody(self._application, self._functions, api.properties.section("Body"), "REST")
        stage = self._stage(api.name)
        found = {each.name: self._authorizer(each) for each in self._of(_AUTHORIZER, api.name)}
        authorizers = body.authorizers | {name: each for name, each in found.items() if each is not None}
        routes = [*body.routes.values(), *(self._route(each, authorizers) for each in self._methods(api.name))]
        return api_made(
            api.properties,
            name=api.name,
            kind="REST",
            routes=tuple(each for each in routes if each is not None),
            stage=text_of(stage.get("StageName")) or "",
            authorizers=authorizers,
            cors=self._cors(api.name) or body.cors,
            binary_media_types=tuple(str(each) for each in listed(api.properties.get("BinaryMediaTypes")))
            or body.binary_media_types,
            api_keys=self._keys,
            throttle=throttle_of(stage, self._plan(api.name)),
            gateway_responses={
                each.properties.text("ResponseType"): response_of(
                    each.properties, each.properties.section("ResponseParameters")
                )
                for each in self._of(_RESPONSE, api.name)
            },
            stage_variables=texts_of(stage.section("Variables")),
        )

    def _stage(self, api: str) -> Part:
        """The stage of an API, the first of several; a deployment may name one, too."""
        stages = [*self._of(_STAGE, api), *self._of(_DEPLOYMENT, api)]
        named = [each for each in stages if each.properties.has("StageName")]
        for each in named[1:]:
            self._application.leave_out(f"stage {each.name} of {api}", f"not served beside {named[0].name}")
        return named[0].properties if named else Part({}, f"the API {api}")

    def _plan(self, api: str) -> Part:
        """What bounds the requests with keys, as SAM has it: `Auth` with a usage plan."""
        for plan in self._by_type[_PLAN]:
            if any(referred(each.get("ApiId")) == api for each in plan.properties.parts("ApiStages")):
                return Part({"UsagePlan": plan.properties.members}, plan.properties.name)
        return Part({}, f"the API {api}")

    def _methods(self, api: str) -> list[Declared]:
        """The methods that invoke something; those that answer preflights stand for CORS."""
        return [each for each in self._of(_METHOD, api) if not _is_preflight(each.properties)]

    def _route(self, method: Declared, authorizers: Mapping[str, Authorizer]) -> Route | None:
        """What a method invokes; None where that is no function of the application."""
        properties, integration = method.properties, method.properties.section("Integration")
        kind = (text_of(integration.get("Type")) or "none").upper()
        function = function_in(integration.get("Uri"), self._functions) if kind == "AWS_PROXY" else None
        if function is None:
            self._application.leave_out(f"method {method.name} ({kind})", "without a function of the template")
            return None
        milliseconds = integration.number("TimeoutInMillis") if integration.has("TimeoutInMillis") else 29_000
        try:
            return Route(
                method=properties.text("HttpMethod").upper(),
                path=self._path(properties.get("ResourceId"), properties),
                function=function,
                payload_format="1.0",
                authorizer=authorizer_of(self._application, method, authorizers),
                needs_api_key=properties.flag("ApiKeyRequired"),
                timeout_seconds=min(milliseconds / 1000, _SECONDS_MAX),
            )
        except ValueError as error:
            raise properties.error(f"is no route: {error}") from None

    def _path(self, resource_id: object, within: Part) -> str:
        """The path of a resource, from the root of its API on."""
        resources = {each.name: each.properties for each in self._by_type[_RESOURCE]}
        parts: list[str] = []
        name = text_of(resource_id) or ""
        while not name.endswith(".RootResourceId"):
            if name not in resources or len(parts) > _DEPTH_MAX:
                raise within.wrong("ResourceId", resource_id, "a resource below the root of an API of the template")
            parts.append(resources[name].text("PathPart"))
            name = text_of(resources[name].get("ParentId")) or ""
        return "/" + "/".join(reversed(parts))

    def _authorizer(self, declared: Declared) -> Authorizer | None:
        """An authorizer that is a function; others are left out."""
        part = declared.properties
        function = function_in(part.get("AuthorizerUri"), self._functions)
        kind = text_of(part.get("Type")) or ""
        if function is None or kind not in ("TOKEN", "REQUEST"):
            self._application.leave_out(f"authorizer {declared.name} ({kind})", "no function of the template")
            return None
        sources = (each.strip() for each in (text_of(part.get("IdentitySource")) or "").split(","))
        ttl = "AuthorizerResultTtlInSeconds"
        return Authorizer(
            declared.name,
            function,
            kind,
            "1.0",
            identity_sources=tuple(each for each in sources if each),
            ttl_seconds=part.number(ttl) if part.has(ttl) else 300,
            token_validation=text_of(part.get("IdentityValidationExpression")),
        )

    def _cors(self, api: str) -> Cors | None:
        """What methods without a function answer to preflights: one answer for all paths, that of the first."""
        found = [_cors_of(each.properties) for each in self._of(_METHOD, api) if _is_preflight(each.properties)]
        if len(set(found)) > 1:
            self._application.leave_out(f"methods OPTIONS of {api} but for the first", "not told apart from it")
        return found[0] if found else None


def authorizer_of(
    application: DeclaredApplication, declared: Declared, authorizers: Mapping[str, Authorizer]
) -> str | None:
    """The authorizer of a method or a route; None where there is none, or none that is a function."""
    kind = text_of(declared.properties.get("AuthorizationType")) or "NONE"
    name = referred(declared.properties.get("AuthorizerId"))
    if kind == "CUSTOM" and name in authorizers:
        return name
    if kind != "NONE":
        application.leave_out(f"authorization of {declared.name} ({kind})", NOT_SIMULATED)
    return None


def _is_preflight(properties: Part) -> bool:
    """Whether a method only answers preflights."""
    is_mock = properties.section("Integration").get("Type") == "MOCK"
    return is_mock and properties.get("HttpMethod") == "OPTIONS"


def _cors_of(method: Part) -> Cors | None:
    """What the answers of a method without a function say of other origins; None where they say nothing."""
    responses = method.section("Integration").parts("IntegrationResponses")
    if not responses:
        return None
    first = responses[0]
    status = first.number("StatusCode") if first.has("StatusCode") else None
    return preflight_cors(first.section("ResponseParameters").members, status)
