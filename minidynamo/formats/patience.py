"""Requests that are made again where an endpoint asks for patience, for a minute at most."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError, Throttling
from minidynamo.values.api_types import Request, Response

_DELAY_SECONDS = (0.05, 5.0)
_PATIENCE_SECONDS = 60.0
THROTTLED = frozenset({"ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"})

Sleep = Callable[[float], None]


def execute_patiently(endpoint: Endpoint, operation: str, request: Request, sleep: Sleep = time.sleep) -> Response:
    """Carries out a request, again where it is throttled; raises DynamoError as `Endpoint.execute` does."""
    for delay in _delays():
        try:
            return endpoint.execute(operation, request)
        except DynamoError as error:
            if error.code not in THROTTLED:
                raise
        sleep(delay)
    return endpoint.execute(operation, request)


def write_batch(endpoint: Endpoint, table_name: str, requests: Sequence[Request], sleep: Sleep = time.sleep) -> None:
    """Carries out all requests of a BatchWriteItem, what is left unprocessed too.

    Raises:
        Throttling: some have been left over for too long.
        DynamoError: the endpoint's own error.
    """
    rest, delays = requests, _delays()
    while True:
        response = execute_patiently(endpoint, "BatchWriteItem", {"RequestItems": {table_name: rest}}, sleep)
        left = response.get("UnprocessedItems", {}).get(table_name, [])
        if not left:
            return
        if len(left) < len(rest):
            delays = _delays()
        delay = next(delays, None)
        if delay is None:
            raise Throttling(f"{len(left)} items of a batch were left unprocessed for {_PATIENCE_SECONDS:.0f} seconds")
        rest = left
        sleep(delay)


def _delays() -> Iterator[float]:
    """How long to wait before each further attempt, in seconds."""
    delay, longest = _DELAY_SECONDS
    waited = 0.0
    while waited < _PATIENCE_SECONDS:
        yield delay
        waited += delay
        delay = min(delay * 2, longest)
