"""`minidynamo copy SRC DST`."""

from __future__ import annotations

import argparse

from rich.console import Console

from minidynamo.cli.display import plain_text
from minidynamo.cli.interruption import Interruption
from minidynamo.cli.moving.follow_command import followed
from minidynamo.cli.moving.progress import item_bar
from minidynamo.cli.moving.setup import INTERRUPTED, key_text, run_move
from minidynamo.moving.facts import TableFacts
from minidynamo.moving.move import Move

_SHOWN_MAX = 20
_TOO_SHORT = (
    "These items of the export are not at the target. If nobody else has written there, its key is too short to tell "
    "them apart: delete the table and the journal, and copy with the whole --key."
)


def run_copy(options: argparse.Namespace) -> int:
    """Copies tables and reports; 0, 1 where items are not there, 2 where it cannot go on, 130 where interrupted."""
    return run_move(options, _copy)


def _copy(options: argparse.Namespace, move: Move, console: Console, interruption: Interruption) -> int:
    names = move.tables()
    tables = [move.prepare(name) for name in names]
    for facts in tables:
        if not _copied(move, facts, interruption):
            return INTERRUPTED
        _print_copied(console, move, facts)
    _warn_of_rules(console, move)
    lacks = any(_lacks(move, name) for name in names)
    streaming = [each for each in tables if _has_stream(move, each)]
    if options.follow and streaming and not lacks:
        return followed(move, console, interruption, streaming, False)
    return 1 if lacks else 0


def _copied(move: Move, facts: TableFacts, interruption: Interruption) -> bool:
    progress = move.journal.table(facts.name)
    source = move.item_source(move.source, facts.name, facts.item_count)
    with item_bar(f"Copying {facts.name}", source.item_count) as advance:

        def goes_on() -> bool:
            advance(progress.item_count)
            return not interruption.has_come

        return move.copy(facts, goes_on)


def _print_copied(console: Console, move: Move, facts: TableFacts) -> None:
    progress = move.journal.table(facts.name)
    text = f"{facts.name}: {progress.put_count:,} items copied"
    if progress.present_count:
        text += f", {progress.present_count:,} were there already"
    if progress.other_count:
        text += f", {progress.other_count:,} of them with other attributes, which stay"
    console.print(plain_text(f"{text}."), soft_wrap=True)
    if progress.refused_count:
        console.print(f"[red]{progress.refused_count:,} item(s) were refused:[/]")
        for key, why in progress.refused[:_SHOWN_MAX]:
            console.print(plain_text(f"  {key_text(key)}: {why}"), soft_wrap=True)
    if progress.other_count and move.source.database is None:
        console.print(plain_text(f"  {_TOO_SHORT}"), style="red", soft_wrap=True)
    if not _has_stream(move, facts) and move.target.database is not None and move.source.database is not None:
        warning = "  It has no stream: changes since the copy began are not followed."
        console.print(plain_text(warning), style="yellow", soft_wrap=True)


def _lacks(move: Move, name: str) -> bool:
    """Whether items of the source are not at the target. Those of an export are as they were: another item of the same
    key is another one.
    """
    progress = move.journal.table(name)
    return bool(progress.refused_count or (progress.other_count and move.source.database is None))


def _has_stream(move: Move, facts: TableFacts) -> bool:
    return move.journal.table(facts.name).follow is not None


def _warn_of_rules(console: Console, move: Move) -> None:
    anonymizer = move.settings.anonymizer
    for rule in [] if anonymizer is None else anonymizer.unmatched():
        console.print(plain_text(f"The rule {rule} has met no attribute."), style="yellow", soft_wrap=True)
