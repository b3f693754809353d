"""The journal of a move: how far it has come, in one JSON file, so that whatever has ended can go on.

    {"format": 1, "source": ..., "target": ..., "anonymizer": ..., "tables": {name: {...}}}

The file is replaced as a whole. It is never ahead of what has been done, and to do a little again changes nothing.
Several processes may write it: one that follows, and another that verifies meanwhile. Each writes the members that it
has changed itself, and leaves the others as the file has them.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from minidynamo.moving.move_error import MoveError
from minidynamo.storage.whole_file import whole_file
from minidynamo.values.api_types import JsonObject, JsonValue

_FORMAT = 1
# How often the file is written at most, in seconds, while segments go on.
_WRITE_SECONDS = 0.5
_UNKNOWN = object()


@dataclass
class SegmentProgress:
    """How far one segment of a table has been copied.

    Attributes:
        after: behind which to go on, as its source says it; None for the beginning.
        item_count: how many items have been read.
        is_done: whether there are no more.
        part: of an export that was written: what it was written as.
    """

    after: JsonValue = None
    item_count: int = 0
    is_done: bool = False
    part: JsonValue = None


@dataclass
class FollowProgress:
    """How far the changes of a table have been followed.

    Attributes:
        stream_arn: of the stream.
        start: the position at which its shards begin; see `consumers/cursor.py`.
        positions: by shard, the position behind which to go on.
        done: the shards that have been read to their end.
        change_count: how many changes have been written to the target.
        newest: when the newest of them was made, in epoch seconds; 0 for none.
        caught_up_at: when nothing more was waiting, in epoch seconds; 0 for never.
        has_gap: whether changes were too old before they were read.
    """

    stream_arn: str
    start: str
    positions: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    change_count: int = 0
    newest: float = 0.0
    caught_up_at: float = 0.0
    has_gap: bool = False


@dataclass
class Verdict:
    """What a verification has come to.

    Attributes:
        at: when it ended, in epoch seconds.
        item_count: how many items the source has.
        difference_count: how many of them differ, what only the target has included.
        repaired_count: how many of these have been repaired.
    """

    at: float
    item_count: int
    difference_count: int
    repaired_count: int = 0


@dataclass
class TableProgress:
    """How far one table has been moved.

    Attributes:
        began_at: when copying it began, in epoch seconds.
        segments: by name.
        copied_at: when all segments were done; 0 for not yet.
        put_count: how many items have been written.
        present_count: how many were there already.
        other_count: how many of these with other attributes.
        refused: what the target has refused: keys and reasons, the first of them.
        refused_count: how many.
        follow: how far its changes have been followed; None without a stream.
        verdict: of the last verification.
    """

    began_at: float
    segments: dict[str, SegmentProgress] = field(default_factory=dict)
    copied_at: float = 0.0
    put_count: int = 0
    present_count: int = 0
    other_count: int = 0
    refused: list[list[JsonValue]] = field(default_factory=list)
    refused_count: int = 0
    follow: FollowProgress | None = None
    verdict: Verdict | None = None

    @property
    def item_count(self) -> int:
        """How many items have been read."""
        return sum(each.item_count for each in self.segments.values())

    @classmethod
    def of(cls, read: JsonObject) -> TableProgress:
        """What a journal says of a table."""
        table = cls(**read)
        table.segments = {name: SegmentProgress(**each) for name, each in read["segments"].items()}
        table.follow = None if read["follow"] is None else FollowProgress(**read["follow"])
        table.verdict = None if read["verdict"] is None else Verdict(**read["verdict"])
        return table


class Journal:
    """The journal of one move. Safe to use from many threads, each at a table or segment of its own.

    Parameters:
        path: of the file; it is made with the first entry.
        source, target: what is moved where, as the user names it.
        fingerprint: of the rules by which items are made anonymous, "" for none.

    Attributes:
        tables: by name.

    Raises:
        MoveError: the file is of another move, or no journal.
    """

    def __init__(self, path: Path, source: str, target: str, fingerprint: str = "") -> None:
        self.path = path
        self._named: JsonObject = {"source": source, "target": target, "anonymizer": fingerprint}
        self.tables: dict[str, TableProgress] = {}
        self._lock = threading.Lock()
        self._written_at = 0.0
        if path.exists():
            self.tables = self._read()
        self._known = self._members()

    def table(self, name: str) -> TableProgress:
        """How far a table has come; it begins now where nothing is known of it."""
        with self._lock:
            return self.tables.setdefault(name, TableProgress(time.time()))

    def begin_again(self, name: str) -> TableProgress:
        """Forgets what is known of a table."""
        with self._lock:
            self.tables[name] = TableProgress(time.time())
            return self.tables[name]

    def note(self, is_urgent: bool = False) -> None:
        """Writes the file, unless it has just been written; at once where that is urgent."""
        with self._lock:
            now = time.monotonic()
            if is_urgent or now - self._written_at >= _WRITE_SECONDS:
                self._write()
                self._written_at = now

    def _write(self) -> None:
        own = self._members()
        text = json.dumps({"format": _FORMAT, **self._named, "tables": self._merged(own)}, indent=1)
        try:
            with whole_file(self.path, replaces=True) as temporary:
                temporary.write_text(text, encoding="utf-8")
        except OSError as error:
            raise MoveError(f"the journal {self.path} cannot be written: {error.strerror or error}") from None
        self._known = own

    def _members(self) -> dict[str, JsonObject]:
        return {name: asdict(each) for name, each in self.tables.items()}

    def _merged(self, own: dict[str, JsonObject]) -> dict[str, JsonObject]:
        """What is to be in the file: what others have written, and the members that have changed here since."""
        written = {name: asdict(each) for name, each in self._read().items()} if self.path.exists() else {}
        for name, table in own.items():
            known = self._known.get(name, {})
            changed = {member: value for member, value in table.items() if value != known.get(member, _UNKNOWN)}
            written[name] = {**written[name], **changed} if name in written else table
        return written

    def _read(self) -> dict[str, TableProgress]:
        try:
            read = json.loads(self.path.read_text(encoding="utf-8"))
            is_ours = isinstance(read, dict) and read.get("format") == _FORMAT
            tables = {name: TableProgress.of(each) for name, each in read["tables"].items()} if is_ours else {}
        except OSError as error:
            raise MoveError(f"the journal {self.path} cannot be read: {error.strerror or error}") from None
        except (ValueError, TypeError, KeyError, AttributeError):
            is_ours, read, tables = False, {}, {}
        if not is_ours:
            raise MoveError(f"{self.path} is no journal of a move: give --journal another file")
        self._require_same(read)
        return tables

    def _require_same(self, read: JsonObject) -> None:
        for name, own in self._named.items():
            if read.get(name) != own:
                what = {"anonymizer": "by other rules or another secret"}.get(name, f"with {name} {read.get(name)}")
                remedy = "give --journal another file, or remove it to begin anew"
                raise MoveError(f"{self.path} is the journal of a move {what}: {remedy}")
