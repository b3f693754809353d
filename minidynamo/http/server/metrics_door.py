"""The door to metrics: what Prometheus scrapes."""

from __future__ import annotations

from minidynamo.http.messages import HttpRequest, HttpResponse
from minidynamo.metrics.metrics import Metrics
from minidynamo.metrics.prometheus import CONTENT_TYPE

_PATH = "/metrics"
_PLAIN = "text/plain; charset=utf-8"


class MetricsDoor:
    """Answers `GET /metrics`, to everybody who may reach the server.

    Parameters:
        metrics: what it shows.
    """

    seconds_max = 10.0

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    @staticmethod
    def takes(request: HttpRequest) -> bool:
        """Whether a request asks for metrics."""
        return request.method == "GET" and request.path == _PATH and "x-amz-target" not in request.headers

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The metrics as they are now."""
        assert self.takes(request), f"{request.method} {request.path} asks for no metrics"
        return _response(200, self._metrics.prometheus(), CONTENT_TYPE)

    @staticmethod
    def too_late(request: HttpRequest) -> HttpResponse:
        """The response where there is none in time."""
        return _response(503, "The metrics could not be read in time.\n", _PLAIN)

    @staticmethod
    def too_many(request: HttpRequest) -> HttpResponse:
        """The response where as much is under way as may be."""
        return _response(503, "Too many requests are under way.\n", _PLAIN)


def _response(status: int, text: str, content_type: str) -> HttpResponse:
    body = text.encode()
    return HttpResponse(status, {"content-type": content_type, "content-length": str(len(body))}, body)
