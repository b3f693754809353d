"""`minidynamo cutover SRC DST`."""

from __future__ import annotations

import argparse

from rich.console import Console

from minidynamo.cli.display import plain_text
from minidynamo.cli.interruption import Interruption
from minidynamo.cli.moving.setup import run_move
from minidynamo.moving.cutover import Grade, cutover_answers
from minidynamo.moving.move import Move

_STYLES: dict[Grade, str] = {"yes": "green", "look": "yellow", "no": "red"}


def run_cutover(options: argparse.Namespace) -> int:
    """Tells whether it is safe to change over; 0 where it is, 1 where not, 2 where nobody can tell."""
    return run_move(options, _cutover)


def _cutover(options: argparse.Namespace, move: Move, console: Console, interruption: Interruption) -> int:
    grades: list[Grade] = []
    for name in move.tables():
        console.print(plain_text(name), style="bold", soft_wrap=True)
        for answer in cutover_answers(move, name):
            grades.append(answer.grade)
            console.print(f"  [{_STYLES[answer.grade]}]{answer.grade:5}[/]", end="")
            console.print(plain_text(answer.text), soft_wrap=True)
    if "no" in grades:
        console.print("Not safe yet: see each no above.", style="red")
        return 1
    looks = grades.count("look")
    console.print(f"Safe to change over{f', after {looks} look(s)' if looks else ''}.", style="green")
    return 0
