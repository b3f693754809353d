"""DescribeEndpoints: where the service would be reached in the database's region."""

from __future__ import annotations

from minidynamo.operations.context import OperationContext
from minidynamo.values.api_types import Request, Response

_CACHE_PERIOD_MINUTES = 1440


def describe_endpoints(context: OperationContext, request: Request) -> Response:
    """Answers with the one endpoint of the region."""
    address = f"dynamodb.{context.scope.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": _CACHE_PERIOD_MINUTES}]}
