"""What an API is: its routes, authorizers and settings, as a template or a program declares them.

Source: Amazon API Gateway Developer Guide; AWS SAM, "AWS::Serverless::Api", "AWS::Serverless::HttpApi".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from minidynamo.arguments import check_arguments
from minidynamo.gateway.definition_rules import (
    API,
    AUTHORIZER,
    DEFAULT_ROUTE,
    HTTP,
    REQUEST,
    RESPONSE,
    REST,
    ROUTE,
    THROTTLE,
    TOKEN,
    URL,
)
from minidynamo.limits import FUNCTION_ANSWER_SECONDS_MAX

_DEFAULT_STAGES = {REST: "Prod", HTTP: "$default", URL: "$default"}


@dataclass(frozen=True)
class Route:
    """What one method and path invokes.

    Attributes:
        method: such as "GET", or "ANY".
        path: such as "/items/{id}", "/files/{proxy+}", "/", or "$default" of an HTTP API.
        function: name, `name:alias` or ARN of a function of the database.
        payload_format: of its events, "1.0" or "2.0"; those of REST APIs are always "1.0".
        authorizer: the name of one of the API's, None for none.
        needs_api_key: whether a request needs one of the API's keys.
        timeout_seconds: how long the function is waited for, by the database's clock.

    Raises:
        ValueError: a member is none that there may be.
    """

    method: str
    path: str
    function: str
    payload_format: str = "2.0"
    authorizer: str | None = None
    needs_api_key: bool = False
    timeout_seconds: float = float(FUNCTION_ANSWER_SECONDS_MAX)

    def __post_init__(self) -> None:
        check_arguments(ROUTE, **{name: getattr(self, name) for name in ROUTE})

    @property
    def key(self) -> str:
        """What an HTTP API calls it, such as "GET /items"."""
        return DEFAULT_ROUTE if self.path == DEFAULT_ROUTE else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Authorizer:
    """A function that says who may call.

    Attributes:
        name: what routes call it.
        function: name, `name:alias` or ARN of a function of the database.
        type: "REQUEST", or "TOKEN" for one that sees a header alone.
        payload_format: of its events; "2.0" is for HTTP APIs.
        simple_responses: whether it returns `isAuthorized` in place of a policy.
        identity_sources: what callers are told apart by, such as "method.request.header.Authorization" or
            "$request.header.Authorization"; a request without one of them is refused.
        ttl_seconds: how long its answers are kept, by the database's clock; 0 for not at all.
        token_validation: a pattern that tokens must match.

    Raises:
        ValueError: a member is none that there may be.
    """

    name: str
    function: str
    type: str = REQUEST
    payload_format: str = "1.0"
    simple_responses: bool = False
    identity_sources: tuple[str, ...] = ()
    ttl_seconds: int = 300
    token_validation: str | None = None

    def __post_init__(self) -> None:
        check_arguments(AUTHORIZER, **{name: getattr(self, name) for name in AUTHORIZER})
        if self.token_validation is not None:
            try:
                re.compile(self.token_validation)
            except re.error as error:
                raise ValueError(f"token_validation takes a regular expression: {error}") from None

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the identity of a caller stands: of tokens, in the header Authorization unless that is said."""
        if self.type == TOKEN and not self.identity_sources:
            return ("method.request.header.Authorization",)
        return self.identity_sources


@dataclass(frozen=True)
class Cors:
    """Which pages of other origins may read answers.

    Attributes:
        origins: such as ("https://example.com",), ("https://*",) or ("*",).
        methods, headers: what they may send; of methods, none for those that there are.
        expose_headers: what they may read.
        max_age: for how many seconds a browser may keep that.
        allow_credentials: whether cookies may be sent.
        preflight_status: of a REST API's answers to preflights; None for that of SAM's.
    """

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int | None = None
    allow_credentials: bool = False
    preflight_status: int | None = None


@dataclass(frozen=True)
class Throttle:
    """How many requests are answered.

    Attributes:
        rate: per second, in the long run.
        burst: how many at once.
        quota: how many in a period, None for any number.
        quota_period: "DAY", "WEEK" or "MONTH".

    Raises:
        ValueError: a member is none that there may be.
    """

    rate: float
    burst: int
    quota: int | None = None
    quota_period: str = "DAY"

    def __post_init__(self) -> None:
        check_arguments(THROTTLE, **{name: getattr(self, name) for name in THROTTLE})


@dataclass(frozen=True)
class GatewayResponse:
    """What a REST API answers by itself, where that is not as usual.

    Attributes:
        status: of the response, None for the usual one.
        headers: by name, with or without "gatewayresponse.header." before it: a text in quotes such as "'*'", or what
            stands for a part of the request, such as "method.request.header.Origin".
        templates: of the body by content type, in which "$context.error.messageString" and the like are filled in.

    Raises:
        ValueError, TypeError: a member is none that there may be.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_arguments(RESPONSE, **{name: getattr(self, name) for name in RESPONSE})


@dataclass(frozen=True)
class ApiDefinition:
    """One API.

    Attributes:
        name: what it is called in paths where there are several.
        kind: "REST", "HTTP", or "URL" for the URL of a function.
        routes: what it answers.
        stage: by default "Prod", of an HTTP API "$default".
        api_id: its id in events and ARNs.
        authorizers: by name.
        cors: who may read answers from other origins.
        binary_media_types: of a REST API: which bodies are binary, such as "image/png" or "*/*".
        api_keys: names of keys by value.
        throttle: of the stage, and of each API key where one is needed.
        gateway_responses: by type, such as "UNAUTHORIZED" or "DEFAULT_4XX".
        stage_variables: by name.
        title, description, version: for OpenAPI.
        decodes_every_answer: whether bodies in base64 are decoded whatever `binary_media_types` says, for an API of
            which nothing but its function is known.
        account_id: whose it is in events; "" for that of the database.

    Raises:
        ValueError: a member is none that there may be, or a route names an authorizer that there is not.
    """

    name: str
    kind: str
    routes: tuple[Route, ...]
    stage: str = ""
    api_id: str = "minidynamo"
    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)
    cors: Cors | None = None
    binary_media_types: tuple[str, ...] = ()
    api_keys: Mapping[str, str] = field(default_factory=dict)
    throttle: Throttle | None = None
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    description: str = ""
    version: str = "1.0"
    decodes_every_answer: bool = False
    account_id: str = ""

    def __post_init__(self) -> None:
        if not self.stage:
            object.__setattr__(self, "stage", _DEFAULT_STAGES.get(self.kind, "Prod"))
        check_arguments(API, **{name: getattr(self, name) for name in API})
        twins = [key for key, number in Counter(route.key for route in self.routes).items() if number > 1]
        if twins:
            raise ValueError(f"{self.name}: {twins[0]} is declared twice")
        for route in self.routes:
            if route.authorizer is not None and route.authorizer not in self.authorizers:
                raise ValueError(f"{self.name}: {route.key} names an authorizer {route.authorizer!r} that there is not")
            if self.is_rest and route.path == DEFAULT_ROUTE:
                raise ValueError(f"{self.name}: a REST API has no route $default; /{{proxy+}} takes any path")

    @property
    def is_rest(self) -> bool:
        """Whether it is a REST API."""
        return self.kind == REST

    def format_of(self, route: Route) -> str:
        """The payload format of a route's events."""
        return "1.0" if self.is_rest else route.payload_format
