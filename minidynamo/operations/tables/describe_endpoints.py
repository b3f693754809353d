"""DescribeEndpoints: where the service would be reached in the database's region."""

from __future__ import annotations

from minidynamo.operations.store import Request, Response, Store

_CACHE_PERIOD_MINUTES = 1440


def describe_endpoints(store: Store, request: Request) -> Response:
    """Answers with the one endpoint of the region."""
    address = f"dynamodb.{store.location.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": _CACHE_PERIOD_MINUTES}]}
