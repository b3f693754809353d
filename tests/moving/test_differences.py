"""How an item differs between two sides."""

from __future__ import annotations

import pytest

from minidynamo.moving.differences import KINDS, Difference, compared, counted, is_expired
from minidynamo.values.attribute_value import Item
from tests.moving.moved_tables import thing


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (None, None, None),
        (thing("a"), thing("a"), None),
        (thing("a", "x"), None, ("lost", ())),
        (None, thing("a", "x"), ("extra", ())),
        (thing("a", "x"), thing("a", "y"), ("changed", ("text",))),
        (thing("a", one="1", two="2"), thing("a", two="3", three="3"), ("changed", ("one", "three", "two"))),
        ({"n": {"N": "1.50"}}, {"n": {"N": "15e-1"}}, None),
        ({"s": {"SS": ["a", "b"]}}, {"s": {"SS": ["b", "a"]}}, None),
        ({"s": {"L": [{"S": "a"}, {"S": "b"}]}}, {"s": {"L": [{"S": "b"}, {"S": "a"}]}}, ("changed", ("s",))),
        ({"n": {"N": "1"}}, {"n": {"S": "1"}}, ("changed", ("n",))),
    ],
)
def test_how_an_item_differs(source: Item | None, target: Item | None, expected: object) -> None:
    """With the attributes that do, in order."""
    assert compared(source, target) == expected


@pytest.mark.parametrize(
    ("item", "attribute", "expected"),
    [
        ({"expires": {"N": "100"}}, "expires", True),
        ({"expires": {"N": "100.5"}}, "expires", False),
        ({"expires": {"N": "1e3"}}, "expires", False),
        ({"expires": {"S": "1"}}, "expires", False),
        ({"expires": {"N": "1"}}, "", False),
        ({"other": {"N": "1"}}, "expires", False),
        (None, "expires", False),
    ],
)
def test_whether_the_time_to_live_is_over(item: Item | None, attribute: str, expected: bool) -> None:
    """By a number of seconds, and by nothing else."""
    assert is_expired(item, attribute, 100.0) is expected


def test_kinds_are_counted_in_their_order() -> None:
    differences = [Difference(kind, thing("a")) for kind in ("extra", "lost", "extra")]  # type: ignore[arg-type]
    assert list(counted(differences).items()) == [("lost", 1), ("extra", 2)]
    assert next(iter(KINDS)) == "lost"
