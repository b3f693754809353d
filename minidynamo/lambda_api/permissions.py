"""Resource policies of functions: who may invoke them, kept and shown.

Source: AWS Lambda API reference, AddPermission, GetPolicy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from minidynamo.lambda_api.faults import Fault, invalid, not_there
from minidynamo.lambda_api.finder import FunctionFinder
from minidynamo.lambda_api.notes import ApiNotes
from minidynamo.lambdas.function import LATEST
from minidynamo.values.api_types import JsonObject, JsonValue

# Members that become conditions: the operator and the key.
_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
}
# Whom there may be, and what a statement shows of them.
_PRINCIPALS: tuple[tuple[re.Pattern[str], Callable[[str], JsonValue]], ...] = (
    (re.compile(r"\*"), lambda text: text),
    (re.compile(r"\d{12}"), lambda text: {"AWS": f"arn:aws:iam::{text}:root"}),
    (re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:\S+"), lambda text: {"AWS": text}),
    (re.compile(r"[a-zA-Z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)"), lambda text: {"Service": text}),
)


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
        self._require_revision(members)
        sid = members["StatementId"]
        if sid in statements:
            text = (
                f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
                "existing statement."
            )
            raise Fault("ResourceConflictException", text)
        statements[sid] = statement = _statement(members, _principal(members["Principal"]), arn)
        self._revise(members)
        return {"Statement": json.dumps(statement, separators=(",", ":"))}

    def remove(self, members: JsonObject) -> None:
        """Removes a statement."""
        _, statements = self._policy(members)
        if not statements:
            raise Fault("ResourceNotFoundException", "No policy is associated with the given resource.")
        if members["StatementId"] not in statements:
            text = f"Statement {members['StatementId']} is not found in resource policy."
            raise Fault("ResourceNotFoundException", text)
        self._require_revision(members)
        del statements[members["StatementId"]]
        self._revise(members)

    def get(self, members: JsonObject) -> JsonObject:
        """Shows the policy."""
        _, statements = self._policy(members)
        function, qualifier, _ = self._finder.qualified(members)
        if not statements:
            raise not_there()
        document = {"Version": "2012-10-17", "Id": "default", "Statement": list(statements.values())}
        text = json.dumps(document, separators=(",", ":"))
        return {"Policy": text, "RevisionId": self._finder.revision(function, qualifier or LATEST)}

    def _require_revision(self, members: JsonObject) -> None:
        function, qualifier, _ = self._finder.qualified(members)
        self._finder.require_revision(function, qualifier, members, "GetPolicy")

    def _revise(self, members: JsonObject) -> None:
        function, qualifier, _ = self._finder.qualified(members)
        self._finder.owner.functions.revise(function, qualifier or LATEST, is_modified=False)

    def _policy(self, members: JsonObject) -> tuple[str, dict[str, JsonObject]]:
        """The ARN that a policy is about, and its statements by their ids."""
        found = self._finder.qualified(members)
        if found.qualifier == LATEST:
            raise invalid("We currently do not support adding policies for $LATEST.")
        return found.arn, self._notes.policies.setdefault(found.key, {})


def _principal(text: str) -> JsonValue:
    """What a statement shows of a principal."""
    for pattern, shown in _PRINCIPALS:
        if pattern.fullmatch(text):
            return shown(text)
    raise invalid("The provided principal was invalid. Please check the principal and try again.")


def _statement(members: JsonObject, principal: JsonValue, arn: str) -> JsonObject:
    statement: JsonObject = {
        "Sid": members["StatementId"],
        "Effect": "Allow",
        "Principal": principal,
        "Action": members["Action"],
        "Resource": arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    for member, (operator, key) in _CONDITIONS.items():
        if member in members:
            conditions.setdefault(operator, {})[key] = members[member]
    return {**statement, "Condition": conditions} if conditions else statement
