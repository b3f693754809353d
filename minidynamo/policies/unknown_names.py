"""What a policy names and DynamoDB does not have: it is allowed, and does not do what was meant.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB".
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from minidynamo.policies.actions import ACTIONS, PREFIX
from minidynamo.policies.document import Policy

_KEYS = frozenset(
    {
        *("LeadingKeys", "FirstPartitionKeyValues", "SecondPartitionKeyValues", "ThirdPartitionKeyValues"),
        *("FourthPartitionKeyValues", "Attributes", "Select", "ReturnValues", "ReturnConsumedCapacity"),
        *("EnclosingOperation", "FullTableScan", "FisActionId", "FisTargetArns"),
    }
)


class PolicyWarning(UserWarning):
    """A policy names an action or a condition key that there is not; the text says which, in one line."""


def unknown_names(policy: Policy) -> Iterator[str]:
    """What is said of each name that there is not, and of each that has not the form of one."""
    for statement in policy.statements:
        for action in statement.actions:
            if action != "*" and ":" not in action:
                yield f"{policy.source}: an action is * or such as dynamodb:GetItem, not {action!r}"
            yield from _unknown("action", action, ACTIONS, policy.source)
        for resource in statement.resources or ():
            if resource != "*" and not resource.startswith("arn:"):
                yield f"{policy.source}: a resource is * or an ARN, not {resource!r}"
        for condition in statement.conditions:
            yield from _unknown("condition key", condition.key, _KEYS, policy.source)


def _unknown(kind: str, name: str, known: frozenset[str], source: str) -> Iterator[str]:
    bare = name.removeprefix(PREFIX)
    lowered = {each.lower(): each for each in known}
    is_pattern = "*" in bare or "?" in bare or "${" in bare
    if name.startswith(PREFIX) and not is_pattern and bare not in lowered:
        near = get_close_matches(bare, lowered, 1)
        yield f"{source}: DynamoDB has no {kind} {name}{f': did you mean {lowered[near[0]]}?' if near else ''}"
