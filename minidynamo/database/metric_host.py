"""A database that is measured, from the moment at which somebody asks for its metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minidynamo.database.handler_host import HandlerHost
from minidynamo.requests.operations import API

if TYPE_CHECKING:
    from minidynamo.lambdas.service import Functions
    from minidynamo.metrics.dynamodb_metrics import DynamoDBMetrics
    from minidynamo.metrics.metrics import Metrics


class MetricHost(HandlerHost):
    """A core with functions and metrics. Before these are asked for, nothing is recorded, and nothing imported."""

    _metrics: Metrics | None = None
    _recorder: DynamoDBMetrics | None = None

    @property
    def metrics(self) -> Metrics:
        """What Amazon CloudWatch would show of it: AWS/DynamoDB, AWS/Lambda, and what else is recorded.

        The first access begins to record; what has been before is not counted.
        """
        if self._metrics is None:
            with self._lock:
                self._begin_metrics()
        assert self._metrics is not None, "metrics are asked for and have not begun"
        return self._metrics

    def _begin_metrics(self) -> None:
        from minidynamo.metrics.dynamodb_metrics import DynamoDBMetrics
        from minidynamo.metrics.metrics import Metrics

        if self._metrics is not None:
            return  # Another thread was quicker.
        metrics = Metrics(self.clock)
        metrics.known = {
            "TableName": lambda: self.catalog.tables,
            "Operation": lambda: API,
            "FunctionName": lambda: [] if self._functions is None else self._functions.names,
        }
        self._recorder = DynamoDBMetrics(metrics)
        self.use(self._recorder)
        self._metrics = metrics
        if self._functions is not None:
            self._observe(self._functions, metrics)

    def _new_functions(self) -> Functions:
        functions = super()._new_functions()
        if self._metrics is not None:
            self._observe(functions, self._metrics)
        return functions

    @staticmethod
    def _observe(functions: Functions, metrics: Metrics) -> None:
        from minidynamo.metrics.lambda_metrics import LambdaMetrics

        functions.observe(LambdaMetrics(metrics))

    def _note_expired(self, table_name: str, count: int) -> None:
        if self._recorder is not None:
            self._recorder.expired(table_name, count)

    def begin_as_child(self) -> None:
        super().begin_as_child()
        if self._metrics is not None:
            self._metrics.datapoints.begin_as_child()
