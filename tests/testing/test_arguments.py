"""Wrong arguments of the kit: each is refused at the call, in one line that says what was wrong and what to give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import rule, run_state_machine_as_test

import minidynamo
from minidynamo import Database, connect
from minidynamo.simulation import History
from minidynamo.testing import (
    DynamoDBStateMachine,
    Expression,
    RecordedCall,
    RecordedHistory,
    ReferenceModel,
    TableSchema,
    attribute_values,
    check_linearizable,
    check_serializable,
    condition_expressions,
    items,
    keys,
    mutants,
    queries,
    recording,
    reference_model,
    requests,
    run_mutants,
    simulated,
    table_schemas,
    transactions,
    update_expressions,
)
from tests.simulation.test_arguments import told
from tests.testing.kit_tables import KEYS, SCHEMA, TABLE, TEMPLATE, minimal

REMOTE = connect("http://127.0.0.1:1", credentials=("any", "any"))
EMPTY = connect()
SEVERAL = TEMPLATE.fork()
TableSchema.of({**TABLE, "TableName": "two"}).create(SEVERAL)
OF_SCHEMA = [items, keys, queries, transactions, update_expressions, condition_expressions, reference_model]
MODEL = reference_model(SCHEMA)
FAULTLESS: Any = {"start": 0, "end": 1, "operation": "PutItem", "request": {}, "response": {}}


def nothing(database: Database) -> None:
    pass


async def awaited(database: Database) -> None:
    pass


def same() -> Database:
    return TEMPLATE


@pytest.mark.parametrize("take", OF_SCHEMA, ids=lambda take: take.__name__)
@pytest.mark.parametrize(
    ("kind", "source", "text"),
    [
        (TypeError, None, "a schema takes a TableSchema, a database, a resource's table, a describe_table answer, a"),
        (TypeError, [SCHEMA], "or a file's path, not a list"),
        (TypeError, TEMPLATE.client(), "not a Client"),
        (ValueError, "abc", "there is no file 'abc' that declares tables; TableSchema.of(database, name)"),
        (ValueError, EMPTY, "there is no table yet: create one first"),
        (ValueError, SEVERAL, "there are several tables, tbl, two: choose one by TableSchema.of(source, 'tbl')"),
        (
            ValueError,
            {"TableName": "tbl"},
            "answer nor a CreateTable request: it lacks one of AttributeDefinitions, Key",
        ),
        (ValueError, {**TABLE, "KeySchema": 3}, "this is neither a describe_table answer nor a CreateTable request"),
        (ValueError, {**TABLE, "KeySchema": []}, "this is neither a describe_table answer nor a CreateTable request"),
        (ValueError, {"Table": 3}, "this is neither a describe_table answer nor a CreateTable request"),
    ],
    ids=lambda each: None if isinstance(each, Database) else str(each)[:20],
)
def test_schemas(take: Callable[[Any], object], kind: type[Exception], source: Any, text: str) -> None:
    assert text in told(lambda: take(source), kind)


@pytest.mark.parametrize(
    ("kind", "call", "text"),
    [
        (ValueError, lambda: TableSchema.of(SEVERAL, "tow"), "there is no table 'tow': did you mean two?"),
        (TypeError, lambda: TableSchema.of(SEVERAL, 3), "name takes the name of a table, not 3"),
        (ValueError, lambda: SCHEMA.key_of({"pk": {"S": "a"}}), "the item lacks the key attribute sk: the key is pk"),
        (TypeError, lambda: SCHEMA.key_of("a"), "key_of takes an item in wire form, not 'a'"),
        (TypeError, lambda: Expression("a").parameters(None), "such as 'ConditionExpression', not None"),
        (TypeError, lambda: SCHEMA.create(None), "create takes a Database or a client, not None"),
        (ValueError, lambda: table_schemas("a b"), "no table can be called 'a b': a name has 3 to 255 letters"),
        (TypeError, lambda: table_schemas(3), "name takes the name of a table, not 3"),
        (TypeError, lambda: attribute_values(["S"]), "one by one, such as attribute_values('S', 'N'), not a list"),
        (ValueError, lambda: attribute_values("X"), "there is no type X; there are S, N"),
        (TypeError, lambda: attribute_values(max_leaves="3"), "max_leaves takes a whole number, not '3'"),
        (TypeError, lambda: condition_expressions(SCHEMA, "n"), "not one: give attributes=('n',)"),
        (TypeError, lambda: condition_expressions(SCHEMA, [1]), "attributes takes names, such as attributes=('pk',)"),
        (ValueError, lambda: condition_expressions(SCHEMA, []), "attributes names none: leave it out for all"),
        (ValueError, lambda: condition_expressions(SCHEMA, ("falg",)), "that items() gives: did you mean flag?"),
        (ValueError, lambda: requests("Putitem", SCHEMA), "no requests are drawn of 'Putitem': did you mean PutItem?"),
        (TypeError, lambda: requests(["PutItem"], SCHEMA), "the API name of one, such as 'PutItem', not a list"),
        (TypeError, lambda: ReferenceModel("pk", {}), "key takes several names, not one: give key=('pk',)"),
        (TypeError, lambda: ReferenceModel(["pk"], None), "as reference_model(schema) makes it, not None"),
        (ValueError, lambda: MODEL.get({"pk": {"S": "a"}}), "the item lacks the key attribute sk: the key is pk, sk"),
        (TypeError, lambda: MODEL.put({"pk": "a", "sk": 1}), "pk takes a value in wire form, such as {'S': 'a'}"),
        (TypeError, lambda: MODEL.delete("a"), "a model takes items in wire form, such as {'pk': {'S': 'a'}}, not 'a'"),
        (ValueError, lambda: MODEL.entries("byg"), "there is no index 'byg': did you mean by_g?"),
        (ValueError, lambda: MODEL.key_names("x"), "there is no index 'x': there are by_g, by_h, by_l"),
        (TypeError, lambda: MODEL.collection(None, "a"), "pk takes a value in wire form"),
    ],
)  # fmt: skip
def test_strategies_and_models(kind: type[Exception], call: Callable[[], object], text: str) -> None:
    assert text in told(call, kind)


@pytest.mark.parametrize(
    ("kind", "call", "text"),
    [
        (TypeError, lambda: recording(None), "such as the one that a client was made from, not None"),
        (TypeError, lambda: recording(TEMPLATE.client()), "recording takes a Database, such as the one that a client"),
        (ValueError, lambda: recording(REMOTE), "recording takes a database in memory or in a file"),
        (TypeError, lambda: check_linearizable(None), "a checker takes what recording(database) gives, not None"),
        (TypeError, lambda: check_serializable(History()), "what recording(database) gives, not a History"),
        (TypeError, lambda: check_linearizable([]), "what recording(database) gives, not a list"),
        (TypeError, lambda: check_linearizable(RecordedHistory(None)), "initial takes a Database, not None"),
        (TypeError, lambda: check_serializable(RecordedHistory(TEMPLATE, [3])), "(database) makes them, not 3"),
        (TypeError, lambda: check_serializable(RecordedHistory(TEMPLATE, None)), "makes them, not None"),
    ],
)  # fmt: skip
def test_histories(kind: type[Exception], call: Callable[[], object], text: str) -> None:
    assert text in told(call, kind)


@pytest.mark.parametrize(
    ("member", "value", "text"),
    [
        ("start", "0", "start takes a whole number, not '0'"),
        ("operation", None, "operation takes an API name, not None"),
        ("request", "x", "request takes a dict, not 'x'"),
        ("response", None, "response takes a dict or a DynamoError, not None"),
    ],
)
def test_calls_of_histories(member: str, value: Any, text: str) -> None:
    call = RecordedCall(**{**FAULTLESS, member: value})
    for check in (check_linearizable, check_serializable):
        assert text in told(lambda check=check: check(RecordedHistory(TEMPLATE, [call])), TypeError)  # type: ignore[misc]


def test_tables_that_were_made_while_calls_were_recorded() -> None:
    database = connect()
    with recording(database) as history:
        SCHEMA.create(database)
        database.execute("PutItem", {"TableName": "tbl", "Item": KEYS[0]})
    for check in (check_linearizable, check_serializable):
        found = told(lambda check=check: check(history), ValueError)  # type: ignore[misc]
        assert found == "the table tbl was not there yet when recording began: create it before recording() begins"


@pytest.mark.parametrize(
    ("kind", "call", "text"),
    [
        (TypeError, lambda: run_mutants(None), "run_mutants takes a test that is called with a database, not None"),
        (TypeError, lambda: run_mutants(awaited), "awaits nothing: give lambda db: asyncio.run(test(db))"),
        (TypeError, lambda: run_mutants(nothing, TEMPLATE), "not one: give its fork, such as db.fork"),
        (TypeError, lambda: run_mutants(nothing, "x"), "setup takes a function that makes a database, such as db.fork"),
        (TypeError, lambda: run_mutants(nothing, dict), "setup takes a function that makes a Database, not a dict"),
        (TypeError, lambda: run_mutants(nothing, same), "setup gives the same database again, with what"),
        (TypeError, lambda: run_mutants(nothing, only="ends_paging"), "not one: give only=('ends_paging',)"),
        (ValueError, lambda: run_mutants(nothing, only=["end_paging"]), "'end_paging': did you mean ends_paging?"),
        (ValueError, lambda: run_mutants(nothing, only=[]), "only names no mutant: leave it out for all"),
        (TypeError, lambda: mutants("ends_paging"), "not one: give only=('ends_paging',)"),
        (TypeError, lambda: mutants([3]), "only takes names, such as only=('drops_condition',), not 3"),
    ],
)  # fmt: skip
def test_mutants(kind: type[Exception], call: Callable[[], object], text: str) -> None:
    assert text in told(call, kind)


@pytest.mark.parametrize(
    ("kind", "arguments", "options", "text"),
    [
        (TypeError, (TEMPLATE.client(),), {}, "source takes a Database, or the path of a file, not a Client"),
        (ValueError, (REMOTE,), {}, "source takes a database in memory or in a file"),
        (ValueError, (TEMPLATE, "storm"), {}, "did you mean stormy?"),
        (
            TypeError,
            (TEMPLATE, None),
            {},
            "profile takes one of calm, typical, stormy, adversary, or a Profile, not No",
        ),
        (TypeError, (TEMPLATE,), {"seed": 1}, "faults are drawn here, so that seed has no place"),
        (TypeError, (TEMPLATE,), {"without": "throttled"}, "give without=('throttled',)"),
        (TypeError, (TEMPLATE,), {"colour": "red"}, "simulate() knows no colour"),
        (ValueError, (TEMPLATE,), {"keep_calls": 0}, "keep_calls must be at least 1"),
        (TypeError, (TEMPLATE,), {"clock": 3}, "clock takes a clock, such as ManualClock(), not 3"),
    ],
)
def test_simulated(kind: type[Exception], arguments: Any, options: dict[str, Any], text: str) -> None:
    assert text in told(lambda: simulated(*arguments, **options), kind)


def test_a_machine_without_tables_is_an_error() -> None:
    class Empty(DynamoDBStateMachine):
        @rule()
        def look(self) -> None:
            pass

    with pytest.raises(ValueError, match="Empty has no tables: set its attribute tables, or create them in populate"):
        run_state_machine_as_test(Empty, settings=settings(minimal, max_examples=5))


def test_a_machine_knows_the_tables_that_populate_makes(tmp_path: Path) -> None:
    known = []

    class Populated(DynamoDBStateMachine):
        profile = None

        def populate(self, database: Database) -> None:
            SCHEMA.create(database)

        @rule()
        def look(self) -> None:
            known.append(sorted(self.model))
            self.model["tbl"].put(KEYS[0])
            self.client.put_item(TableName="tbl", Item=KEYS[0])
            assert self.items("tbl") == self.model["tbl"].entries(None)

    run_state_machine_as_test(Populated, settings=settings(minimal, max_examples=5))
    assert known and all(names == ["tbl"] for names in known)
    assert minidynamo.simulate(TEMPLATE).client().list_tables()["TableNames"] == ["tbl"]
