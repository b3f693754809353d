"""`minidynamo.mock` as a decorator of functions, coroutines, generators, classes and test cases."""

from __future__ import annotations

import asyncio
import unittest
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

import minidynamo
from tests.boto.fresh_clients import TABLE, table_names

pytestmark = pytest.mark.usefixtures("nothing_configured", "botocore_is_restored")


def test_it_decorates_functions_with_a_fresh_database_each_time() -> None:
    @minidynamo.mock()
    def work(argument: int, *, option: str) -> tuple[int, str, list[str]]:
        boto3.client("dynamodb").create_table(**TABLE)
        return argument, option, table_names()

    assert work(1, option="x") == (1, "x", ["tbl"]) == work(1, option="x")
    assert work.__name__ == "work"


def test_it_decorates_without_parentheses() -> None:
    @minidynamo.mock
    def work() -> list[str]:
        return table_names()

    assert work() == []


def test_it_decorates_coroutines_and_generators() -> None:
    @minidynamo.mock()
    async def wait() -> list[str]:
        await asyncio.sleep(0)
        boto3.client("dynamodb").create_table(**TABLE)
        return table_names()

    @minidynamo.mock()
    def generate() -> Iterator[list[str]]:
        boto3.client("dynamodb").create_table(**TABLE)
        yield table_names()

    @minidynamo.mock()
    async def generate_asynchronously() -> Any:
        boto3.client("dynamodb").create_table(**TABLE)
        yield table_names()

    async def collect() -> list[list[str]]:
        return [each async for each in generate_asynchronously()]

    assert asyncio.run(wait()) == ["tbl"]
    assert list(generate()) == [["tbl"]]
    assert asyncio.run(collect()) == [["tbl"]]


def run_case(case: type[unittest.TestCase]) -> None:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert result.testsRun == 2
    assert (result.errors, result.failures) == ([], [])


def test_it_decorates_test_cases() -> None:
    """Each test has its database, from setUp to tearDown."""

    @minidynamo.mock()
    class Case(unittest.TestCase):
        def setUp(self) -> None:
            boto3.client("dynamodb").create_table(**TABLE)

        def test_one(self) -> None:
            self.assertEqual(table_names(), ["tbl"])

        def test_two(self) -> None:
            self.assertEqual(table_names(), ["tbl"])

        def tearDown(self) -> None:
            self.assertEqual(table_names(), ["tbl"])

    run_case(Case)


def test_it_decorates_test_cases_that_prepare_their_class() -> None:
    """All tests share the database then."""

    @minidynamo.mock()
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            boto3.client("dynamodb").create_table(**TABLE)

        def test_one(self) -> None:
            self.assertEqual(table_names(), ["tbl"])

        def test_two(self) -> None:
            self.assertEqual(table_names(), ["tbl"])

    run_case(Case)


@minidynamo.mock()
class TestDecoratedClass:
    """Run by pytest itself."""

    def setup_method(self) -> None:
        boto3.client("dynamodb").create_table(**TABLE)

    def test_sees_what_its_set_up_made(self) -> None:
        assert table_names() == ["tbl"]

    def test_starts_anew(self) -> None:
        assert table_names() == ["tbl"]


def test_it_decorates_the_methods_of_other_classes() -> None:
    @minidynamo.mock()
    class Service:
        def work(self) -> list[str]:
            boto3.client("dynamodb").create_table(**TABLE)
            return table_names()

    assert Service().work() == ["tbl"] == Service().work()


def test_it_takes_nothing_else() -> None:
    with pytest.raises(TypeError, match="takes a Database or something to decorate"):
        minidynamo.mock(5)
