"""`python -m bench`: the command line of the benchmarks."""

from __future__ import annotations

import argparse

from bench.growth import print_growth, print_import, print_memory
from bench.runner import ROOT, Target, checkout, run
from bench.workloads import WORKLOADS


def main() -> None:
    """Measures what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of: {', '.join(WORKLOADS)}; all by default")
    parser.add_argument("--items", default="10000,100000", help="items in the table, sizes separated by commas")
    parser.add_argument("--against", metavar="REV", help="measure another revision beside this tree")
    parser.add_argument("--moto", action="store_true", help="measure moto through boto3 beside it, at 10,000 items")
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
    if options.growth or options.memory or options.imports:
        return
    targets = [Target("this tree", "embedded", ROOT, int(size)) for size in options.items.split(",")]
    if options.against:
        tree = checkout(options.against)
        targets += [Target(options.against, "embedded", tree, int(size)) for size in options.items.split(",")]
    if options.moto:
        targets.append(Target("moto", "moto", ROOT, 10_000))
    run(targets, options.workloads or list(WORKLOADS), options.rounds, options.seconds)


if __name__ == "__main__":
    main()
