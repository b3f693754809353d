"""The rules of advice, in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from minidynamo.insight.advice.advice import Advice
from minidynamo.insight.advice.batches import single_puts, single_reads, unprocessed
from minidynamo.insight.advice.indexes import unused_indexes
from minidynamo.insight.advice.items import odd_items
from minidynamo.insight.advice.keys import hot_partition_keys
from minidynamo.insight.advice.pages import forgotten_pages, limits_with_filters, repeated_scans, wasteful_filters
from minidynamo.insight.noted import Noted


class Rule(NamedTuple):
    """A rule.

    Attributes:
        name: by which it is silenced.
        wants: what it would have, in a few words.
        find: gives its advice on a ledger.
    """

    name: str
    wants: str
    find: Callable[[Noted], Iterator[Advice]]


RULES = (
    Rule("scan", "no Scan where requests come again and again", repeated_scans),
    Rule("filter", "filters that keep most of what is read and paid for", wasteful_filters),
    Rule("page", "a LastEvaluatedKey is followed", forgotten_pages),
    Rule("limit", "Limit is not taken for the size of a page behind a filter", limits_with_filters),
    Rule("unprocessed", "what a batch has left is sent again", unprocessed),
    Rule("single-reads", "no GetItem in a loop behind a Query", single_reads),
    Rule("single-writes", "no PutItem in a loop", single_puts),
    Rule("hot-key", "no partition key takes most of a table's units", hot_partition_keys),
    Rule("index", "every index is read, and projects what is read", unused_indexes),
    Rule("item", "items that can expire, and do not grow without bound", odd_items),
)


def advice_from(ledger: Noted) -> list[Advice]:
    """All advice on a ledger that no comment silences; what saves the most comes first."""
    found = [advice for rule in RULES for advice in rule.find(ledger)]
    assert {each.rule for each in found} <= {rule.name for rule in RULES}, "a rule speaks in the name of another"
    spoken = [each for each in found if not each.is_silenced and (each.rule, each.place) not in ledger.silenced]
    return sorted(spoken, key=lambda each: (-each.units_saved, each.place, each.rule, each.text))
