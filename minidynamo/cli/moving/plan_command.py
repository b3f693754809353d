"""`minidynamo plan SRC DST`."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from minidynamo.cli.display import byte_count, plain_text
from minidynamo.cli.interruption import Interruption
from minidynamo.cli.moving.setup import run_move
from minidynamo.moving.move import Move
from minidynamo.moving.planning import TablePlan, plan_of
from minidynamo.prices.price_list import PriceList, listed_prices, read_prices


def run_plan(options: argparse.Namespace) -> int:
    """Prints what a move would need, cost and forget; 0, 1 where something is in its way, 2 where it cannot tell."""
    return run_move(options, _plan)


def _plan(options: argparse.Namespace, move: Move, console: Console, interruption: Interruption) -> int:
    prices = listed_prices() if options.prices is None else read_prices(options.prices)
    plans = [plan_of(move, name, prices) for name in move.tables()]
    console.print(_overview(plans))
    is_grave = False
    for plan in plans:
        for each in plan.findings:
            console.print(plain_text(f"{plan.name}: "), end="", style="bold", soft_wrap=True)
            style = "red" if each.is_grave else "yellow"
            console.print(plain_text(f"{each.what}: {each.remedy}"), style=style, soft_wrap=True)
            is_grave = is_grave or each.is_grave
    _print_price(console, move, plans, prices)
    return 1 if is_grave else 0


def _overview(plans: list[TablePlan]) -> Table:
    table = Table("table", show_edge=False, pad_edge=False, header_style="bold")
    for name in ("items", "size", "copy: read, write units", "verify: read units", "takes", "follows"):
        table.add_column(name, justify="right")
    for plan in plans:
        size = byte_count(plan.size_bytes) if plan.size_bytes else ""
        table.add_row(
            plain_text(plan.name),
            f"{plan.item_count:,}",
            size,
            f"{plan.copying.read_units:,.0f}, {plan.copying.write_units:,.0f}",
            f"{plan.verifying.read_units:,.0f}",
            _duration(plan.seconds),
            "yes" if plan.can_follow else "no",
        )
    return table


def _print_price(console: Console, move: Move, plans: list[TablePlan], prices: PriceList) -> None:
    if not (move.source.is_amazon or move.target.is_amazon):
        console.print("Nobody charges: neither end is Amazon's.")
        return
    copying = sum(plan.copying.dollars for plan in plans)
    verifying = sum(plan.verifying.dollars for plan in plans)
    monthly = sum(plan.monthly for plan in plans)
    text = f"Copying costs {copying:,.2f} {prices.currency}, verifying {verifying:,.2f}"
    if move.target.is_amazon:
        text += f", keeping it {monthly:,.2f} a month"
    console.print(f"{text}: on demand, prices of {prices.date}.")
    for region in {each.region for each in (move.source, move.target) if each.is_amazon}:
        if not prices.knows(region):
            console.print(plain_text(f"Nothing is known of {region}: it is counted as us-east-1."), style="yellow")


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    return f"{seconds:,.0f} s" if minutes < 2 else f"{minutes:,.0f} min" if minutes < 120 else f"{minutes / 60:,.1f} h"
