"""What a database is like at the moment, as gauges: tables with their partitions, and how far mappings are behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minidynamo.lambdas.mapping import EventSourceMapping
from minidynamo.metrics.prometheus import Family
from minidynamo.tables.table import Table

# How many tables, and mappings, are shown; those beyond in their order are not.
_SHOWN_MAX = 1_000


def states_of_tables(tables: Mapping[str, Table]) -> list[Family]:
    """Items, bytes and partitions of each table, under index "", and of each of its indexes.

    Parameters:
        tables: by name; nobody changes them meanwhile.
    """
    items = Family("minidynamo_table_items", "Items of tables, entries of indexes.", "gauge")
    sizes = Family("minidynamo_table_bytes", "Bytes of items and of entries.", "gauge")
    partitions = Family("minidynamo_partitions", "Partitions of tables and indexes.", "gauge")
    for name, table in list(tables.items())[:_SHOWN_MAX]:
        keyspaces = {"": table.keyspace, **{each.name: each.keyspace for each in table.indexes.values()}}
        for index, keyspace in keyspaces.items():
            labels = {"table": name, "index": index}
            items.add(labels, keyspace.item_count)
            sizes.add(labels, keyspace.size_bytes)
            partitions.add(labels, len(keyspace.partitions))
    return [each for each in (items, sizes, partitions) if each.has_samples]


def states_of_mappings(mappings: Iterable[EventSourceMapping]) -> list[Family]:
    """How old the last change was that each mapping has handed over, when its function got it."""
    ages = Family("minidynamo_iterator_age_seconds", "Age of the last change handed to a function.", "gauge")
    for mapping in list(mappings)[:_SHOWN_MAX]:
        labels = {"table": mapping.table_name, "function": mapping.function_name}
        ages.add(labels, mapping.metrics.iterator_age_millis / 1000)
    return [ages] if ages.has_samples else []


def states_of_conflicts(begun_again_count: int) -> list[Family]:
    """How many operations on a shared store have met another process's, and were begun again."""
    assert begun_again_count >= 0, f"{begun_again_count} operations were begun again"
    conflicts = Family("minidynamo_conflicts_total", "Operations begun again for another process's.", "counter")
    conflicts.add({}, begun_again_count)
    return [conflicts]
