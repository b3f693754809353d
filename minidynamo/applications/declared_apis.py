"""The APIs of a template: SAM's, implicit ones too, with the routes that events of functions declare.

Source: AWS SAM Developer Guide, AWS::Serverless::Api, AWS::Serverless::HttpApi, "Controlling API access".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, Required, TypedDict, Unpack

from minidynamo.applications.declared import DeclaredApplication
from minidynamo.applications.declared_cors import http_cors_of, listed, rest_cors
from minidynamo.applications.declared_events import ApiEvent
from minidynamo.applications.definition import FunctionDefinition
from minidynamo.applications.known_properties import check_properties
from minidynamo.applications.openapi_bodies import OpenApiBody
from minidynamo.gateway.definition import ApiDefinition, Authorizer, Cors, GatewayResponse, Route, Throttle
from minidynamo.gateway.definition_rules import ANY, DEFAULT_ROUTE, METHODS
from minidynamo.templates.document import read_document
from minidynamo.templates.parts import Part, text_of
from minidynamo.templates.table_definition import TemplateError

REST_API, HTTP_API = "AWS::Serverless::Api", "AWS::Serverless::HttpApi"


class _Kind(NamedTuple):
    """One kind of API.

    Attributes:
        type: of its resources.
        kind: as `ApiDefinition` has it.
        reference: the member of an event that names the API.
        implicit: the API of events that name none.
        globals: the section of Globals that is about it.
        timeout_seconds: how long a function is waited for at most.
    """

    type: str
    kind: str
    reference: str
    implicit: str
    globals: str
    timeout_seconds: float


_KINDS = {
    "Api": _Kind(REST_API, "REST", "RestApiId", "ServerlessRestApi", "Api", 29.0),
    "HttpApi": _Kind(HTTP_API, "HTTP", "ApiId", "ServerlessHttpApi", "HttpApi", 30.0),
}
_NO_AUTHORIZER, _IAM = "NONE", "AWS_IAM"
_ANY = (ANY, "X-AMAZON-APIGATEWAY-ANY-METHOD")
_LAMBDA_AUTHORIZER = re.compile(r":function:([^/:]+(?::[^/]+)?)")


class DeclaredApis:
    """Reads APIs.

    Parameters:
        application: the template.
        functions: its functions.
        keys: names of API keys by value; where there are none, routes that need one refuse everybody.
    """

    def __init__(
        self, application: DeclaredApplication, functions: list[FunctionDefinition], keys: Mapping[str, str]
    ) -> None:
        self._application = application
        self._functions = {each.name: each for each in functions}
        self._keys = dict(keys)

    def all(self, events: list[ApiEvent]) -> list[ApiDefinition]:
        """The APIs that have routes.

        Raises:
            TemplateError: one is wrong.
        """
        found = []
        for kind in _KINDS.values():
            of_kind = [each for each in events if _KINDS[each.kind] is kind]
            names = {each.logical_name for each in self._application.resources.of_types((kind.type,))}
            by_api: dict[str, list[ApiEvent]] = {each: [] for each in sorted(names)}
            with self._application.resources.standing():
                for event in of_kind:
                    by_api.setdefault(self._api_of(event, kind, names), []).append(event)
                by_api.pop("", None)
                found += [self._api(name, kind, routes) for name, routes in by_api.items()]
        return [each for each in found if each.routes]

    def _api_of(self, event: ApiEvent, kind: _Kind, names: set[str]) -> str:
        given = event.properties.get(kind.reference)
        if given is None or given == kind.implicit:
            return kind.implicit
        if isinstance(given, str) and self._application.is_unknown(given):
            self._application.leave_out(f"the event {event.name}", "of an API of another stack")
            return ""
        if given not in names:
            raise event.properties.wrong(kind.reference, given, "an API of the template")
        return str(given)

    def _api(self, name: str, kind: _Kind, events: list[ApiEvent]) -> ApiDefinition:
        properties = self._properties(name, kind)
        check_properties(self._application, properties, kind.type, name)
        auth, body = properties.section("Auth"), self._body(name, properties, kind)
        authorizers = {str(key): self._authorizer(str(key), each, kind) for key, each in _members(auth, "Authorizers")}
        known = body.authorizers | {key: each for key, each in authorizers.items() if each is not None}
        routes = self._routes(events, kind, auth, known)
        if body.routes:  # To which events add nothing, unless they are to be merged.
            routes = routes | body.routes if properties.flag("MergeDefinitions") else body.routes
        variables = properties.section("Variables" if kind.kind == "REST" else "StageVariables")
        return api_made(
            properties,
            name=name,
            kind=kind.kind,
            routes=tuple(routes.values()),
            stage=text_of(properties.get("StageName")) or "",
            authorizers=known,
            cors=(rest_cors(properties) if kind.kind == "REST" else http_cors_of(properties)) or body.cors,
            binary_media_types=body.binary_media_types
            + tuple(str(each).replace("~1", "/") for each in listed(properties.get("BinaryMediaTypes"))),
            api_keys=self._keys,
            throttle=throttle_of(properties, auth),
            gateway_responses={
                str(key): response_of(each, each.section("ResponseParameters").section("Headers"))
                for key, each in _members(properties, "GatewayResponses")
            },
            stage_variables=texts_of(variables),
        )

    def _body(self, name: str, properties: Part, kind: _Kind) -> OpenApiBody:
        """What an OpenAPI document says of an API, in the template or in a file beside it."""
        body, place = properties.section("DefinitionBody"), properties.get("DefinitionUri")
        if isinstance(place, str) and not place.startswith("s3://"):
            read = read_document(self._application.folder / place).value
            body = Part({"document": self._application.resources.resolved_outside(read)}, name).part("document")
        elif place is not None:
            self._application.leave_out(f"DefinitionUri of {name}", "not of this machine")
        return OpenApiBody(self._application, self._functions, body, kind.kind)

    def _properties(self, name: str, kind: _Kind) -> Part:
        resource = self._application.resources.named(name)
        if resource is not None and resource.type == kind.type:
            return self._application.properties(resource)
        everywhere = self._application.resources.whole.section("Globals").section(kind.globals)
        return Part(everywhere.members, f"the API {name}")

    def _routes(
        self, events: list[ApiEvent], kind: _Kind, auth: Part, known: Mapping[str, Authorizer]
    ) -> dict[str, Route]:
        routes: dict[str, Route] = {}
        for event in events:
            route = self._route(event, kind, auth, known)
            if route.key in routes:
                raise event.properties.error(f"declares {route.key}, which another event does, too")
            routes[route.key] = route
        return routes

    def _route(self, event: ApiEvent, kind: _Kind, auth: Part, known: Mapping[str, Authorizer]) -> Route:
        properties = event.properties
        needs_place = kind.kind == "REST" or properties.has("Method") or properties.has("Path")
        method = (properties.text("Method") if needs_place else ANY).upper()
        path = properties.text("Path") if needs_place else DEFAULT_ROUTE
        own = properties.section("Auth")
        authorizer = text_of(own.get("Authorizer")) or text_of(auth.get("DefaultAuthorizer"))
        declared = auth.section("Authorizers").members
        if authorizer is not None and authorizer not in (_NO_AUTHORIZER, _IAM, *declared, *known):
            raise properties.error(f"names the authorizer {authorizer!r}, which its API does not declare")
        if authorizer is not None and authorizer != _NO_AUTHORIZER and authorizer not in known:
            self._application.leave_out(f"authorizer {authorizer} of the event {event.name}", "not simulated")
        needs_key = (own if own.has("ApiKeyRequired") else auth).get("ApiKeyRequired")
        seconds = properties.number("TimeoutInMillis") / 1000 if properties.has("TimeoutInMillis") else 30.0
        if method not in (*METHODS, *_ANY):
            raise properties.wrong("Method", properties.get("Method"), f"one of {', '.join(METHODS)}, ANY")
        try:
            return Route(
                method=ANY if method in _ANY else method,
                path=path,
                function=event.function,
                payload_format="1.0"
                if kind.kind == "REST"
                else text_of(properties.get("PayloadFormatVersion")) or "2.0",
                authorizer=authorizer if authorizer in known else None,
                needs_api_key=needs_key in (True, "true"),
                timeout_seconds=min(seconds, kind.timeout_seconds),
            )
        except ValueError as error:
            raise properties.error(f"cannot be: {error}") from None

    def _authorizer(self, name: str, part: Part, kind: _Kind) -> Authorizer | None:
        """An authorizer that is a function; others are left out."""
        found = _LAMBDA_AUTHORIZER.search(text_of(part.get("FunctionArn")) or "")
        if found is None:
            self._application.leave_out(f"authorizer {name}", "not a function")
            return None
        identity = part.section("Identity")
        is_token = kind.kind == "REST" and (text_of(part.get("FunctionPayloadType")) or "TOKEN") == "TOKEN"
        ttl = identity.get("ReauthorizeEvery")
        return Authorizer(
            name,
            found[1],
            "TOKEN" if is_token else "REQUEST",
            "1.0" if kind.kind == "REST" else text_of(part.get("AuthorizerPayloadFormatVersion")) or "2.0",
            part.get("EnableSimpleResponses") in (True, "true"),
            _identity_sources(identity, kind, is_token),
            identity.number("ReauthorizeEvery") if ttl is not None else 300 if kind.kind == "REST" else 0,
            text_of(identity.get("ValidationExpression")),
        )


def _identity_sources(identity: Part, kind: _Kind, is_token: bool) -> tuple[str, ...]:
    begin = "method.request." if kind.kind == "REST" else "$request."
    if is_token:
        return (f"{begin}header.{text_of(identity.get('Header')) or 'Authorization'}",)
    places = {"Headers": "header", "QueryStrings": "querystring"}
    sources = [f"{begin}{place}.{each}" for name, place in places.items() for each in listed(identity.get(name))]
    variables = {"StageVariables": "stageVariables", "Context": "context"}
    prefix = "" if kind.kind == "REST" else "$"
    return (*sources, *(f"{prefix}{p}.{each}" for name, p in variables.items() for each in listed(identity.get(name))))


def _members(part: Part, name: str) -> list[tuple[object, Part]]:
    """The objects in a member that is an object itself; none where it is absent."""
    return list(part.section(name).each(name)) if part.has(name) else []


class ApiMembers(TypedDict, total=False):
    """What an API is made of besides what its own properties say."""

    name: Required[str]
    kind: Required[str]
    routes: Required[tuple[Route, ...]]
    stage: str
    authorizers: Mapping[str, Authorizer]
    cors: Cors | None
    binary_media_types: tuple[str, ...]
    api_keys: Mapping[str, str]
    throttle: Throttle | None
    gateway_responses: Mapping[str, GatewayResponse]
    stage_variables: Mapping[str, str]


def api_made(properties: Part, **members: Unpack[ApiMembers]) -> ApiDefinition:
    """An API with its id, title and description; raises TemplateError for one that cannot be."""
    name = members["name"]
    try:
        return ApiDefinition(
            **members,
            api_id=name.lower(),
            title=text_of(properties.get("Name")) or name,
            description=text_of(properties.get("Description")) or "",
        )
    except ValueError as error:
        raise TemplateError(f"the API {name}: {error}", at=properties.members) from None


def throttle_of(properties: Part, auth: Part) -> Throttle | None:
    """What bounds the requests: settings of the stage, or the plan by which keys are used."""
    plan = auth.section("UsagePlan")
    quota = plan.section("Quota")
    limits = plan.section("Throttle")
    if not limits.members and not quota.members:
        settings = [each for each in properties.parts("MethodSettings") if each.has("ThrottlingRateLimit")]
        limits = settings[0] if settings else properties.section("DefaultRouteSettings")
        if not limits.has("ThrottlingRateLimit"):
            return None
        burst = int(_decimal(limits, "ThrottlingBurstLimit", 5_000))
        return Throttle(_decimal(limits, "ThrottlingRateLimit", 10_000), burst)
    return Throttle(
        _decimal(limits, "RateLimit", 10_000),
        int(_decimal(limits, "BurstLimit", 5_000)),
        quota.number("Limit") if quota.has("Limit") else None,
        text_of(quota.get("Period")) or "DAY",
    )


def _decimal(part: Part, member: str, otherwise: float) -> float:
    text = text_of(part.get(member))
    try:
        return otherwise if text is None else float(text)
    except ValueError:
        raise part.wrong(member, part.get(member), "a number") from None


def texts_of(part: Part) -> dict[str, str]:
    """The members of an object, as texts."""
    return {str(name): text_of(each) or "" for name, each in part.members.items()}


def response_of(part: Part, headers: Part) -> GatewayResponse:
    """What an API answers by itself; raises TemplateError for what it cannot."""
    status = part.number("StatusCode") if part.has("StatusCode") else None
    try:
        return GatewayResponse(status, texts_of(headers), texts_of(part.section("ResponseTemplates")))
    except (TypeError, ValueError) as error:
        raise TemplateError(f"{part.name}: {error}", at=part.members) from None
