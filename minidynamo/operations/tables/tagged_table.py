"""Which table a tagging operation is about.

Source: DynamoDB API reference, TagResource; observed responses.
"""

from __future__ import annotations

from minidynamo.errors import AccessDenied, ResourceNotFound, ValidationError
from minidynamo.messages import NOT_FOUND
from minidynamo.operations.context import OperationContext
from minidynamo.schema.index_rules import invalid
from minidynamo.tables.table import Table


def tagged_table(context: OperationContext, arn: str) -> Table:
    """The table of an ARN that the operations on tags take; raises the service's errors for any other."""
    if not arn.startswith("arn:"):
        raise invalid(f"ARNs must start with 'arn:': {arn}")
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "dynamodb":
        raise invalid(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    kind, _, name = parts[5].partition("/")
    if kind != "table" or not name or "/" in name:
        raise ValidationError(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    scope = context.scope
    if (parts[3], parts[4]) != (scope.region, scope.account_id):
        raise AccessDenied(
            f"User: arn:aws:iam::{scope.account_id}:root is not authorized to perform this operation on resource: {arn}"
        )
    table = context.catalog.find(name)
    if table is None:
        raise ResourceNotFound(f"{NOT_FOUND}: ResourceArn: {arn} not found")
    return table
