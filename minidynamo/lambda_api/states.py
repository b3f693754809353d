"""What functions pass through as they are made and changed: how that shows, and what is refused meanwhile.

Source: AWS Lambda Developer Guide, "Lambda function states".
"""

from __future__ import annotations

from minidynamo.lambda_api.faults import Fault
from minidynamo.lambda_api.owner import FunctionOwner
from minidynamo.lambdas.function import LATEST, LambdaFunction
from minidynamo.lambdas.passing_status import PassingStatus
from minidynamo.values.api_types import JsonObject

PENDING, IN_PROGRESS, SETTLED = "Pending", "InProgress", "Active"
_REASON = "The function is being created."
# What shows of each, and what is said where something cannot be done meanwhile.
_SHOWN: dict[str, JsonObject] = {
    PENDING: {"State": "Pending", "StateReason": _REASON, "StateReasonCode": "Creating"},
    IN_PROGRESS: {
        "State": "Active",
        "LastUpdateStatus": "InProgress",
        "LastUpdateStatusReason": _REASON,
        "LastUpdateStatusReasonCode": "Creating",
    },
    SETTLED: {"State": "Active", "LastUpdateStatus": "Successful"},
}
_REFUSED = {
    PENDING: "The function is currently in the following state: Pending",
    IN_PROGRESS: "An update is in progress for resource: {arn}",
}


def begin(owner: FunctionOwner, function: LambdaFunction, version: str, passing: str) -> None:
    """Lets a version be pending or in progress, for as long as the database's delays say."""
    assert passing in _REFUSED, f"{function} passes through {passing}"
    seconds = owner.delays.creating if passing == PENDING else owner.delays.updating
    status = function.statuses.setdefault(version, PassingStatus(owner.clock))
    status.begin(passing, seconds)


def state_of(function: LambdaFunction, version: str) -> str:
    """What a version passes through, or that it is settled."""
    status = function.statuses.get(version)
    return SETTLED if status is None else status.shown(SETTLED)


def members_of(state: str) -> JsonObject:
    """What replies show of a state."""
    assert state in _SHOWN, f"no function is {state}"
    return _SHOWN[state]


def refuse_passing(function: LambdaFunction, arn: str) -> None:
    """Refuses what cannot be done to a function that is being made or changed."""
    _refuse(state_of(function, LATEST), arn)


def refuse_pending(function: LambdaFunction, version: str) -> None:
    """Refuses to invoke what is being made."""
    if state_of(function, version) == PENDING:
        _refuse(PENDING, "")


def _refuse(state: str, arn: str) -> None:
    if state in _REFUSED:
        text = f"The operation cannot be performed at this time. {_REFUSED[state].format(arn=arn)}"
        raise Fault("ResourceConflictException", text)
