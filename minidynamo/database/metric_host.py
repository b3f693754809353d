"""A database that is measured, from the moment at which somebody asks for its metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minidynamo.database.handler_host import HandlerHost
from minidynamo.requests.operations import API

if TYPE_CHECKING:
    from minidynamo.lambdas.service import Functions
    from minidynamo.metrics.metrics import Metrics
    from minidynamo.metrics.prometheus import Family


class MetricHost(HandlerHost):
    """A core with functions and metrics. Before these are asked for, nothing is recorded, and nothing imported."""

    _metrics: Metrics | None = None

    @property
    def tables(self) -> list[str]:
        """The names of all tables, in byte order."""
        with self.lock:
            self._require_open()
            return list(self.catalog.tables)

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
            "TableName": lambda: self.tables,
            "Operation": lambda: API,
            "FunctionName": lambda: [] if self._functions is None else self._functions.names,
        }
        metrics.states = self._states
        self.use(DynamoDBMetrics(metrics))
        self._metrics = metrics
        if self._functions is not None:
            self._observe(self._functions, metrics)

    def _new_functions(self) -> Functions:
        functions = super()._new_functions()
        if self._metrics is not None:
            self._observe(functions, self._metrics)
        return functions

    def _states(self) -> list[Family]:
        """What it is like at the moment, as Prometheus is shown it."""
        from minidynamo.metrics.states import states_of_mappings

        mappings = [] if self._functions is None else self._functions.live_mappings()
        return [*self._states_of_store(), *states_of_mappings(mappings)]

    def _states_of_store(self) -> list[Family]:
        from minidynamo.metrics.states import states_of_tables

        with self._lock:
            return states_of_tables(self.catalog.tables)

    @staticmethod
    def _observe(functions: Functions, metrics: Metrics) -> None:
        from minidynamo.metrics.lambda_metrics import LambdaMetrics

        functions.observe(LambdaMetrics(metrics))

    def begin_as_child(self) -> None:
        super().begin_as_child()
        self._begin_metrics_as_child()

    def _begin_metrics_as_child(self) -> None:
        if self._metrics is not None:
            self._metrics.datapoints.begin_as_child()
            self._metrics.requests.begin_as_child()
