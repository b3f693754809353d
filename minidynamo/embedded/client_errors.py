"""Errors as the client raises them: botocore's `ClientError` and its subclasses, where botocore is installed.

botocore's exceptions are imported when the first error is raised or a class is asked for, never before, and never its
clients. Without botocore, classes of the same names and attributes stand in.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from minidynamo.errors import DynamoError, NoResponse
from minidynamo.values.api_types import Response


@lru_cache(maxsize=1)
def client_error_class() -> type[ServiceError]:
    """botocore's ClientError, or its stand-in."""
    try:
        from botocore.exceptions import ClientError
    except ImportError:
        return _ClientError
    found: type[ServiceError] = ClientError
    return found


@lru_cache(maxsize=1)
def parameter_error_class() -> Callable[..., Exception]:
    """botocore's ParamValidationError, or its stand-in."""
    try:
        from botocore.exceptions import ParamValidationError
    except ImportError:
        return _ParamValidationError
    found: type[Exception] = ParamValidationError
    return found


@lru_cache(maxsize=1)
def waiter_error_class() -> Callable[..., Exception]:
    """botocore's WaiterError, or its stand-in."""
    try:
        from botocore.exceptions import WaiterError
    except ImportError:
        return _WaiterError
    found: type[Exception] = WaiterError
    return found


def no_response_error(error: NoResponse, url: str) -> Exception:
    """What a client of the endpoint at a URL raises that gets no response: the exception that botocore has for it."""
    try:
        from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
    except ImportError:
        if error.is_timeout:
            return TimeoutError(error.message)
        return (ConnectionRefusedError if error.is_unreachable else ConnectionResetError)(error.message)
    if error.is_unreachable:
        unreachable: Exception = EndpointConnectionError(endpoint_url=url, error=error.message)
        return unreachable
    raised: Exception = (ReadTimeoutError if error.is_timeout else ConnectionClosedError)(endpoint_url=url)
    return raised


@lru_cache(maxsize=64)
def modelled_class(code: str) -> type[ServiceError]:
    """The class of an error code, such as ConditionalCheckFailedException; a subclass of ClientError."""
    return type(code, (client_error_class(),), {"__doc__": f"The service's error {code}."})


def client_error(error: DynamoError, operation: str, metadata: Response, url: str) -> Exception:
    """The exception that a client of the endpoint at a URL raises for an error of the service, or for none at all."""
    if isinstance(error, NoResponse):
        return no_response_error(error, url)
    response = {
        **error.response,
        "ResponseMetadata": {**metadata, "HTTPStatusCode": error.status},
    }
    if error.message:
        response["message"] = error.message
    return modelled_class(error.code)(response, operation)


def unknown_parameters(method: str, given: Collection[str], known: Collection[str]) -> Exception:
    """The exception for parameters that an operation does not have, in boto3's words, with a suggestion."""
    lines = []
    for name in sorted(set(given) - set(known)):
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        lines.append(f'Unknown parameter in input: "{name}", must be one of: {", ".join(known)}{hint}')
    return parameter_error_class()(report="\n".join(lines))


class ClientExceptions:
    """`client.exceptions`: the error classes by name, such as `client.exceptions.ResourceNotFoundException`."""

    @property
    def ClientError(self) -> type[ServiceError]:
        """The base of all of them."""
        return client_error_class()

    def __getattr__(self, code: str) -> type[ServiceError]:
        known = _codes(DynamoError)
        if code not in known:
            raise AttributeError(f"there is no exception {code}; known ones are {', '.join(sorted(known))}")
        return modelled_class(code)


def _codes(base: type[DynamoError]) -> set[str]:
    return {base.code}.union(*(_codes(each) for each in base.__subclasses__()))


class ServiceError(Exception):
    """What botocore's ClientError and its stand-in have in common, for type checkers.

    Attributes:
        response: what was answered: `Error` with `Code` and `Message`, `ResponseMetadata`, members of the error's own.
        operation_name: the operation that has failed.
    """

    response: Response
    operation_name: str

    if TYPE_CHECKING:

        def __init__(self, error_response: Response, operation_name: str) -> None: ...


class _ClientError(ServiceError):
    """Stands in for botocore's ClientError."""

    def __init__(self, error_response: Response, operation_name: str) -> None:
        error = error_response.get("Error", {})
        Exception.__init__(
            self,
            f"An error occurred ({error.get('Code', 'Unknown')}) when calling the {operation_name} operation: "
            f"{error.get('Message', 'Unknown')}",
        )
        self.response = error_response
        self.operation_name = operation_name


class _ParamValidationError(Exception):
    """Stands in for botocore's ParamValidationError."""

    def __init__(self, report: str) -> None:
        super().__init__(f"Parameter validation failed:\n{report}")
        self.kwargs = {"report": report}


class _WaiterError(Exception):
    """Stands in for botocore's WaiterError."""

    def __init__(self, name: str, reason: str, last_response: Response) -> None:
        super().__init__(f"Waiter {name} failed: {reason}")
        self.last_response = last_response
