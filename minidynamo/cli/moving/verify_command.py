"""`minidynamo verify SRC DST`."""

from __future__ import annotations

import argparse
import json
import sys
import time

from rich.console import Console
from rich.table import Table

from minidynamo.cli.display import plain_text
from minidynamo.cli.interruption import Interruption
from minidynamo.cli.moving.progress import item_bar
from minidynamo.cli.moving.setup import INTERRUPTED, key_text, run_move
from minidynamo.moving.differences import KINDS, UNKNOWN, Difference, counted
from minidynamo.moving.facts import TableFacts
from minidynamo.moving.journal import Verdict
from minidynamo.moving.move import Move
from minidynamo.moving.move_error import MoveError
from minidynamo.moving.repairing import Repaired, repair
from minidynamo.moving.sides import Cancelled
from minidynamo.moving.verifying import Verification
from minidynamo.storage.whole_file import whole_file
from minidynamo.values.json_form import item_to_json

_SHOWN_MAX = 20


def run_verify(options: argparse.Namespace) -> int:
    """Verifies and reports; 0 where both are equal, 1 where not, 2 where it cannot, 130 where interrupted."""
    return run_move(options, _verify)


def _verify(options: argparse.Namespace, move: Move, console: Console, interruption: Interruption) -> int:
    if options.delete_extra and not options.writes:
        raise MoveError("--delete-extra says what --repair may do: give both")
    found: dict[str, Verification] = {}
    tables = [move.required_facts(name) for name in move.tables()]
    for facts in tables:
        if move.facts(move.target, facts.name) is None and move.target.database is not None:
            print(f"minidynamo: {move.target.text} has no table {facts.name}: copy it first", file=sys.stderr)
            return 2
        try:
            found[facts.name], done = _verified(options, move, facts, interruption)
        except Cancelled:
            return INTERRUPTED
        _print_verified(console, facts, found[facts.name])
        _print_repaired(options, console, found[facts.name], done)
    _write_report(options, found)
    return 1 if any(len(each.faults) > len(_repairs(options, each)) for each in found.values()) else 0


def _verified(
    options: argparse.Namespace, move: Move, facts: TableFacts, interruption: Interruption
) -> tuple[Verification, Repaired | None]:
    with item_bar(f"Comparing {facts.name}", 2 * facts.item_count) as advance:
        counted_items = 0

        def proceed(count: int) -> bool:
            nonlocal counted_items
            counted_items += count
            advance(counted_items)
            return not interruption.has_come

        verifier = move.verifier(facts, proceed)
        result = verifier.run()
        repairs = _repairs(options, result)
        done = repair(repairs, verifier.source, move.target.opened(), facts.name, move.writing) if repairs else None
    progress = move.journal.table(facts.name)
    if progress.follow is not None and not result.faults:
        progress.follow.has_gap = False  # Whatever was missed is there.
    progress.verdict = Verdict(time.time(), result.item_count, len(result.faults), len(repairs))
    move.journal.note(is_urgent=True)
    return result, done


def _print_verified(console: Console, facts: TableFacts, result: Verification) -> None:
    if not result.differences:
        text = f"{facts.name}: {result.item_count:,} items, the same at both."
        console.print(plain_text(text), style="green", soft_wrap=True)
        return
    counts = ", ".join(f"{count:,} {kind}" for kind, count in counted(result.differences).items())
    console.print(plain_text(f"{facts.name}: {result.item_count:,} items; {counts}."), soft_wrap=True)
    table = Table("item", "", "how it differs", show_edge=False, pad_edge=False, header_style="bold")
    for each in result.differences[:_SHOWN_MAX]:
        how = f"in {', '.join(each.attributes)}" if each.attributes else KINDS[each.kind]
        table.add_row(plain_text(key_text(item_to_json(each.key))), each.kind, plain_text(how))
    console.print(table)
    if len(result.differences) > _SHOWN_MAX:
        console.print(f"and {len(result.differences) - _SHOWN_MAX:,} more: --report FILE has all of them")


def _print_repaired(options: argparse.Namespace, console: Console, result: Verification, done: Repaired | None) -> None:
    if done is not None:
        console.print(f"Repaired: {done.put_count:,} put, {done.deleted_count:,} deleted.", style="green")
    kept = len(result.faults) - len(_repairs(options, result))
    if options.writes and kept:
        text = f"{kept:,} that only the target has stay, whoever has put them there: --delete-extra deletes them."
        console.print(plain_text(text), style="yellow", soft_wrap=True)


def _repairs(options: argparse.Namespace, result: Verification) -> list[Difference]:
    """What is to be repaired: nothing, what the source tells, or all."""
    if not options.writes:
        return []
    return [each for each in result.faults if options.delete_extra or each.kind not in UNKNOWN]


def _write_report(options: argparse.Namespace, found: dict[str, Verification]) -> None:
    if options.report is None:
        return
    try:
        with whole_file(options.report, replaces=True) as path, path.open("w", encoding="utf-8") as file:
            for name, result in found.items():
                for each in result.differences:
                    file.write(f"{json.dumps(_reported(name, each), ensure_ascii=False)}\n")
    except OSError as error:
        raise MoveError(f"cannot write {options.report}: {error.strerror or error}") from None


def _reported(name: str, difference: Difference) -> dict[str, object]:
    return {
        "table": name,
        "kind": difference.kind,
        "key": item_to_json(difference.key),
        "attributes": list(difference.attributes),
    }
