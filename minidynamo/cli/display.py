"""How the command line shows items, sizes, requests and partitions."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table as RichTable

from minidynamo.database.partition_info import PartitionInfo
from minidynamo.limits import KIB, MIB
from minidynamo.values.api_types import Request
from minidynamo.values.attribute_value import AttributeValue, Item
from minidynamo.values.python_values import from_attribute_value

_COLUMNS_MAX = 7
_CELL_CHARACTERS_MAX = 32
_BAR_CELLS = 16


def byte_count(size: float) -> str:
    """A size for people: "4.2 MB"."""
    for unit, name in ((MIB, "MB"), (KIB, "KB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size:,.0f} bytes"


def items_table(items: Sequence[Item], columns: Sequence[str] = ()) -> RichTable:
    """A table of items. Without `columns`, their first attributes in order of appearance."""
    names = list(columns) or list(dict.fromkeys(name for item in items for name in item))
    shown = names[:_COLUMNS_MAX]
    table = RichTable(header_style="bold")
    for name in shown:
        is_number = all("N" in item[name] for item in items if name in item)
        table.add_column(escape(name), justify="right" if is_number else "left", no_wrap=True)
    for item in items:
        table.add_row(*(escape(_cell(item.get(name))) for name in shown))
    if len(names) > len(shown):
        table.caption = f"and {len(names) - len(shown)} more attributes"
    return table


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
        table.add_column(name, justify="left" if name.startswith("hash") else "right")
    table.add_column("size, relative")
    for each in own:
        bar = "█" * round(_BAR_CELLS * each.size_bytes / largest)
        start = each.start[:8].ljust(8, b"\0").hex()
        cells = (f"{each.item_count:,}", byte_count(each.size_bytes), f"{each.write_units:,.0f}")
        table.add_row(start, *cells, f"[cyan]{bar}[/]")
    return table


def _one_line(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _cell(value: AttributeValue | None) -> str:
    if value is None:
        return ""
    text = str(from_attribute_value(value))
    return text if len(text) <= _CELL_CHARACTERS_MAX else text[: _CELL_CHARACTERS_MAX - 1] + "…"
