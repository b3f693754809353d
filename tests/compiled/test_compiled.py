"""The compiled core: the same answers as the pure functions, nothing lost, nothing read that is not there."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidynamo.compiled import IS_IN_USE, PURE
from tests.compiled.agreement import COMPILED, compare, compare_all
from tests.compiled.drawn import Drawing
from tests.strategies import items

ROOT = Path(__file__).parents[2]

needs_core = pytest.mark.skipif(not IS_IN_USE, reason="the compiled core is not in use")


@needs_core
def test_every_function_that_is_marked_has_a_compiled_form() -> None:
    assert sorted(PURE) == [
        *("body_of", "checked_item", "checked_record", "checked_value", "edited_record"),
        *("encoded_binary", "encoded_number", "encoded_string", "partial_items", "plain_key"),
        *("record_item", "record_items", "taken", "token", "untracked", "usual_request"),
    ]
    assert COMPILED.keys() == PURE.keys()
    assert all(COMPILED[name] is not PURE[name] for name in PURE)


@needs_core
@given(items)
def test_records_of_items_in_every_spelling(item: dict[str, object]) -> None:
    compare("checked_item", item)
    answer = compare("checked_record", item)
    assert isinstance(answer, tuple)
    assert compare("record_item", answer[1]) == answer[0]


@needs_core
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.3]))
def test_whatever_is_drawn(seed: int, oddness: float) -> None:
    compare_all(Drawing(seed, oddness))


@needs_core
@given(st.binary(max_size=60))
def test_bytes_that_are_no_record(record: bytes) -> None:
    compare("record_item", record)
    compare("record_items", [record])


@needs_core
@pytest.mark.parametrize("arguments", [(), (None,), ({}, {}), (5,), ([],), ("",), (b"",)])
@pytest.mark.parametrize("name", sorted(PURE))
def test_wrong_arguments(name: str, arguments: tuple[object, ...]) -> None:
    """They meet the pure function, whose error names it."""
    compare(name, *arguments)


@needs_core
@pytest.mark.parametrize("level", range(30, 36))
def test_nesting(level: int) -> None:
    value: dict[str, object] = {"S": "x"}
    for each in range(level):
        value = {"L": [value]} if each % 2 else {"M": {"a": value}}
    compare("checked_item", {"pk": value})
    compare("checked_record", {"pk": value})


@needs_core
@pytest.mark.parametrize("size", [409_590, 409_598, 409_600, 409_601, 17_000_000])
def test_sizes_at_the_limit(size: int) -> None:
    compare("checked_record", {"pk": {"S": "x" * (size - 2)}})
    compare("checked_item", {"pk": {"B": b"x" * (size - 2)}})


@needs_core
def test_what_is_decoded_is_the_callers_own() -> None:
    _, record = COMPILED["checked_record"]({"pk": {"S": "a"}, "m": {"M": {"x": {"L": []}}}})  # type: ignore[misc]
    one, two = (COMPILED["record_item"](record) for _ in range(2))
    one["m"]["M"]["x"]["L"].append(1)  # type: ignore[index]
    one["pk"]["S"] = "b"  # type: ignore[index]
    assert two == {"pk": {"S": "a"}, "m": {"M": {"x": {"L": []}}}}


@needs_core
@pytest.mark.parametrize("start", range(0, 0x300, 64))
def test_every_character_as_json(start: int) -> None:
    for character in (*map(chr, range(start, start + 64)), "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"):
        compare("body_of", {character: {"S": character}})


@needs_core
def test_long_lists_while_others_work() -> None:
    """Other threads have their turns meanwhile, and may look at whatever there is; the collector is theirs again."""
    record = COMPILED["checked_record"]({"pk": {"S": "a"}})[1]  # type: ignore[index]
    seen: list[str] = []

    def look() -> None:
        while not seen:
            for each in gc.get_objects():
                if type(each) is list and each and type(each[0]) is dict and "pk" in each[0]:
                    repr(each[-1:])

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(5):
            items = COMPILED["record_items"]([record] * 20_000)
            body = COMPILED["body_of"]({"Items": items, "Count": 1})
    finally:
        seen.append("enough")
        thread.join()
    assert items == [{"pk": {"S": "a"}}] * 20_000
    assert body == PURE["body_of"]({"Items": items, "Count": 1})
    assert gc.isenabled()


@needs_core
def test_nothing_leaks() -> None:
    """Rounds over the same values, odd ones and damaged records included, hold no more memory in the end."""

    def run() -> int:
        for seed in range(300):
            for oddness in (0.0, 0.3):
                compare_all(Drawing(seed, oddness))
        gc.collect()
        return sys.getallocatedblocks()

    run()
    before = run()
    assert run() - before < 50


def test_the_core_is_left_out_where_it_is_not_wanted() -> None:
    code = "import minidynamo; from minidynamo.compiled import IS_IN_USE; print(IS_IN_USE, minidynamo.__version__)"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "MINIDYNAMO_PURE": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "False 0.1.0"
