"""How a gateway invokes a function, and what it makes of a failure."""

from __future__ import annotations

import json
from typing import NamedTuple, Protocol

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError, TooManyRequests
from minidynamo.execution.running import TRACE_HEADER
from minidynamo.gateway.faults import Fault, Refused
from minidynamo.lambdas.service import Functions
from minidynamo.values.api_types import JsonObject, JsonValue

TRACE = "x-amzn-trace-id"


class InvokingEndpoint(Endpoint, Protocol):
    """An endpoint with functions."""

    @property
    def functions(self) -> Functions:
        """The functions that the gateway invokes."""
        ...


class Invoked(NamedTuple):
    """What an invocation has come to.

    Attributes:
        value: what the function has returned, or what tells of its failure.
        has_failed: whether it has failed.
        seconds: how long that took, by the database's clock.
    """

    value: JsonValue
    has_failed: bool
    seconds: float


def invoked(database: InvokingEndpoint, function: str, event: JsonObject, seconds_max: float) -> Invoked:
    """Invokes a function and waits for it.

    Parameters:
        database: whose function it is.
        function: name, `name:alias` or ARN.
        event: what it is invoked with.
        seconds_max: how long it may take.

    Raises:
        Refused: there is none, as many of it run as may, or it has taken longer.
    """
    started = database.clock.now()
    token = TRACE_HEADER.set(trace_of(event))
    try:
        response = database.functions.invoke(function, event)
    except TooManyRequests:
        raise Refused(Fault.FUNCTION_THROTTLED) from None
    except DynamoError:
        raise Refused(Fault.FUNCTION_MISSING) from None
    finally:
        TRACE_HEADER.reset(token)
    seconds = max(0.0, database.clock.now() - started)  # The clock of a machine may be set back.
    if seconds > seconds_max:
        raise Refused(Fault.TIMED_OUT)
    assert "Payload" in response, f"{function} was invoked and has not answered"
    return Invoked(json.loads(response["Payload"]), "FunctionError" in response, seconds)


def trace_of(event: JsonObject) -> str:
    """What the headers of an event tell AWS X-Ray; "" for nothing."""
    headers = event.get("headers") or {}
    return next((str(value) for name, value in headers.items() if name.lower() == TRACE), "")
