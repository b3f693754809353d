"""boto3's client of Lambda drives functions and mappings of a database: through the double, and over HTTP."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

import minidynamo
from minidynamo import Database, ManualClock
from minidynamo.http.server.server import Server, ServerOptions
from tests.lambda_api.conftest import REGION, TABLE, refusal

FILTER = {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]}


def stream_arn(database: Database) -> str:
    return str(database.execute("DescribeTable", {"TableName": "orders"})["Table"]["LatestStreamArn"])


def put(database: Database, key: str) -> None:
    database.execute("PutItem", {"TableName": "orders", "Item": {"pk": {"S": key}}})


def records_of(database: Database, name: str = "note") -> list[str]:
    """Registers a function that remembers the keys it is told of."""
    seen: list[str] = []

    def note(event: Any, context: object) -> None:
        seen.extend(each["dynamodb"]["Keys"]["pk"]["S"] for each in event["Records"])

    database.functions.register(name, note)
    return seen


def test_a_function_is_invoked(client: Any) -> None:
    reply = client.invoke(FunctionName="greet", Payload=json.dumps({"name": "Ann"}))
    assert (reply["StatusCode"], reply["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(reply["Payload"].read()) == {"hello": "Ann"}
    assert json.loads(client.invoke(FunctionName="echo")["Payload"].read()) == {}
    assert json.loads(client.invoke(FunctionName=f"arn:aws:lambda:{REGION}:123456789012:function:echo:$LATEST",
                                    Payload=b'["a"]')["Payload"].read()) == ["a"]  # fmt: skip
    assert client.invoke(FunctionName="greet", InvocationType="DryRun")["StatusCode"] == 204


def test_a_queued_invocation_waits_for_drain(client: Any, database: Database) -> None:
    called: list[object] = []
    database.functions.register("later", lambda event, context: called.append(event))
    reply = client.invoke(FunctionName="later", InvocationType="Event", Payload=b'{"a": 1}')
    assert (reply["StatusCode"], reply["Payload"].read(), called) == (202, b"", [])
    database.drain()
    assert called == [{"a": 1}]


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3)])
def test_a_handler_that_fails_is_told_of(client: Any, database: Database, error: BaseException) -> None:
    def fail(event: object, context: object) -> None:
        raise error

    database.functions.register("fail", fail)
    reply = client.invoke(FunctionName="fail")
    assert (reply["StatusCode"], reply["FunctionError"]) == (200, "Unhandled")
    assert "errorMessage" in json.loads(reply["Payload"].read())


PREFIX = f"arn:aws:lambda:{REGION}:123456789012:function"
CANNOT_PARSE = "Could not parse request body into json: Could not parse payload into json: "


@pytest.mark.parametrize(
    ("parameters", "code", "message", "status"),
    [
        ({"FunctionName": "none"}, "ResourceNotFoundException", f"Function not found: {PREFIX}:none:$LATEST", 404),
        ({"FunctionName": "greet:7"}, "ResourceNotFoundException", f"Function not found: {PREFIX}:greet:7", 404),
        (
            {"FunctionName": "greet:a", "Qualifier": "b"},
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
            400,
        ),
        (
            {"FunctionName": "arn:aws:lambda:us-west-2:123456789012:function:greet"},
            "ResourceNotFoundException",
            f"Functions from 'us-west-2' are not reachable in this region ('{REGION}')",
            404,
        ),
        ({"FunctionName": "greet", "Payload": b"{x"}, "InvalidRequestContentException", CANNOT_PARSE, 400),
        (
            {"FunctionName": "greet", "Payload": b"1" * 6_291_457},
            "RequestTooLargeException",
            "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
            413,
        ),
    ],
)
def test_what_invoke_refuses(client: Any, parameters: dict[str, Any], code: str, message: str, status: int) -> None:
    found = refusal(client.invoke, **parameters)
    assert (found[0], found[2]) == (code, status)
    assert found[1].startswith(message)


def test_a_name_that_is_none(client: Any) -> None:
    code, message, status = refusal(client.invoke, FunctionName="a:b:c:d")
    assert (code, status) == ("ValidationException", 400)
    at = "Value 'a:b:c:d' at 'functionName' failed to satisfy constraint: "
    assert message.startswith(f"1 validation error detected: {at}Member must satisfy regular expression pattern: (arn:")


def test_as_many_as_may_run(client: Any, database: Database) -> None:
    database.functions.register("one", lambda event, context: None, ReservedConcurrency=0)
    client.meta.events.unregister("needs-retry.lambda", unique_id="retry-config-lambda")
    code, message, status = refusal(client.invoke, FunctionName="one")
    assert (code, message, status) == ("TooManyRequestsException", "Rate Exceeded.", 429)


def test_a_mapping_lives(client: Any, database: Database) -> None:
    """Made, shown, changed, paused, ended; what it hands over is what it should."""
    seen, arn = records_of(database), stream_arn(database)
    put(database, "a")
    made = client.create_event_source_mapping(
        FunctionName="note", EventSourceArn=arn, StartingPosition="TRIM_HORIZON", FilterCriteria=FILTER
    )
    uuid = made["UUID"]
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    own = {name: made[name] for name in ("State", "BatchSize", "MaximumRetryAttempts", "LastProcessingResult")}
    assert own == {
        "State": "Creating",
        "BatchSize": 100,
        "MaximumRetryAttempts": -1,
        "LastProcessingResult": "No records processed",
    }
    assert made["FunctionArn"] == f"{PREFIX}:note" and made["FilterCriteria"] == FILTER
    assert made["EventSourceMappingArn"] == f"arn:aws:lambda:{REGION}:123456789012:event-source-mapping:{uuid}"
    database.drain()
    shown = client.get_event_source_mapping(UUID=uuid)
    assert (shown["State"], shown["LastProcessingResult"], seen) == ("Enabled", "OK", ["a"])
    assert client.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    put(database, "b")
    database.drain()
    assert (client.get_event_source_mapping(UUID=uuid)["State"], seen) == ("Disabled", ["a"])
    changed = client.update_event_source_mapping(UUID=uuid, Enabled=True, BatchSize=1, ParallelizationFactor=4)
    assert (changed["State"], changed["BatchSize"], changed["FilterCriteria"]) == ("Enabling", 1, FILTER)
    database.drain()
    assert seen == ["a", "b"]
    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert refusal(client.get_event_source_mapping, UUID=uuid)[:2] == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )


def test_a_mapping_gets_another_function(client: Any, database: Database) -> None:
    """It goes on where it was, for the other function; two mappings of one stream never have the same one."""
    seen, others, arn = records_of(database), records_of(database, "other"), stream_arn(database)
    parameters = {"EventSourceArn": arn, "StartingPosition": "TRIM_HORIZON"}
    uuid = client.create_event_source_mapping(FunctionName="note", **parameters)["UUID"]
    put(database, "a")
    database.drain()
    changed = client.update_event_source_mapping(UUID=uuid, FunctionName="other")
    assert (changed["State"], changed["FunctionArn"]) == ("Updating", f"{PREFIX}:other")
    put(database, "b")
    database.drain()
    assert (seen, others) == (["a"], ["b"])
    (listed,) = client.list_event_source_mappings(FunctionName="other")["EventSourceMappings"]
    assert listed["UUID"] == uuid
    twin = client.create_event_source_mapping(FunctionName="note", **parameters)["UUID"]
    database.drain()
    assert seen == ["a", "a", "b"]  # A new one begins at the start: nothing is left of the first.
    code, message, _ = refusal(client.update_event_source_mapping, UUID=uuid, FunctionName="note")
    assert (code, message.endswith(f"mapping with UUID {twin}")) == ("ResourceConflictException", True)
    invalid = "InvalidParameterValueException", "Function does not exist", 400
    assert refusal(client.update_event_source_mapping, UUID=uuid, FunctionName="none") == invalid
    assert client.update_event_source_mapping(UUID=uuid, FunctionName="other")["FunctionArn"] == f"{PREFIX}:other"


def test_states_pass_by_the_clock() -> None:
    clock = ManualClock()
    with minidynamo.mock(clock=clock, region=REGION, table_delays=5) as database:
        database.execute("CreateTable", TABLE)
        clock.advance(5)
        records_of(database)
        client = boto3.client("lambda")
        parameters = {"FunctionName": "note", "EventSourceArn": stream_arn(database), "StartingPosition": "LATEST"}
        uuid = client.create_event_source_mapping(**parameters)["UUID"]
        assert client.get_event_source_mapping(UUID=uuid)["State"] == "Creating"
        text = "Cannot delete the event source mapping because it is in use."
        assert refusal(client.delete_event_source_mapping, UUID=uuid)[:2] == ("ResourceInUseException", text)
        clock.advance(5)
        assert client.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
        client.delete_event_source_mapping(UUID=uuid)


def test_what_a_mapping_is_refused_for(client: Any, database: Database) -> None:
    records_of(database)
    arn = stream_arn(database)
    base = {"FunctionName": "note", "EventSourceArn": arn, "StartingPosition": "LATEST"}
    twin = client.create_event_source_mapping(**base)["UUID"]
    null = "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
    invalid = "InvalidParameterValueException"
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"EventSourceArn": None}, invalid, "Unrecognized event source."),
        ({"StartingPosition": None}, invalid, f"{null}Member must not be null."),
        ({"StartingPosition": "AT_TIMESTAMP"}, invalid, f"Unsupported starting position for arn type: {arn}"),
        ({"FunctionName": "none"}, invalid, "Function does not exist"),
        ({"EventSourceArn": f"{arn}1"}, invalid, f"Stream not found: {arn}1"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "x"}]}}, invalid, "Invalid filter pattern definition."),
        (
            {"DestinationConfig": {"OnSuccess": {"Destination": PREFIX + ":note"}}},
            invalid,
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        (
            {},
            "ResourceConflictException",
            f'The event source arn (" {arn} ") and function (" note ") provided mapping already exists. '
            f"Please update or delete the existing mapping with UUID {twin}",
        ),
    ]
    for change, code, message in cases:
        parameters = {name: value for name, value in {**base, **change}.items() if value is not None}
        assert refusal(client.create_event_source_mapping, **parameters)[:2] == (code, message), change
    for method in (client.update_event_source_mapping, client.delete_event_source_mapping):
        assert refusal(method, UUID="0" * 36)[:2] == (
            "ResourceNotFoundException",
            "The resource you requested does not exist.",
        )


def test_mappings_are_listed_in_pages_and_have_tags(client: Any, database: Database) -> None:
    arn = stream_arn(database)
    for name in ("one", "two", "three"):
        database.functions.register(name, lambda event, context: None)
    uuids = [
        client.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, StartingPosition="LATEST")["UUID"]
        for name in ("one", "two", "three:$LATEST")
    ]
    pages = client.get_paginator("list_event_source_mappings").paginate(PaginationConfig={"PageSize": 2})
    assert [[each["UUID"] for each in page["EventSourceMappings"]] for page in pages] == [uuids[:2], uuids[2:]]
    (two,) = client.list_event_source_mappings(FunctionName="two")["EventSourceMappings"]
    (last,) = client.list_event_source_mappings(FunctionName="three")["EventSourceMappings"]
    assert (two["UUID"], last["FunctionArn"]) == (uuids[1], f"{PREFIX}:three:$LATEST")
    resource = two["EventSourceMappingArn"]
    client.tag_resource(Resource=resource, Tags={"team": "shop", "stage": "test"})
    client.untag_resource(Resource=resource, TagKeys=["stage"])
    assert client.list_tags(Resource=resource)["Tags"] == {"team": "shop"}


def test_what_is_not_here_is_left_to_moto(database: Database) -> None:
    with mock_aws(), minidynamo.mock(database):
        client = boto3.client("lambda", region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b")
        assert client.invoke(FunctionName="greet")["StatusCode"] == 200
        assert refusal(client.get_function, FunctionName="none")[1].startswith("Function not found: arn:aws:lambda:")
        assert client.list_layers()["Layers"] == []
    with minidynamo.mock(database):
        client = boto3.client("lambda")
        assert refusal(client.list_code_signing_configs)[0] == "UnknownOperationException"


def test_a_principal_does_not_invoke(database: Database) -> None:
    """Policies of DynamoDB do not say who may."""
    allowed = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    credentials = {"AKIA": {"secret": "secret", "arn": "arn:aws:iam::123456789012:user/ann", "policies": [allowed]}}
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret", "region_name": REGION}
    with Server(database, ServerOptions(credentials=credentials)) as server:
        client = boto3.client("lambda", endpoint_url=server.url, **keys)
        code, _, status = refusal(client.invoke, FunctionName="greet")
        assert (code, status) == ("AccessDeniedException", 403)


def test_a_wrong_secret_is_refused(database: Database) -> None:
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "wrong", "region_name": REGION}
    with Server(database, ServerOptions(credentials={"AKIA": "secret"})) as server:
        client = boto3.client("lambda", endpoint_url=server.url, **keys)
        assert refusal(client.invoke, FunctionName="greet")[0] == "InvalidSignatureException"
