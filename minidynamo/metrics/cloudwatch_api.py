"""CloudWatch's API for the metrics of a database: members of requests in, members of responses out.

Times are epoch seconds on both sides; whoever stands between this and an SDK turns them into what it has.
Source: Amazon CloudWatch API reference, GetMetricData, GetMetricStatistics, ListMetrics, PutMetricData.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from minidynamo.limits import METRIC_PERIOD_SECONDS
from minidynamo.metrics.buckets import STATISTICS, Bucket, Statistic, statistic_of
from minidynamo.metrics.datapoints import Metric, Span
from minidynamo.metrics.metrics import Metrics
from minidynamo.metrics.published import NO_UNIT, PUBLISHED, UNITS
from minidynamo.values.api_types import JsonObject, JsonValue, Request, Response, Structure

OPERATIONS = ("GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData")
# What dimensions of requests, and times, are called.
TIMES = ("StartTime", "EndTime", "Timestamp")
_ID = re.compile("[a-z][a-zA-Z0-9_]*")


class CloudWatchError(Exception):
    """What a request is refused with.

    Parameters:
        code: such as "ValidationError".
        message: why.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class CloudWatch:
    """Answers requests.

    Parameters:
        metrics: what they are about.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._operations: Mapping[str, Callable[[Request], Response]] = {
            "GetMetricData": self._get_data,
            "GetMetricStatistics": self._get_statistics,
            "ListMetrics": self._list,
            "PutMetricData": self._put,
        }
        assert tuple(self._operations) == OPERATIONS, f"operations are {OPERATIONS}"

    def knows(self, operation: str, request: Request) -> bool:
        """Whether a request is about a namespace of which something is recorded here, or always would be."""
        if operation not in OPERATIONS:
            return False
        namespaces = {*PUBLISHED, *(each.namespace for each in self._metrics)}
        return not namespaces.isdisjoint(_namespaces_in(request))

    def answer(self, operation: str, request: Request) -> Response:
        """The members of a response.

        Raises:
            CloudWatchError: the request is refused.
        """
        carry_out = self._operations.get(operation)
        if carry_out is None:
            raise CloudWatchError("UnknownOperationException", f"minidynamo does not carry out {operation}.")
        return carry_out(request)

    def _get_data(self, request: Request) -> Response:
        span = _span_of(request)
        is_rising = request.get("ScanBy") == "TimestampAscending"
        _check_ids([query["Id"] for query in request["MetricDataQueries"]])
        results = [
            self._result(query, span, is_rising)
            for query in request["MetricDataQueries"]
            if query.get("ReturnData", True)
        ]
        return {"MetricDataResults": results, "Messages": []}

    def _result(self, query: Structure, span: Span, is_rising: bool) -> Response:
        if "MetricStat" not in query:
            told = f"minidynamo answers queries with a MetricStat and computes no Expression, which {query['Id']} has"
            raise CloudWatchError("ValidationError", told)
        stat = query["MetricStat"]
        take = _statistic(stat["Stat"], "ValidationError")
        found = [
            (second, value)
            for second, bucket in self._periods(stat["Metric"], span, stat["Period"], stat.get("Unit"))
            if (value := take(bucket)) is not None
        ]
        found = found if is_rising else found[::-1]
        return {
            "Id": query["Id"],
            "Label": query.get("Label", stat["Metric"]["MetricName"]),
            "Timestamps": [second for second, _ in found],
            "Values": [value for _, value in found],
            "StatusCode": "Complete",
        }

    def _get_statistics(self, request: Request) -> Response:
        plain, extended = request.get("Statistics", ()), request.get("ExtendedStatistics", ())
        if not plain and not extended:
            told = "The parameters Statistics and ExtendedStatistics are both empty: at least one must be specified."
            raise CloudWatchError("InvalidParameterCombination", told)
        wrong = [each for each in plain if each not in STATISTICS]
        if wrong:
            raise CloudWatchError("InvalidParameterValue", f"The value {wrong[0]} for parameter Statistics is invalid.")
        takes = {each: _statistic(each, "InvalidParameterValue") for each in (*plain, *extended)}
        datapoints = []
        for second, bucket in self._periods(request, _span_of(request), request["Period"], request.get("Unit")):
            datapoint: Response = {"Timestamp": second, "Unit": bucket.unit}
            datapoint |= {name: takes[name](bucket) for name in plain}
            percentiles = {name: value for name in extended if (value := takes[name](bucket)) is not None}
            datapoints.append(datapoint | ({"ExtendedStatistics": percentiles} if percentiles else {}))
        return {"Label": request["MetricName"], "Datapoints": datapoints}

    def _list(self, request: Request) -> Response:
        namespace, name = request.get("Namespace"), request.get("MetricName")
        wanted = request.get("Dimensions", ())
        found = [
            each
            for each in self._metrics
            if namespace in (None, each.namespace) and name in (None, each.name) and _has(each, wanted)
        ]
        return {"Metrics": [_shown(each) for each in found]}

    def _put(self, request: Request) -> Response:
        namespace = request["Namespace"]
        if namespace.startswith("AWS/"):
            raise CloudWatchError("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.")
        for number, each in enumerate(request.get("MetricData", ()), start=1):
            if each.get("Unit", NO_UNIT) not in UNITS:
                told = (
                    f"The parameter MetricData.member.{number}.Unit must be a value in the set [ {', '.join(UNITS)} ]"
                )
                raise CloudWatchError("InvalidParameterValue", told)
            try:
                self._put_one(namespace, each)
            except ValueError as error:
                raise CloudWatchError("InvalidParameterValue", str(error)) from None
        return {}

    def _put_one(self, namespace: str, datum: Structure) -> None:
        metric = Metric.of(namespace, datum["MetricName"], _dimensions(datum))
        unit, time, datapoints = datum.get("Unit", NO_UNIT), datum.get("Timestamp"), self._metrics.datapoints
        values = datum.get("Values", [datum["Value"]] if "Value" in datum else [])
        summary = datum.get("StatisticValues")
        if bool(values) is (summary is not None):
            raise ValueError(f"{metric} needs a Value, Values, or StatisticValues")
        if summary is not None:
            datapoints.add_set(metric, unit, _summary(metric, summary), time)
        counts = datum.get("Counts", [1.0] * len(values))
        if len(counts) != len(values):
            raise ValueError(f"{metric} has {len(values)} Values and {len(counts)} Counts")
        for value, count in zip(values, counts, strict=True):
            datapoints.add(metric, unit, value, count, time)

    def _periods(self, stat: Structure, span: Span, seconds: int, unit: str | None) -> list[tuple[int, Bucket]]:
        if seconds <= 0 or seconds % METRIC_PERIOD_SECONDS:
            told = f"The parameter Period must be a multiple of {METRIC_PERIOD_SECONDS}, not {seconds}."
            raise CloudWatchError("ValidationError", told)
        metric = Metric.of(stat["Namespace"], stat["MetricName"], _dimensions(stat))
        found = self._metrics.datapoints.periods(metric, span, seconds)
        return [(second, bucket) for second, bucket in found if unit in (None, bucket.unit)]


def _check_ids(ids: Sequence[str]) -> None:
    """Refuses the ids of queries that cannot be, or are not told apart."""
    for number, each in enumerate(ids, start=1):
        if _ID.fullmatch(each) is None:
            told = f"The value {each} for parameter MetricDataQueries.member.{number}.Id is not matching the expected "
            raise CloudWatchError("ValidationError", f"{told}pattern ^{_ID.pattern}$.")
    if len(set(ids)) < len(ids):
        raise CloudWatchError("ValidationError", "The values for parameter id in MetricDataQueries are not unique.")


def _namespaces_in(request: Request) -> list[str]:
    own = [request["Namespace"]] if "Namespace" in request else []
    stats = [each["MetricStat"] for each in request.get("MetricDataQueries", ()) if "MetricStat" in each]
    return [*own, *(each["Metric"]["Namespace"] for each in stats)]


def _dimensions(holder: Structure) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in holder.get("Dimensions", ())}


def _has(metric: Metric, wanted: Iterable[Structure]) -> bool:
    """Whether a metric has all dimensions of a filter, with their values where it names these."""
    own = dict(metric.dimensions)
    return all(each["Name"] in own and each.get("Value", own[each["Name"]]) == own[each["Name"]] for each in wanted)


def _shown(metric: Metric) -> JsonObject:
    dimensions: list[JsonValue] = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    return {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}


def _span_of(request: Request) -> Span:
    start, end = request["StartTime"], request["EndTime"]
    if start >= end:
        raise CloudWatchError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    return Span(start, end)


def _statistic(name: str, code: str) -> Statistic:
    try:
        return statistic_of(name)
    except ValueError as error:
        raise CloudWatchError(code, str(error)) from None


def _summary(metric: Metric, values: Structure) -> Bucket:
    minimum, maximum, count = values["Minimum"], values["Maximum"], values["SampleCount"]
    if not (minimum <= maximum and count > 0):
        raise ValueError(f"{metric} has StatisticValues of {count} samples from {minimum} to {maximum}")
    summary = Bucket(NO_UNIT)
    summary.add_set(count, values["Sum"], minimum, maximum)
    return summary
