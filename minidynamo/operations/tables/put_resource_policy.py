"""PutResourcePolicy: attaches a policy to a table or a stream."""

from __future__ import annotations

from minidynamo.errors import AccessDenied
from minidynamo.operations.context import OperationContext
from minidynamo.operations.tables.policy_resource import (
    check_policy_arn,
    check_revision,
    keep_policy,
    policy_resource,
    require_changeable,
)
from minidynamo.policies.caller import circumstances, lets_caller_change
from minidynamo.policies.resource_documents import canonical_document
from minidynamo.values.api_types import Request, Response


def put_resource_policy(context: OperationContext, request: Request) -> Response:
    """Puts a policy in the place of the one that is there; an equivalent one keeps its revision."""
    arn = request["ResourceArn"]
    check_policy_arn(context, arn)
    document = canonical_document(request["Policy"], arn)
    with context.lock:
        resource = policy_resource(context, arn)
        check_revision(resource, request.get("ExpectedRevisionId"))
        if resource.policy is not None and resource.policy.document == document:
            return {"RevisionId": resource.policy.revision}
        require_changeable(context, resource)
        if not (request.get("ConfirmRemoveSelfResourceAccess") or _lets_caller_change(context, document, arn)):
            raise AccessDenied(
                "The new resource policy will not allow you to update the resource policy in the future."
            )
        return {"RevisionId": keep_policy(context, resource, document)}


def _lets_caller_change(context: OperationContext, document: str, arn: str) -> bool:
    around = circumstances(context.clock.now(), context.scope.region)
    return lets_caller_change(document, arn, context.scope.account_id, around)
