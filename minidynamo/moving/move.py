"""A move of tables from one place to another, as its commands see it: opened, and carried out step by step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from minidynamo.anonymizing.anonymizer import Anonymizer
from minidynamo.consumers.leases import LEASES_TABLE
from minidynamo.database.database import Database
from minidynamo.exports.export_writer import ExportWriter
from minidynamo.moving.copying import Edit, TableCopy, follow_from_now
from minidynamo.moving.facts import TableFacts, facts_of, make_table, table_names
from minidynamo.moving.features import shown_key
from minidynamo.moving.following import TableFollower
from minidynamo.moving.journal import Journal, TableProgress
from minidynamo.moving.move_error import MoveError
from minidynamo.moving.origins import is_readable, removed_digests
from minidynamo.moving.pace import Pace
from minidynamo.moving.places import Place
from minidynamo.moving.putting import ItemPutter
from minidynamo.moving.sides import Side
from minidynamo.moving.sources import ExportSource, ItemSource, TableSource
from minidynamo.moving.verifying import TableVerifier
from minidynamo.values.attribute_value import Item

# Makes a table of a name.
Declare = Callable[[Database, str], object]

COPY_AGAIN = "copy it again with another journal, and verify --repair --delete-extra"
_NO_EDIT: Edit = lambda item: item  # noqa: E731


@dataclass
class MoveSettings:
    """How data move.

    Attributes:
        tables: their names; all of the source where there are none.
        segment_count: how many segments of a table are read at once.
        is_eventual: whether reads may be eventually consistent, which cost half as much.
        anonymizer: makes items anonymous; None for as they are.
        declare: makes the table of an export at the target, where it is not there; None for nobody.
    """

    tables: Sequence[str] = ()
    segment_count: int = 4
    is_eventual: bool = False
    anonymizer: Anonymizer | None = None
    declare: Declare | None = None


class Move:
    """A move.

    Parameters:
        source, target: the places.
        journal_path: of the journal, which is made where there is none.
        settings: how.

    Raises:
        MoveError: the journal is another move's.
    """

    def __init__(self, source: Place, target: Place, journal_path: Path, settings: MoveSettings) -> None:
        self.source, self.target, self.settings = source, target, settings
        fingerprint = "" if settings.anonymizer is None else settings.anonymizer.fingerprint
        self.journal = Journal(journal_path, source.text, target.text, fingerprint)
        self.reading, self.writing = Pace(), Pace()

    def tables(self) -> list[str]:
        """The tables that move.

        Raises:
            MoveError: there is none, or one that was named is not there.
            DynamoError, ExportError: the source cannot be read.
        """
        if self.source.database is None:
            return [self._table_of_export()]
        there = [name for name in table_names(self.source.database) if name != LEASES_TABLE]
        missing = [name for name in self.settings.tables if name not in there]
        if missing:
            raise MoveError(f"{self.source.text} has no table {missing[0]}{_among(there)}")
        if not there:
            raise MoveError(f"there are no tables in {self.source.text}")
        names = list(self.settings.tables or there)
        if self.target.database is None and len(names) > 1:
            raise MoveError(f"an export is of one table: give --table NAME, and a folder for each of {len(names)}")
        return names

    def _table_of_export(self) -> str:
        named, own = list(self.settings.tables), self.source.export().table_name
        if len(named) > 1 or not (named or own):
            raise MoveError("an export is of one table: give --table NAME, as it is called at the target")
        return named[0] if named else own

    def facts(self, place: Place, name: str) -> TableFacts | None:
        """What is known of a table at a place; None where it is not there, or the place is an export."""
        return None if place.database is None else facts_of(place.database, name)

    def required_facts(self, name: str) -> TableFacts:
        """What is known of a table, at the source or, of an export, at the target.

        Raises:
            MoveError: nothing is.
        """
        facts = self.facts(self.source, name) or self.facts(self.target, name)
        if facts is None:
            raise MoveError(
                f"an export does not tell the key of its table {name}: give --key NAME:TYPE[,NAME:TYPE], or --tables "
                "TEMPLATE"
            )
        return facts

    def edit(self, name: str) -> Edit:
        """What is made of each item of a table on its way."""
        anonymizer = self.settings.anonymizer
        return _NO_EDIT if anonymizer is None else partial(anonymizer.item, name)

    # Copying.

    def prepare(self, name: str) -> TableFacts:
        """Makes a table at the target where it is not there, and notes where its changes are followed from.

        Raises:
            MoveError: the target refuses it, or has a table of that name with another key.
        """
        self._declare(name)
        facts = self.required_facts(name)
        if self.settings.anonymizer is not None:
            self.settings.anonymizer.check_table(name, facts.key_names)
        there = self._target_facts(facts)
        if there is None and self.target.database is not None and self.journal.table(name).segments:
            self.journal.begin_again(name)  # What had been copied is gone.
        self._note_stream(facts)
        if there is None and self.target.database is not None:
            make_table(self.target.database, facts)
        return facts

    def _note_stream(self, facts: TableFacts) -> None:
        """Notes from where changes are followed, before the first item is read."""
        progress, database, arn = self.journal.table(facts.name), self.source.database, facts.stream_arn
        has_begun = progress.follow is not None or progress.segments
        if database is not None and arn is not None and not has_begun and is_readable(database, arn):
            progress.follow = follow_from_now(arn)
        self.journal.note(is_urgent=True)

    def _target_facts(self, facts: TableFacts) -> TableFacts | None:
        """What is known of a table at the target; raises MoveError where it has another key there."""
        there = self.facts(self.target, facts.name)
        if there is not None and there.key_types != facts.key_types:
            raise MoveError(f"{self.target.text} has a table {facts.name} with another key: {shown_key(there)}")
        return there

    def _declare(self, name: str) -> None:
        """Makes the table of an export, as the settings say."""
        declare, target = self.settings.declare, self.target.database
        if declare is None:
            return
        if self.source.database is not None:
            raise MoveError("--key and --tables are for an export: tables of a database are made as they are there")
        if target is not None and facts_of(target, name) is None:
            declare(target, name)

    def item_source(self, place: Place, name: str, item_count: int = 0, segment_count: int = 0) -> ItemSource:
        """The items of a table at a place, in as many segments as the settings say where no number is given."""
        if place.database is None:
            return ExportSource(place.export())
        is_consistent = not (self.settings.is_eventual and place.is_amazon)
        segment_count = segment_count or self.settings.segment_count
        return TableSource(place.database, name, segment_count, is_consistent, self.reading, item_count)

    def copy(self, facts: TableFacts, goes_on: Callable[[], bool]) -> bool:
        """Copies what is left of a table that has been prepared; whether all of it is there now."""
        progress = self.journal.table(facts.name)
        begun_with = len(progress.segments)  # It goes on with these, whatever the settings are now.
        source = self.item_source(self.source, facts.name, facts.item_count, begun_with)
        copy = TableCopy(source, self.journal, progress, self.edit(facts.name), goes_on, self.settings.segment_count)
        if self.target.database is None:
            return copy.into_export(self._export_writer(facts, progress))
        by_transactions = not self.target.is_amazon
        putter = ItemPutter(self.target.database, facts.name, facts.key_names, self.writing, by_transactions)
        with closing(putter):
            return copy.into_table(putter.put_absent)

    def _export_writer(self, facts: TableFacts, progress: TableProgress) -> ExportWriter:
        assert self.target.files is not None, f"{self.target.text} is no place for an export"
        description = facts.description
        return ExportWriter(
            self.target.files, description["TableArn"], description.get("TableId", ""), progress.began_at
        )

    # Following.

    def follower(self, facts: TableFacts) -> TableFollower:
        """What follows the changes of a table.

        Raises:
            MoveError: it has not been copied yet, or has no stream, or not the one that it had then.
        """
        progress = self.journal.tables.get(facts.name)
        if progress is None or not progress.copied_at:
            raise MoveError(f"{facts.name} has not been copied: minidynamo copy comes first")
        if progress.follow is None:
            raise MoveError(
                f"{facts.name} had no stream when it was copied, so that its changes are unknown: give the table a "
                "StreamSpecification with NEW_AND_OLD_IMAGES, remove the journal, and copy again"
            )
        if facts.stream_arn != progress.follow.stream_arn:
            raise MoveError(f"the stream of {facts.name} was turned off after copying began: {COPY_AGAIN}")
        source, target = self.source.opened(), self.target.opened()
        name, keys, edit = facts.name, facts.key_names, self.edit(facts.name)
        paces = self.reading, self.writing
        return TableFollower(source, target, name, keys, self.journal, progress.follow, edit, *paces)

    # Verifying.

    def verifier(self, facts: TableFacts, advance: Callable[[int], bool]) -> TableVerifier:
        """What compares a table at both places; raises MoveError where it has another key at the target."""
        self._target_facts(facts)
        name = facts.name
        source = self._side(self.source, facts, self.edit(name), advance)
        target = self._side(self.target, facts, _NO_EDIT, advance)
        return TableVerifier(source, target, facts.expires_by, partial(self._removed, facts, source))

    def _removed(self, facts: TableFacts, side: Side, digests: Collection[bytes]) -> set[bytes]:
        """Which keys were deleted at the source; none where nobody can tell."""
        database, arn = self.source.database, facts.stream_arn
        if database is None or arn is None or not is_readable(database, arn):
            return set()
        return removed_digests(partial(self.reading.execute, database), arn, side, digests)

    def _side(self, place: Place, facts: TableFacts, edit: Edit, advance: Callable[[int], bool]) -> Side:
        source = self.item_source(place, facts.name)
        fetch = None if place.database is None else partial(self._fetched, place, facts.name)
        return Side(source, facts.key_names, edit, fetch, advance, self.settings.segment_count)

    def _fetched(self, place: Place, name: str, key: Item) -> Item | None:
        request = {"TableName": name, "Key": key, "ConsistentRead": True}
        item: Item | None = self.reading.execute(place.opened(), "GetItem", request).get("Item")
        return item


def _among(names: Iterable[str]) -> str:
    shown = list(names)
    if not shown:
        return ""
    more = f" and {len(shown) - 8} more" if len(shown) > 8 else ""
    return f"; it has {', '.join(shown[:8])}{more}"
