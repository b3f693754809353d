"""Functions as boto3's client of Lambda shows and changes them: versions, aliases, concurrency, queued invocations."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from minidynamo import Database
from minidynamo.lambda_api.api import url_called
from tests.lambda_api.conftest import REGION, refusal

ARN = f"arn:aws:lambda:{REGION}:123456789012:function:greet"


def called(client: Any, **parameters: Any) -> Any:
    return json.loads(client.invoke(**parameters)["Payload"].read())


def test_functions_are_shown(client: Any, database: Database) -> None:
    shown = client.get_function(FunctionName="greet")
    configuration = shown["Configuration"]
    assert (configuration["FunctionArn"], configuration["Version"]) == (ARN, "$LATEST")
    assert (configuration["Timeout"], configuration["State"]) == (3, "Active")
    assert configuration["Runtime"].startswith("python3.")
    assert "Concurrency" not in shown
    own = client.get_function_configuration(FunctionName=f"{ARN}:$LATEST")
    assert own["FunctionArn"] == f"{ARN}:$LATEST"
    names = [each["FunctionName"] for each in client.list_functions()["Functions"]]
    assert names == ["echo", "greet"]
    assert refusal(client.get_function, FunctionName="none")[:2] == (
        "ResourceNotFoundException",
        f"Function not found: arn:aws:lambda:{REGION}:123456789012:function:none",
    )


def test_pages(client: Any, database: Database) -> None:
    for number in range(60):
        database.functions.register(f"f{number:02}", lambda event, context: None)
    pages = list(client.get_paginator("list_functions").paginate())
    assert [len(page["Functions"]) for page in pages] == [50, 12]
    assert len({each["FunctionName"] for page in pages for each in page["Functions"]}) == 62


def test_versions_and_aliases(client: Any, database: Database) -> None:
    one = client.publish_version(FunctionName="greet", Description="first")
    assert (one["Version"], one["FunctionArn"], one["Description"]) == ("1", f"{ARN}:1", "first")
    database.functions.register("greet", lambda event, context: "new")
    assert client.publish_version(FunctionName="greet")["Version"] == "2"
    versions = client.list_versions_by_function(FunctionName="greet")["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST", "1", "2"]
    assert versions[1]["CodeSha256"] != versions[2]["CodeSha256"]
    alias = client.create_alias(FunctionName="greet", Name="live", FunctionVersion="1", Description="stable")
    assert (alias["AliasArn"], alias["FunctionVersion"], alias["Description"]) == (f"{ARN}:live", "1", "stable")
    assert called(client, FunctionName="greet:live", Payload=b"{}") == {"hello": None}
    assert refusal(client.create_alias, FunctionName="greet", Name="live", FunctionVersion="1")[:2] == (
        "ResourceConflictException",
        f"Alias already exists: {ARN}:live",
    )
    assert client.update_alias(FunctionName="greet", Name="live", FunctionVersion="2")["Description"] == "stable"
    assert called(client, FunctionName="greet", Qualifier="live") == "new"
    assert [each["Name"] for each in client.list_aliases(FunctionName="greet", FunctionVersion="2")["Aliases"]] == [
        "live"
    ]
    assert client.list_aliases(FunctionName="greet", FunctionVersion="1")["Aliases"] == []
    assert refusal(client.delete_function, FunctionName="greet", Qualifier="2")[0] == "ResourceConflictException"
    client.delete_alias(FunctionName="greet", Name="live")
    assert refusal(client.get_alias, FunctionName="greet", Name="live")[:2] == (
        "ResourceNotFoundException",
        f"Cannot find alias arn: {ARN}:live",
    )
    client.delete_function(FunctionName="greet", Qualifier="2")
    assert client.publish_version(FunctionName="greet")["Version"] == "3"  # Numbers never come again.
    assert refusal(client.invoke, FunctionName="greet:2")[0] == "ResourceNotFoundException"


def test_a_weighted_alias(client: Any, database: Database) -> None:
    client.publish_version(FunctionName="echo")
    database.functions.register("echo", lambda event, context: "new")
    client.publish_version(FunctionName="echo")
    weights = {"AdditionalVersionWeights": {"2": 0.25}}
    client.create_alias(FunctionName="echo", Name="canary", FunctionVersion="1", RoutingConfig=weights)
    assert client.get_alias(FunctionName="echo", Name="canary")["RoutingConfig"] == weights
    replies = [client.invoke(FunctionName="echo:canary")["ExecutedVersion"] for _ in range(200)]
    counts = Counter(replies)
    assert counts.keys() == {"1", "2"} and 20 < counts["2"] < 80
    none: dict[str, dict[str, float]] = {"AdditionalVersionWeights": {}}
    assert "RoutingConfig" not in client.update_alias(FunctionName="echo", Name="canary", RoutingConfig=none)
    wrong = {"AdditionalVersionWeights": {"2": 1.5}}
    assert refusal(client.update_alias, FunctionName="echo", Name="canary", RoutingConfig=wrong)[0] in (
        "InvalidParameterValueException",
        "ValidationException",
    )


def test_concurrency(client: Any) -> None:
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="echo")
    client.put_function_concurrency(FunctionName="echo", ReservedConcurrentExecutions=0)
    assert client.get_function(FunctionName="echo")["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    client.meta.events.unregister("needs-retry.lambda", unique_id="retry-config-lambda")
    assert refusal(client.invoke, FunctionName="echo")[0] == "TooManyRequestsException"
    client.delete_function_concurrency(FunctionName="echo")
    assert called(client, FunctionName="echo", Payload=b"1") == 1


def test_queued_invocations(client: Any, database: Database) -> None:
    records: list[Any] = []
    database.functions.register("records", lambda event, context: records.append(event))

    def fail(event: object, context: object) -> None:
        raise ValueError("no")

    database.functions.register("fail", fail)
    target = f"arn:aws:lambda:{REGION}:123456789012:function:records"
    config = {"OnFailure": {"Destination": target}}
    put = client.put_function_event_invoke_config(FunctionName="fail", MaximumRetryAttempts=0, DestinationConfig=config)
    assert (put["MaximumRetryAttempts"], put["MaximumEventAgeInSeconds"]) == (0, 21_600)
    assert put["DestinationConfig"] == {"OnSuccess": {}, **config}
    changed = client.update_function_event_invoke_config(FunctionName="fail", MaximumEventAgeInSeconds=60)
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (0, 60)
    client.invoke(FunctionName="fail", InvocationType="Event", Payload=b'{"n": 1}')
    database.drain(errors="report")
    assert [each["requestPayload"] for each in records] == [{"n": 1}]
    client.delete_function_event_invoke_config(FunctionName="fail")
    code, message, status = refusal(client.get_function_event_invoke_config, FunctionName="fail")
    assert (code, status) == ("ResourceNotFoundException", 404)
    assert message.endswith("function:fail:$LATEST doesn't have an EventInvokeConfig")
    queue = {"OnFailure": {"Destination": f"arn:aws:sqs:{REGION}:123456789012:letters"}}
    refused = refusal(client.put_function_event_invoke_config, FunctionName="fail", DestinationConfig=queue)
    assert refused[0] == "InvalidParameterValueException"


def test_a_deleted_function_leaves_its_mapping(client: Any, database: Database) -> None:
    """Which fails from then on, until it is ended."""
    arn = database.execute("DescribeTable", {"TableName": "orders"})["Table"]["LatestStreamArn"]
    mapping = client.create_event_source_mapping(
        FunctionName="echo", EventSourceArn=arn, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=0
    )
    client.delete_function(FunctionName="echo")
    assert refusal(client.invoke, FunctionName="echo")[0] == "ResourceNotFoundException"
    database.execute("PutItem", {"TableName": "orders", "Item": {"pk": {"S": "a"}}})
    assert database.drain(errors="report").discarded == {"echo": 1}
    result = client.get_event_source_mapping(UUID=mapping["UUID"])["LastProcessingResult"]
    assert result == "PROBLEM: Function call failed"
    client.delete_event_source_mapping(UUID=mapping["UUID"])


def test_the_url_of_a_function_that_is_gone_calls_nothing(client: Any, database: Database) -> None:
    url = client.create_function_url_config(FunctionName="greet", AuthType="NONE")["FunctionUrl"]
    url_id = url.removeprefix("https://").partition(".")[0]
    assert url_called(database, url_id) is not None
    database.functions.remove("greet")
    assert url_called(database, url_id) is None
