"""Waiters as boto3 has them, which never sleep longer than there is something to wait for.

A clock that can be advanced is advanced instead of sleeping. Source: boto3 documentation, "Waiters".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TypedDict

from minidynamo.arguments import Rule, between, check_arguments, of, require
from minidynamo.clock import advanced
from minidynamo.embedded.client_errors import modelled_class, waiter_error_class
from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.values.api_types import Response

_NAMES = ("table_exists", "table_not_exists")
_DELAY_SECONDS, _ATTEMPTS_MAX = 20, 25

_RULES = {
    "Delay": Rule("a number of seconds from 0 on", of(int, float), between(0)),
    "MaxAttempts": Rule("a whole number", of(int)),
}


class WaiterConfig(TypedDict, total=False):
    """How often a waiter asks: seconds between attempts, and how many there are."""

    Delay: float
    MaxAttempts: int


class Waiter:
    """Waits until a table exists, or no longer does.

    Parameters:
        describe_table: the method of the client that asks.
        endpoint: what it asks.
        name: "table_exists" or "table_not_exists"; ValueError for any other.
    """

    def __init__(self, describe_table: Callable[..., Response], endpoint: Endpoint, name: str) -> None:
        if name not in _NAMES:
            raise ValueError(f"Waiter does not exist: {name}; these do: {', '.join(_NAMES)}")
        self.name = name
        self._describe_table = describe_table
        self._endpoint = endpoint

    def __repr__(self) -> str:
        return f"<Waiter {self.name}>"

    def wait(self, TableName: str, WaiterConfig: WaiterConfig | None = None) -> None:
        """Returns when the state is reached.

        Parameters:
            TableName: the table.
            WaiterConfig: Delay (seconds between attempts, 20) and MaxAttempts (25).

        Raises:
            WaiterError: it was not reached within the attempts.
        """
        config = WaiterConfig or {}
        require(isinstance(config, Mapping), "WaiterConfig", "a dict, such as {'Delay': 1}", config)
        check_arguments(_RULES, **{name: value for name, value in config.items() if name in _RULES})
        delay, attempts = config.get("Delay", _DELAY_SECONDS), config.get("MaxAttempts", _ATTEMPTS_MAX)
        status = None
        for attempt in range(attempts):
            status = self._status(TableName)
            if status == ("ACTIVE" if self.name == "table_exists" else None):
                return
            if attempt < attempts - 1:
                self._pass_time(delay)
        raise waiter_error_class()(
            name=self.name, reason="Max attempts exceeded", last_response={"TableStatus": status}
        )

    def _status(self, table_name: str) -> str | None:
        try:
            return str(self._describe_table(TableName=table_name)["Table"]["TableStatus"])
        except modelled_class("ResourceNotFoundException"):
            return None

    def _pass_time(self, seconds: float) -> None:
        delay = advance_or_delay(self._endpoint, seconds)
        if delay > 0:
            time.sleep(delay)


def advance_or_delay(endpoint: Endpoint, seconds: float, is_for_table: bool = True) -> float:
    """Lets time pass where the endpoint's clock can be advanced; else says how many seconds to sleep.

    Parameters:
        endpoint: whose clock counts.
        seconds: how long to wait.
        is_for_table: whether for a table's status: then there is nothing to wait for once the next one is due.
    """
    if advanced(endpoint.clock, seconds):
        return 0.0
    due = endpoint.next_status_change if is_for_table else None
    return seconds if due is None else min(max(due - endpoint.clock.now(), 0.001), seconds)
