"""Who makes a call and how, for what asks within it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from minidynamo.policies.document import read_policy
from minidynamo.policies.evaluation import Access, Principal, is_denied_by, root_of

_Keys = Mapping[str, Sequence[str]]
_CALLER: ContextVar[tuple[Principal, _Keys] | None] = ContextVar("minidynamo caller", default=None)
_NOTHING: _Keys = {}
_ASKED_WITH: ContextVar[_Keys] = ContextVar("minidynamo request keys", default=_NOTHING)


@contextmanager
def called_by(principal: Principal, around: _Keys) -> Iterator[None]:
    """While this is on, calls are made by a principal; with what is known of how they are made."""
    token = _CALLER.set((principal, around))
    try:
        yield
    finally:
        _CALLER.reset(token)


@contextmanager
def asked_with(keys: _Keys) -> Iterator[None]:
    """While this is on, these condition keys are known of how requests come."""
    token = _ASKED_WITH.set(keys)
    try:
        yield
    finally:
        _ASKED_WITH.reset(token)


def circumstances(now: float, region: str) -> dict[str, Sequence[str]]:
    """The condition keys that go with any request: when, where and how it is made.

    Parameters:
        now: epoch seconds.
        region: of the client.
    """
    try:
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):  # A clock beyond all years, which the request will be told of.
        return {"aws:requestedregion": [region], **_ASKED_WITH.get()}
    return {
        "aws:currenttime": [moment],
        "aws:epochtime": [str(int(now))],
        "aws:requestedregion": [region],
        **_ASKED_WITH.get(),
    }


def lets_caller_change(document: str, arn: str, account_id: str, around: _Keys) -> bool:
    """Whether a policy, once attached to a resource, would not deny the caller to put another in its place.

    Parameters:
        document: the policy.
        arn: the resource.
        account_id: whose root calls where nobody else is known.
        around: what is known then of how it calls.
    """
    caller, known = _CALLER.get() or (root_of(account_id), around)
    assert account_id.isdigit(), f"the account {account_id!r} is none"
    policy = read_policy(document, "the resource policy", of_resource=True)
    return not is_denied_by(policy, caller, Access("dynamodb:PutResourcePolicy", arn, known))
