"""Holds every compiled function against the pure one behind it, on values drawn from a seed.

python -m tests.compiled.agreement VALUES [SEED]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, cast

from minidynamo.compiled import IS_IN_USE, PURE
from minidynamo.http import bodies
from minidynamo.http.server import usual_requests
from minidynamo.storage import keyspace
from minidynamo.storage.memory import untracking
from minidynamo.values import attribute_value, key_bytes, records
from minidynamo.values.key_bytes import ENCODERS, KeyPart
from minidynamo.values.records import record_size_bytes
from tests.compiled.drawn import Drawing

COMPILED: dict[str, Callable[..., object]] = {
    name: getattr(module, name)
    for module in (attribute_value, records, key_bytes, keyspace, bodies, untracking, usual_requests)
    for name in PURE
    if hasattr(module, name)
}


def outcome(function: Callable[..., object], *arguments: object) -> tuple[str, object]:
    """What a function answers, or raises, in a form that can be compared."""
    try:
        return "answer", function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error)


def compare(name: str, *arguments: object) -> object:
    """Asserts that the two forms of a function do the same; gives the answer, None where it is an error."""
    found, wanted = (outcome(each[name], *deepcopy(arguments)) for each in (COMPILED, PURE))
    # Equal values may differ in their types: True and 1, a text and its subclass.
    assert found == wanted and repr(found) == repr(wanted), f"{name}{arguments}: {found} instead of {wanted}"
    return found[1] if found[0] == "answer" else None


def compare_all(drawing: Drawing) -> None:
    """Compares everything about one item, its record, damage to the record, and a key."""
    item = drawing.item()
    compare("checked_item", item)
    compare("body_of", item)
    compare("checked_value", drawing.value(0), drawing.random.randrange(2))
    compare("body_of", {"Items": [item], "Count": drawing.random.randrange(9), "Units": drawing.random.random()})
    answer: Any = compare("checked_record", item)
    if answer is not None:
        normal, record = answer
        assert compare("record_item", record) == normal
        compare("record_items", [record, record])
        compare("record_item", damaged(record, drawing))
        compare_edit(drawing, normal, record)
        compare_parts(drawing, normal, record)
        compare("taken", iter([record, record, record]), [], 7, drawing.random.randrange(2000))
    parts = [(f"k{index}", drawing.random.choice("SNB")) for index in range(drawing.random.randrange(1, 4))]
    compare_key(drawing, [(name, kind, ENCODERS[kind]) for name, kind in parts])


def compare_edit(drawing: Drawing, old: Any, record: bytes) -> None:
    """Compares the record of an item that differs from another in two attributes, one of which may be missing."""
    edited = {*drawing.random.sample(sorted(old), min(1, len(old))), "added"}
    item = {**old, "added": drawing.value(0), **{name: drawing.value(0) for name in edited}}
    if drawing.random.random() < 0.3:
        del item[drawing.random.choice(sorted(edited))]
    compare("edited_record", item, old, record_size_bytes(record), edited)


def compare_parts(drawing: Drawing, item: Any, record: bytes) -> None:
    """Asserts that of a decoded part at least what is asked for is there, and nothing else than in the item."""
    names = drawing.random.sample(sorted(item), len(item) // 2)
    for found in (COMPILED["partial_items"]([record], names), PURE["partial_items"]([record], names)):
        (part,) = cast(list[dict[str, object]], found)
        assert {name: item[name] for name in names}.items() <= part.items() <= item.items()


def compare_key(drawing: Drawing, parts: Sequence[KeyPart]) -> None:
    """Compares the key bytes of a key that has been checked, of parts in the first of which the partition key is."""
    for encode in ("encoded_string", "encoded_number", "encoded_binary", "token"):
        compare(encode, drawing.random.choice([drawing.text(), drawing.binary(), b"x" * drawing.random.randrange(400)]))
    long = drawing.random.choice(["a", "\0", "é"]) * drawing.random.randrange(500, 1030)
    compare("plain_key", (("pk", "S", ENCODERS["S"]),), 1, {"pk": {"S": long}}, b"")
    key = {name: value for part in parts for name, value in drawing.key(part[0], part[1]).items()}
    answer: Any = compare("checked_item", key)
    if answer is not None:
        partition_parts = drawing.random.randrange(1, len(parts) + 1)
        compare("plain_key", tuple(parts), partition_parts, answer[0], drawing.random.choice([b"", b"tail"]))


def damaged(record: bytes, drawing: Drawing) -> bytes:
    """A record that has been cut, lengthened or changed in one place."""
    position = drawing.random.randrange(len(record))
    byte = bytes([drawing.random.randrange(256)])
    return drawing.random.choice([record[:position], record + byte, record[:position] + byte + record[position + 1 :]])


def main(values: int, seed: int = 0) -> None:
    """Compares `values` items, half of them plain, and as many keys."""
    assert IS_IN_USE, "the compiled core is not in use: there is nothing to compare"
    drawings = [Drawing(seed, oddness=0.0), Drawing(seed + 1, oddness=0.05)]
    for number in range(values):
        compare_all(drawings[number % 2])
    print(f"{values} items and keys: the compiled core and the pure functions agree")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
