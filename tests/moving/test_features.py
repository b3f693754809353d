"""What a table has besides items: what a copy forgets, what a target does not have, and in what both differ."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import minidynamo
from minidynamo import Database, simulate
from minidynamo.endpoints.middleware import Call, Middleware, Proceed
from minidynamo.errors import AccessDenied, DynamoError, InternalServerError, NoResponse, error_of
from minidynamo.moving.facts import facts_of, make_table, table_names
from minidynamo.moving.features import Finding, differing, forgotten, inactive, lacking
from minidynamo.moving.move_error import MoveError
from minidynamo.simulation import ServerError
from minidynamo.values.api_types import JsonObject, Response
from tests.moving.moved_tables import NAME, facts, make_things

KEYS = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "text", "KeyType": "RANGE"}]
TYPES = [{"AttributeName": each, "AttributeType": "S"} for each in ("id", "text", "other")]


def index(name: str) -> list[JsonObject]:
    keys = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "other", "KeyType": "RANGE"}]
    return [{"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}]


RICH: JsonObject = {
    "KeySchema": KEYS,
    "AttributeDefinitions": TYPES,
    "LocalSecondaryIndexes": index("local"),
    "GlobalSecondaryIndexes": index("global"),
    "Tags": [{"Key": "team", "Value": "music"}],
}


class Answering(Middleware):
    """Answers some operations by itself, or fails them."""

    def __init__(self, answers: dict[str, JsonObject | DynamoError]) -> None:
        self._answers = answers

    def execute(self, call: Call, proceed: Proceed) -> Response:
        answer = self._answers.get(call.operation)
        if isinstance(answer, DynamoError):
            raise answer
        return proceed(call.operation, call.request) if answer is None else answer


@pytest.fixture
def rich() -> Iterator[Database]:
    """A table that has everything."""
    with minidynamo.connect() as database:
        make_things(database, **RICH)
        expiry = {"Enabled": True, "AttributeName": "expires"}
        database.execute("UpdateTimeToLive", {"TableName": NAME, "TimeToLiveSpecification": expiry})
        arn = database.execute("DescribeTable", {"TableName": NAME})["Table"]["TableArn"]
        principal = {"AWS": "arn:aws:iam::123456789012:user/ann"}
        statement = {"Effect": "Allow", "Principal": principal, "Action": "dynamodb:GetItem", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        database.execute("PutResourcePolicy", {"ResourceArn": arn, "Policy": policy})
        yield database


def unknown() -> DynamoError:
    return error_of("UnknownOperationException", "", {}, 400)


def test_a_table_is_made_like_another(rich: Database) -> None:
    """Keys, indexes, stream, billing, time to live, tags and policy, whose ARNs are those of the target."""
    with minidynamo.connect(region="eu-west-1") as target:
        make_table(target, facts(rich))
        made = facts(target)
        assert differing(facts(rich), made) == differing(made, facts(rich)) == []
        assert (made.expires_by, made.tags) == ("expires", [{"Key": "team", "Value": "music"}])
        assert made.key_types == {"id": "S", "text": "S"}
        assert "eu-west-1" in made.policy
        assert "us-east-1" not in made.policy


def test_a_table_is_there_when_it_has_been_made(source: Database) -> None:
    """However long that takes."""
    with minidynamo.connect(table_delays=0.3) as target:
        make_table(target, facts(source))
        assert inactive(facts(target)) == []


def test_a_table_that_is_refused_is_told(source: Database) -> None:
    with minidynamo.connect() as target:
        target.use(Answering({"CreateTable": AccessDenied("no")}))
        with pytest.raises(MoveError, match="the table Things cannot be made at the target: AccessDenied"):
            make_table(target, facts(source))


def test_a_copy_forgets_what_lives_beside_the_table(source: Database) -> None:
    """And what to do about each."""
    backups = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}
    answers: dict[str, JsonObject | DynamoError] = {
        "DescribeContinuousBackups": {"ContinuousBackupsDescription": backups},
        "ListBackups": {"BackupSummaries": [{}, {}]},
        "DescribeKinesisStreamingDestination": {"KinesisDataStreamDestinations": [{"DestinationStatus": "ACTIVE"}]},
        "DescribeContributorInsights": {"ContributorInsightsStatus": "ENABLED"},
    }
    source.use(Answering(answers))
    found = facts(source)
    found.description["Replicas"] = [{"RegionName": "eu-west-1"}]
    assert forgotten(source, found) == [
        Finding("point-in-time recovery", "turn it on at the target by UpdateContinuousBackups"),
        Finding("2 backups", "stay where they are"),
        Finding("1 Kinesis destinations", "enable them at the target"),
        Finding("contributor insights", "turn them on at the target"),
        Finding("replicas in eu-west-1", "add them at the target by UpdateTable"),
    ]


def test_a_provisioned_table_has_scaling(target: Database) -> None:
    throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    make_things(target, BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
    assert [each.what for each in forgotten(target, facts(target))] == ["scaling and alarms of capacity"]


def test_what_is_off_is_not_forgotten(source: Database) -> None:
    assert forgotten(source, facts(source)) == []


def test_what_an_endpoint_does_not_tell_is_named(source: Database) -> None:
    source.use(Answering({"ListTagsOfResource": unknown(), "GetResourcePolicy": AccessDenied("no")}))
    found = facts(source)
    assert found.unknown == ["ListTagsOfResource", "GetResourcePolicy"]
    expected = "what ListTagsOfResource, GetResourcePolicy would tell"
    assert [each.what for each in forgotten(source, found)] == [expected]


@pytest.mark.parametrize("error", [NoResponse("gone"), InternalServerError("broken")])
def test_an_endpoint_that_fails_is_not_one_that_does_not_tell(rich: Database, error: DynamoError) -> None:
    """Otherwise the table would be made without its time to live."""
    rich.use(Answering({"DescribeTimeToLive": error}))
    with pytest.raises(DynamoError):
        facts_of(rich, NAME)


def test_a_target_without_features_lacks_them(rich: Database) -> None:
    operations = ("DescribeTimeToLive", "ListStreams", "ListTagsOfResource", "GetResourcePolicy")
    names = [*operations, "TransactGetItems", "ExecuteStatement"]
    with minidynamo.connect() as target:
        assert lacking(target, facts(rich)) == []
        target.use(Answering({name: unknown() for name in names}))
        found = lacking(target, facts(rich))
    expected = ["time to live", "streams", "tags", "policies of tables", "transactions", "PartiQL"]
    assert [each.what for each in found] == expected
    assert all(each.is_grave for each in found)


def test_features_that_are_not_used_are_not_missed(target: Database) -> None:
    with minidynamo.connect() as source:
        make_things(source, StreamSpecification=None)
        target.use(Answering({"ListStreams": unknown(), "ListTagsOfResource": unknown()}))
        assert lacking(target, facts(source)) == []


def test_a_local_index_that_is_missing_is_grave(rich: Database, target: Database) -> None:
    """It can only be made with the table. A global one can be added, before anyone changes over."""
    make_things(target, KeySchema=KEYS, AttributeDefinitions=TYPES[:2])
    found = {each.what: each.is_grave for each in differing(facts(rich), facts(target))}
    assert found == {"local index local": True, "global index global": True, "time to live": False, "tags": False}


def test_another_key_is_grave(source: Database, target: Database) -> None:
    keys = [{"AttributeName": "name", "KeyType": "HASH"}]
    make_things(target, KeySchema=keys, AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}])
    (found,) = differing(facts(source), facts(target))
    assert (found.what, found.is_grave) == ("key", True)
    assert found.remedy == "is id (S) at the source, and name (S) at the target: copy refuses it"


def test_how_definitions_differ_is_told(source: Database, target: Database) -> None:
    throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    provisioned = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput}
    make_things(target, StreamSpecification=None, DeletionProtectionEnabled=True, **provisioned)
    remedies = {each.what: each.remedy for each in differing(facts(source), facts(target))}
    assert remedies == {
        "billing mode": "is PAY_PER_REQUEST at the source, and PROVISIONED at the target",
        "stream": "is NEW_AND_OLD_IMAGES at the source, and off at the target",
        "deletion protection": "is off at the source, and on at the target",
    }


def test_what_is_not_active_is_named(source: Database) -> None:
    found = facts(source)
    found.description["TableStatus"] = "UPDATING"
    found.description["GlobalSecondaryIndexes"] = [{"IndexName": "one", "IndexStatus": "CREATING"}]
    assert inactive(found) == ["Things is UPDATING", "one is CREATING"]


def test_all_tables_are_listed(target: Database) -> None:
    """More than a page of them."""
    for number in range(120):
        make_things(target, f"table-{number:03}")
    assert len(table_names(target)) == 120


def test_a_table_that_is_not_there_is_nothing(target: Database) -> None:
    assert facts_of(target, "Nope") is None


def test_other_errors_pass() -> None:
    with simulate(profile="calm") as database:
        make_things(database)
        database.faults.on("DescribeTable", fault=ServerError)
        with pytest.raises(DynamoError):
            facts_of(database, NAME)
