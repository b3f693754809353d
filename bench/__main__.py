"""`python -m bench`: the command line of the benchmarks."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from bench.bug_hunt import print_bugs
from bench.functions import print_functions
from bench.growth import print_growth, print_import, print_memory, print_pauses
from bench.instructions import print_instructions
from bench.machine import print_machine
from bench.report import write_report
from bench.runner import ROOT, Target, checkout, run
from bench.shared import print_shared
from bench.simulated import print_simulation
from bench.statements import print_statements
from bench.stores import print_large, print_threads
from bench.streams import print_streams
from bench.throughput import own_server, print_throughput
from bench.waiting import print_hostile, print_waiting
from bench.workloads import WORKLOADS

# Items in the tables of peers, which are slow to fill.
_PEER_ITEMS = 10_000

_NOTES = """*Bare* is a SortedDict with msgpack and nothing around
them, *double* and *double table* are boto3's client and Table answered in process, *moto* and *moto table* the same
answered by moto."""

# The options, in the order in which they are shown.
_SWITCH: dict[str, Any] = {"action": "store_true"}
_OPTIONS: dict[str, dict[str, Any]] = {
    "--items": {"default": "10000,100000", "help": "items in the table, sizes separated by commas"},
    "--against": {"metavar": "REV", "help": "measure another revision beside this tree"},
    "--moto": {**_SWITCH, "help": "measure moto through boto3 beside it, at 10,000 items"},
    "--pure": {**_SWITCH, "help": "measure this tree without its compiled core beside it"},
    "--bare": {**_SWITCH, "help": "measure a bare SortedDict with msgpack beside it"},
    "--double": {**_SWITCH, "help": "measure boto3 through the double beside it, at 10,000"},
    "--files": {**_SWITCH, "help": "measure databases in files, and SQLite by hand, beside it"},
    "--streams": {**_SWITCH, "help": "what streams cost, and how fast handlers get them"},
    "--threads": {**_SWITCH, "help": "puts per second of threads that share a database"},
    "--large": {"nargs": "?", "type": float, "const": 2.0, "metavar": "GB", "help": "open and read a large file"},
    "--machine": {**_SWITCH, "help": "1,000 examples of a state machine of the kit"},
    "--bugs": {
        "nargs": "?",
        "type": int,
        "const": 100,
        "metavar": "SEEDS",
        "help": "how surely the kit finds planted bugs (100 seeds each)",
    },
    "--simulation": {**_SWITCH, "help": "what calls of simulated databases cost"},
    "--statements": {**_SWITCH, "help": "what statements of PartiQL cost beside the same requests"},
    "--functions": {**_SWITCH, "help": "what invocations of functions cost, and requests to them"},
    "--shared": {"metavar": "URL", "help": "a database over PostgreSQL beside psycopg by hand: postgresql://host/name"},
    "--http": {**_SWITCH, "help": "measure our server through boto3 and a plain client"},
    "--endpoint": {
        "action": "append",
        "default": [],
        "metavar": "NAME=URL",
        "help": "measure a peer's server through both, too",
    },
    "--throughput": {**_SWITCH, "help": "requests per second of servers at 16 connections"},
    "--waiting": {**_SWITCH, "help": "how long gets wait beside long work of others"},
    "--hostile": {**_SWITCH, "help": "how long gets wait beside clients that mean harm"},
    "--table": {**_SWITCH, "help": "write the table into bench/README.md, and a picture of it"},
    "--instructions": {**_SWITCH, "help": "count instructions per operation instead of time (needs valgrind)"},
    "--rounds": {"type": int, "default": 7, "help": "interleaved rounds (7)"},
    "--seconds": {"type": float, "default": 0.3, "help": "time per measurement (0.3)"},
    "--growth": {"nargs": "?", "type": int, "const": 1_000_000, "metavar": "ITEMS", "help": "costs by table size"},
    "--pauses": {
        "nargs": "?",
        "type": int,
        "const": 1_000_000,
        "metavar": "ITEMS",
        "help": "what the collector of garbage takes beside items in memory",
    },
    "--memory": {**_SWITCH, "help": "bytes of memory per item"},
    "--imports": {**_SWITCH, "help": "time of import minidynamo"},
}

# What prints a table of its own, in this order; where any of it is asked for, no workloads are measured.
_ALONE: dict[str, Callable[[argparse.Namespace], None]] = {
    "growth": lambda options: print_growth(options.growth),
    "pauses": lambda options: print_pauses(options.pauses),
    "memory": lambda options: print_memory(),
    "imports": lambda options: print_import(),
    "streams": lambda options: print_streams(),
    "threads": lambda options: print_threads(),
    "large": lambda options: print_large(options.large),
    "machine": lambda options: print_machine(),
    "bugs": lambda options: print_bugs(options.bugs),
    "simulation": lambda options: print_simulation(),
    "statements": lambda options: print_statements(),
    "functions": lambda options: print_functions(),
    "shared": lambda options: print_shared(options.shared),
    "waiting": lambda options: print_waiting(options.against),
    "hostile": lambda options: print_hostile(options.against),
}


def main() -> None:
    """Measures what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of: {', '.join(WORKLOADS)}; all by default")
    for name, settings in _OPTIONS.items():
        parser.add_argument(name, **settings)
    options = parser.parse_args()
    unknown = set(options.workloads) - set(WORKLOADS)
    if unknown:
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    asked = [name for name in _ALONE if getattr(options, name)]
    for name in asked:
        _ALONE[name](options)
    if asked:
        return
    peers = _peers(parser, options.endpoint)
    if options.throughput:
        _measure_throughput(options, peers)
    else:
        _measure_workloads(options, peers)


def _measure_throughput(options: argparse.Namespace, peers: dict[str, str]) -> None:
    with ExitStack() as servers:
        own = {"this tree": servers.enter_context(own_server())}
        if options.against:
            own[options.against] = servers.enter_context(own_server(checkout(options.against)))
        urls = {name: server.url for name, server in own.items()}
        print_throughput({**urls, **peers}, {"this tree": own["this tree"].pid}, options.rounds)


def _measure_workloads(options: argparse.Namespace, peers: dict[str, str]) -> None:
    targets = _local_targets(options)
    names = options.workloads or list(WORKLOADS)
    if options.instructions:
        print_instructions([each for each in targets if each.kind in ("embedded", "pure", "bare")], names)
        return
    with ExitStack() as servers:
        if options.http:
            peers = {"our server": servers.enter_context(own_server()).url, **peers}
        for name, url in peers.items():
            targets += [Target(f"{name}, {kind}", kind, ROOT, _PEER_ITEMS, url) for kind in ("boto3", "raw")]
        run(targets, names, options.rounds, options.seconds)
    if options.table:
        write_report(targets, names, options.rounds, shlex.join(sys.argv[1:]), _NOTES)


def _local_targets(options: argparse.Namespace) -> list[Target]:
    """What is measured without a server: this tree first, which the others are compared with."""
    sizes = [int(size) for size in options.items.split(",")]
    targets = [Target("this tree", "embedded", ROOT, size) for size in sizes]
    if options.against:
        tree = checkout(options.against)
        targets += [Target(options.against, "embedded", tree, size) for size in sizes]
    if options.pure:
        targets += [Target("pure Python", "pure", ROOT, size) for size in sizes]
    if options.bare:
        targets += [Target("bare", "bare", ROOT, size) for size in sizes]
    if options.double:
        targets += [_target("double"), _target("double table")]
    if options.files:
        targets += [_target("process"), _target("full"), _target("floor")]
        if options.against:
            targets += [Target(f"{options.against} {kind}", kind, tree, _PEER_ITEMS) for kind in ("process", "full")]
    if options.moto:
        targets += [_target("moto")] + ([_target("moto table")] if options.double else [])
    return targets


def _target(kind: str) -> Target:
    return Target(kind, kind, ROOT, _PEER_ITEMS)


def _peers(parser: argparse.ArgumentParser, texts: list[str]) -> dict[str, str]:
    """URLs by the names of the servers behind them."""
    for text in texts:
        if "=" not in text:
            parser.error(f"--endpoint takes NAME=URL, not {text!r}")
    return dict(text.split("=", 1) for text in texts)


if __name__ == "__main__":
    main()
