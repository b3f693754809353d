"""A database as a principal sees it: its faces, and what policies allow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

from minidynamo.database.core import Core
from minidynamo.database.faces import Faces
from minidynamo.endpoints.authorization import Authorization
from minidynamo.endpoints.middleware import Wrapped
from minidynamo.policies.accesses import TableFacts, accesses_of
from minidynamo.policies.document import Document, Policy, read_policy
from minidynamo.policies.evaluation import Principal, principal_arn
from minidynamo.policies.least_privilege import smallest_policy
from minidynamo.schema.arns import ArnScope
from minidynamo.schema.table_state import KeyElement
from minidynamo.values.api_types import Request, Response


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
        own = ArnScope(database.scope.own_region, principal.account)
        self.use(
            Authorization(
                principal,
                lambda name: facts_of(database, name if name.startswith("arn:") else own.table_arn(name)),
                lambda arn: policy_of(database, arn),
                lambda: database.catalog.has_policies,
            )
        )

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
) -> Principal:
    """A principal, by default the user `application` of an account.

    Raises:
        PolicyError: a document is no policy, or the ARN names no principal.
    """
    arn = f"arn:aws:iam::{account_id}:user/application" if arn is None else arn
    documents = [policies] if isinstance(policies, str | Mapping) else list(policies)
    read = [read_policy(each, f"policy {number}") for number, each in enumerate(documents, 1)]
    return Principal(
        principal_arn(arn), tuple(read), _read(boundary, "the boundary"), _read(session, "the session policy")
    )


def needed_by(database: Core, calls: Iterable[Done]) -> str:
    """The smallest policy under which some calls pass, as JSON."""
    accesses = [
        access
        for call in calls
        for access in accesses_of(call.operation, call.request, lambda name: facts_of(database, name))
    ]
    return json.dumps(smallest_policy(accesses), indent=2)


def facts_of(database: Core, name_or_arn: str) -> TableFacts:
    """What is known of a table, by its name or its ARN."""
    arn = name_or_arn if name_or_arn.startswith("arn:") else database.scope.table_arn(name_or_arn)
    if _account_of(arn) != database.scope.account_id:
        return TableFacts(arn, _account_of(arn))
    with database.lock:
        table = database.catalog.find(arn.rpartition(":table/")[2])
    if table is None:
        return TableFacts(arn, _account_of(arn))
    state = table.state
    keys: dict[str | None, Sequence[str]] = {each.name: _partition_key(each.key_schema) for each in state.indexes}
    keys[None] = _partition_key(state.key_schema)
    return TableFacts(arn, _account_of(arn), keys, state.tags)


def policy_of(database: Core, arn: str) -> Policy | None:
    """The policy that a table's or a stream's resource policy is for an ARN; an index has that of its table."""
    name, _, rest = arn.partition(":table/")[2].partition("/")
    kind, _, label = rest.partition("/")
    with database.lock:
        table = database.catalog.find(name) if arn.startswith(database.scope.table_arn(name)) else None
    found = None if table is None else table.state.policies.get(label if kind == "stream" else "")
    return None if found is None or found.document is None else _kept_policy(found.document)


@lru_cache(maxsize=1024)
def _kept_policy(document: str) -> Policy:
    return read_policy(document, "the resource policy", of_resource=True)


def _read(document: Document | None, name: str) -> Policy | None:
    return None if document is None else read_policy(document, name)


def _partition_key(elements: Iterable[KeyElement]) -> list[str]:
    return [each.name for each in elements if each.role == "HASH"]


def _account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else ""
