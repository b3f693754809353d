"""What AWS Lambda's API answers with an error: codes, statuses, and how their bodies spell the message.

Source: AWS Lambda API reference, "Common errors"; recorded answers.
"""

from __future__ import annotations

from typing import NamedTuple

from minidynamo.values.api_types import JsonObject


class Kind(NamedTuple):
    """One kind of error: its HTTP status, and the member of its body that holds the message; None for no Type."""

    status: int
    member: str
    has_type: bool = True


_KINDS = {
    "ValidationException": Kind(400, "message", has_type=False),
    "InvalidParameterValueException": Kind(400, "message"),
    "InvalidRequestContentException": Kind(400, "message"),
    "ResourceConflictException": Kind(409, "message"),
    "ResourceInUseException": Kind(400, "Message"),
    "ResourceNotFoundException": Kind(404, "Message"),
    "ProvisionedConcurrencyConfigNotFoundException": Kind(404, "message"),
    "PreconditionFailedException": Kind(412, "message"),
    "RequestTooLargeException": Kind(413, "message"),
    "TooManyRequestsException": Kind(429, "message"),
    "AccessDeniedException": Kind(403, "Message", has_type=False),
    "MissingAuthenticationTokenException": Kind(403, "message", has_type=False),
    "IncompleteSignatureException": Kind(403, "message", has_type=False),
    "InvalidSignatureException": Kind(403, "message", has_type=False),
    "UnrecognizedClientException": Kind(403, "message", has_type=False),
    "UnknownOperationException": Kind(404, "message", has_type=False),
    "ServiceException": Kind(500, "Message"),
}


class Fault(Exception):
    """An error response.

    Parameters:
        code: such as "ResourceNotFoundException".
        message: its text.
        members: further members of the body.
    """

    def __init__(self, code: str, message: str, members: JsonObject | None = None) -> None:
        super().__init__(message)
        assert code in _KINDS, f"Lambda's API knows no error {code}"
        self.code, self.message = code, message
        self._members = members or {}

    @property
    def status(self) -> int:
        """The HTTP status."""
        return _KINDS[self.code].status

    @property
    def body(self) -> JsonObject:
        """The members of the response."""
        kind = _KINDS[self.code]
        source: JsonObject = {"Type": "Server" if kind.status >= 500 else "User"} if kind.has_type else {}
        return {**source, kind.member: self.message, **self._members}


def invalid(message: str) -> Fault:
    """A parameter that is none."""
    return Fault("InvalidParameterValueException", message)


def not_there() -> Fault:
    """Something that was asked for by its name or id and is not there."""
    return Fault("ResourceNotFoundException", "The resource you requested does not exist.")
