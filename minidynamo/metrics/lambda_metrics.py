"""Metrics of AWS Lambda: of all functions, of each, and of each of its versions and aliases that was invoked.

Source: AWS Lambda Developer Guide, "Types of metrics for Lambda functions".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from minidynamo.execution.logs import LogEvent
from minidynamo.lambdas.function import LATEST, Invocation, LambdaFunction, Outcome
from minidynamo.metrics.datapoints import Metric
from minidynamo.metrics.embedded_format import collect
from minidynamo.metrics.metrics import Metrics
from minidynamo.metrics.published import LAMBDA, measured

_METRICS_KEPT = 1_000


def record_invocation(
    metrics: Metrics,
    function_name: str,
    qualifier: str | None,
    milliseconds: float,
    is_error: bool,
    concurrent: int = 1,
    provisioned: int | None = None,
) -> None:
    """Records an invocation that has ended.

    Parameters:
        metrics: where.
        function_name: the function's name.
        qualifier: the version or alias that was invoked; None for none.
        milliseconds: how long it took.
        is_error: whether it failed.
        concurrent: how many there were at once, it included.
        provisioned: how many environments are provisioned, where any are.
    """
    values = {
        "Invocations": 1.0,
        "Errors": float(is_error),
        "Throttles": 0.0,
        "Duration": milliseconds,
        "ConcurrentExecutions": float(concurrent),
    }
    if provisioned:
        values["ProvisionedConcurrencyUtilization"] = concurrent / provisioned
    _record(metrics, values, function_name, qualifier)


def record_throttle(metrics: Metrics, function_name: str, qualifier: str | None = None) -> None:
    """Records an invocation that was refused, since too many were under way."""
    _record(metrics, {"Throttles": 1.0}, function_name, qualifier)


def record_iterator_age(metrics: Metrics, function_name: str, milliseconds: float) -> None:
    """Records how old the last change of a batch was when a function got it."""
    _record(metrics, {"IteratorAge": milliseconds}, function_name, None)


def record_dead_letter_error(metrics: Metrics, function_name: str) -> None:
    """Records an event that was given up and could not be handed over to the queue of dead letters."""
    _record(metrics, {"DeadLetterErrors": 1.0}, function_name, None)


class LambdaMetrics:
    """Records what the functions of a database do; an `Observer` of their runtime.

    Parameters:
        metrics: where.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def invoked(self, invocation: Invocation, outcome: Outcome, seconds: float, concurrent: int) -> None:
        """An invocation has ended."""
        qualifier = _qualifier(invocation)
        name, milliseconds = invocation.function.name, max(0.0, seconds) * 1000
        provisioned = invocation.function.provisioned_of(invocation.version) or None
        record_invocation(self._metrics, name, qualifier, milliseconds, outcome.is_error, concurrent, provisioned)

    def throttled(self, invocation: Invocation) -> None:
        """An invocation was refused, since too many are under way."""
        record_throttle(self._metrics, invocation.function.name, _qualifier(invocation))

    def read_batch(self, function_name: str, age_millis: float) -> None:
        """A batch of a stream has been handed over."""
        record_iterator_age(self._metrics, function_name, age_millis)

    def logged(self, event: LogEvent) -> None:
        """A function has logged something, which may be metrics of its own."""
        collect(event.message, self._metrics)

    def lost_letter(self, function: LambdaFunction) -> None:
        """An event that was given up could not be handed over."""
        record_dead_letter_error(self._metrics, function.name)


def _qualifier(invocation: Invocation) -> str | None:
    return None if invocation.version == LATEST else invocation.version


def _record(metrics: Metrics, values: Mapping[str, float], function_name: str, qualifier: str | None) -> None:
    metrics.datapoints.add_now(_metrics_of, (function_name, qualifier), values)


@lru_cache(_METRICS_KEPT)
def _metrics_of(name: str, function_name: str, qualifier: str | None) -> tuple[tuple[Metric, str], ...]:
    """A metric of all functions, of one, and of its version."""
    resource = function_name if qualifier is None else f"{function_name}:{qualifier}"
    function = ("FunctionName", function_name)
    return measured(LAMBDA, name, (), (function,), (function, ("Resource", resource)))
