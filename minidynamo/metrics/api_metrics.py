"""Metrics of API Gateway: of an API and of each of its stages.

Source: API Gateway Developer Guide, "Amazon API Gateway dimensions and metrics"; "Monitoring HTTP API metrics".
"""

from __future__ import annotations

from functools import lru_cache

from minidynamo.metrics.datapoints import Metric
from minidynamo.metrics.metrics import Metrics
from minidynamo.metrics.published import API_GATEWAY, measured

_METRICS_KEPT = 1_000

# What REST APIs and HTTP APIs are named by, and their names for statuses that tell of errors.
_REST = ("ApiName", "4XXError", "5XXError")
_HTTP = ("ApiId", "4xx", "5xx")


def record_rest_call(
    metrics: Metrics, api_name: str, stage: str, status: int, latency: float, integration_latency: float | None = None
) -> None:
    """Records a call of a REST API.

    Parameters:
        metrics: where.
        api_name, stage: what was called.
        status: of the response.
        latency: milliseconds from the request to the response.
        integration_latency: those of them that the backend took; None where it was not asked.
    """
    _record(metrics, _REST, api_name, stage, status, latency, integration_latency)


def record_http_call(
    metrics: Metrics, api_id: str, stage: str, status: int, latency: float, integration_latency: float | None = None
) -> None:
    """Records a call of an HTTP API, which is named by its id; see `record_rest_call`."""
    _record(metrics, _HTTP, api_id, stage, status, latency, integration_latency)


def _record(
    metrics: Metrics,
    names: tuple[str, str, str],
    api: str,
    stage: str,
    status: int,
    latency: float,
    integration_latency: float | None,
) -> None:
    dimension, of_client, of_server = names
    values = {
        "Count": 1.0,
        of_client: float(400 <= status < 500),
        of_server: float(status >= 500),
        "Latency": latency,
    }
    if integration_latency is not None:
        values["IntegrationLatency"] = integration_latency
    metrics.datapoints.add_now(_metrics_of, (dimension, api, stage), values)


@lru_cache(_METRICS_KEPT)
def _metrics_of(name: str, dimension: str, api: str, stage: str) -> tuple[tuple[Metric, str], ...]:
    """A metric of an API, and of its stage."""
    return measured(API_GATEWAY, name, ((dimension, api),), ((dimension, api), ("Stage", stage)))
