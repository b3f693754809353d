"""Handlers that run in the background."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

import minidynamo
from tests.lambdas.streaming_table import Event, create, keys_of, put


@pytest.mark.parametrize("starts_one", [False, True])
def test_handlers_run_in_the_background(starts_one: bool) -> None:
    """Until the database is closed."""
    seen: list[str] = []
    arrived = threading.Event()

    def handler(event: Event, context: Any) -> None:
        seen.append(keys_of(event))
        if "".join(seen) == "abc":
            arrived.set()

    with minidynamo.connect() as database:
        create(database, "tbl")
        mapping = database.on_stream("tbl", handler)
        (mapping if starts_one else database.functions).start()
        for letter in "abc":
            put(database, letter)
            time.sleep(0.01)
        assert arrived.wait(20)
    assert not any(thread.name == "minidynamo functions" for thread in threading.enumerate())


def test_a_slow_function_holds_up_no_other_in_the_background() -> None:
    may_go_on, arrived = threading.Event(), threading.Event()

    def slow(event: Event, context: Any) -> None:
        may_go_on.wait(20)

    def quick(event: Event, context: Any) -> None:
        arrived.set()

    with minidynamo.connect() as database:
        create(database, "tbl")
        database.functions.start()
        database.on_stream("tbl", slow)
        database.on_stream("tbl", quick)
        put(database, "a")
        assert arrived.wait(20)
        may_go_on.set()
