"""The batch writer of a table: collects puts and deletions, sends them 25 at a time, resends what was left over.

Source: boto3 documentation, "Batch writing".
"""

from __future__ import annotations

from collections.abc import Callable

from minidynamo.limits import BATCH_WRITE_REQUESTS_MAX
from minidynamo.values.api_types import PythonItem, PythonValue, RequestDraft, Response


class BatchWriter:
    """Writes many items to one table. Use it as a context manager; the rest is sent at its end.

    Parameters:
        table_name: the table.
        batch_write_item: the method of a client that takes Python values.
        overwrite_by_pkeys: names of key attributes; of several requests with equal keys only the last is sent.
    """

    def __init__(
        self,
        table_name: str,
        batch_write_item: Callable[..., Response],
        overwrite_by_pkeys: list[str] | None = None,
    ) -> None:
        self._table_name = table_name
        self._batch_write_item = batch_write_item
        self._key_names = overwrite_by_pkeys
        self._requests: list[RequestDraft] = []

    def __repr__(self) -> str:
        return f"<BatchWriter of {self._table_name}: {len(self._requests)} to be sent>"

    def put_item(self, Item: PythonItem) -> None:
        """Puts an item, sooner or later."""
        self._add({"PutRequest": {"Item": Item}})

    def delete_item(self, Key: PythonItem) -> None:
        """Deletes an item, sooner or later."""
        self._add({"DeleteRequest": {"Key": Key}})

    def __enter__(self) -> BatchWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        while self._requests:
            self._flush()

    def _add(self, request: RequestDraft) -> None:
        if self._key_names is not None:
            key = self._key(request)
            self._requests = [each for each in self._requests if self._key(each) != key]
        self._requests.append(request)
        if len(self._requests) >= BATCH_WRITE_REQUESTS_MAX:
            self._flush()

    def _key(self, request: RequestDraft) -> list[PythonValue]:
        assert self._key_names is not None
        ((_, body),) = request.items()
        ((_, values),) = body.items()
        return [values[name] for name in self._key_names]

    def _flush(self) -> None:
        sent = self._requests[:BATCH_WRITE_REQUESTS_MAX]
        self._requests = self._requests[BATCH_WRITE_REQUESTS_MAX:]
        response = self._batch_write_item(RequestItems={self._table_name: sent})
        self._requests += response["UnprocessedItems"].get(self._table_name, [])
