"""Every setting of a table, in the words of every source: it arrives, or a warning names it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import minidynamo
from minidynamo import Database
from minidynamo.cli.command_line import main
from minidynamo.requests.control_plane import OPAQUE
from minidynamo.requests.operations import API
from minidynamo.requests.shapes import Shape
from minidynamo.templates import declared_tables, descriptions, planned_settings, settings
from minidynamo.templates.document import read_document
from minidynamo.templates.reading import Reading
from minidynamo.templates.table_definition import TemplateWarning

SETTINGS = Path(__file__).parent / "settings"
CREATED = API["CreateTable"].request.members
EVERYTHING: dict[str, Any] = {
    "TableName": "orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": "customer", "AttributeType": "S"},
        {"AttributeName": "number", "AttributeType": "N"},
        {"AttributeName": "status", "AttributeType": "S"},
    ],
    "KeySchema": [
        {"AttributeName": "customer", "KeyType": "HASH"},
        {"AttributeName": "number", "KeyType": "RANGE"},
    ],
    "OnDemandThroughput": {"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 60},
    "WarmThroughput": {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000},
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by_status",
            "KeySchema": [
                {"AttributeName": "customer", "KeyType": "HASH"},
                {"AttributeName": "status", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["size"]},
        }
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "all_status",
            "KeySchema": [
                {"AttributeName": "status", "KeyType": "HASH"},
                {"AttributeName": "customer", "KeyType": "HASH"},
                {"AttributeName": "number", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]},
            "OnDemandThroughput": {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6},
            "WarmThroughput": {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000},
        }
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    "SSESpecification": {
        "Enabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/mine",
    },
    "TableClass": "STANDARD_INFREQUENT_ACCESS",
    "DeletionProtectionEnabled": True,
    "Tags": [{"Key": "team", "Value": "shop"}],
}
ANNS = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/ann"}}
ELSEWHERE = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
POLICY = {"Version": "2012-10-17", "Statement": {**ANNS, "Action": "dynamodb:GetItem", "Resource": ELSEWHERE}}
OLD_STREAM = {"Action": "dynamodb:GetRecords", "Resource": f"{ELSEWHERE}/stream/2024-01-01T00:00:00.000"}
STREAM_POLICY = {"Version": "2012-10-17", "Statement": {**ANNS, **OLD_STREAM}}
SIMPLE = {
    "TableName": "orders",
    "BillingMode": "PROVISIONED",
    "AttributeDefinitions": [{"AttributeName": "number", "AttributeType": "N"}],
    "KeySchema": [{"AttributeName": "number", "KeyType": "HASH"}],
    "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 8},
    "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
    "Tags": [{"Key": "team", "Value": "shop"}],
}
SYNTHESISED = {
    "TableName": "Orders7C3A1F0B",
    "BillingMode": "PROVISIONED",
    "AttributeDefinitions": [{"AttributeName": "customer", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
    "ProvisionedThroughput": {"ReadCapacityUnits": 11, "WriteCapacityUnits": 12},
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "all",
            "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 4, "WriteCapacityUnits": 3},
        }
    ],
    "DeletionProtectionEnabled": False,
}
# Of each sample: what it comes to, and what the warning says is left out.
SAMPLES = {
    "description.json": (
        EVERYTHING,
        "ContinuousBackupsDescription ContributorInsightsStatus KinesisDataStreamDestinations "
        "VectorIndexes GlobalTableSettingsReplicationMode GlobalTableSourceArn Replicas MultiRegionConsistency "
        "GlobalTableWitnesses DisassociationProtectionEnabled",
    ),
    "table.yaml": (
        EVERYTHING,
        "GlobalSecondaryIndexes[0].ContributorInsightsSpecification "
        "PointInTimeRecoverySpecification ContributorInsightsSpecification KinesisStreamSpecification "
        "ImportSourceSpecification VectorIndexes GlobalTableSettingsReplicationMode GlobalTableSourceArn",
    ),
    "global_table.yaml": (
        EVERYTHING,
        "MultiRegionConsistency GlobalTableWitnesses VectorIndexes GlobalTableSourceArn Replicas[0]|('eu-west-1') "
        "Replicas[1].GlobalSecondaryIndexes[0].ContributorInsightsSpecification "
        "Replicas[1].PointInTimeRecoverySpecification Replicas[1].ContributorInsightsSpecification "
        "Replicas[1].KinesisStreamSpecification "
        "Replicas[1].GlobalTableSettingsReplicationMode",
    ),
    "plan.json": (
        EVERYTHING,
        "point_in_time_recovery replica global_table_witness import_table restore_source_name "
        "aws_dynamodb_contributor_insights.orders aws_dynamodb_kinesis_streaming_destination.orders "
        "aws_dynamodb_table_replica.other aws_dynamodb_table_item.first",
    ),
    "simple_table.yaml": (SIMPLE, "PointInTimeRecoverySpecification"),
    "synthesised.json": (
        SYNTHESISED,
        "GlobalSecondaryIndexes[0].WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings|(but|for|"
        "MinCapacity) WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings|(but|for|MinCapacity) "
        "Replicas[0].ReadProvisionedThroughputSettings.ReadCapacityAutoScalingSettings|(but|for|MinCapacity)",
    ),
}
PLACES = {
    "description.json": "table orders (line 1): ",
    "table.yaml": "table orders (resource Orders, line 3): ",
    "global_table.yaml": "table orders (resource Orders, line 3): ",
    "plan.json": "table orders (aws_dynamodb_table.orders, line 6): ",
    "simple_table.yaml": "table orders (resource Orders, line 7): ",
    "synthesised.json": "table Orders7C3A1F0B (resource Orders7C3A1F0B, line 3): ",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_setting_arrives_or_is_warned_of(name: str) -> None:
    request, left_out = SAMPLES[name]
    with pytest.warns(TemplateWarning) as caught:
        (table,) = minidynamo.schema_from(SETTINGS / name)
    assert table.request == request
    assert table.time_to_live == ("expires" if request is EVERYTHING else None)
    names = {each.replace("|", " ") for each in left_out.split()}
    has_policies = request is EVERYTHING
    assert table.policy is None or json.loads(table.policy) == POLICY
    assert table.stream_policy is None or json.loads(table.stream_policy) == STREAM_POLICY
    assert (table.policy is not None) is has_policies
    assert (table.stream_policy is not None) is (has_policies and name != "description.json")
    assert {each.name for each in table.left_out} == names
    (warning,) = caught
    text = str(warning.message)
    assert text.startswith(PLACES[name])
    assert all(each in text for each in names)
    assert text.endswith(" not simulated and is left out" if len(names) == 1 else " not simulated and are left out")
    assert warning.filename == __file__


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.filterwarnings("ignore::minidynamo.templates.table_definition.TemplateWarning")
def test_described_again_each_table_is_the_same(name: str) -> None:
    """With whatever it was created with."""
    first, second = minidynamo.connect(), minidynamo.connect()
    (created,) = minidynamo.schema_from(SETTINGS / name).create(first)
    one = answers(first, created)
    minidynamo.schema_from({"Table": one["Table"] | {"Tags": one["Tags"]}} | one["expiry"]).create(second)
    assert lasting(answers(second, created)) == lasting(one)


@pytest.mark.parametrize("name", ["description.json", "table.yaml", "global_table.yaml", "plan.json"])
@pytest.mark.filterwarnings("ignore::minidynamo.templates.table_definition.TemplateWarning")
def test_policies_are_attached(name: str, database: Database) -> None:
    """To the table and its stream; what the file says of them elsewhere is said of them here."""
    minidynamo.schema_from(SETTINGS / name).create(database)
    table = database.execute("DescribeTable", {"TableName": "orders"})["Table"]
    policy = database.execute("GetResourcePolicy", {"ResourceArn": table["TableArn"]})["Policy"]
    assert json.loads(policy)["Statement"] == [{**ANNS, "Action": "dynamodb:GetItem", "Resource": table["TableArn"]}]
    if name != "description.json":
        policy = database.execute("GetResourcePolicy", {"ResourceArn": table["LatestStreamArn"]})["Policy"]
        assert json.loads(policy)["Statement"][0]["Resource"] == table["LatestStreamArn"]


def test_the_command_line_tells_it_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with minidynamo.mock():
        assert main(["tables", "create", str(SETTINGS / "simple_table.yaml")]) == 0
    shown = capsys.readouterr()
    place = PLACES["simple_table.yaml"]
    assert shown.err == f"minidynamo: {place}PointInTimeRecoverySpecification is not simulated and is left out\n"
    assert shown.out == "orders\n"


def answers(database: Database, name: str) -> dict[str, Any]:
    table = database.execute("DescribeTable", {"TableName": name})["Table"]
    tags = database.execute("ListTagsOfResource", {"ResourceArn": table["TableArn"]})["Tags"]
    return {"Table": table, "Tags": tags, "expiry": database.execute("DescribeTimeToLive", {"TableName": name})}


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    """What is described, but for times and ids."""
    answer = copy.deepcopy(answer)
    table = answer["Table"]
    table.get("BillingModeSummary", {}).pop("LastUpdateToPayPerRequestDateTime", None)
    for member in ("TableId", "CreationDateTime", "LatestStreamLabel", "LatestStreamArn"):
        table.pop(member, None)
    return answer


def test_warm_throughput_that_any_table_has_is_not_asked_for(database: Database) -> None:
    """So that a described table can be created with other throughput."""
    described = {
        **{name: EVERYTHING[name] for name in ("TableName", "KeySchema")},
        "AttributeDefinitions": EVERYTHING["AttributeDefinitions"][:2],
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        "WarmThroughput": {"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 9, "Status": "ACTIVE"},
    }
    schema = minidynamo.schema_from(described)
    assert schema.tables[0].request["WarmThroughput"] == {"WriteUnitsPerSecond": 9}
    schema.create(database, ProvisionedThroughput={"ReadCapacityUnits": 8, "WriteCapacityUnits": 8})


def test_the_list_is_that_of_create_table() -> None:
    """Whatever a request of CreateTable may have is in the list: as simulated, or as what is not."""
    simulated = {name for name, shape in CREATED.items() if shape is not OPAQUE}
    assert simulated == settings.SIMULATED - {"TimeToLiveSpecification"}
    assert CREATED.keys() - simulated <= settings.NOT_SIMULATED
    assert CREATED["LocalSecondaryIndexes"].inner.members.keys() == settings.LOCAL_INDEX
    assert CREATED["GlobalSecondaryIndexes"].inner.members.keys() == settings.GLOBAL_INDEX


def leaves(shape: Shape, name: str) -> set[str]:
    inner = shape.inner if shape.kind == "List" else shape
    return {leaf for each, member in inner.members.items() for leaf in leaves(member, f"{name}.{each}")} or {name}


def values(request: Mapping[str, Any], name: str = "") -> set[str]:
    if isinstance(request, list):
        return {leaf for each in request for leaf in values(each, name)}
    if not isinstance(request, dict):
        return {name}
    return {leaf for each, value in request.items() for leaf in values(value, f"{name}.{each}")}


def test_the_samples_have_every_member_of_a_request() -> None:
    known = {
        leaf
        for name in settings.SIMULATED & CREATED.keys() - {"ResourcePolicy"}
        for leaf in leaves(CREATED[name], f".{name}")
    }
    assert known == values(EVERYTHING) | values(SIMPLE) | values(SYNTHESISED)


_ONE_REGION = {"Replicas", "MultiRegionConsistency", "GlobalTableWitnesses"}
_NO_WORDS_IN_TERRAFORM = {
    "GlobalTableSettingsReplicationMode",
    "GlobalTableSourceArn",
    "VectorIndexes",
    "MultiRegionConsistency",
    # Resources of their own.
    "ResourcePolicy",
    "ContributorInsightsSpecification",
    "KinesisStreamSpecification",
}
# What each source has no words for.
READERS: dict[str, tuple[tuple[Reading, ...], set[str]]] = {
    "description": ((descriptions.TABLE,), {"Source"}),
    "table": ((declared_tables.TABLE,), {*_ONE_REGION, "DisassociationProtectionEnabled"}),
    "global table": (
        (declared_tables.GLOBAL_TABLE, declared_tables.REPLICA),
        {"Replicas", "DisassociationProtectionEnabled", "Source"},
    ),
    "plan": ((planned_settings.TABLE,), {*_NO_WORDS_IN_TERRAFORM, "DisassociationProtectionEnabled"}),
    "simple table": (
        (declared_tables.SIMPLE_TABLE,),
        {
            *settings.SIMULATED - {"TableName", "ProvisionedThroughput", "SSESpecification", "Tags"},
            *settings.NOT_SIMULATED - {"PointInTimeRecoverySpecification"},
        },
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_has_a_row_for_each_setting(reader: str) -> None:
    """Those that are simulated are taken, and the others are not."""
    readings, unsayable = READERS[reader]
    rows = [row for reading in readings for row in reading.rows.values()]
    heads = {row.setting.partition(".")[0] for row in rows} - {"KeyRoles", "PrimaryKey"}
    assert heads == (settings.SIMULATED | settings.NOT_SIMULATED) - unsayable
    taken = {row.setting.partition(".")[0] for row in rows if row.conversion is not None}
    assert taken & settings.NOT_SIMULATED == set()


@pytest.mark.parametrize("name", SAMPLES)
def test_what_no_reader_knows_is_warned_of(name: str) -> None:
    """A misspelt property, too."""
    document = json.loads(json.dumps(read_document(SETTINGS / name).value))
    properties: dict[str, Any] = document
    path = {"description.json": ["Table"], "plan.json": ["planned_values", "root_module", "resources", 0, "values"]}
    for step in path.get(name, ["Resources", next(iter(document.get("Resources", [""]))), "Properties"]):
        properties = properties[step]
    properties["Tabelname"] = "x"
    with pytest.warns(TemplateWarning, match="; Tabelname is not known and is left out"):
        minidynamo.schema_from(document)
