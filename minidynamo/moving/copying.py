"""Copying the items of a table: segments side by side, what is there already stays, what was interrupted goes on.

The position of the stream is noted before the first item is read. So all changes made since can be followed afterwards,
and what they leave is right, whatever the copy has seen of them: for each item the last change wins, and items without
a change are as they were copied. Source: DynamoDB Developer Guide, change data capture for DynamoDB Streams.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from minidynamo.consumers.cursor import since_now
from minidynamo.exports.export_writer import ExportWriter
from minidynamo.moving.journal import FollowProgress, Journal, SegmentProgress, TableProgress
from minidynamo.moving.putting import PutReport
from minidynamo.moving.sources import ItemPage, ItemSource
from minidynamo.values.attribute_value import Item
from minidynamo.values.json_form import item_to_json

_REFUSED_KEPT_MAX = 100
# How many items are put before it is asked again whether to go on: a page of small ones holds thousands.
_PUT_AT_ONCE = 500

# Makes of an item what arrives of it.
Edit = Callable[[Item], Item]


class _Interrupted(Exception):
    """A part of an export was not written to its end, since copying is to stop."""


class TableCopy:
    """Copies one table.

    Parameters:
        source: where its items come from.
        journal, progress: where it is noted how far it has come.
        edit: what is made of each item on its way.
        goes_on: asked again and again whether to go on.
        thread_count: how many segments are copied at once.
    """

    def __init__(
        self,
        source: ItemSource,
        journal: Journal,
        progress: TableProgress,
        edit: Edit,
        goes_on: Callable[[], bool] = lambda: True,
        thread_count: int = 4,
    ) -> None:
        self._source, self._journal, self._progress, self._edit = source, journal, progress, edit
        self._goes_on, self._thread_count = goes_on, thread_count
        self._lock = threading.Lock()
        self._has_failed = threading.Event()

    def into_table(self, put: Callable[[list[Item]], PutReport]) -> bool:
        """Copies what is left into a table.

        Parameters:
            put: puts items.

        Returns:
            Whether all of it has been copied; False where it was asked to stop.

        Raises:
            DynamoError: of either side.
            ExportError, MoveError: an export or the journal cannot be read or written.
        """

        def copy(segment: str) -> None:
            progress = self._progress.segments[segment]
            for page in self._pages(segment, progress.after):
                for start in range(0, len(page.items), _PUT_AT_ONCE):
                    if start and not self._may_go_on():
                        return  # The page is put again, and what is there by now stays.
                    report = put([self._edit(item) for item in page.items[start : start + _PUT_AT_ONCE]])
                    with self._lock:
                        self._count(report)
                with self._lock:
                    progress.item_count += len(page.items)
                    progress.is_done, progress.after = page.after is None, page.after  # Noted in between, it is done.
                self._journal.note()

        return self._run(copy)

    def into_export(self, writer: ExportWriter) -> bool:
        """Copies what is left into the parts of an export, one for each segment; see `into_table`."""

        def copy(segment: str) -> None:
            progress = self._progress.segments[segment]
            progress.item_count = 0  # A part is whole or absent.
            try:
                part = writer.write_part(segment, self._items(segment, progress))
            except _Interrupted:
                return
            progress.part, progress.is_done = list(part), True
            with self._lock:
                self._progress.put_count += part.item_count
            self._journal.note()

        is_done = self._run(copy)
        if is_done:
            writer.finish({name: each.part for name, each in self._progress.segments.items()})
        return is_done

    def _run(self, copy: Callable[[str], None]) -> bool:
        for name in self._source.segments:
            self._progress.segments.setdefault(name, SegmentProgress())
        left = [name for name in self._source.segments if not self._progress.segments[name].is_done]
        with ThreadPoolExecutor(self._thread_count, "minidynamo copy") as pool:
            futures = [pool.submit(copy, segment) for segment in left]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:  # Also where a second Ctrl-C comes.
                if not all(each.done() and each.exception() is None for each in futures):
                    self._has_failed.set()
        self._journal.note(is_urgent=True)
        for each in futures:
            each.result()
        return self._is_finished()

    def _may_go_on(self) -> bool:
        return not self._has_failed.is_set() and self._goes_on()

    def _pages(self, segment: str, after: object) -> Iterator[ItemPage]:
        """What is left of a segment, until something fails or it is asked to stop."""
        pages = self._source.pages(segment, after)
        while self._may_go_on():
            page = next(pages, None)
            if page is None:
                return
            yield page

    def _items(self, segment: str, progress: SegmentProgress) -> Iterator[Item]:
        for page in self._pages(segment, None):
            yield from map(self._edit, page.items)
            progress.item_count += len(page.items)
            if page.after is None:
                return
        raise _Interrupted

    def _count(self, report: PutReport) -> None:
        progress = self._progress
        assert report.put_count >= 0 <= report.present_count, f"fewer items than none: {report}"
        progress.put_count += report.put_count
        progress.present_count += report.present_count
        progress.other_count += report.other_count
        progress.refused_count += len(report.refused)
        room = _REFUSED_KEPT_MAX - len(progress.refused)
        progress.refused += [[item_to_json(key), why] for key, why in report.refused[:room]]

    def _is_finished(self) -> bool:
        is_done = all(self._progress.segments[name].is_done for name in self._source.segments)
        if is_done and not self._progress.copied_at:
            self._progress.copied_at = time.time()
            self._journal.note(is_urgent=True)
        return is_done


def follow_from_now(stream_arn: str) -> FollowProgress:
    """The position from which the changes are followed of what is copied from now on."""
    return FollowProgress(stream_arn, since_now())
