"""Errors as the client raises them: botocore's `ClientError` and its kin, where botocore is installed.

botocore's exceptions are imported when the first error is raised or a class is asked for, never before, and never its
clients. Without botocore, classes of the same names and attributes stand in.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from minidynamo.errors import DynamoError, NoResponse


@lru_cache(maxsize=1)
def client_error_class() -> Any:
    """botocore's ClientError, or its stand-in."""
    try:
        from botocore.exceptions import ClientError
    except ImportError:
        return _ClientError
    return ClientError


@lru_cache(maxsize=1)
def parameter_error_class() -> Any:
    """botocore's ParamValidationError, or its stand-in."""
    try:
        from botocore.exceptions import ParamValidationError
    except ImportError:
        return _ParamValidationError
    return ParamValidationError


@lru_cache(maxsize=1)
def waiter_error_class() -> Any:
    """botocore's WaiterError, or its stand-in."""
    try:
        from botocore.exceptions import WaiterError
    except ImportError:
        return _WaiterError
    return WaiterError


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
def modelled_class(code: str) -> Any:
    """The class of an error code, such as ConditionalCheckFailedException; a subclass of ClientError."""
    return type(code, (client_error_class(),), {"__doc__": f"The service's error {code}."})


def client_error(error: DynamoError, operation: str, metadata: Mapping[str, Any], url: str) -> Exception:
    """The exception that a client of the endpoint at a URL raises for an error of the service, or for none at all."""
    if isinstance(error, NoResponse):
        return no_response_error(error, url)
    response = {
        **error.response,
        "ResponseMetadata": {**metadata, "HTTPStatusCode": error.status},
    }
    if error.message:
        response["message"] = error.message
    raised: Exception = modelled_class(error.code)(response, operation)
    return raised


def unknown_parameters(method: str, given: Collection[str], known: Collection[str]) -> Exception:
    """The exception for parameters that an operation does not have, in boto3's words, with a suggestion."""
    lines = []
    for name in sorted(set(given) - set(known)):
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        lines.append(f'Unknown parameter in input: "{name}", must be one of: {", ".join(known)}{hint}')
    error: Exception = parameter_error_class()(report="\n".join(lines))
    return error


class ClientExceptions:
    """`client.exceptions`: the error classes by name, such as `client.exceptions.ResourceNotFoundException`."""

    @property
    def ClientError(self) -> type[Exception]:
        """The base of all of them."""
        base: type[Exception] = client_error_class()
        return base

    def __getattr__(self, code: str) -> type[Exception]:
        known = _codes(DynamoError)
        if code not in known:
            raise AttributeError(f"there is no exception {code}; known ones are {', '.join(sorted(known))}")
        modelled: type[Exception] = modelled_class(code)
        return modelled


def _codes(base: type[DynamoError]) -> set[str]:
    return {base.code}.union(*(_codes(each) for each in base.__subclasses__()))


class _ClientError(Exception):
    """Stands in for botocore's ClientError."""

    def __init__(self, error_response: Mapping[str, Any], operation_name: str) -> None:
        error = error_response.get("Error", {})
        super().__init__(
            f"An error occurred ({error.get('Code', 'Unknown')}) when calling the {operation_name} operation: "
            f"{error.get('Message', 'Unknown')}"
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

    def __init__(self, name: str, reason: str, last_response: Mapping[str, Any]) -> None:
        super().__init__(f"Waiter {name} failed: {reason}")
        self.last_response = last_response
