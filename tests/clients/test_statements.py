"""A program that speaks PartiQL through boto3: client and resource, in process and over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.clients.conftest import Reach
from tests.clients.test_boto3 import create_movies, put_films

SELECT = 'SELECT title, info.rating FROM "Movies" WHERE "year" = ? AND begins_with(title, ?) ORDER BY title DESC'


def all_pages(client: Any, **request: Any) -> list[Any]:
    """As programs page through statements, for which boto3 has no paginator."""
    found: list[Any] = []
    while True:
        page = client.execute_statement(**request)
        found += page["Items"]
        if "NextToken" not in page:
            return found
        request["NextToken"] = page["NextToken"]


def test_movies(reach: Reach) -> None:
    """Values are Python's with the resource's client, and attribute values with the other."""
    dynamodb = boto3.resource("dynamodb", endpoint_url=reach.endpoint)
    client = boto3.client("dynamodb", endpoint_url=reach.endpoint)
    put_films(create_movies(dynamodb), 130)

    python = dynamodb.meta.client
    found = python.execute_statement(Statement=SELECT, Parameters=[1995, "Film 1"])["Items"]
    assert (found[0]["title"], found[0]["rating"]) == ("Film 125", Decimal("12.5"))
    assert len(all_pages(client, Statement="SELECT * FROM Movies WHERE director = 'ann'", Limit=50)) == 65
    assert len(all_pages(client, Statement="SELECT * FROM Movies.by_director WHERE director = 'bob'", Limit=7)) == 65

    python.execute_statement(
        Statement="INSERT INTO Movies VALUE {'year': ?, 'title': ?, 'poster': ?, 'cast': ?}",
        Parameters=[2001, "New", b"\x00\xff", {"ann", "bob"}],
    )
    changed = client.execute_statement(
        Statement='UPDATE Movies SET "cast" = set_add("cast", <<\'eve\'>>) REMOVE poster '
        "WHERE \"year\" = 2001 AND title = 'New' RETURNING ALL NEW *"
    )["Items"]
    assert changed == [{"year": {"N": "2001"}, "title": {"S": "New"}, "cast": {"SS": ["ann", "bob", "eve"]}}]

    with pytest.raises(client.exceptions.DuplicateItemException, match="Duplicate primary key exists in table"):
        client.execute_statement(Statement="INSERT INTO Movies VALUE {'year': 2001, 'title': 'New'}")
    with pytest.raises(ClientError, match=r"Unexpected path component at 1:8:5"):
        client.execute_statement(Statement="SELECT COUNT(*) FROM Movies")


def test_several_at_once(reach: Reach) -> None:
    client = boto3.client("dynamodb", endpoint_url=reach.endpoint)
    create_movies(boto3.resource("dynamodb", endpoint_url=reach.endpoint))
    inserted = [
        {"Statement": f"INSERT INTO Movies VALUE {{'year': 2000, 'title': '{each}', 'n': 1}}"} for each in "abc"
    ]
    assert client.execute_transaction(TransactStatements=inserted)["Responses"] == []
    entries = client.batch_execute_statement(Statements=inserted[:1])["Responses"]
    assert [(entry["TableName"], entry["Error"]["Code"]) for entry in entries] == [("Movies", "DuplicateItem")]
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.execute_transaction(
            TransactStatements=[
                {"Statement": "DELETE FROM Movies WHERE \"year\" = 2000 AND title = 'a'"},
                {
                    "Statement": "UPDATE Movies SET n = 2 WHERE \"year\" = 2000 AND title = 'b' AND n > ?",
                    "Parameters": [{"N": "5"}],
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                },
            ]
        )
    none, failed = caught.value.response["CancellationReasons"]
    assert none == {"Code": "None"}
    assert (failed["Code"], failed["Item"]["n"]) == ("ConditionalCheckFailed", {"N": "1"})
    reads = [{"Statement": f"SELECT n FROM Movies WHERE \"year\" = 2000 AND title = '{each}'"} for each in "az"]
    assert client.execute_transaction(TransactStatements=reads)["Responses"] == [{"Item": {"n": {"N": "1"}}}, {}]
