"""What users see of a database beside its answers: tables, partitions, what a request would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minidynamo.database.argument_rules import check_method
from minidynamo.database.metric_host import MetricHost
from minidynamo.database.partition_info import PartitionInfo, partitions_of

if TYPE_CHECKING:
    from minidynamo.insight.explaining.explanation import Explanation


class InsightHost(MetricHost):
    """A core with functions, metrics and insight."""

    def explain(self, operation: str, /, *, analyze: bool = True, **request: object) -> Explanation:
        """What a request would read, change and cost: exact, since it is carried out on a shadow, without any effect.

        Parameters:
            operation: the API name of a read or write of items, such as "Query", or of statements of PartiQL.
            analyze: False estimates a Query or Scan by the sizes of partitions, without reading a large table.
            request: its members, as a client takes them.

        Raises:
            DynamoError: the request is wrong, in the service's words.
        """
        from minidynamo.insight.explaining.estimating import estimate_request
        from minidynamo.insight.explaining.explain import explain_request

        self._require_open()
        return (explain_request if analyze else estimate_request)(self, operation, request)

    @property
    def skipped_count(self) -> int:
        """How many damaged records reads have gone past so far, where `on_damage` is "skip"."""
        return self.engine.skipped_count

    def __repr__(self) -> str:
        kind, place = type(self).__name__, self.engine.place
        if self.is_closed:
            return f"<{kind} {place}: closed>"
        count = len(self.tables)
        return f"<{kind} {place}: {count} table{'' if count == 1 else 's'}>"

    def partitions(self, table_name: str) -> list[PartitionInfo]:
        """The partitions of a table, then of each of its indexes, in key order.

        Raises:
            ResourceNotFound: there is no such table.
        """
        check_method(table_name=table_name)
        with self.lock:
            self._require_open()
            return partitions_of(self.catalog.described_table(table_name))
