"""What policies ask of a database: what its tables are like, and which policies they have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from minidynamo.database.core import Core
from minidynamo.operations.perform import well_formed
from minidynamo.policies.accesses import TableFacts
from minidynamo.policies.document import Policy, read_policy
from minidynamo.schema.arns import ArnScope
from minidynamo.schema.table_state import KeyElement
from minidynamo.tables.table import Table
from minidynamo.values.api_types import Request


class DatabaseResources:
    """The tables and streams of a database, as a principal's requests name them.

    Parameters:
        database: theirs.
        account_id: of the principal: names that are no ARNs are of tables there.
    """

    def __init__(self, database: Core, account_id: str) -> None:
        self._database = database
        self._own = ArnScope(database.scope.own_region, account_id)

    @property
    def has_policies(self) -> bool:
        """Whether a table or a stream has a policy."""
        return self._database.catalog.has_policies

    def facts_of(self, name_or_arn: str) -> TableFacts:
        """What is known of a table, by its name or its ARN."""
        arn = name_or_arn if name_or_arn.startswith("arn:") else self._own.table_arn(name_or_arn)
        account = _account_of(arn)
        table = self._table(arn) if account == self._database.scope.account_id else None
        if table is None:
            return TableFacts(arn, account)
        state = table.state
        keys: dict[str | None, Sequence[str]] = {each.name: _partition_key(each.key_schema) for each in state.indexes}
        keys[None] = _partition_key(state.key_schema)
        return TableFacts(arn, account, keys, state.tags)

    def policy_of(self, arn: str) -> Policy | None:
        """The policy of a table or a stream; an index has its table's."""
        table = self._table(arn) if arn.startswith(self._database.scope.table_arn("")) else None
        kind, _, label = arn.partition(":table/")[2].partition("/")[2].partition("/")
        found = None if table is None else table.state.policies.get(label if kind == "stream" else "")
        return None if found is None or found.document is None else _read(found.document)

    def well_formed(self, operation: str, request: Request) -> Request:
        """A request as it is carried out; raises the service's error where it has not the right form."""
        return well_formed(self._database.wording, operation, request)

    def _table(self, arn: str) -> Table | None:
        with self._database.lock:
            return self._database.catalog.find(arn.partition(":table/")[2].partition("/")[0])


@lru_cache(maxsize=1024)
def _read(document: str) -> Policy:
    return read_policy(document, "the resource policy", of_resource=True)


def _partition_key(elements: Iterable[KeyElement]) -> list[str]:
    return [each.name for each in elements if each.role == "HASH"]


def _account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else ""
