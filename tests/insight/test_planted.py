"""Three mistakes planted in an application that speaks to boto3: each is found, at its line, by what a run costs."""

from __future__ import annotations

import inspect

import boto3
import pytest

import minidynamo
from minidynamo.insight.advice.advice import Advice
from tests.insight import planted_shop
from tests.insight.planted_shop import TABLE, Events


def line_with(text: str) -> str:
    """The place of a line of the application."""
    lines = inspect.getsource(planted_shop).splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if text in line]
    return f"tests/insight/planted_shop.py:{number}"


@pytest.fixture
def told() -> dict[str, Advice]:
    with minidynamo.mock() as database:
        resource = boto3.resource("dynamodb", region_name="us-east-1")
        database.execute("CreateTable", TABLE)
        events = Events(resource)
        with minidynamo.observe() as ledger:
            for number in range(600):
                events.note(number, "big" if number % 8 else f"t{number % 5}", "failure" if number % 50 == 0 else "ok")
            for _ in range(2):
                assert len(events.failures()) == 12
            assert len(events.of("big")) < 525
    return {each.rule: each for each in ledger.advice()}


def test_the_planted_mistakes_are_found_and_nothing_else(told: dict[str, Advice]) -> None:
    assert set(told) == {"scan", "page", "hot-key"}


def test_the_scan_is_told_with_the_index_that_it_lacks(told: dict[str, Advice]) -> None:
    assert told["scan"].place == line_with("self.table.scan(")
    assert told["scan"].text.endswith(
        "Query a global index with the key (kind), which takes a unit or more for each write"
    )


def test_the_page_is_told_that_nobody_follows(told: dict[str, Advice]) -> None:
    assert told["page"].place == line_with("self.table.query(")


def test_the_hot_key_is_told(told: dict[str, Advice]) -> None:
    assert told["hot-key"].text.startswith("the key 'big' of Events takes ")
