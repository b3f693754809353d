"""Updates: what an update expression makes of an item, and which it refuses."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from minidynamo.errors import ValidationError
from minidynamo.expressions.parser import parse
from minidynamo.expressions.resolution import Resolver
from minidynamo.expressions.syntax import Literal, Update
from minidynamo.expressions.update import BoundUpdate, UpdateProgram

VALUES = {
    ":one": {"N": "1"},
    ":text": {"S": "new"},
    ":list": {"L": [{"S": "z"}]},
    ":set": {"SS": ["b", "c"]},
    ":all": {"SS": ["a", "b"]},
}
ITEM: dict[str, Any] = {
    "pk": {"S": "a"},
    "n": {"N": "5"},
    "s": {"SS": ["a", "b"]},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]},
    "m": {"M": {"x": {"N": "1"}, "y": {"SS": ["a", "b"]}}},
}


def update_of(text: str) -> Update:
    literals = {name: Literal(value) for name, value in VALUES.items()}
    update: Update = Resolver("UpdateExpression", {}, literals).update(parse("UpdateExpression", text).tree)
    return update


def after(text: str, item: dict[str, Any] = ITEM, exists: bool = True) -> dict[str, Any]:
    """The item after an update; it is the draft, and the old one is as it was."""
    old, draft = deepcopy(item), deepcopy(item)
    new = BoundUpdate.of(update_of(text)).apply(old, draft, exists=exists)
    assert new is draft
    assert old == item
    return new


def changed(text: str) -> dict[str, Any]:
    """What an update makes of each attribute that it changes; None for one that is gone."""
    new = after(text)
    return {name: new.get(name) for name in {**ITEM, **new} if new.get(name) != ITEM.get(name)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET a = :text", {"a": {"S": "new"}}),
        ("SET a = n", {"a": {"N": "5"}}),
        ("SET n = n + :one", {"n": {"N": "6"}}),
        ("SET n = :one - n", {"n": {"N": "-4"}}),
        ("SET n = :one, a = n", {"n": {"N": "1"}, "a": {"N": "5"}}),
        ("SET n = if_not_exists(n, :one)", {}),
        ("SET a = if_not_exists(a, :one)", {"a": {"N": "1"}}),
        ("SET a = if_not_exists(a, n) + :one", {"a": {"N": "6"}}),
        ("SET l = list_append(:list, l)", {"l": {"L": [{"S": "z"}, *ITEM["l"]["L"]]}}),
        ("SET l[1] = :text", {"l": {"L": [{"N": "0"}, {"S": "new"}, {"N": "2"}]}}),
        ("SET l[9] = :text, l[7] = :one", {"l": {"L": [*ITEM["l"]["L"], {"N": "1"}, {"S": "new"}]}}),
        ("SET m.x = :text", {"m": {"M": {**ITEM["m"]["M"], "x": {"S": "new"}}}}),
        ("REMOVE n, nowhere", {"n": None}),
        ("REMOVE l[0], l[2], l[9]", {"l": {"L": [{"N": "1"}]}}),
        ("REMOVE l[0] SET l[1] = :text", {"l": {"L": [{"S": "new"}, {"N": "2"}]}}),
        ("REMOVE l[0] SET l[9] = :text", {"l": {"L": [{"N": "1"}, {"N": "2"}, {"S": "new"}]}}),
        ("REMOVE m.x", {"m": {"M": {"y": ITEM["m"]["M"]["y"]}}}),
        ("ADD n :one", {"n": {"N": "6"}}),
        ("ADD a :one", {"a": {"N": "1"}}),
        ("ADD s :set", {"s": {"SS": ["a", "b", "c"]}}),
        ("ADD a :set", {"a": {"SS": ["b", "c"]}}),
        ("DELETE s :set", {"s": {"SS": ["a"]}}),
        ("DELETE s :all", {"s": None}),
        ("DELETE a :set", {}),
        ("DELETE m.y :all", {"m": {"M": {"x": {"N": "1"}}}}),
    ],
)
def test_update(text: str, expected: dict[str, Any]) -> None:
    """Right-hand sides and indexes read the item as it was."""
    assert changed(text) == expected


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SET a = nowhere", "attribute that does not exist"),
        ("SET a = nowhere + :one", "attribute that does not exist"),
        ("SET a = pk + :one", "incorrect data type"),
        ("SET a = list_append(n, l)", "incorrect data type"),
        ("ADD pk :one", "incorrect data type"),
        ("ADD n :set", "incorrect data type"),
        ("DELETE n :set", "incorrect data type"),
        ("SET nowhere.x = :one", "invalid for update"),
        ("SET n.x = :one", "invalid for update"),
        ("SET m[0] = :one", "invalid for update"),
        ("SET l.x = :one", "invalid for update"),
        ("REMOVE nowhere.x", "invalid for update"),
    ],
)
def test_unfit_updates_are_refused(text: str, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        after(text)


@pytest.mark.parametrize(
    ("text", "creates"),
    [
        ("SET a = :one", True),
        ("ADD a :one", True),
        ("REMOVE a", False),
        ("DELETE a :set", False),
        ("REMOVE a DELETE b :set", False),
        ("REMOVE a SET b = :one", True),
    ],
)
def test_removals_alone_create_no_item(text: str, creates: bool) -> None:
    assert UpdateProgram(update_of(text)).creates_item is creates
    assert UpdateProgram(Update(())).creates_item


def test_an_item_that_is_not_there_has_nothing_to_remove() -> None:
    key = {"pk": {"S": "a"}}
    assert after("REMOVE a.b, c[0] DELETE d.e :set SET f = :one", key, exists=False) == {**key, "f": {"N": "1"}}
