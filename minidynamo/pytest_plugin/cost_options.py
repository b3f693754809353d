"""The options of pytest about what tests cost, and the budgets of markers."""

from __future__ import annotations

import argparse

import pytest

_MODES = ("print", "write", "check")
_ADVICE = ("show", "error")
_MARKER = "minidynamo"
# Arguments of the marker that are budgets; all others are settings of a database.
BUDGETS = ("max_read_units", "max_write_units", "max_units", "max_calls")


def add_cost_options(parser: pytest.Parser) -> None:
    """Adds the options."""
    group = parser.getgroup("minidynamo", "minidynamo: what tests cost on DynamoDB")
    group.addoption(
        "--dynamodb-cost",
        nargs="?",
        const="print",
        type=_mode,
        metavar="MODE",
        help="tell what tests cost: print the dearest (the default), write all to a file, or check that none costs "
        "more than the file says",
    )
    group.addoption(
        "--dynamodb-cost-file", metavar="FILE", default="dynamodb-cost.json", help="that file (dynamodb-cost.json)"
    )
    group.addoption(
        "--dynamodb-cost-markdown", metavar="FILE", help="append what tests cost to a file, as Markdown, for a summary"
    )
    group.addoption(
        "--dynamodb-advice",
        nargs="?",
        const="show",
        choices=_ADVICE,
        metavar="MODE",
        help="show what would be cheaper, or is a mistake; `error` lets the run fail where there is anything",
    )


def _mode(text: str) -> str:
    if text not in _MODES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(_MODES)}: write --dynamodb-cost behind files")
    return text


def is_wanted(config: pytest.Config) -> bool:
    """Whether a run is to tell what its tests cost."""
    options = ("--dynamodb-cost", "--dynamodb-cost-markdown", "--dynamodb-advice")
    return any(config.getoption(option) is not None for option in options)


def count_costs(config: pytest.Config) -> None:
    """Counts what tests cost, and tells of it at the end."""
    from minidynamo.insight.saved import LedgerError
    from minidynamo.pytest_plugin.costs import TestCosts

    for option in ("--dynamodb-cost-file", "--dynamodb-cost-markdown"):
        path = config.getoption(option)
        if path is not None and not (config.rootpath / path).parent.is_dir():
            raise pytest.UsageError(f"{option}: there is no folder {(config.rootpath / path).parent}")
    try:
        costs = TestCosts(config)
    except LedgerError as error:
        raise pytest.UsageError(f"--dynamodb-cost: {error}") from None
    config.add_cleanup(costs.close)
    config.pluginmanager.register(costs)


def budget_of(item: pytest.Item) -> dict[str, float]:
    """What a test may cost by its markers; nothing where they do not say."""
    budget: dict[str, float] = {}
    for marker in reversed(list(item.iter_markers(_MARKER))):
        budget |= {name: marker.kwargs[name] for name in BUDGETS if name in marker.kwargs}
    return budget
