"""Every simulated history is explained by the rules of consistency, whatever the seed and the profile.

A random program runs on a simulated database. After every call the truth is looked up, with faults paused, and kept
with the time at which it ended. Whatever the program was answered must then be explained:

- a consistent read gives the truth;
- an eventually consistent one gives what each item once was, within the bound of the lag; a query gives one state of
  its partition; with `reads_go_back` off, no item is older than it has been shown before;
- a global index shows no entry that never was, and every entry that was there all the time;
- a refused write changed nothing, an acknowledged one took effect, once;
- pages end, and together they are the whole.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minidynamo import DynamoError, FaultSchedule, simulate
from minidynamo.errors import InternalServerError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.simulation import KINDS, PROFILES, Fault, Profile, SimulatedDatabase

TABLE = create_table_request("tbl", {"key": ["pk S", "sk S"], "gsi": {"by_g": {"key": ["g S"]}}})
Item = dict[str, Any]
Place = tuple[str, str]
WRITES = ("put", "put", "delete", "count", "batch", "transact")
ACTIONS = (
    *WRITES,
    *("get", "get consistently", "query", "query", "query consistently", "query index", "scan", "batch get", "wait"),
)


class Witness:
    """Runs actions on a simulated database, and explains what it answers."""

    def __init__(self, database: SimulatedDatabase) -> None:
        self.database = database
        with database.faults.paused():
            database.execute("CreateTable", TABLE)
        # All states of the table with the time at which each ended; the last one holds still.
        self.states: list[tuple[dict[Place, Item], float]] = [({}, float("inf"))]
        self.shown: dict[tuple[bool, Place], int] = {}

    @property
    def truth(self) -> dict[Place, Item]:
        return self.states[-1][0]

    def call(self, operation: str, **request: Any) -> dict[str, Any] | DynamoError:
        try:
            response: dict[str, Any] | DynamoError = self.database.execute(operation, request)
        except DynamoError as error:
            response = error
        return response

    def write(self, operation: str, expected: dict[Place, Item | None], **request: Any) -> Any:
        """A write that leaves what is expected, or leaves all as it is, or (a batch) some of it."""
        response = self.call(operation, **request)
        before, after = self.truth, self.look()
        wanted = {key: item for key, item in {**before, **expected}.items() if item is not None}
        if operation == "BatchWriteItem" and not (isinstance(response, DynamoError) and response.status == 400):
            assert after.keys() - before.keys() <= expected.keys() and before.keys() <= after.keys()
            assert all(item in (before.get(place), wanted[place]) for place, item in after.items())
        elif isinstance(response, InternalServerError):
            assert after in (before, wanted), "a write took half effect"
        elif isinstance(response, DynamoError):
            assert after == before, f"{response.code} changed something"
        else:
            assert after == wanted, "an acknowledged write is missing"
        for place in expected:  # The items of a batch are written one by one, in some order: here, in theirs.
            rest = {key: item for key, item in self.truth.items() if key != place}
            self.note({**rest, place: after[place]} if place in after else rest)
        assert self.truth == after
        return response

    def look(self) -> dict[Place, Item]:
        with self.database.faults.paused():
            response = self.database.execute("Scan", {"TableName": "tbl", "ConsistentRead": True})
        assert "LastEvaluatedKey" not in response
        return {place_of(item): item for item in response["Items"]}

    def note(self, state: dict[Place, Item]) -> None:
        if state != self.truth:
            self.states[-1] = (self.truth, self.database.clock.now())
            self.states.append((state, float("inf")))

    def legal_states(self, began: float, lag_seconds: float) -> range:
        """The numbers of the states that a read may show that began at a time."""
        first = next(number for number, (_, end) in enumerate(self.states) if end > began - lag_seconds)
        return range(first, len(self.states))

    def show(self, is_index: bool, place: Place, number: int) -> None:
        """An item was shown as in a state: nothing newer may have been shown before, unless reads may go back."""
        if not self.database.profile.reads_go_back:
            held = [each for each in range(number, len(self.states)) if self.same(place, number, each)]
            assert max(held) >= self.shown.get((is_index, place), 0), "a read went back"
            self.shown[is_index, place] = max(self.shown.get((is_index, place), 0), number)

    def same(self, place: Place, one: int, two: int) -> bool:
        return self.states[one][0].get(place) == self.states[two][0].get(place)

    # Actions.

    def act(self, action: str, pk: str, sk: str, number: int) -> None:
        if action == "wait":
            self.database.clock.advance(number % 3)
        elif action in WRITES:
            self.act_by_writing(action, pk, sk, number)
        else:
            self.act_by_reading(action, pk, sk, number)

    def act_by_writing(self, action: str, pk: str, sk: str, number: int) -> None:
        place, key = (pk, sk), {"pk": {"S": pk}, "sk": {"S": sk}}
        item = {**key, "g": {"S": "xy"[number % 2]}, "n": {"N": str(number)}}
        if action == "put":
            self.write("PutItem", {place: item}, TableName="tbl", Item=item)
        elif action == "delete":
            self.write("DeleteItem", {place: None}, TableName="tbl", Key=key)
        elif action == "count":
            old = self.truth.get(place, key)
            counted = {**old, "n": {"N": str(int(old.get("n", {"N": "0"})["N"]) + 1)}}
            update = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
            self.write("UpdateItem", {place: counted}, TableName="tbl", Key=key, **update)
        elif action == "batch":
            items = [{**item, "sk": {"S": each}} for each in "12"]
            before = self.truth
            response = self.write("BatchWriteItem", {place_of(each): each for each in items},
                                RequestItems={"tbl": [{"PutRequest": {"Item": each}} for each in items]})  # fmt: skip
            if isinstance(response, dict):
                left = [entry["PutRequest"]["Item"] for entry in response["UnprocessedItems"].get("tbl", [])]
                done = {place_of(each): each for each in items if each not in left}
                assert self.truth == {**before, **done}
        else:
            items = [{**item, "pk": {"S": each}} for each in "ab"]
            self.write("TransactWriteItems", {place_of(each): each for each in items},
                       TransactItems=[{"Put": {"TableName": "tbl", "Item": each}} for each in items],
                       ClientRequestToken=f"token {number}/{len(self.states)}")  # fmt: skip

    def act_by_reading(self, action: str, pk: str, sk: str, number: int) -> None:
        began = self.database.clock.now()
        place, key = (pk, sk), {"pk": {"S": pk}, "sk": {"S": sk}}
        profile = self.database.profile
        if action.startswith("get"):
            is_consistent = action.endswith("consistently")
            response = self.call("GetItem", TableName="tbl", Key=key, ConsistentRead=is_consistent)
            if isinstance(response, dict):
                self.explain_items(began, {place: response.get("Item")}, 0 if is_consistent else profile.lag_seconds)
        elif action == "batch get":
            places = [(each, sk) for each in "ab"]
            keys = [{"pk": {"S": each}, "sk": {"S": sk}} for each in "ab"]
            response = self.call("BatchGetItem", RequestItems={"tbl": {"Keys": keys}})
            if isinstance(response, dict):
                left = {place_of(each) for each in response["UnprocessedKeys"].get("tbl", {"Keys": []})["Keys"]}
                found = {place_of(each): each for each in response["Responses"]["tbl"]}
                shown = {each: found.get(each) for each in places if each not in left}
                self.explain_items(began, shown, profile.lag_seconds)
        elif action.startswith("query index"):
            self.explain_index(began, "xy"[number % 2], profile.index_lag_seconds, number % 4 or None)
        elif action.startswith("query"):
            lag = 0 if action.endswith("consistently") else profile.lag_seconds
            self.explain_query(began, pk, lag, number % 3 + 1)
        else:
            self.explain_scan(began, profile.lag_seconds)

    # Explanations.

    def explain_items(self, began: float, found: dict[Place, Item | None], lag: float) -> None:
        legal = self.legal_states(began, lag) if lag else range(len(self.states) - 1, len(self.states))
        for place, item in found.items():
            numbers = [number for number in legal if self.states[number][0].get(place) == item]
            assert numbers, f"{place} was shown as it never was: {item}"
            self.show(False, place, numbers[-1])

    def pages(self, **request: Any) -> list[list[Item]] | None:
        """All pages of a query; None where one is refused for good."""
        found: list[list[Item]] = []
        for _ in range(60):
            response = self.call("Query", TableName="tbl", **request)
            if isinstance(response, DynamoError):
                continue
            found.append(response["Items"])
            if "LastEvaluatedKey" not in response:
                return found
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
        raise AssertionError("paging never ends")

    def explain_query(self, began: float, pk: str, lag: float, limit: int) -> None:
        condition = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": pk}}}
        response = self.call("Query", TableName="tbl", ConsistentRead=not lag, **condition)
        if isinstance(response, dict) and "LastEvaluatedKey" not in response:
            legal = self.legal_states(began, lag) if lag else range(len(self.states) - 1, len(self.states))
            states = [sorted_items(self.states[number][0], pk) for number in legal]
            assert response["Items"] in states, "a query showed what never was one state of its partition"
            number = legal[len(states) - 1 - states[::-1].index(response["Items"])]
            for sk in "123":
                self.show(False, (pk, sk), number)
        found = self.pages(ConsistentRead=True, Limit=limit, **condition)
        assert found is not None and list(chain(*found)) == sorted_items(self.truth, pk)

    def explain_scan(self, began: float, lag: float) -> None:
        response = self.call("Scan", TableName="tbl")
        if isinstance(response, dict) and "LastEvaluatedKey" not in response:
            found = {place_of(item): item for item in response["Items"]}
            assert len(found) == len(response["Items"])
            self.explain_items(began, {(pk, sk): found.get((pk, sk)) for pk in "ab" for sk in "123"}, lag)

    def explain_index(self, began: float, g: str, lag: float, limit: int | None) -> None:
        condition = {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": g}}}
        options: dict[str, Any] = {} if limit is None else {"Limit": limit}
        response = self.call("Query", TableName="tbl", IndexName="by_g", **condition, **options)
        if isinstance(response, DynamoError):
            return
        legal = self.legal_states(began, lag)
        found = {place_of(item): item for item in response["Items"]}
        assert len(found) == len(response["Items"]), "an item was shown twice"
        for place, item in found.items():
            numbers = [number for number in legal if self.states[number][0].get(place) == item]
            assert numbers, f"the index showed {place} as it never was: {item}"
            self.show(True, place, numbers[-1])
        if "LastEvaluatedKey" not in response:
            for place in {place for number in legal for place in self.states[number][0]} - found.keys():
                was = [self.states[number][0].get(place, {}).get("g") != {"S": g} for number in legal]
                assert any(was), f"the index lacks {place}, which was there all the time"


def place_of(item: Item) -> Place:
    return item["pk"]["S"], item["sk"]["S"]


def sorted_items(state: dict[Place, Item], pk: str) -> list[Item]:
    return [state[place] for place in sorted(state) if place[0] == pk]


steps = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.sampled_from("ab"), st.sampled_from("12"), st.integers(0, 9)),
    min_size=12,
    max_size=30,
)
faults = st.builds(Fault, st.sampled_from(sorted(KINDS.keys() - {"capacity"})), st.integers(0, 6), st.integers(0, 20))


@st.composite
def databases(draw: Any) -> SimulatedDatabase:
    profile: Profile = PROFILES[draw(st.sampled_from(sorted(PROFILES)))]
    profile = replace(profile, reads_go_back=draw(st.booleans()))
    schedule = FaultSchedule(draw(st.lists(faults, max_size=8))) if draw(st.integers(0, 3)) == 3 else None
    size = draw(st.sampled_from([120, 10**10]))
    return simulate(seed=draw(st.integers(0, 1000)), profile=profile, schedule=schedule, partition_size=size)


def explain(database: SimulatedDatabase, program: list[tuple[str, str, str, int]]) -> None:
    witness = Witness(database)
    for step in program:
        witness.act(*step)
    database.check()


@given(databases(), steps)
@settings(max_examples=150)
def test_every_history_is_explained(database: SimulatedDatabase, program: list[Any]) -> None:
    explain(database, program)


@pytest.mark.long
@given(databases(), steps)
@settings(max_examples=1_000)
def test_every_history_is_explained_for_longer(database: SimulatedDatabase, program: list[Any]) -> None:
    explain(database, program)
