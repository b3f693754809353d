"""Putting the records of a file into a table, batch by batch, with a report of what became of them.

A record that cannot be put is reported with its line and the reason; the others are put all the same. Putting is
idempotent, so that a load that was interrupted can go on behind the records that were answered, or begin again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from minidynamo.endpoints.endpoint import Endpoint
from minidynamo.errors import DynamoError
from minidynamo.formats.patience import execute_patiently, write_batch
from minidynamo.formats.records import Record
from minidynamo.limits import BATCH_WRITE_REQUESTS_MAX, KIB

# More text than this is no longer collected for one batch: what is decoded takes many times as much memory.
_BATCH_CHARACTERS_MAX = 256 * KIB
_BAD_LINES_KEPT_MAX = 20
# What is said of an item; all else is said of the table, of the endpoint or of the way there.
_REFUSALS = frozenset({"ValidationException", "SerializationException", "ItemCollectionSizeLimitExceededException"})


@dataclass
class LoadReport:
    """What became of the records of a file.

    Attributes:
        skipped_count: how many were left out at its start.
        replaced_count: how many of the items replaced one with the same key, where that is known.
        answered_count: how many have been put or refused, for sure.
        item_count: how many of these were put.
        bad_lines: line numbers and reasons of the first of the others.
    """

    skipped_count: int = 0
    replaced_count: int = 0
    answered_count: int = 0
    item_count: int = 0
    bad_lines: list[tuple[int, str]] = field(default_factory=list)

    @property
    def bad_count(self) -> int:
        """How many were not put."""
        return self.answered_count - self.item_count

    @property
    def done_count(self) -> int:
        """How many records from the file's start on need not be looked at again."""
        return self.skipped_count + self.answered_count

    def answer(self, record: Record, error: str) -> None:
        """Counts a record; `error` says why it was not put, "" where it was."""
        self.answered_count += 1
        if not error:
            self.item_count += 1
        elif len(self.bad_lines) < _BAD_LINES_KEPT_MAX:
            self.bad_lines.append((record.line_number, error))


def load_records(
    endpoint: Endpoint,
    table_name: str,
    records: Iterable[Record],
    report: LoadReport,
    goes_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Puts records into a table.

    Parameters:
        endpoint, table_name: the table.
        records: what to put, in order: of records with one key the last one stays.
        report: counts what has been answered, also where this raises.
        goes_on: asked after each batch whether the next one shall be put.

    Returns:
        Whether all have been answered.

    Raises:
        DynamoError: the table cannot be written at all, or no longer.
        FileError: the file cannot be read on.
    """
    for batch in _batches(iter(records)):
        _load_batch(endpoint, table_name, batch, report)
        if not goes_on():
            return False
    return True


def _load_batch(endpoint: Endpoint, table_name: str, batch: list[Record], report: LoadReport) -> None:
    items = [{"PutRequest": {"Item": record.item}} for record in batch if record.item is not None]
    are_put = len(items) > 1 and not _refusal(partial(write_batch, endpoint, table_name, items))
    for record in batch:
        if record.item is None:
            report.answer(record, record.error)
        else:
            request = {"TableName": table_name, "Item": record.item}
            put = partial(execute_patiently, endpoint, "PutItem", request)
            report.answer(record, "" if are_put else _refusal(put))


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    """Batches of records, each emptied before the next is read: items take many times the memory of their text."""
    batch: list[Record] = []
    characters = 0
    for characters_more in map(partial(_append, batch), records):
        characters += characters_more
        if len(batch) == BATCH_WRITE_REQUESTS_MAX or characters > _BATCH_CHARACTERS_MAX:
            yield batch
            batch.clear()
            characters = 0
    if batch:
        yield batch


def _append(batch: list[Record], record: Record) -> int:
    batch.append(record)
    return record.characters


def _refusal(write: Callable[[], object]) -> str:
    """Writes; why what was to be written is refused, "" where it is not."""
    try:
        write()
    except DynamoError as error:
        if error.code not in _REFUSALS:
            raise
        return error.message or error.code
    return ""


def first_item(records: Iterator[Record], most: int) -> tuple[list[Record], Record | None]:
    """Reads up to the first record with an item, or so many records; all that it has read, and that one."""
    read: list[Record] = []
    for record in islice(records, most):
        read.append(record)
        if record.item:
            return read, record
    return read, None
