"""Bars over items that move, with how many pass in a second and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from minidynamo.cli.display import error_console


class _Rate(ProgressColumn):
    """How many items pass in a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} items/s")


@contextmanager
def item_bar(title: str, item_count: int) -> Iterator[Callable[[int], None]]:
    """A bar while this is on; gives what tells it how many items there have been.

    Parameters:
        title: what is done.
        item_count: how many items there are, 0 where that is not known.
    """
    console = error_console()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:,}"),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=item_count or None)
        yield lambda count: progress.update(task, completed=count)


def wait_or_end(seconds: float, has_ended: Callable[[], bool]) -> None:
    """Waits, but not when something has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not has_ended():
        time.sleep(0.05)
