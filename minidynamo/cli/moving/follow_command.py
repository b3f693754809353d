"""`minidynamo follow SRC DST`."""

from __future__ import annotations

import argparse
import time

from rich.console import Console

from minidynamo.cli.display import plain_text
from minidynamo.cli.interruption import Interruption
from minidynamo.cli.moving.progress import wait_or_end
from minidynamo.cli.moving.setup import run_move
from minidynamo.moving.facts import TableFacts
from minidynamo.moving.following import TableFollower
from minidynamo.moving.move import Move

_POLL_SECONDS = 1.0


def run_follow(options: argparse.Namespace) -> int:
    """Follows changes until interrupted, or until none waits; 0, 1 where some are missing, 2 where it cannot go on."""
    return run_move(options, _follow)


def _follow(options: argparse.Namespace, move: Move, console: Console, interruption: Interruption) -> int:
    tables = [move.required_facts(name) for name in move.tables()]
    return followed(move, console, interruption, tables, options.once)


def followed(
    move: Move, console: Console, interruption: Interruption, tables: list[TableFacts], ends_when_caught_up: bool
) -> int:
    followers = [move.follower(facts) for facts in tables]
    try:
        _steps(move, console, interruption, followers, ends_when_caught_up)
    finally:
        for each in followers:
            each.close()
        move.journal.note(is_urgent=True)
    for facts in tables:
        _print_followed(console, move, facts)
    follows = [move.journal.table(facts.name).follow for facts in tables]
    return 1 if any(each is not None and each.has_gap for each in follows) else 0


def _steps(
    move: Move, console: Console, interruption: Interruption, followers: list[TableFollower], ends: bool
) -> None:
    with console.status("Following") as status:
        while not interruption.has_come:
            steps = [each.step() for each in followers]
            follows = [each.follow for each in move.journal.tables.values() if each.follow is not None]
            changes, newest = sum(each.change_count for each in follows), max(each.newest for each in follows)
            is_caught_up = all(each.is_caught_up for each in steps)
            behind = "" if is_caught_up or not newest else f", {max(0, time.time() - newest):,.0f} s behind"
            status.update(plain_text(f"Following: {changes:,} changes{behind}; Ctrl-C ends it"))
            if is_caught_up:
                if ends:
                    return
                wait_or_end(_POLL_SECONDS, lambda: interruption.has_come)


def _print_followed(console: Console, move: Move, facts: TableFacts) -> None:
    follow = move.journal.table(facts.name).follow
    assert follow is not None, f"{facts.name} was followed without a stream"
    console.print(plain_text(f"{facts.name}: {follow.change_count:,} changes followed."), soft_wrap=True)
    if follow.has_gap:
        text = "  Changes are missing, which were too old when they were read: verify --repair --delete-extra mends it."
        console.print(plain_text(text), style="red", soft_wrap=True)
