"""Invoke: runs a function now, later, or looks whether it could be.

Source: AWS Lambda API reference, Invoke; recorded answers.
"""

from __future__ import annotations

import json
from typing import NoReturn

from minidynamo.errors import ResourceNotFound, TooManyRequests
from minidynamo.execution.context import ClientContextError
from minidynamo.execution.running import TRACE_HEADER
from minidynamo.lambda_api.faults import Fault
from minidynamo.lambda_api.function_names import FunctionName
from minidynamo.lambda_api.owner import FunctionOwner
from minidynamo.lambda_api.replies import Reply
from minidynamo.lambda_api.states import refuse_pending
from minidynamo.lambdas.function import LATEST
from minidynamo.lambdas.handler_calls import IN_BACKGROUND
from minidynamo.limits import INVOCATION_EVENT_BYTES_MAX, INVOCATION_PAYLOAD_BYTES_MAX
from minidynamo.values.api_types import JsonObject

_BYTES_MAX = {"RequestResponse": INVOCATION_PAYLOAD_BYTES_MAX, "Event": INVOCATION_EVENT_BYTES_MAX}


def invoke(owner: FunctionOwner, members: JsonObject, payload: bytes) -> Reply:
    """Replies with what the function returns, or that its invocation is queued, or that it is there.

    Parameters:
        owner: the database.
        members: FunctionName and, if they are given, Qualifier and InvocationType.
        payload: the event, as JSON; nothing stands for {}.

    Raises:
        Fault: there is no such function, the payload is no JSON or too large, or its concurrency is used up.
    """
    kind = members.get("InvocationType", "RequestResponse")
    name = FunctionName.of(members["FunctionName"], owner.scope, members.get("Qualifier"))
    most = _BYTES_MAX.get(kind, INVOCATION_PAYLOAD_BYTES_MAX)
    if len(payload) > most:
        text = f"Request must be smaller than {most} bytes for the InvokeFunction operation"
        raise Fault("RequestTooLargeException", text)
    try:
        refuse_pending(*owner.functions.find(name.invoked))
    except ResourceNotFound:
        text = f"Function not found: {name.arn(owner.scope)}:{name.qualifier or LATEST}"
        raise Fault("ResourceNotFoundException", text) from None
    _require_json(payload)
    trace = TRACE_HEADER.set(members.get("TraceHeader", ""))
    token = IN_BACKGROUND.set(True)  # Whoever has called is a client, who is told by a reply.
    try:
        answer = owner.functions.invoke(
            name.invoked,
            payload or b"{}",
            kind,
            LogType=members.get("LogType", "None"),
            ClientContext=members.get("ClientContext"),
        )
    except ResourceNotFound as error:
        raise Fault("ResourceNotFoundException", error.message) from None
    except ClientContextError as error:
        raise Fault("InvalidRequestContentException", str(error)) from None
    except TooManyRequests as error:
        raise Fault("TooManyRequestsException", error.message, error.members) from None
    finally:
        IN_BACKGROUND.reset(token)
        TRACE_HEADER.reset(trace)
    assert ("ExecutedVersion" in answer) == (kind == "RequestResponse"), f"{kind} of {name.invoked} answers {answer}"
    headers = {}
    if "ExecutedVersion" in answer:
        headers["x-amz-executed-version"] = answer["ExecutedVersion"]
    if "FunctionError" in answer:
        headers["x-amz-function-error"] = answer["FunctionError"]
    if "LogResult" in answer:
        headers["x-amz-log-result"] = answer["LogResult"]
    return Reply(answer["StatusCode"], answer.get("Payload", b""), headers)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _require_json(payload: bytes) -> None:
    try:
        json.loads(payload or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        text = "Could not parse request body into json: Could not parse payload into json: "
        raise Fault("InvalidRequestContentException", text + str(error)) from None
