"""Clients of CloudWatch while a mock is on: what is about metrics of the database is answered by it.

A call is answered when botocore has checked and built its request, and before it is signed: whatever protocol the
client speaks. All else is left to moto, where it is on; without it nothing reaches a network either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import NamedTuple, Protocol, TypeGuard

from minidynamo.boto.botocore_types import Client
from minidynamo.boto.results import Answered, metadata
from minidynamo.boto.routes import access_key_of, endpoint_of_caller
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.lambdas.aws_services import is_moto_on
from minidynamo.metrics.cloudwatch_api import TIMES, CloudWatch, CloudWatchError
from minidynamo.metrics.metrics import Metrics
from minidynamo.values.api_types import JsonValue, RequestDraft, Response

_SERVICE = "cloudwatch"


class _Measured(Endpoint, Protocol):
    """A database with metrics."""

    @property
    def metrics(self) -> Metrics: ...


class _Lent(NamedTuple):
    """What answers the call that is under way."""

    endpoint: Endpoint
    cloudwatch: CloudWatch
    operation: str
    request: RequestDraft


_LENT: ContextVar[_Lent | None] = ContextVar("minidynamo cloudwatch", default=None)


@contextmanager
def lending_metrics(client: Client, operation: str, parameters: RequestDraft) -> Iterator[None]:
    """While this is on, the call of a client of CloudWatch is answered by the metrics of the mock that is on."""
    lent = _lent_for(client, operation, parameters) if client.meta.service_model.service_name == _SERVICE else None
    if lent is None:
        yield
        return
    client.meta.events.register(f"before-call.{_SERVICE}", _respond, "minidynamo-cloudwatch")
    token = _LENT.set(lent)
    try:
        yield
    finally:
        _LENT.reset(token)


def _lent_for(client: Client, operation: str, parameters: RequestDraft) -> _Lent | None:
    endpoint = endpoint_of_caller(client.meta.region_name, access_key_of(client))
    if endpoint is None or not _is_measured(endpoint):
        return None
    return _Lent(endpoint, CloudWatch(endpoint.metrics), operation, parameters)


def _is_measured(endpoint: Endpoint) -> TypeGuard[_Measured]:
    return hasattr(type(endpoint), "metrics")


def _respond(**ignored: object) -> tuple[Answered, Response] | None:
    """Hook on `before-call`, when the parameters have been checked: status and response, None to go on."""
    lent = _LENT.get()
    if lent is None:
        return None
    if not lent.cloudwatch.knows(lent.operation, lent.request) and is_moto_on():
        return None
    try:
        answer = lent.cloudwatch.answer(lent.operation, _with_seconds(lent.request))
    except CloudWatchError as error:
        refusal: Response = {"Error": {"Type": "Sender", "Code": error.code, "Message": error.message}}
        return Answered(400), {**refusal, "ResponseMetadata": metadata(lent.endpoint, 400)}
    shown: Response = _with_dates(answer)
    return Answered(200), {**shown, "ResponseMetadata": metadata(lent.endpoint, 200)}


def _with_seconds(value: JsonValue, name: str = "") -> JsonValue:
    """A part of a request, with times as epoch seconds: botocore takes them in several forms."""
    if name in TIMES:
        from botocore.utils import parse_to_aware_datetime

        return parse_to_aware_datetime(value).timestamp()
    if isinstance(value, Mapping):
        return {member: _with_seconds(each, member) for member, each in value.items()}
    return [_with_seconds(each) for each in value] if isinstance(value, list | tuple) else value


def _with_dates(value: JsonValue, name: str = "") -> JsonValue:
    """A part of a response, with times as botocore gives them."""
    if name in ("Timestamp", "Timestamps") and isinstance(value, int):
        from dateutil.tz import tzlocal

        return datetime.fromtimestamp(value, tzlocal())
    if isinstance(value, dict):
        return {member: _with_dates(each, member) for member, each in value.items()}
    return [_with_dates(each, name) for each in value] if isinstance(value, list) else value
