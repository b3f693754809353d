"""Errors as the client raises them: botocore's `ClientError` and its subclasses, where botocore is installed.

botocore's exceptions are imported when the first error is raised or a class is asked for, never before, and never its
clients. Without botocore, classes of the same names and attributes stand in.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from functools import lru_cache

from minidynamo.embedded import stand_ins
from minidynamo.embedded.stand_ins import ServiceError
from minidynamo.errors import DynamoError, NoResponse
from minidynamo.values.api_types import Response


@lru_cache(maxsize=1)
def client_error_class() -> type[ServiceError]:
    """botocore's ClientError, or its stand-in."""
    try:
        from botocore.exceptions import ClientError
    except ImportError:
        return stand_ins.ClientError
    found: type[ServiceError] = ClientError
    return found


@lru_cache(maxsize=1)
def parameter_error_class() -> Callable[..., Exception]:
    """botocore's ParamValidationError, or its stand-in."""
    try:
        from botocore.exceptions import ParamValidationError
    except ImportError:
        return stand_ins.ParamValidationError
    found: type[Exception] = ParamValidationError
    return found


@lru_cache(maxsize=1)
def waiter_error_class() -> Callable[..., Exception]:
    """botocore's WaiterError, or its stand-in."""
    try:
        from botocore.exceptions import WaiterError
    except ImportError:
        return stand_ins.WaiterError
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
    """The class of an error code, such as ConditionalCheckFailedException: a ClientError and a DynamoError in one."""
    own = _classes(DynamoError).get(code, DynamoError)
    return type(code, (_Modelled, own, client_error_class()), {"__doc__": f"The service's error {code}."})


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
        known = _classes(DynamoError)
        if code not in known:
            raise AttributeError(f"there is no exception {code}; known ones are {', '.join(sorted(known))}")
        return modelled_class(code)

    def __repr__(self) -> str:
        return f"<ClientExceptions: {', '.join(dir(self))}>"

    def __dir__(self) -> list[str]:
        return sorted({"ClientError", *_classes(DynamoError)})


def _classes(base: type[DynamoError]) -> dict[str, type[DynamoError]]:
    """Our classes by their codes; the most general of those that share one."""
    found: dict[str, type[DynamoError]] = {}
    for each in base.__subclasses__():
        found |= _classes(each)
    return {base.code: base, **found} if base is DynamoError else {**found, base.code: base}


class _Modelled:
    """What makes one error of botocore's and of ours."""

    response: Response | None = None  # It hides the property of DynamoError, which could not be set.

    def __init__(self, error_response: Response, operation_name: str) -> None:
        client_error_class().__init__(self, error_response, operation_name)  # type: ignore[arg-type]
        error = error_response["Error"]
        self.code, self.message = error.get("Code", ""), error.get("Message", "")
        self.members = {name: value for name, value in error_response.items() if name not in _ENVELOPE}


_ENVELOPE = frozenset({"Error", "ResponseMetadata", "message"})


_PUBLIC = {
    "ClientError": client_error_class,
    "ParamValidationError": parameter_error_class,
    "WaiterError": waiter_error_class,
}


def __getattr__(name: str) -> object:
    """The public names: botocore's classes, where it is installed, or what stands in for them."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _PUBLIC[name]()
