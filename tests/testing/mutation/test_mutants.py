"""Mutants: which tests notice them, and that what is wrong already is refused as ever."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import minidynamo
from minidynamo import Database, DynamoError
from minidynamo.testing import InvalidRequest, mutants, requests, run_mutants
from minidynamo.testing.mutation.mutant import without
from tests.testing.kit_tables import KEYS, SCHEMA, TEMPLATE
from tests.testing.mutation.thorough_program import opened, thorough

# What these two break is an error.
LENIENT = {"accepts_invalid_write", "ignores_missing_table"}
OPERATIONS = sorted({each for mutant in mutants() for each in mutant.operations} - {"Deliver", "GetRecords"})


def test_there_are_mutants_for_every_promise() -> None:
    assert len(mutants()) >= 20
    assert len({mutant.name for mutant in mutants()} | {mutant.title for mutant in mutants()}) == 2 * len(mutants())


@pytest.mark.parametrize("name", [mutant.name for mutant in mutants()])
def test_a_thorough_test_notices(name: str) -> None:
    report = run_mutants(thorough, opened, only=[name])
    assert [mutant.name for mutant in report.noticed] == [name], str(report)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each != "CreateTable"])
def test_what_is_invalid_is_refused_as_ever(operation: str) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(requests(operation, SCHEMA, invalid=True))
    def check(wrong: InvalidRequest) -> None:
        expected = answer(operation, wrong.request)
        for mutant in mutants():
            if operation in mutant.operations and mutant.name not in LENIENT:
                with mutant.active() as changes:
                    assert answer(operation, wrong.request) == expected, mutant.name
                assert changes.count == 0

    check()


def answer(operation: str, request: Any) -> Any:
    with TEMPLATE.fork() as database:
        try:
            return database.execute(operation, request)
        except DynamoError as error:
            return error.code, error.message


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_empty_request_is_refused_as_ever(operation: str) -> None:
    expected = answer(operation, {})
    for mutant in mutants():
        if mutant.name not in LENIENT:
            with mutant.active():
                assert answer(operation, {}) == expected, mutant.name


def test_mutants_read_files_of_others(tmp_path: Any) -> None:
    with minidynamo.connect(tmp_path / "store.db", durability="process") as owner:
        SCHEMA.create(owner)
        for mutant in mutants():
            with mutant.active(), minidynamo.connect(tmp_path / "store.db", read_only=True) as reader:
                assert reader.execute("Scan", {"TableName": "tbl"})["Count"] == 0


def test_mutants_go_as_they_came() -> None:
    before = (Database.execute, Database.on_stream)
    run_mutants(lambda database: None)
    assert (Database.execute, Database.on_stream) == before


def test_placeholders_go_with_the_last_expression_that_uses_them() -> None:
    request = {
        "FilterExpression": "#a = :x",
        "KeyConditionExpression": "#k = :x",
        "ExpressionAttributeNames": {"#a": "a", "#k": "k"},
        "ExpressionAttributeValues": {":x": {"S": "x"}},
    }
    kept = without(request, "FilterExpression")
    assert kept["ExpressionAttributeNames"] == {"#k": "k"}
    assert kept["ExpressionAttributeValues"] == {":x": {"S": "x"}}
    assert without(request, "FilterExpression", "KeyConditionExpression") == {}


@pytest.mark.parametrize("fault", ["index_lag", "short_page", "stale_read"])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ignores_key_range", {}),
        ("ignores_filter", {"FilterExpression": "attribute_not_exists(z)"}),
        ("ignores_limit", {"Limit": 5}),
        ("ignores_direction", {"ScanIndexForward": False}),
        ("ignores_projection", {"ProjectionExpression": "g, pk, sk, h"}),
    ],
)
def test_what_simulation_hides_is_no_change(name: str, options: dict[str, Any], fault: str) -> None:
    """A mutant changes an answer where it breaks its promise, not where an index lags or a page ends early."""

    def tolerant(database: Database) -> None:
        for number in range(20):
            item = {**KEYS[0], "sk": {"N": str(number % 3)}, "g": {"S": "x"}, "h": {"B": b"h"}}
            database.execute("PutItem", {"TableName": "tbl", "Item": item})
            index = {"IndexName": "by_g", "KeyConditionExpression": "g = :g AND h > :h"}
            values = {":g": {"S": "x"}, ":h": {"B": b"a"}}
            if fault != "index_lag":
                index = {"KeyConditionExpression": "pk = :g AND sk >= :h"}
                values = {":g": {"S": "a"}, ":h": {"N": "0"}}
            database.execute("Query", {"TableName": "tbl", "ExpressionAttributeValues": values, **index, **options})

    def made() -> Database:
        profile = minidynamo.Profile(**{fault: 0.5, "latency_seconds": 0.1})  # type: ignore[arg-type]
        return minidynamo.simulate(TEMPLATE, profile=profile)

    report = run_mutants(tolerant, made, only=[name])
    expected = "survived" if name == "ignores_direction" else "not exercised"
    assert [each.verdict for each in report.judgements.values()] == [expected], str(report)


def test_mutants_ask_aside_whatever_is_simulated() -> None:
    """What a mutant does for itself is neither refused nor lost."""

    def putting(database: Database) -> None:
        for number in range(20):
            item = {**KEYS[0], "n": {"N": str(number)}}
            try:
                database.execute("PutItem", {"TableName": "tbl", "Item": item})
            except DynamoError as error:
                assert error.code == "ThrottlingException"

    def made() -> Database:
        return minidynamo.simulate(TEMPLATE, profile=minidynamo.Profile(throttled=0.5, latency_seconds=0.1))

    report = run_mutants(putting, made, only=["loses_replacement"])
    assert [mutant.name for mutant in report.survivors] == ["loses_replacement"]
