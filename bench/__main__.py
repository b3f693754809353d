"""`python -m bench`: the command line of the benchmarks."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from bench.growth import print_growth, print_import, print_memory
from bench.machine import print_machine
from bench.runner import ROOT, Target, checkout, run
from bench.simulated import print_simulation
from bench.stores import print_large, print_threads
from bench.streams import print_streams
from bench.throughput import own_server, print_throughput
from bench.waiting import print_hostile, print_waiting
from bench.workloads import WORKLOADS

# Items in the tables of peers, which are slow to fill.
_PEER_ITEMS = 10_000


def main() -> None:
    """Measures what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of: {', '.join(WORKLOADS)}; all by default")
    parser.add_argument("--items", default="10000,100000", help="items in the table, sizes separated by commas")
    parser.add_argument("--against", metavar="REV", help="measure another revision beside this tree")
    parser.add_argument("--moto", action="store_true", help="measure moto through boto3 beside it, at 10,000 items")
    parser.add_argument("--double", action="store_true", help="measure boto3 through the double beside it, at 10,000")
    parser.add_argument(
        "--files", action="store_true", help="measure databases in files, and SQLite by hand, beside it"
    )
    parser.add_argument("--streams", action="store_true", help="what streams cost, and how fast handlers get them")
    parser.add_argument("--threads", action="store_true", help="puts per second of threads that share a database")
    parser.add_argument("--large", nargs="?", type=float, const=2.0, metavar="GB", help="open and read a large file")
    parser.add_argument("--machine", action="store_true", help="1,000 examples of a state machine of the kit")
    parser.add_argument("--simulation", action="store_true", help="what calls of simulated databases cost")
    parser.add_argument("--http", action="store_true", help="measure our server through boto3 and a plain client")
    parser.add_argument(
        "--endpoint", action="append", default=[], metavar="NAME=URL", help="measure a peer's server through both, too"
    )
    parser.add_argument("--throughput", action="store_true", help="requests per second of servers at 16 connections")
    parser.add_argument("--waiting", action="store_true", help="how long gets wait beside long work of others")
    parser.add_argument("--hostile", action="store_true", help="how long gets wait beside clients that mean harm")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds (7)")
    parser.add_argument("--seconds", type=float, default=0.3, help="time per measurement (0.3)")
    parser.add_argument("--growth", nargs="?", type=int, const=1_000_000, metavar="ITEMS", help="costs by table size")
    parser.add_argument("--memory", action="store_true", help="bytes of memory per item")
    parser.add_argument("--imports", action="store_true", help="time of import minidynamo")
    options = parser.parse_args()
    unknown = set(options.workloads) - set(WORKLOADS)
    if unknown:
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    if options.growth:
        print_growth(options.growth)
    if options.memory:
        print_memory()
    if options.imports:
        print_import()
    if options.streams:
        print_streams()
    if options.threads:
        print_threads()
    if options.large:
        print_large(options.large)
    if options.machine:
        print_machine()
    if options.simulation:
        print_simulation()
    if options.waiting:
        print_waiting(options.against)
    if options.hostile:
        print_hostile(options.against)
    alone = (
        options.waiting,
        options.hostile,
        options.growth,
        options.memory,
        options.imports,
        options.threads,
        options.large,
        options.streams,
    )
    if any(alone) or options.machine or options.simulation or options.waiting or options.hostile:
        return
    peers = _peers(parser, options.endpoint)
    if options.throughput:
        with ExitStack() as servers:
            own = {"this tree": servers.enter_context(own_server())}
            if options.against:
                own[options.against] = servers.enter_context(own_server(checkout(options.against)))
            urls = {name: server.url for name, server in own.items()}
            print_throughput({**urls, **peers}, {"this tree": own["this tree"].pid}, options.rounds)
        return
    targets = [Target("this tree", "embedded", ROOT, int(size)) for size in options.items.split(",")]
    if options.against:
        tree = checkout(options.against)
        targets += [Target(options.against, "embedded", tree, int(size)) for size in options.items.split(",")]
    if options.double:
        targets += [_target("double"), _target("double table")]
    if options.files:
        targets += [_target("process"), _target("full"), _target("floor")]
        if options.against:
            targets += [Target(f"{options.against} {kind}", kind, tree, _PEER_ITEMS) for kind in ("process", "full")]
    if options.moto:
        targets += [_target("moto")] + ([_target("moto table")] if options.double else [])
    with ExitStack() as servers:
        if options.http:
            peers = {"our server": servers.enter_context(own_server()).url, **peers}
        for name, url in peers.items():
            targets += [Target(f"{name}, {kind}", kind, ROOT, _PEER_ITEMS, url) for kind in ("boto3", "raw")]
        run(targets, options.workloads or list(WORKLOADS), options.rounds, options.seconds)


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
