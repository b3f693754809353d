"""Projections: the part of an item that paths name."""

from __future__ import annotations

from typing import Any

import pytest

from minidynamo.expressions.projection import compile_projection
from minidynamo.expressions.syntax import DocumentPath

ITEM: dict[str, Any] = {
    "a": {"S": "x"},
    "m": {"M": {"b": {"N": "1"}, "c": {"L": [{"S": "0"}, {"S": "1"}, {"M": {"d": {"N": "2"}}}]}}},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"L": [{"S": "deep"}]}]},
}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([("a",)], {"a": {"S": "x"}}),
        ([("a",), ("nowhere",)], {"a": {"S": "x"}}),
        ([("nowhere",)], {}),
        ([], {}),
        ([("m", "b")], {"m": {"M": {"b": {"N": "1"}}}}),
        ([("m", "nowhere")], {}),
        ([("m", "nowhere"), ("a",)], {"a": {"S": "x"}}),
        ([("m", "b"), ("m",)], {"m": ITEM["m"]}),
        ([("m",), ("m", "b")], {"m": ITEM["m"]}),
        ([("a", "b")], {}),
        ([("a", 0)], {}),
        ([("m", 0)], {}),
        ([("l", "a")], {}),
        ([("l", 1)], {"l": {"L": [{"N": "1"}]}}),
        ([("l", 1), ("l", 0)], {"l": {"L": [{"N": "0"}, {"N": "1"}]}}),
        ([("l", 9)], {}),
        ([("l", 9), ("l", 0)], {"l": {"L": [{"N": "0"}]}}),
        ([("l", 2, 0)], {"l": {"L": [{"L": [{"S": "deep"}]}]}}),
        ([("m", "c", 2, "d")], {"m": {"M": {"c": {"L": [{"M": {"d": {"N": "2"}}}]}}}}),
        (
            [("m", "c", 2, "d"), ("m", "c", 0), ("m", "b")],
            {"m": {"M": {"b": {"N": "1"}, "c": {"L": [{"S": "0"}, {"M": {"d": {"N": "2"}}}]}}}},
        ),
    ],
)
def test_projection(paths: list[tuple[str | int, ...]], expected: dict[str, Any]) -> None:
    """Missing and mistyped steps yield nothing, and lists are compacted in the order of their indexes."""
    assert compile_projection(DocumentPath(each) for each in paths)(ITEM) == expected
