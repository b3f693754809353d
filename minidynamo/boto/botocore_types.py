"""What the double uses of botocore's and aiobotocore's objects, which have no types of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

from minidynamo.values.api_types import Response

Hook = Callable[..., object]
"""A handler registered for an event; of an asynchronous client it may give something to wait for."""

Method = Callable[..., object]
"""A method that is replaced; botocore's own says what it takes and gives."""

AsynchronousMethod = Callable[..., Awaitable[object]]
"""The same of aiobotocore's."""


class Handlers(Protocol):
    """The hooks of an emitter by the events they are for."""

    def prefix_search(self, event: str) -> Iterable[Hook]: ...


class Emitter(Protocol):
    """What keeps hooks and calls them."""

    _lookup_cache: object
    _handlers: Handlers


class Events(Protocol):
    """The `meta.events` of a client."""

    _emitter: Emitter

    def register(self, event: str, hook: Hook, unique_id: str) -> None: ...

    def register_first(self, event: str, hook: Hook, unique_id: str) -> None: ...


class Shape(Protocol):
    """What a structure, a map or a list of the API has in it; each has its own member alone."""

    name: str
    type_name: str
    members: Mapping[str, Shape]
    value: Shape
    member: Shape


class OperationModel(Protocol):
    """botocore's model of an operation."""

    name: str
    input_shape: Shape | None
    output_shape: Shape | None
    idempotent_members: Iterable[str]


class ServiceId(Protocol):
    """The name of a service in events."""

    def hyphenize(self) -> str: ...


class ServiceModel(Protocol):
    """botocore's model of a service."""

    service_name: str
    service_id: ServiceId

    def operation_model(self, name: str) -> OperationModel: ...

    def shape_for_error_code(self, code: str) -> Shape | None: ...


class Meta(Protocol):
    """The `meta` of a client."""

    service_model: ServiceModel
    events: Events
    region_name: str
    config: object


class Exceptions(Protocol):
    """The `exceptions` of a client."""

    def from_code(self, code: str) -> Callable[[Response, str], Exception]: ...


class Signer(Protocol):
    """What signs the requests of a client."""

    _credentials: object


class Client(Protocol):
    """A client of boto3's, botocore's or aiobotocore's."""

    meta: Meta
    exceptions: Exceptions
    _serializer: object
    _request_signer: Signer


class Session(Protocol):
    """A session of botocore's or aiobotocore's; the latter makes clients in `_create_client`."""

    create_client: Callable[..., Client]
    _create_client: Callable[..., Awaitable[Client]]

    def get_config_variable(self, name: str) -> object: ...


class Waiter(Protocol):
    """What waits for a table."""

    wait: Method


class TokenBucket(Protocol):
    """What adaptive retries take tokens from."""

    def _refill(self) -> object: ...

    def _sleep_amount(self, amount: float) -> float: ...


class PreparedRequest(Protocol):
    """A request that is ready to be sent."""

    method: str
    url: str
    headers: Mapping[str, str | bytes]
    body: str | bytes | bytearray | None


class RawResponse(Protocol):
    """The response to such a request."""

    _content: bytes


Options = dict[str, Any]
"""The keyword arguments with which a client is made."""
