"""A database as a principal sees it: its faces, and what policies allow."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from minidynamo.arguments import require
from minidynamo.database.core import Core
from minidynamo.database.faces import Faces
from minidynamo.database.resources import DatabaseResources
from minidynamo.endpoints.authorization import Authorization
from minidynamo.endpoints.middleware import Wrapped
from minidynamo.errors import DynamoError
from minidynamo.policies.accesses import accesses_of
from minidynamo.policies.declared import DeclaredPolicies
from minidynamo.policies.document import Document, Policy, read_policy
from minidynamo.policies.evaluation import Access, Principal, principal_arn, tag_keys
from minidynamo.policies.least_privilege import smallest_policy
from minidynamo.policies.unknown_names import PolicyWarning, unknown_names
from minidynamo.values.api_types import Request, Response

_CALLS = "calls that were made, such as the calls of minidynamo.testing.recording"


class Done(Protocol):
    """A call that has been made."""

    @property
    def operation(self) -> str:
        """Its API name."""
        ...

    @property
    def request(self) -> Request:
        """Its members."""
        ...


class PrincipalEndpoint(Wrapped, Faces):
    """What `Database.as_principal` gives: every request is judged by policies, then carried out by the database.

    Parameters:
        database: carries out what is allowed.
        principal: who asks.
    """

    def __init__(self, database: Core, principal: Principal) -> None:
        self._database = database
        self.principal = principal
        self.clock, self.scope = database.clock, database.scope
        super().__init__()
        self.use(Authorization(principal, DatabaseResources(database, principal.account)))

    def __repr__(self) -> str:
        return f"<{self._database!r} as {self.principal.arn}>"

    @property
    def url(self) -> str:
        return self._database.url

    @property
    def next_status_change(self) -> float | None:
        return self._database.next_status_change

    def new_request_id(self) -> str:
        return self._database.new_request_id()

    def try_lock(self, is_read: bool) -> bool:
        return self._database.try_lock(is_read)

    def unlock(self) -> None:
        self._database.unlock()

    def _carry_out(self, operation: str, request: Request) -> Response:
        return self._database.execute(operation, request)


def principal_of(
    account_id: str,
    policies: Document | Sequence[Document],
    arn: str | None = None,
    boundary: Document | None = None,
    session: Document | None = None,
    tags: Mapping[str, str] | None = None,
) -> Principal:
    """A principal, by default the user `application` of an account.

    Raises:
        PolicyError: a document is no policy, or the ARN names no principal.
    """
    arn = f"arn:aws:iam::{account_id}:user/application" if arn is None else arn
    if boundary is None and isinstance(policies, DeclaredPolicies):
        boundary = policies.boundary
    documents = [policies] if isinstance(policies, str | Mapping) else list(policies)
    read = [read_policy(each, f"policy {number}") for number, each in enumerate(documents, 1)]
    bounds = [_read(boundary, "the boundary"), _read(session, "the session policy")]
    for policy in filter(None, [*read, *bounds]):
        for text in unknown_names(policy):
            warnings.warn(PolicyWarning(text), stacklevel=3)
    return Principal(principal_arn(arn), tuple(read), bounds[0], bounds[1], tag_keys(tags or {}))


def needed_by(database: Core, calls: Iterable[Done]) -> str:
    """The smallest policy under which some calls pass, as JSON."""
    done = list(calls) if isinstance(calls, Iterable) else [calls]
    for each in done:
        require(hasattr(each, "operation") and hasattr(each, "request"), "least_privilege", _CALLS, each)
    resources = DatabaseResources(database, database.scope.account_id)
    accesses: list[Access] = []
    for call in done:
        with suppress(DynamoError):  # What is no request is refused before it needs anything.
            request = resources.well_formed(call.operation, call.request)
            accesses += accesses_of(call.operation, request, resources.facts_of)
    return json.dumps(smallest_policy(accesses), indent=2)


def _read(document: Document | None, name: str) -> Policy | None:
    return None if document is None else read_policy(document, name)
