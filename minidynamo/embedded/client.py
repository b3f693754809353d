"""The embedded client: boto3's DynamoDB client without boto3.

One method per operation, named and called as boto3 does; answers carry ResponseMetadata and datetimes for timestamps.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from minidynamo.embedded.client_errors import ClientExceptions, client_error, unknown_parameters
from minidynamo.embedded.methods import Condition, Methods, StreamMethods, Value
from minidynamo.embedded.paginators import Paginator
from minidynamo.embedded.waiters import Waiter
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.requests.operations import API, STREAM, TABLE_TIMESTAMPS, Operation
from minidynamo.values.api_types import JsonObject, JsonValue, Request, Response
from minidynamo.values.attribute_value import AttributeValue


class ClientMeta:
    """`client.meta`: what is known of the client itself."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.region_name = endpoint.scope.region
        self.endpoint_url = endpoint.url


class ServiceClient:
    """What the clients of both services share.

    Parameters:
        endpoint: what carries out its calls: a database, most often.

    Every method takes its parameters by keyword and returns the response as a dict. It raises the classes of
    `client.exceptions`, which are botocore's ClientError where botocore is installed.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.exceptions = ClientExceptions()
        self.meta = ClientMeta(endpoint)
        self._endpoint = endpoint
        self._execute = endpoint.execute
        self._new_request_id = endpoint.new_request_id

    def call(self, operation: str, parameters: Request) -> Response:
        """Calls an operation by its API name.

        Raises:
            ClientError: the service's error, as a class of `client.exceptions`.
            ParamValidationError: a parameter that the operation does not have.
        """
        if not parameters.keys() <= _PARAMETERS[operation]:
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
        return Paginator(getattr(self, operation_name), operation_name)

    def get_waiter(self, waiter_name: str) -> Waiter:
        """The waiter "table_exists" or "table_not_exists"."""
        return Waiter(self.describe_table, self._endpoint, waiter_name)


class Client(DynamoClient[AttributeValue, str]):
    """Calls the operations of an endpoint as boto3's client of DynamoDB does."""


class StreamsClient(ServiceClient, StreamMethods):
    """Calls the operations of an endpoint's streams as boto3's client of DynamoDB Streams does."""


def _method(operation: Operation) -> Callable[..., Response]:
    name = operation.name

    def method(self: ServiceClient, **parameters: object) -> Response:
        return self.call(name, parameters)

    method.__name__ = operation.method
    method.__doc__ = f"Calls {name}. Parameters: {', '.join(operation.request.members) or 'none'}."
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

for _row in API.values():
    setattr(StreamsClient if _row.subject == STREAM else DynamoClient, _row.method, _method(_row))
