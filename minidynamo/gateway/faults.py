"""What a gateway answers by itself: every reason, with its status and its words for each kind of API.

Source: Amazon API Gateway Developer Guide, "Gateway response types for API Gateway"; answers of the service.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from minidynamo.gateway.definition_rules import HTTP, REST, URL


class Fault(Enum):
    """Why a request is not answered by its function."""

    NO_ROUTE = auto()
    UNAUTHORIZED = auto()
    DENIED = auto()  # A statement denies it.
    NOT_ALLOWED = auto()  # No statement allows it.
    AUTHORIZER_FAILED = auto()
    AUTHORIZER_MALFORMED = auto()
    NO_API_KEY = auto()
    THROTTLED = auto()
    QUOTA_EXCEEDED = auto()
    TOO_LARGE = auto()
    TIMED_OUT = auto()
    FUNCTION_FAILED = auto()
    FUNCTION_MISSING = auto()
    FUNCTION_THROTTLED = auto()


class Refused(Exception):
    """A request that its function does not answer."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


_TEMPLATE = '{"message":$context.error.messageString}'
_WIDE_TEMPLATE = '{"message": $context.error.messageString}'
_CAPITAL_TEMPLATE = '{"Message":$context.error.messageString}'


class Wording(NamedTuple):
    """How one kind of API says it.

    Attributes:
        status: of the response.
        message: None for null.
        response_type: by which an API may say it in another way.
        error_type: what the header x-amzn-ErrorType says, "" for no such header.
        template: of the body.
    """

    status: int
    message: str | None
    response_type: str = ""
    error_type: str = ""
    template: str = _TEMPLATE


_DENIED = "User is not authorized to access this resource"
_BROKEN = "Internal server error"
_BAD_GATEWAY = Wording(502, _BROKEN, "DEFAULT_5XX", "InternalServerErrorException", _WIDE_TEMPLATE)
_MISCONFIGURED = Wording(500, _BROKEN, "API_CONFIGURATION_ERROR", "InternalServerErrorException", _WIDE_TEMPLATE)
_BROKEN_HTTP = Wording(500, "Internal Server Error")
_FORBIDDEN_HTTP = Wording(403, "Forbidden")
_UNAVAILABLE_HTTP = Wording(503, "Service Unavailable")
_BUSY_HTTP = Wording(429, "Too Many Requests")
_BROKEN_URL = Wording(502, "Internal Server Error", template=_CAPITAL_TEMPLATE)

WORDINGS: dict[str, dict[Fault, Wording]] = {
    REST: {
        Fault.NO_ROUTE: Wording(
            403,
            "Missing Authentication Token",
            "MISSING_AUTHENTICATION_TOKEN",
            "MissingAuthenticationTokenException",
        ),
        Fault.UNAUTHORIZED: Wording(401, "Unauthorized", "UNAUTHORIZED", "UnauthorizedException"),
        Fault.DENIED: Wording(
            403, f"{_DENIED} with an explicit deny", "ACCESS_DENIED", "AccessDeniedException", _CAPITAL_TEMPLATE
        ),
        Fault.NOT_ALLOWED: Wording(403, _DENIED, "ACCESS_DENIED", "AccessDeniedException", _CAPITAL_TEMPLATE),
        Fault.AUTHORIZER_FAILED: Wording(500, None, "AUTHORIZER_FAILURE", "AuthorizerConfigurationException"),
        Fault.AUTHORIZER_MALFORMED: Wording(
            500, None, "AUTHORIZER_CONFIGURATION_ERROR", "AuthorizerConfigurationException"
        ),
        Fault.NO_API_KEY: Wording(403, "Forbidden", "INVALID_API_KEY", "ForbiddenException"),
        Fault.THROTTLED: Wording(429, "Too Many Requests", "THROTTLED", "TooManyRequestsException"),
        Fault.QUOTA_EXCEEDED: Wording(429, "Limit Exceeded", "QUOTA_EXCEEDED", "LimitExceededException"),
        Fault.TOO_LARGE: Wording(413, "Request Too Long", "REQUEST_TOO_LARGE", "RequestTooLargeException"),
        Fault.TIMED_OUT: Wording(
            504,
            "Endpoint request timed out",
            "INTEGRATION_TIMEOUT",
            "InternalServerErrorException",
            _WIDE_TEMPLATE,
        ),
        Fault.FUNCTION_FAILED: _BAD_GATEWAY,
        Fault.FUNCTION_MISSING: _MISCONFIGURED,
        Fault.FUNCTION_THROTTLED: _MISCONFIGURED,
    },
    HTTP: {
        Fault.NO_ROUTE: Wording(404, "Not Found"),
        Fault.UNAUTHORIZED: Wording(401, "Unauthorized"),
        Fault.DENIED: _FORBIDDEN_HTTP,
        Fault.NOT_ALLOWED: _FORBIDDEN_HTTP,
        Fault.AUTHORIZER_FAILED: _BROKEN_HTTP,
        Fault.AUTHORIZER_MALFORMED: _BROKEN_HTTP,
        Fault.NO_API_KEY: _FORBIDDEN_HTTP,
        Fault.THROTTLED: _BUSY_HTTP,
        Fault.QUOTA_EXCEEDED: _BUSY_HTTP,
        Fault.TOO_LARGE: Wording(413, "Request Entity Too Large"),
        Fault.TIMED_OUT: _UNAVAILABLE_HTTP,
        Fault.FUNCTION_FAILED: _BROKEN_HTTP,
        Fault.FUNCTION_MISSING: _BROKEN_HTTP,
        Fault.FUNCTION_THROTTLED: _UNAVAILABLE_HTTP,
    },
}
WORDINGS[URL] = {
    **WORDINGS[HTTP],
    **dict.fromkeys((Fault.TIMED_OUT, Fault.FUNCTION_FAILED, Fault.FUNCTION_MISSING), _BROKEN_URL),
    Fault.FUNCTION_THROTTLED: _BUSY_HTTP._replace(template=_CAPITAL_TEMPLATE),
}
assert all(set(each) == set(Fault) for each in WORDINGS.values())  # Whatever happens has its words.
