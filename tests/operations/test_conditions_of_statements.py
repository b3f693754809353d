"""SELECT gives the items that a plain evaluation of its condition keeps, by whichever ranges of keys it reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minidynamo
from minidynamo import Database, DynamoError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.testing.expressions import Tree, ordered_values
from minidynamo.values.attribute_value import AttributeValue, Item
from tests.operations.plain_conditions import ConditionWriter, holds

OVERLAPPING = "Overlapping conditions with range keys are not supported in where clause"
COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")

NUMBERS = [{"N": text} for text in ("0", "1", "2", "1.5")]
TEXTS = [{"S": text} for text in ("a", "ab", "b")]
CONTAINERS: list[AttributeValue] = [
    {"SS": ["a", "b"]}, {"NS": ["1", "2"]}, {"L": []}, {"L": [{"N": "1"}, {"S": "a"}]}, {"M": {"k": {"S": "ab"}}},
    {"M": {"k": {"N": "1"}, "o": {"M": {"p": {"L": [{"N": "2"}]}}}}},
]  # fmt: skip
ANY: list[AttributeValue] = [
    *NUMBERS, *TEXTS, *CONTAINERS, {"S": ""}, {"B": b"a"}, {"BOOL": True}, {"BOOL": False}, {"NULL": True},
]  # fmt: skip
# What FROM names, to the key of what is read. All that is in a key has its type in every item and condition.
SOURCES = {"tbl": ("pk", "sk"), "tbl.byg": ("g", "h"), "tbl.byl": ("pk", "l"), "txt": ("pk", "sx")}
KEYS = {"pk": TEXTS, "sk": NUMBERS, "sx": TEXTS, "g": TEXTS, "h": NUMBERS, "l": TEXTS}
PATHS = (*KEYS, "n", "n", "m", "m.k", "m.o.p", "m.o.p[0]", "v", "v[0]", "v[1]")
TABLES = {
    "tbl": {"key": ["pk S", "sk N"], "gsi": {"byg": {"key": ["g S", "h N"]}}, "lsi": {"byl": {"key": ["pk S", "l S"]}}},
    "txt": {"key": ["pk S", "sx S"]},
}


def values_of(path: str) -> st.SearchStrategy[AttributeValue]:
    return st.sampled_from(KEYS.get(path, ANY))


ITEMS = st.lists(
    st.fixed_dictionaries(
        {name: values_of(name) for name in ("pk", "sk", "sx")},
        optional={name: values_of(name) for name in ("g", "h", "l", "n", "m", "v")},
    ),
    min_size=3,
    max_size=8,
)


@st.composite
def atoms(draw: st.DrawFn, paths: tuple[str, ...] = PATHS) -> Tree:
    """Conditions on one path."""
    path = draw(st.sampled_from(paths))
    kind = draw(st.sampled_from(KINDS))
    values = values_of(path)
    ordered = values if path in KEYS else st.sampled_from([*NUMBERS, *TEXTS])
    match kind:
        case "compare" | "reversed":
            operator = draw(st.sampled_from(COMPARISONS))
            value = draw(values if operator in ("=", "<>", "!=") else ordered)
            return (operator, path, value) if kind == "compare" else (kind, path, operator, value)
        case "BETWEEN" | "NOT BETWEEN":
            low = draw(ordered)
            return (kind, path, *ordered_values(low, draw(ordered.filter(lambda high: high.keys() == low.keys()))))
        case "IN" | "NOT IN":
            return (kind, path, draw(st.lists(values, min_size=1, max_size=3)))
        case "IS" | "IS NOT":
            return (kind, path, draw(st.sampled_from(("MISSING", "NULL", "BOOL", "STRING", "LIST", "STRUCT", "INT"))))
        case "paths":
            other = draw(st.sampled_from([each for each in PATHS if each != path]))
            return (kind, path, draw(st.sampled_from(COMPARISONS)), other)
        case "size":
            return (kind, path, draw(st.sampled_from(COMPARISONS)), draw(st.sampled_from(NUMBERS)))
        case "attribute_type":
            return (kind, path, {"S": draw(st.sampled_from(("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS")))})
        case "begins_with" if KEYS.get(path) != NUMBERS:
            return (kind, path, draw(st.sampled_from(TEXTS)))
        case "contains":
            return (kind, path, draw(st.sampled_from([*NUMBERS, *TEXTS])))
    return (draw(st.sampled_from(("attribute_exists", "attribute_not_exists"))), path)


KINDS = (
    "compare", "compare", "compare", "reversed", "BETWEEN", "NOT BETWEEN", "IN", "IN", "NOT IN", "IS", "IS NOT",
    "paths", "size", "attribute_type", "begins_with", "contains", "exists",
)  # fmt: skip


def joined(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    pairs = st.tuples(st.sampled_from(("AND", "AND", "OR")), inner, inner)
    return st.one_of(pairs, pairs, st.tuples(st.just("NOT"), inner))


def bounds(path: str) -> st.SearchStrategy[Tree]:
    """Conditions that bound a range of keys."""
    operators = st.sampled_from(("=", "<", "<=", ">", ">="))
    return st.tuples(operators, st.just(path), values_of(path))


def conditions(source: str) -> st.SearchStrategy[Tree]:
    """Conditions that often name the key of what is read."""
    partition, sort = SOURCES[source]
    equal = st.tuples(st.just("="), st.just(partition), values_of(partition))
    one_of = st.tuples(st.just("IN"), st.just(partition), st.lists(values_of(partition), min_size=1, max_size=3))
    keyed = st.tuples(st.just("AND"), st.one_of(equal, one_of), atoms((sort,)))
    bounded = st.tuples(st.just("AND"), equal, bounds(sort))
    branch = st.one_of(equal, keyed, bounded)
    branches = st.tuples(st.just("OR"), branch, branch)
    sorted_branches = st.tuples(st.just("AND"), equal, st.tuples(st.just("OR"), atoms((sort,)), atoms((sort,))))
    filtered = st.tuples(
        st.just("AND"), st.one_of(bounded, branches, sorted_branches), st.one_of(atoms(), bounds(sort))
    )
    known = st.one_of(atoms(), keyed, bounded, branches, sorted_branches, filtered)
    return st.one_of(known, st.recursive(known, joined, max_leaves=3))


SELECTS = st.sampled_from(list(SOURCES)).flatmap(lambda source: st.tuples(st.just(source), conditions(source)))


def selected(database: Database, request: dict[str, Any]) -> Iterator[Item]:
    """What a SELECT gives, page by page."""
    while True:
        response = database.execute("ExecuteStatement", request)
        yield from response["Items"]
        if "NextToken" not in response:
            return
        request = {**request, "NextToken": response["NextToken"]}


def filled(items: list[Item]) -> tuple[Database, dict[str, list[Item]]]:
    """A database, and the items that each source in it has, in the order of the table's key."""
    database = minidynamo.connect()
    found: dict[str, list[Item]] = {}
    for name, table in TABLES.items():
        database.execute("CreateTable", create_table_request(name, table))
        for item in items:
            database.execute("PutItem", {"TableName": name, "Item": item})
        found[name] = database.execute("Scan", {"TableName": name})["Items"]
    for source, key in SOURCES.items():
        found[source] = [item for item in found[source.partition(".")[0]] if all(name in item for name in key)]
    return database, found


def by_key(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (item["pk"]["S"], float(item["sk"]["N"]), item["sx"]["S"]))


def check(items: list[Item], selects: list[tuple[str, Tree]], prefers_literals: bool, limit: int | None) -> None:
    database, found = filled(items)
    with database:
        for source, tree in selects:
            writer = ConditionWriter(prefers_literals=prefers_literals)
            request = writer.request(f"SELECT * FROM {source} WHERE {writer.condition(tree)}")
            request |= {} if limit is None else {"Limit": limit}
            try:
                shown = list(selected(database, request))
            except DynamoError as error:
                assert error.message == OVERLAPPING, request
                continue
            assert by_key(shown) == by_key([item for item in found[source] if holds(tree, item)]), request


EXAMPLES = {
    "items": ITEMS,
    "selects": st.lists(SELECTS, min_size=4, max_size=8),
    "prefers_literals": st.booleans(),
    "limit": st.one_of(st.none(), st.integers(1, 3)),
}


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(**EXAMPLES)
def test_what_select_gives(items: list[Item], selects: list[Any], prefers_literals: bool, limit: int | None) -> None:
    """Every item that satisfies the condition once, and no other."""
    check(items, selects, prefers_literals, limit)


@pytest.mark.long
@settings(max_examples=1_000, suppress_health_check=list(HealthCheck))
@given(**EXAMPLES)
def test_what_select_gives_for_long(
    items: list[Item], selects: list[Any], prefers_literals: bool, limit: int | None
) -> None:
    """The same, for some minutes."""
    check(items, selects, prefers_literals, limit)
