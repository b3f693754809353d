"""The embedded client: boto3's DynamoDB client without boto3.

One method per operation, named and called as boto3 does; answers carry ResponseMetadata and datetimes for timestamps.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from minidynamo.embedded.boto3_types import DynamoDBClient, DynamoDBStreamsClient, NamesOnly
from minidynamo.embedded.client_errors import ClientExceptions, client_error, unknown_parameters
from minidynamo.embedded.method_help import help_of, signature_of
from minidynamo.embedded.methods import Condition, Methods, StreamMethods, Value
from minidynamo.embedded.paginators import Paginator, require_pages
from minidynamo.embedded.waiters import Waiter
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.requests.operations import ABSENT_OPERATIONS, API, STREAM, TABLE_TIMESTAMPS, snake_case
from minidynamo.values.api_types import JsonObject, JsonValue, Request, Response
from minidynamo.values.attribute_value import AttributeValue

if TYPE_CHECKING:
    from minidynamo.embedded.explainer import Explainer


class ClientMeta:
    """`client.meta`: what is known of the client itself."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.region_name = endpoint.scope.region
        self.endpoint_url = endpoint.url

    def __repr__(self) -> str:
        return f"<ClientMeta {self.region_name} {self.endpoint_url}>"


class ServiceClient(NamesOnly):
    """What the clients of both services share.

    Parameters:
        endpoint: what carries out its calls: a database, most often.

    Every method takes its parameters by keyword and returns the response as a dict. It raises the classes of
    `client.exceptions`, which are botocore's ClientError where botocore is installed.
    """

    exceptions: ClientExceptions
    meta: ClientMeta

    def __init__(self, endpoint: Endpoint) -> None:
        self.exceptions = ClientExceptions()
        self.meta = ClientMeta(endpoint)
        self._endpoint = endpoint
        self._execute = endpoint.execute
        self._new_request_id = endpoint.new_request_id

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._endpoint!r}>"

    def call(self, operation: str, parameters: Request) -> Response:
        """Calls an operation by its API name.

        Raises:
            ClientError: the service's error, as a class of `client.exceptions`.
            ParamValidationError: a parameter that the operation does not have.
        """
        known = _PARAMETERS.get(operation)
        if known is not None and not parameters.keys() <= known:
            raise unknown_parameters(operation, parameters, list(API[operation].request.members))
        try:
            response = self._execute(operation, parameters)
        except DynamoError as error:
            raise client_error(error, operation, self._metadata(), self.meta.endpoint_url) from None
        if _TIMESTAMPS[operation] is not None:
            show_timestamps(operation, response, UTC)
        response["ResponseMetadata"] = self._metadata()
        return response

    def _metadata(self) -> Response:
        request_id = self._new_request_id()
        return {
            "RequestId": request_id,
            "HTTPStatusCode": 200,
            "HTTPHeaders": {"x-amzn-requestid": request_id},
            "RetryAttempts": 0,
        }

    def close(self) -> None:
        """Does nothing: the database stays open. boto3's client has this method."""


class DynamoClient(ServiceClient, Methods[Value, Condition]):
    """What clients of DynamoDB share, whatever values they take."""

    def can_paginate(self, operation_name: str) -> bool:
        """Whether `get_paginator` knows a method such as "query"."""
        return Paginator.knows(operation_name)

    def get_paginator(self, operation_name: str) -> Paginator:
        """The paginator of a method such as "query"; raises ValueError for one that has no pages."""
        require_pages(operation_name)
        return Paginator(getattr(self, operation_name), operation_name)

    @property
    def explain(self) -> Explainer:
        """What requests would read, change and cost, without effect: `client.explain.query(TableName=..., ...)`."""
        from minidynamo.embedded.explainer import Explainer

        return Explainer(self._endpoint)

    def get_waiter(self, waiter_name: str) -> Waiter:
        """The waiter "table_exists" or "table_not_exists"."""
        return Waiter(self.describe_table, self._endpoint, waiter_name)


class Client(DynamoClient[AttributeValue, str], DynamoDBClient):  # type: ignore[misc]
    """Calls the operations of an endpoint as boto3's client of DynamoDB does."""


class StreamsClient(ServiceClient, StreamMethods, DynamoDBStreamsClient):  # type: ignore[misc]
    """Calls the operations of an endpoint's streams as boto3's client of DynamoDB Streams does."""


def _method(owner: type[ServiceClient], name: str) -> Callable[..., Response]:
    """The method of an operation, as boto3 has it."""
    method_name = snake_case(name)

    def method(self: ServiceClient, *positional: object, **parameters: object) -> Response:
        if positional:
            raise TypeError(f"{method_name}() only accepts keyword arguments.")
        return self.call(name, parameters)

    method.__name__ = method_name
    method.__qualname__ = f"{owner.__name__}.{method_name}"
    row = API.get(name)
    method.__doc__ = f"Calls {name}, which is answered with UnknownOperationException." if row is None else help_of(row)
    if row is not None:
        method.__signature__ = signature_of(row)  # type: ignore[attr-defined]
    return method


def show_timestamps(operation: str, response: Response, zone: tzinfo) -> None:
    """Replaces the epoch seconds in a response by datetimes of a time zone, in place."""
    path = _TIMESTAMPS[operation]
    if path == "*":
        _show_all(response, zone)
    elif path is not None:
        *steps, name = path.split(".")
        _show_below(response, steps, name, zone)


def _show_below(members: JsonValue, steps: list[str], name: str, zone: tzinfo) -> None:
    if isinstance(members, list):
        for member in members:
            _show_below(member, steps, name, zone)
    elif steps:
        _show_below(members[steps[0]], steps[1:], name, zone)
    else:
        members[name] = datetime.fromtimestamp(members[name], zone)


def _show_all(response: JsonObject, zone: tzinfo) -> None:
    for name, value in response.items():
        if name in TABLE_TIMESTAMPS:
            response[name] = datetime.fromtimestamp(value, zone)
        elif isinstance(value, dict):
            _show_all(value, zone)
        elif isinstance(value, list):
            for member in value:
                if isinstance(member, dict):
                    _show_all(member, zone)


_PARAMETERS = {name: frozenset(row.request.members) for name, row in API.items()}
_TIMESTAMPS = {name: row.timestamps for name, row in API.items()}

for _name in (*API, *ABSENT_OPERATIONS):
    _owner = StreamsClient if _name in API and API[_name].subject == STREAM else DynamoClient
    setattr(_owner, snake_case(_name), _method(_owner, _name))
