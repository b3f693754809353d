"""`minidynamo check-engine URL`: whether an engine keeps the promises that a shared store rests on."""

from __future__ import annotations

import argparse
import secrets
import sys

from rich.table import Table

from minidynamo.cli.display import error_console, plain_text, wide_console
from minidynamo.cli.places import one_line
from minidynamo.database.setting_rules import STORE_SCHEMES
from minidynamo.database.shared import SharedDatabase
from minidynamo.errors import DynamoError, StoreError
from minidynamo.shared.checking import Promise, check_promises
from minidynamo.shared.endpoint import SharedEndpoint
from minidynamo.storage.postgres.connecting import drop_store
from minidynamo.storage.postgres.link import PostgresLink
from minidynamo.storage.shared.link import Conflict, Lost


def run_check_engine(options: argparse.Namespace) -> int:
    """Tries an engine and prints a verdict for each promise; 0 where all are kept, 1 where not, 2 where it cannot."""
    if not options.url.startswith(STORE_SCHEMES):
        print("minidynamo: an engine is named by a URL such as postgresql://host/name", file=sys.stderr)
        return 2
    schema = f"minidynamo_check_{secrets.token_hex(4)}"
    try:
        found = _tried(options.url, schema, options.seconds)
    except (DynamoError, StoreError, Lost, Conflict) as error:
        print(f"minidynamo: {one_line(error)}", file=sys.stderr)
        return 2
    table = Table("promise", "verdict", "", show_edge=False, pad_edge=False, header_style="bold")
    for each in found:
        verdict = "[red]broken[/]" if each.fault else "[green]kept[/]"
        table.add_row(plain_text(each.name), verdict, plain_text(each.fault or f"{each.seconds:.0f} s"))
    console = wide_console()
    console.print(table)
    broken = any(each.fault for each in found)
    console.print("Do not use it." if broken else "All promises were kept.", style="red" if broken else "green")
    return 1 if broken else 0


def _tried(url: str, schema: str, seconds: float) -> list[Promise]:
    opened: list[SharedDatabase] = []

    def opens() -> SharedEndpoint:
        opened.append(SharedDatabase(url, lambda: PostgresLink(url, schema, unverified=True)))
        return opened[-1]._shared

    with error_console().status("Trying") as status:
        try:
            return check_promises(opens, seconds, lambda name: status.update(plain_text(f"Trying: {name}")))
        finally:
            for each in opened:
                each.close()
            drop_store(url, schema)
