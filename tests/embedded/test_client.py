"""The embedded client: boto3's methods, answers, errors, paginators and waiters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, ParamValidationError, WaiterError

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.embedded import client_errors
from minidynamo.embedded.client import Client, StreamsClient
from minidynamo.errors import ConditionalCheckFailed, InternalServerError, TransactionCanceled
from minidynamo.formats.short_tables import create_table_request
from minidynamo.operations import OPERATIONS
from minidynamo.requests.operations import API, STREAM, snake_case


@pytest.fixture
def client(database: Database) -> Client:
    client = database.client()
    client.create_table(**create_table_request("tbl", {"key": ["pk S", "sk N"]}))
    for number in range(10):
        client.put_item(TableName="tbl", Item={"pk": {"S": "a"}, "sk": {"N": str(number)}})
    return client


QUERY: Any = {
    "TableName": "tbl",
    "KeyConditionExpression": "pk = :p",
    "ExpressionAttributeValues": {":p": {"S": "a"}},
}


def test_methods_have_boto3s_names() -> None:
    """Every operation is a method under the name that botocore gives it."""
    import botocore

    for operation in OPERATIONS:
        assert snake_case(operation) == botocore.xform_name(operation)
        face = StreamsClient if API[operation].subject == STREAM else Client
        assert callable(getattr(face, snake_case(operation)))


def test_answers_carry_metadata(client: Client) -> None:
    """RequestId, status, headers and retries, and a new id each time."""
    first = client.get_item(TableName="tbl", Key={"pk": {"S": "z"}, "sk": {"N": "1"}})["ResponseMetadata"]
    second = client.list_tables()["ResponseMetadata"]
    assert first["HTTPStatusCode"] == 200
    assert first["RetryAttempts"] == 0
    assert len(first["RequestId"]) == 52
    assert first["RequestId"] != second["RequestId"]


def test_timestamps_are_datetimes(client: Client) -> None:
    """As boto3 gives them."""
    created = client.describe_table(TableName="tbl")["Table"]["CreationDateTime"]
    assert isinstance(created, datetime)
    assert created.tzinfo is not None


def test_errors_are_botocores(client: Client) -> None:
    """Modelled classes, reached through client.exceptions, are ClientErrors with response and operation name."""
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.get_item(TableName="nope", Key={"pk": {"S": "a"}})
    error = caught.value
    assert isinstance(error, ClientError)
    assert isinstance(error, client.exceptions.ClientError)
    assert error.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "Requested resource not found",
    }
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error.operation_name == "GetItem"
    assert str(error) == (
        "An error occurred (ResourceNotFoundException) when calling the GetItem operation: Requested resource not found"
    )


def test_an_error_is_caught_across_clients(database: Database, client: Client) -> None:
    """The classes are the same for every client."""
    with pytest.raises(database.client().exceptions.ResourceInUseException):
        client.create_table(**create_table_request("tbl", {"key": ["pk S"]}))


def test_an_unknown_exception_name_is_an_attribute_error(client: Client) -> None:
    """With the names that exist."""
    with pytest.raises(AttributeError, match="ConditionalCheckFailedException"):
        client.exceptions.NoSuchException


def test_a_misspelt_parameter_is_refused_with_a_suggestion(client: Client) -> None:
    """The service would ignore it; a program would not notice."""
    with pytest.raises(ParamValidationError, match=r'"TabelName".*did you mean TableName\?'):
        client.get_item(TabelName="tbl", Key={})


def test_pages_of_a_query(client: Client) -> None:
    """PageSize is the Limit of each call; all pages together are the whole."""
    pages = list(client.get_paginator("query").paginate(**QUERY, PaginationConfig={"PageSize": 4}))
    assert [page["Count"] for page in pages] == [4, 4, 2]
    result = client.get_paginator("query").paginate(**QUERY, PaginationConfig={"PageSize": 4}).build_full_result()
    assert (result["Count"], result["ScannedCount"], len(result["Items"])) == (10, 10, 10)


@pytest.mark.parametrize("page_size", [1, 3, 4, 100])
@pytest.mark.parametrize("max_items", [1, 3, 4, 7, 10, 11])
def test_max_items_and_resuming(client: Client, page_size: int, max_items: int) -> None:
    """Whatever the sizes, walking by tokens gives each item once."""
    seen: list[str] = []
    token = None
    for _ in range(20):
        config = {"PageSize": page_size, "MaxItems": max_items, "StartingToken": token}
        result = client.get_paginator("query").paginate(**QUERY, PaginationConfig=config).build_full_result()
        assert len(result["Items"]) <= max_items
        seen += [item["sk"]["N"] for item in result["Items"]]
        token = result.get("NextToken")
        if token is None:
            break
    assert seen == [str(number) for number in range(10)]


def test_only_paged_operations_have_paginators(client: Client) -> None:
    """can_paginate tells which; the names are boto3's."""
    pages = botocore.session.get_session().get_component("data_loader").load_service_model("dynamodb", "paginators-1")
    for operation in OPERATIONS:
        assert client.can_paginate(snake_case(operation)) == (operation in pages["pagination"])
    with pytest.raises(ValueError, match="has no pages"):
        client.get_paginator("get_item")
    with pytest.raises(ValueError, match="StartingToken"):
        list(client.get_paginator("query").paginate(**QUERY, PaginationConfig={"StartingToken": "x"}))


def test_waiters_move_a_manual_clock(open_database: Callable[..., Database], clock: ManualClock) -> None:
    """They never sleep on one, return at once where the state is reached, and give up after their attempts."""
    client = open_database(clock=clock, table_delays=30).client()
    client.create_table(**create_table_request("tbl", {"key": ["pk S"]}))
    start = clock.now()
    client.get_waiter("table_exists").wait(TableName="tbl")
    assert clock.now() - start == 40
    client.get_waiter("table_exists").wait(TableName="tbl")
    assert clock.now() - start == 40
    client.delete_table(TableName="tbl")
    client.get_waiter("table_not_exists").wait(TableName="tbl", WaiterConfig={"Delay": 5})
    assert clock.now() - start == 70
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        client.get_waiter("table_exists").wait(TableName="tbl", WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    with pytest.raises(ValueError, match="table_exists"):
        client.get_waiter("table_lives")


def test_waiters_sleep_no_longer_than_needed(open_database: Callable[..., Database]) -> None:
    """On the machine's clock they wake when the status passes."""
    client = open_database(table_delays=0.05).client()
    client.create_table(**create_table_request("tbl", {"key": ["pk S"]}))
    client.get_waiter("table_exists").wait(TableName="tbl")
    assert client.describe_table(TableName="tbl")["Table"]["TableStatus"] == "ACTIVE"


def minidynamo_error(name: str) -> Any:
    """A public class of errors as it would be imported now."""
    return getattr(client_errors, name)


def test_one_name_catches_what_clients_and_databases_raise(database: Database) -> None:
    """With the code, the text and the members of the error, whoever raised it."""
    database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S"]}))
    item = {"pk": {"S": "a"}}
    request = {"TableName": "tbl", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    database.execute("PutItem", request)
    request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    for put in (partial(database.execute, "PutItem", request), partial(database.client().put_item, **request)):
        with pytest.raises(minidynamo.DynamoError) as caught:
            put()
        error = caught.value
        assert (error.code, error.message) == ("ConditionalCheckFailedException", "The conditional request failed")
        assert isinstance(error, ConditionalCheckFailed) and error.members == {"Item": item}
    assert isinstance(error, minidynamo.ClientError) and minidynamo.ClientError is ClientError
    with pytest.raises(minidynamo.ParamValidationError):
        database.client().put_item(Nothing=1)


def test_errors_that_have_more_than_a_text_have_it_all(database: Database) -> None:
    database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S"]}))
    check = {"TableName": "tbl", "Key": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_exists(pk)"}
    with pytest.raises(
        TransactionCanceled, match=r"TransactWriteItems operation.*\[ConditionalCheckFailed\]"
    ) as caught:
        database.client().transact_write_items(TransactItems=[{"ConditionCheck": check}])
    assert [each["Code"] for each in caught.value.members["CancellationReasons"]] == ["ConditionalCheckFailed"]


def test_every_error_of_the_service_has_its_class(database: Database) -> None:
    for code in dir(database.client().exceptions):
        kind = getattr(database.client().exceptions, code)
        assert issubclass(kind, ClientError)
        error = kind({"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": {}}, "GetItem")
        assert str(error) == f"An error occurred ({code}) when calling the GetItem operation: why"


def test_a_general_failure_has_its_own_class(database: Database) -> None:
    client = database.client()
    database.close()
    with pytest.raises(InternalServerError) as caught:
        client.list_tables()
    assert isinstance(caught.value, ClientError) and caught.value.status == 500


def test_without_botocore_errors_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same names, attributes and texts."""
    cached = (
        client_errors.client_error_class,
        client_errors.parameter_error_class,
        client_errors.waiter_error_class,
        client_errors.modelled_class,
    )
    for each in cached:
        each.cache_clear()
    try:
        with monkeypatch.context() as context:
            context.setitem(__import__("sys").modules, "botocore.exceptions", None)
            client = minidynamo.connect().client()
            with pytest.raises(client.exceptions.ResourceNotFoundException, match="when calling the GetItem") as caught:
                client.get_item(TableName="nope", Key={"pk": {"S": "a"}})
            assert not isinstance(caught.value, ClientError)
            response: Any = caught.value.response  # type: ignore[attr-defined]
            assert response["Error"]["Code"] == "ResourceNotFoundException"
            assert isinstance(caught.value, minidynamo.DynamoError) and isinstance(
                caught.value, minidynamo_error("ClientError")
            )
            with pytest.raises(minidynamo_error("ParamValidationError"), match="Parameter validation failed"):
                client.get_item(X=1)
            with pytest.raises(minidynamo_error("WaiterError"), match="Waiter table_exists failed"):
                client.get_waiter("table_exists").wait(TableName="nope", WaiterConfig={"MaxAttempts": 1})
    finally:
        for each in cached:
            each.cache_clear()
