"""Requests that are nearly right: those of spec cases, with a few of their parts replaced, dropped or added."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from minidynamo.conformance.cases import all_cases

# Small requests, so that many are tried.
SEEDS = [
    (case.operation, case.request)
    for case in all_cases()
    if case.wording == "current" and len(str(case.request)) < 1_000
]
NAMES = ["pk", "sk", "S", "N", "B", "BS", "L", "M", "NULL", "tbl", "#n", ":v", "Key", "Item", "TableName", "\ud800", ""]
JUNK = st.one_of(
    st.sampled_from([None, True, False, 0, -1, 1.5, 10**30, "", "x", "tbl", "AA==", "\u0000", "\ud800", [], {}]),
    st.text(max_size=5),
    st.recursive(
        st.sampled_from([None, True, 1, "x", "AA=="]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
        max_leaves=4,
    ),
)
MUTATIONS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["put", "drop", "add"]), JUNK), max_size=3)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a request with every key or index in it."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in list(members):
        yield value, key
        yield from places(member)


def mutated(request: Any, mutations: list[tuple[int, str, Any]]) -> Any:
    request = copy.deepcopy(request)
    for number, kind, junk in mutations:
        found = list(places(request))
        if not found:
            return junk
        container, key = found[number % len(found)]
        if kind == "put":
            container[key] = junk
        elif kind == "drop":
            del container[key]
        elif isinstance(container, dict):
            container[NAMES[number % len(NAMES)]] = junk
        else:
            container.append(junk)
    return request
