"""The smallest policy under which some calls pass."""

from __future__ import annotations

from collections.abc import Iterable

from minidynamo.policies.evaluation import Access
from minidynamo.values.api_types import JsonObject


def smallest_policy(accesses: Iterable[Access]) -> JsonObject:
    """A policy document that allows these accesses and no other: each action on the resources it was needed on.

    Actions on the same resources share a statement; statements are in the order of their first access.
    """
    resources: dict[str, dict[str, None]] = {}
    for access in accesses:
        resources.setdefault(access.action, {})[_lasting(access.resource)] = None
    actions: dict[tuple[str, ...], list[str]] = {}
    for action, found in resources.items():
        actions.setdefault(tuple(sorted(found)), []).append(action)
    statements = [
        {"Effect": "Allow", "Action": _one_or_more(sorted(named)), "Resource": _one_or_more(list(on))}
        for on, named in actions.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _lasting(arn: str) -> str:
    """The ARN of a resource that is there after the next deployment as well: the label of a stream is not."""
    table, is_stream, _ = arn.partition("/stream/")
    return f"{table}/stream/*" if is_stream else arn


def _one_or_more(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts
