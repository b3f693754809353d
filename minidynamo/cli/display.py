"""How the command line shows items, sizes, requests and partitions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from minidynamo.database.partition_info import PartitionInfo
from minidynamo.formats.dumping import cell_text, shown_line
from minidynamo.limits import KIB, MIB
from minidynamo.values.api_types import Request
from minidynamo.values.attribute_value import Item
from minidynamo.values.printable import printable

_BAR_CELLS = 16
_PIPE_COLUMNS = 1_000


def wide_console() -> Console:
    """Standard output; where that is no terminal, lines are as long as they are, for those who search in them."""
    console = plain_console()
    if console.is_terminal or "COLUMNS" in os.environ:
        return console
    return Console(highlight=False, emoji=False, width=_PIPE_COLUMNS)


def plain_console() -> Console:
    """Standard output, without colours for whatever looks like a number, or pictures for `:words:`."""
    return Console(highlight=False, emoji=False)


def error_console() -> Console:
    """Standard error, in the same way."""
    return Console(stderr=True, highlight=False, emoji=False)


def plain_text(text: str) -> Text:
    """A text of others as it is shown, whatever it says."""
    return Text(printable(text))


def print_lines(console: Console, lines: Iterable[str]) -> None:
    """Prints data exactly as they are, in UTF-8; at a terminal, what breaks a line, commands it or is beyond its
    characters is escaped.
    """
    file = console.file
    is_seen, data = file.isatty(), getattr(file, "buffer", None)
    encoding = (is_seen and getattr(file, "encoding", None)) or "utf-8"
    file.flush()
    for line in lines:
        text = f"{printable(line) if is_seen else line}\n"
        if data is None:
            file.write(text)
        else:
            data.write(text.encode(encoding, "backslashreplace"))
    file.flush()


def byte_count(size: float) -> str:
    """A size for people: "4.2 MB"."""
    for unit, name in ((MIB, "MB"), (KIB, "KB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size:,.0f} bytes"


def items_table(items: Sequence[Item], columns: Sequence[str] = ()) -> RichTable:
    """A table of items, whose cells go on below where they are too long. Without `columns`, it has all attributes in
    order of appearance.
    """
    names = list(columns) or list(dict.fromkeys(name for item in items for name in item))
    table = RichTable(header_style="bold")
    for name in names:
        is_number = all("N" in item[name] for item in items if name in item)
        table.add_column(plain_text(name), justify="right" if is_number else "left", overflow="fold")
    for item in items:
        table.add_row(*(plain_text(cell_text(item.get(name))) for name in names))
    return table


def print_items(console: Console, items: Iterable[Item]) -> None:
    """Prints items completely: in a table if it is no wider than the console, else each in a line of JSON.

    One with a long cell is followed by lines of the others as they come: a table of long cells, and several large items
    at once, would take far more memory than loading them.
    """
    held: list[Item] = []
    others = iter(items)
    while (item := next(others, None)) is not None:
        held.append(item)
        if any(len(cell_text(value)) > console.width for value in item.values()):
            del item
            print_lines(console, _lines_of(held, others))
            return
    table = items_table(held)
    if Measurement.get(console, console.options.update(width=_PIPE_COLUMNS), table).maximum <= console.width:
        console.print(table)
        return
    print_lines(console, map(shown_line, held))


def _lines_of(held: list[Item], others: Iterator[Item]) -> Iterator[str]:
    while held:
        yield shown_line(held.pop(0))
    yield from map(shown_line, others)


def request_text(request: Request) -> str:
    """A request in short lines, attribute values in wire form; the members of a list of actions one by one."""
    lines = []
    for name, value in request.items():
        if isinstance(value, list):
            lines += [f"  {name}:", *(f"    - {_one_line(member)}" for member in value)]
        else:
            lines.append(f"  {name}: {_one_line(value)}")
    return "\n".join(lines)


def partition_table(partitions: Sequence[PartitionInfo], keyspace: str | None) -> RichTable:
    """The partitions of a table or index, with a bar for what each holds."""
    own = [each for each in partitions if each.index == keyspace]
    largest = max((each.size_bytes for each in own), default=0) or 1
    table = RichTable(title=f"{'table' if keyspace is None else 'index ' + keyspace}", title_justify="left")
    for name in ("hash range from", "items", "size", "written units"):
        table.add_column(name, justify="left" if name.startswith("hash") else "right", overflow="fold")
    table.add_column("size, relative")
    for each in own:
        bar = "█" * round(_BAR_CELLS * each.size_bytes / largest)
        start = each.start[:8].ljust(8, b"\0").hex()
        cells = (f"{each.item_count:,}", byte_count(each.size_bytes), f"{each.write_units:,.0f}")
        table.add_row(start, *cells, f"[cyan]{bar}[/]")
    return table


def _one_line(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
