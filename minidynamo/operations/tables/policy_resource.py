"""What the operations on resource policies share: the table or stream of an ARN, its policy, and how that changes.

Source: DynamoDB API reference, PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy; observed responses.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from minidynamo.errors import PolicyNotFound, ResourceInUse, ResourceNotFound, Throttling, ValidationError
from minidynamo.limits import RESOURCE_POLICY_CHANGE_SECONDS_MIN
from minidynamo.messages import IN_USE, NOT_FOUND
from minidynamo.operations.context import OperationContext
from minidynamo.schema.index_rules import invalid
from minidynamo.schema.table_state import ResourcePolicy, TableState
from minidynamo.tables.changes import WriteBatch
from minidynamo.tables.table import Table

NO_POLICY = "NO_POLICY"
_ARN = re.compile(r"arn:aws(-[a-z]+)*:dynamodb:(?P<region>[^:]+):(?P<account>\d{12}):(?P<resource>[^:/]+/[^/].*)")
_RESOURCE = re.compile(r"table/(?P<table>[^/]+)(/stream/(?P<label>[^/]+))?")


class PolicyResource(NamedTuple):
    """A table or a stream that may have a policy.

    Attributes:
        table: the table, or the one that the stream is of.
        label: of the stream; "" for the table itself.
        arn: its ARN.
    """

    table: Table
    label: str
    arn: str

    @property
    def kept(self) -> ResourcePolicy | None:
        """What is known of its policy, though it may have been deleted; None where it never had one."""
        return self.table.state.policies.get(self.label)

    @property
    def policy(self) -> ResourcePolicy | None:
        """Its policy; None where it has none."""
        return self.kept if self.kept is not None and self.kept.document is not None else None

    @property
    def busy_text(self) -> str:
        """What is said while its policy takes effect."""
        kind, name = ("Stream", self.label) if self.label else ("Table", self.table.name)
        return f"{kind} is pending previous resource-based policy update: {name}"


def check_policy_arn(context: OperationContext, arn: str) -> None:
    """Raises ValidationError where an ARN is of no table or stream of this account, whether there is one or not."""
    if not arn.startswith("arn:"):
        raise invalid(f"ARNs must start with 'arn:': {arn}")
    match = _ARN.fullmatch(arn)
    if match is None:
        raise invalid(f"Invalid resource Arn: {arn}")
    if _RESOURCE.fullmatch(match["resource"]) is None:
        raise invalid(f"Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}")
    if match["account"] != context.scope.account_id:
        raise ValidationError("This action is only supported by accounts that match the resource owner’s account.")


def policy_resource(context: OperationContext, arn: str) -> PolicyResource:
    """The table or stream of a checked ARN; to be called with the lock held.

    Raises:
        ResourceNotFound: there is none, or not yet.
    """
    match = _RESOURCE.fullmatch(arn.split(":", 5)[5])
    assert match is not None, f"{arn} has not been checked"
    name, label = match["table"], match["label"] or ""
    table = context.catalog.find(name) if arn.startswith(context.scope.table_arn(name)) else None
    if table is None or table.state.status == "CREATING":
        raise ResourceNotFound(f"{NOT_FOUND}: Table: {name} not found")
    if label and context.catalog.streams.find(name, label) is None:
        raise ResourceNotFound(f"{NOT_FOUND}: Stream: {label} not found for Table: {name}")
    return PolicyResource(table, label, arn)


def check_revision(resource: PolicyResource, expected: str | None) -> None:
    """Raises PolicyNotFound where a policy is not of the revision that a caller expects."""
    if expected is None:
        return
    name, policy = resource.table.name, resource.policy
    asked = f"Requested update for policy with revision id {expected}, but"
    if policy is None:
        text = f"{asked} table {name} has no associated policy"
    elif expected == NO_POLICY:
        text = (
            f"Requested policy update expecting none to be present for table {name}, "
            f"but a policy exists with revision id {policy.revision}."
        )
    else:
        text = f"{asked} the policy associated to target table {name} has revision id {policy.revision}."
    if (expected == NO_POLICY) != (policy is None) or (policy is not None and expected != policy.revision):
        raise policy_not_found(text)


def policy_not_found(text: str) -> PolicyNotFound:
    """The error for a policy that is not there, or not as expected."""
    return PolicyNotFound(f"Resource-based policy not found for the provided ResourceArn: {text}")


def require_changeable(context: OperationContext, resource: PolicyResource) -> None:
    """Raises the service's errors while a table is deleted and, where changes take time, for a while after the last."""
    if resource.table.state.status == "DELETING":
        raise ResourceInUse(f"{IN_USE}Table is being deleted: {resource.table.name}")
    if resource.kept is None or not context.delays.updating:
        return
    passed = context.clock.now() - resource.kept.changed_at
    if passed < context.delays.updating:
        raise ResourceInUse(IN_USE + resource.busy_text)
    if passed < RESOURCE_POLICY_CHANGE_SECONDS_MIN:
        again = datetime.fromtimestamp(resource.kept.changed_at + RESOURCE_POLICY_CHANGE_SECONDS_MIN, UTC)
        raise Throttling(
            f"Resource-based policy for table {resource.table.name} modified within the previous "
            f"{RESOURCE_POLICY_CHANGE_SECONDS_MIN * 1000} milliseconds. "
            f"Please try again after {again.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}."
        )


def require_settled_policies(context: OperationContext, state: TableState) -> None:
    """Raises ResourceInUse while a policy of a table that is to be deleted takes effect."""
    now, delay = context.clock.now(), context.delays.updating
    if any(now - each.changed_at < delay for each in state.policies.values()):
        raise ResourceInUse(f"{IN_USE}Table: {state.name} has a pending resource-based policy update.")


def keep_policy(context: OperationContext, resource: PolicyResource, document: str | None) -> str:
    """Commits another policy, None for none any more, and gives its revision."""
    changed = ResourcePolicy.after(resource.kept, document, context.clock.now())
    assert changed != resource.kept, f"the policy of {resource.arn} is the same after a change"
    policies = {**resource.table.state.policies, resource.label: changed}
    batch = WriteBatch()
    context.catalog.stage(batch, resource.table, replace(resource.table.state, policies=policies))
    context.commit(batch)
    return changed.revision
