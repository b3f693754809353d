"""Who makes a call, for what asks within it: a policy that would shut its own author out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from minidynamo.policies.document import read_policy
from minidynamo.policies.evaluation import Access, Principal, is_denied_by

_CALLER: ContextVar[Principal | None] = ContextVar("minidynamo caller", default=None)


@contextmanager
def called_by(principal: Principal) -> Iterator[None]:
    """While this is on, calls are made by a principal."""
    token = _CALLER.set(principal)
    try:
        yield
    finally:
        _CALLER.reset(token)


def lets_caller_change(document: str, arn: str, account_id: str) -> bool:
    """Whether a policy, once attached to a resource, would not deny the caller to put another in its place.

    Parameters:
        document: the policy.
        arn: the resource.
        account_id: whose root calls where nobody else is known.
    """
    caller = _CALLER.get() or Principal(f"arn:aws:iam::{account_id}:root")
    assert account_id.isdigit(), f"the account {account_id!r} is none"
    policy = read_policy(document, "the resource policy", of_resource=True)
    return not is_denied_by(policy, caller, Access("dynamodb:PutResourcePolicy", arn))
