"""Middleware that lets a principal do what its policies allow, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, runtime_checkable

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.errors import AccessDenied, ResourceNotFound
from minidynamo.messages import NOT_FOUND
from minidynamo.policies.accesses import TableFacts, accesses_of
from minidynamo.policies.caller import called_by, circumstances
from minidynamo.policies.conditions import Context
from minidynamo.policies.document import Policy
from minidynamo.policies.evaluation import Access, Principal, require_access
from minidynamo.requests.operations import BATCH, ITEM, PAGES, TRANSACTION, named
from minidynamo.schema.arns import ArnScope
from minidynamo.values.api_types import Request, Response

_BATCH = "BatchExecuteStatement"
# What principals of other accounts can be let in to do.
_CROSS_ACCOUNT = named(subjects=(ITEM, BATCH, TRANSACTION, PAGES)) | {
    *("DescribeTable", "UpdateTable", "DeleteTable", "TagResource", "UntagResource", "ListTagsOfResource"),
    *("DescribeStream", "GetShardIterator", "GetRecords"),
}
# What those find in their own account, which is not here.
_EMPTY_LISTS = {"ListTables": "TableNames", "ListStreams": "Streams"}


class Resources(Protocol):
    """What must be known to judge a request: tables, their policies, and what is no request at all."""

    @property
    def has_policies(self) -> bool:
        """Whether any resource has a policy."""
        ...

    def facts_of(self, name_or_arn: str) -> TableFacts:
        """What is known of a table, whether there is such a table or not."""
        ...

    def policy_of(self, arn: str) -> Policy | None:
        """The policy of a resource, None where it has none."""
        ...

    def well_formed(self, operation: str, request: Request) -> Request:
        """A request as it is carried out; raises the service's error where it has not the right form."""
        ...


@runtime_checkable
class Judging(Protocol):
    """An endpoint that can judge requests by policies."""

    def seen_by(self, principal: Principal) -> Endpoint:
        """The endpoint as a principal sees it."""
        ...


class Authorization(Middleware):
    """Judges every request by what it needs access to, before anything else is looked at but its form.

    Parameters:
        principal: who asks.
        resources: what it asks about.
    """

    def __init__(self, principal: Principal, resources: Resources) -> None:
        self.principal = principal
        self._resources = resources
        self._is_root = principal.is_root

    def execute(self, call: Call, proceed: Proceed) -> Response:
        if self._is_root and not self._resources.has_policies:
            return proceed(call.operation, call.request)
        if call.endpoint.scope.account_id != self.principal.account:
            proceed = self._from_elsewhere(call.endpoint.scope, proceed)
        # What is judged is what is carried out: without members that the operation would not look at.
        request = self._resources.well_formed(call.operation, call.request)
        around = circumstances(call.endpoint.clock.now(), call.endpoint.scope.region)
        if call.operation == _BATCH:
            return self._batch(request, around, proceed)
        for access in accesses_of(call.operation, request, self._resources.facts_of):
            self._require(call.operation, access, around)
        with called_by(self.principal, around):
            return proceed(call.operation, request)

    def _require(self, operation: str, access: Access, around: Context) -> None:
        """Raises AccessDenied where policies do not allow an access."""
        if access.account not in ("", self.principal.account) and operation not in _CROSS_ACCOUNT:
            raise AccessDenied("Access is denied")
        known = replace(access, context={**around, **access.context})
        require_access(self.principal, known, self._resources.policy_of(access.resource))

    def _from_elsewhere(self, scope: ArnScope, proceed: Proceed) -> Proceed:
        """For a principal of another account: plain names are those of its own tables, of which none are here."""
        own = ArnScope(scope.region, self.principal.account)

        def proceed_from_elsewhere(operation: str, request: Request) -> Response:
            if operation in _EMPTY_LISTS:
                return {_EMPTY_LISTS[operation]: []}
            if operation == "CreateTable":
                raise AccessDenied(
                    f"This database is of the account {scope.account_id}, and of no other: {own.account_id}."
                )
            name = request.get("TableName")
            if isinstance(name, str) and not name.startswith("arn:"):
                return proceed(operation, {**request, "TableName": own.table_arn(name)})
            accesses = accesses_of(operation, request, self._resources.facts_of)
            if any(each.account == self.principal.account for each in accesses):
                raise ResourceNotFound(NOT_FOUND)
            return proceed(operation, request)

        return proceed_from_elsewhere

    def _batch(self, request: Request, around: Context, proceed: Proceed) -> Response:
        """A batch of statements, of which each is judged by itself; what is denied says so in its entry."""
        statements = request["Statements"]
        denied = {
            number: entry for number, each in enumerate(statements) if (entry := self._denial(each, around)) is not None
        }
        allowed = [each for number, each in enumerate(statements) if number not in denied]
        response = proceed(_BATCH, {**request, "Statements": allowed}) if allowed or not denied else {"Responses": []}
        answers = iter(response["Responses"])
        response["Responses"] = [denied.get(number) or next(answers) for number in range(len(statements))]
        return response

    def _denial(self, statement: Request, around: Context) -> Response | None:
        """The entry of a statement that is denied; None of one that is not."""
        accesses = accesses_of(_BATCH, {"Statements": [statement]}, self._resources.facts_of)
        try:
            for access in accesses:
                self._require(_BATCH, access, around)
        except AccessDenied as error:
            table = accesses[0].resource.partition(":table/")[2].partition("/")[0]
            return {"TableName": table, "Error": {"Code": "AccessDenied", "Message": error.message}}
        return None
