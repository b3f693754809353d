"""Resource policies of functions: who may invoke them, kept and shown.

Source: AWS Lambda API reference, AddPermission, GetPolicy.
"""

from __future__ import annotations

import json
import uuid

from minidynamo.lambda_api.faults import Fault, not_there
from minidynamo.lambda_api.finder import FunctionFinder
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.values.api_types import JsonObject

# Members that become conditions: the operator and the key.
_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
}


class PermissionOperations:
    """The resource policies of functions.

    Parameters:
        finder: finds these.
        notes: what requests have said of them.
    """

    def __init__(self, finder: FunctionFinder, notes: ApiNotes) -> None:
        self._finder = finder
        self._notes = notes

    def add(self, members: JsonObject) -> JsonObject:
        """Adds a statement."""
        arn, statements = self._policy(members)
        sid = members["StatementId"]
        if sid in statements:
            text = (
                f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
                "existing statement."
            )
            raise Fault("ResourceConflictException", text)
        statements[sid] = statement = _statement(members, arn)
        return {"Statement": json.dumps(statement, separators=(",", ":"))}

    def remove(self, members: JsonObject) -> None:
        """Removes a statement."""
        _, statements = self._policy(members)
        if members["StatementId"] not in statements:
            text = f"Statement {members['StatementId']} is not found in resource policy."
            raise Fault("ResourceNotFoundException", text)
        del statements[members["StatementId"]]

    def get(self, members: JsonObject) -> JsonObject:
        """Shows the policy."""
        _, statements = self._policy(members)
        if not statements:
            raise not_there()
        document = {"Version": "2012-10-17", "Id": "default", "Statement": list(statements.values())}
        text = json.dumps(document, separators=(",", ":"))
        return {"Policy": text, "RevisionId": str(uuid.uuid5(uuid.NAMESPACE_OID, text))}

    def _policy(self, members: JsonObject) -> tuple[str, dict[str, JsonObject]]:
        """The ARN that a policy is about, and its statements by their ids."""
        found = self._finder.qualified(members)
        return found.arn, self._notes.policies.setdefault(found.key, {})


def _statement(members: JsonObject, arn: str) -> JsonObject:
    principal = members["Principal"]
    kind = "Service" if principal.endswith(".amazonaws.com") else "AWS"
    statement: JsonObject = {
        "Sid": members["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {kind: principal},
        "Action": members["Action"],
        "Resource": arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    for member, (operator, key) in _CONDITIONS.items():
        if member in members:
            conditions.setdefault(operator, {})[key] = members[member]
    return {**statement, "Condition": conditions} if conditions else statement
