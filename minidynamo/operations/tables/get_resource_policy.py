"""GetResourcePolicy: the policy of a table or a stream."""

from __future__ import annotations

from minidynamo.operations.context import OperationContext
from minidynamo.operations.tables.policy_resource import check_policy_arn, policy_not_found, policy_resource
from minidynamo.values.api_types import Request, Response


def get_resource_policy(context: OperationContext, request: Request) -> Response:
    """Answers with the policy as it is kept, and its revision."""
    arn = request["ResourceArn"]
    check_policy_arn(context, arn)
    with context.lock:
        policy = policy_resource(context, arn).policy
    if policy is None:
        raise policy_not_found(arn)
    return {"Policy": policy.document, "RevisionId": policy.revision}
