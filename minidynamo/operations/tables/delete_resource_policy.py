"""DeleteResourcePolicy: takes the policy of a table or a stream away."""

from __future__ import annotations

from minidynamo.operations.context import OperationContext
from minidynamo.operations.tables.policy_resource import (
    check_policy_arn,
    check_revision,
    keep_policy,
    policy_resource,
    require_changeable,
)
from minidynamo.values.api_types import Request, Response


def delete_resource_policy(context: OperationContext, request: Request) -> Response:
    """Answers with the revision of the policy that was there; with nothing where there was none."""
    arn = request["ResourceArn"]
    check_policy_arn(context, arn)
    with context.lock:
        resource = policy_resource(context, arn)
        check_revision(resource, request.get("ExpectedRevisionId"))
        if resource.policy is None:
            return {}
        require_changeable(context, resource)
        revision = resource.policy.revision
        keep_policy(context, resource, None)
    return {"RevisionId": revision}
