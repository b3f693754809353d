"""Sums of items: equal whatever the order and the spelling, and different for any difference."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minidynamo.moving.sums import BUCKET_COUNT, Sums, bucket_of, item_digest, key_digest
from minidynamo.values.attribute_value import Item, checked_item
from tests.strategies import items, values

KEYED = st.dictionaries(st.text("abc", min_size=1, max_size=3), items, max_size=12).map(
    lambda found: [{**item, "id": {"S": name}} for name, item in found.items()]
)


def summed(items: list[Item]) -> Sums:
    sums = Sums()
    sums.add(items, ("id",))
    return sums


@settings(max_examples=30)
@given(KEYED, st.randoms(use_true_random=False), st.integers(0, 12))
def test_the_order_and_the_parts_do_not_matter(found: list[Item], random: Any, split: int) -> None:
    shuffled = found[:]
    random.shuffle(shuffled)
    parts = summed(shuffled[:split])
    parts.merge(summed(shuffled[split:]))
    assert summed(found).differing(parts) == []
    assert parts.item_count == len(found)


@settings(max_examples=30)
@given(KEYED, st.text("xyz", min_size=1), values, st.data())
def test_a_changed_attribute_is_seen(found: list[Item], name: str, value: Any, data: st.DataObject) -> None:
    """In the one bucket of its item."""
    assume(found)
    changed = data.draw(st.sampled_from(found))
    other = {**changed, name: value}
    assume(checked_item(other)[0] != checked_item(changed)[0])
    rest = [item for item in found if item is not changed]
    bucket = bucket_of(key_digest(changed, ("id",)))
    assert summed(found).differing(summed([*rest, other])) == [bucket]


@settings(max_examples=30)
@given(KEYED, st.data())
def test_a_lost_attribute_is_seen(found: list[Item], data: st.DataObject) -> None:
    with_others = [item for item in found if len(item) > 1]
    assume(with_others)
    changed = data.draw(st.sampled_from(with_others))
    name = data.draw(st.sampled_from(sorted(changed.keys() - {"id"})))
    other = {key: value for key, value in changed.items() if key != name}
    assert summed(found).differing(summed([other if item is changed else item for item in found]))


@settings(max_examples=30)
@given(KEYED, st.data())
def test_a_lost_and_an_added_item_are_seen(found: list[Item], data: st.DataObject) -> None:
    assume(found)
    lost = data.draw(st.sampled_from(found))
    bucket = bucket_of(key_digest(lost, ("id",)))
    rest = [item for item in found if item is not lost]
    assert summed(found).differing(summed(rest)) == [bucket]
    assert summed(rest).differing(summed(found)) == [bucket]


@settings(max_examples=30)
@given(KEYED, st.data())
def test_an_item_that_is_there_twice_is_seen(found: list[Item], data: st.DataObject) -> None:
    assume(found)
    assert summed(found).differing(summed([*found, data.draw(st.sampled_from(found))]))


@given(items, st.randoms(use_true_random=False))
def test_the_normal_form_has_the_digest_of_every_spelling(item: Item, random: Any) -> None:
    """Numbers in all notations; names, and members of sets, in any order."""
    normal = checked_item(item)[0]
    assert item_digest(item) == item_digest(normal) == item_digest(shuffled_item(normal, random))


def shuffled_item(item: Item, random: Any) -> Item:
    names = list(item)
    random.shuffle(names)
    return {name: shuffled_value(item[name], random) for name in names}


def shuffled_value(value: Any, random: Any) -> Any:
    ((tag, payload),) = value.items()
    if tag in ("SS", "NS", "BS"):
        members = list(payload)
        random.shuffle(members)
        return {tag: members}
    if tag == "M":
        return {tag: shuffled_item(payload, random)}
    return {tag: [shuffled_value(each, random) for each in payload]} if tag == "L" else value


@given(items, items)
def test_different_items_have_different_digests(one: Item, two: Item) -> None:
    is_same = checked_item(one)[0] == checked_item(two)[0]
    assert (item_digest(one) == item_digest(two)) is is_same


def test_types_are_told_apart() -> None:
    """A text from its bytes, a number from its text, a list from a map and from a set."""
    alike: list[Any] = [
        {"S": "1"},
        {"N": "1"},
        {"B": b"1"},
        {"SS": ["1"]},
        {"NS": ["1"]},
        {"BS": [b"1"]},
        {"L": [{"S": "1"}]},
        {"L": [{"N": "1"}]},
        {"M": {"1": {"S": "1"}}},
        {"L": []},
        {"M": {}},
        {"BOOL": True},
        {"BOOL": False},
        {"NULL": True},
        {"S": ""},
        {"B": b""},
    ]
    assert len({item_digest({"a": each}) for each in alike}) == len(alike)


def test_what_the_service_would_refuse_is_compared_as_it_is() -> None:
    """Another store may hold it."""
    assert item_digest({"a": {"SS": []}}) != item_digest({"a": {"SS": ["x"]}})
    assert item_digest({"a": {"N": "1e999"}}) == item_digest({"a": {"N": "1e999"}})


@given(st.binary(min_size=16, max_size=16))
def test_there_is_a_bucket_for_every_key(digest: bytes) -> None:
    assert 0 <= bucket_of(digest) < BUCKET_COUNT
