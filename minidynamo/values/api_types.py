"""The types of what crosses the edge: requests and responses in the API's own shape, JSON, SDK values.

This is where dicts of anything are named, once; whatever looks inside one says what it expects to find. Members of
requests and responses are CamelCase, attribute values `{"S": "x"}`, binary `bytes`, numbers `str`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Request = Mapping[str, Any]
"""The parameters of an operation; those of a caller are never changed."""

Response = dict[str, Any]
"""What an operation gives back, for its caller to keep and to change."""

JsonValue = Any
"""Anything that JSON can say; also what a Python value is after `json.loads`."""

JsonObject = dict[str, JsonValue]
"""One JSON object: an event, a configuration, a parsed file."""

AttributeValue = dict[str, Any]
"""A value in wire form: its type descriptor and its payload, `{"S": "x"}`."""

Item = dict[str, AttributeValue]
"""An item or a key: attribute names to attribute values."""

PythonValue = Any
"""A value as boto3's resources take and give it: str, Decimal, bytes, set, list, dict, None, bool."""

Structure = Mapping[str, Any]
"""A part of a request that is a structure, as its shape says: an action, an entry of a batch, an index, a condition."""

RequestDraft = dict[str, Any]
"""A request that is still being made."""

PythonItem = Mapping[str, PythonValue]
"""An item, or a key, as boto3's resources take it."""


class TableWaiter(Protocol):
    """A waiter of boto3's or of ours."""

    @property
    def wait(self) -> Callable[..., object]:
        """Returns when the table is there, or gone."""
        ...


class TableClient(Protocol):
    """A client of boto3's or of ours, as far as tables are made with it."""

    @property
    def create_table(self) -> Callable[..., object]:
        """Calls CreateTable."""
        ...

    @property
    def update_time_to_live(self) -> Callable[..., object]:
        """Calls UpdateTimeToLive."""
        ...

    @property
    def describe_table(self) -> Callable[..., Mapping[str, Any]]:
        """Calls DescribeTable."""
        ...

    @property
    def put_resource_policy(self) -> Callable[..., object]:
        """Calls PutResourcePolicy."""
        ...

    @property
    def get_waiter(self) -> Callable[..., TableWaiter]:
        """The waiter of a name."""
        ...
