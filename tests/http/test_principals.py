"""Credentials under policies: who signs a request may do what its policies allow, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import minidynamo
from minidynamo import Database
from minidynamo.errors import StoreError
from minidynamo.formats.short_tables import create_table_request
from minidynamo.http.server.access import ServeError
from minidynamo.http.server.credentials import credentials_of, read_credentials

ACCOUNT = "123456789012"
ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Shop"
KEY = {"id": {"S": "a"}}


def policy(*actions: str, resource: Any = ARN, **members: Any) -> dict[str, Any]:
    named = [f"dynamodb:{each}" for each in actions]
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": named, "Resource": resource, **members}}


def client(url: str, key: str, **options: Any) -> Any:
    keys = {"aws_access_key_id": key, "aws_secret_access_key": f"secret of {key}"}
    return boto3.client("dynamodb", endpoint_url=url, region_name="us-east-1", **keys, **options)


def denied(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


@pytest.fixture
def shop(database: Database) -> Database:
    database.execute("CreateTable", create_table_request("Shop", {"key": ["id S"]}))
    database.execute("PutItem", {"TableName": "Shop", "Item": KEY})
    return database


def test_each_credential_may_do_what_its_policies_allow(shop: Database, tmp_path: Path) -> None:
    (tmp_path / "writers.json").write_text(json.dumps(policy("PutItem")))
    credentials = {
        "credentials": {
            "ROOT": "secret of ROOT",
            "ANN": {
                "secret": "secret of ANN",
                "arn": f"arn:aws:iam::{ACCOUNT}:user/ann",
                "policies": [policy("GetItem", "Scan")],
                "groups": ["writers"],
                "boundary": policy("GetItem", "PutItem"),
            },
            "NOBODY": {"secret": "secret of NOBODY", "policies": []},
        },
        "groups": {"writers": "writers.json"},
    }
    (tmp_path / "keys.json").write_text(json.dumps(credentials))
    read = read_credentials(tmp_path / "keys.json", ACCOUNT)
    with shop.serve(credentials=read) as server:
        root, ann, nobody = (client(server.url, each) for each in ("ROOT", "ANN", "NOBODY"))
        assert root.list_tables()["TableNames"] == ["Shop"]
        ann.put_item(TableName="Shop", Item=KEY)
        assert ann.get_item(TableName="Shop", Key=KEY)["Item"] == KEY
        assert denied(ann.scan, TableName="Shop") == (
            f"AccessDeniedException: User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: dynamodb:Scan "
            f"on resource: {ARN} because no permissions boundary allows the dynamodb:Scan action"
        )
        assert denied(nobody.get_item, TableName="Shop", Key=KEY) == (
            f"AccessDeniedException: User: arn:aws:iam::{ACCOUNT}:user/NOBODY is not authorized to perform: "
            f"dynamodb:GetItem on resource: {ARN} because no identity-based policy allows the dynamodb:GetItem action"
        )


def test_how_a_request_came_is_known(shop: Database) -> None:
    def credential(**conditions: Any) -> dict[str, Any]:
        return {"policies": [policy("GetItem", Condition=conditions)]}

    credentials = {
        "HERE": credential(IpAddress={"aws:SourceIp": "127.0.0.0/8"}),
        "THERE": credential(IpAddress={"aws:SourceIp": "10.0.0.0/8"}),
        "SECURE": credential(Bool={"aws:SecureTransport": "true"}),
        "BOTO": credential(StringLike={"aws:UserAgent": "*Botocore*"}),
        "REGION": credential(StringEquals={"aws:RequestedRegion": "us-east-1"}),
        "SINCE": credential(DateGreaterThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"}),
        "UNTIL": credential(DateLessThan={"aws:CurrentTime": "2020-01-01T00:00:00Z"}),
        "TAGGED": {
            "tags": {"team": "shop"},
            **credential(StringEquals={"aws:PrincipalTag/team": "shop"}),
        },
    }
    secrets = {key: {"secret": f"secret of {key}", **each} for key, each in credentials.items()}
    with shop.serve(credentials=secrets) as server:
        for key in ("HERE", "BOTO", "REGION", "SINCE", "TAGGED"):
            assert client(server.url, key).get_item(TableName="Shop", Key=KEY)["Item"] == KEY
        for key in ("THERE", "SECURE", "UNTIL"):
            assert denied(client(server.url, key).get_item, TableName="Shop", Key=KEY).startswith("AccessDenied")


def test_policies_of_resources_bind_whoever_signs(shop: Database) -> None:
    """The root of the account as well; and they let another account's principals in."""
    away = "arn:aws:iam::111122223333:user/eve"
    credentials = {
        "ROOT": "secret of ROOT",
        "EVE": {"secret": "secret of EVE", "arn": away, "policies": [policy("*", resource="*")]},
    }
    grant = policy("GetItem", Principal={"AWS": away})["Statement"]
    denial = {**grant, "Effect": "Deny", "Action": "dynamodb:DeleteTable", "Principal": {"AWS": ACCOUNT}}
    with shop.serve(credentials=credentials) as server:
        root, eve = client(server.url, "ROOT"), client(server.url, "EVE")
        assert denied(eve.get_item, TableName=ARN, Key=KEY).endswith(
            "because no resource-based policy allows the dynamodb:GetItem action"
        )
        document = json.dumps({"Version": "2012-10-17", "Statement": [grant, denial]})
        root.put_resource_policy(ResourceArn=ARN, Policy=document)
        assert eve.get_item(TableName=ARN, Key=KEY)["Item"] == KEY
        assert denied(eve.get_item, TableName="Shop", Key=KEY).startswith("ResourceNotFoundException")
        assert denied(eve.put_item, TableName=ARN, Item=KEY).endswith(
            "because no resource-based policy allows the dynamodb:PutItem action"
        )
        assert eve.list_tables()["TableNames"] == []
        assert denied(eve.describe_time_to_live, TableName=ARN) == "AccessDeniedException: Access is denied"
        assert denied(root.delete_table, TableName="Shop").endswith("with an explicit deny in a resource-based policy")
        root.delete_resource_policy(ResourceArn=ARN)
        root.delete_table(TableName="Shop")


def test_secrets_alone_cost_no_judgement(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is looked up where nothing can be denied."""
    from minidynamo.endpoints import authorization

    asked: list[str] = []
    monkeypatch.setattr(authorization, "accesses_of", lambda operation, *others: asked.append(operation) or [])
    with shop.serve(credentials={"ROOT": "secret of ROOT"}) as server:
        root = client(server.url, "ROOT")
        assert root.get_item(TableName="Shop", Key=KEY)["Item"] == KEY
        assert asked == []
        grant = policy("GetItem", Principal={"AWS": ACCOUNT})
        root.put_resource_policy(ResourceArn=ARN, Policy=json.dumps(grant))
        root.get_item(TableName="Shop", Key=KEY)
        assert asked == ["GetItem"]


@pytest.mark.parametrize(
    ("credential", "text"),
    [
        ({}, "holds no credentials for ANN: write"),
        ({"secret": ""}, "holds no credentials for ANN: write"),
        ({"secret": "s", "polices": []}, "ANN: there is no 'polices': secret, arn, policies"),
        ({"secret": "s", "policies": [{}]}, "ANN: policy 1 of policies needs a Statement"),
        ({"secret": "s", "policies": 5}, "ANN: policy 1 of policies is a document or the path of one, not 5"),
        ({"secret": "s", "policies": ["nowhere.json"]}, "cannot read the policy nowhere.json: No such file"),
        ({"secret": "s", "groups": ["none"]}, "ANN: there is no group 'none'"),
        ({"secret": "s", "groups": [5]}, "ANN: groups are a list of names"),
        ({"secret": "s", "arn": "ann"}, "ANN: a principal is a root, a user or"),
        ({"secret": "s", "tags": ["a"]}, "ANN: tags are an object of texts"),
        ({"secret": "s", "boundary": "{"}, "ANN: the boundary is not JSON"),
        ({"secret": "s", "policies": "a\0b"}, "cannot read the policy a\0b: embedded null byte"),
        ({"secret": "s", "session": '{"a":' * 100_000}, "ANN: the session policy is nested too deeply"),
    ],
)
def test_what_is_no_credential_is_refused(credential: Any, text: str, tmp_path: Path) -> None:
    with pytest.raises(ServeError) as caught:
        credentials_of({"ANN": credential}, ACCOUNT, "keys.json", tmp_path)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_groups_stand_beside_credentials() -> None:
    with pytest.raises(ServeError, match="beside credentials there are groups, and no 'ANN'"):
        credentials_of({"credentials": {"BOB": "s"}, "ANN": "s"}, ACCOUNT)
    (credential,) = credentials_of({"ANN": {"secret": "s"}}, ACCOUNT).values()
    assert credential.principal.arn == f"arn:aws:iam::{ACCOUNT}:user/ANN"
    assert credential.principal.identity == ()


def test_policies_need_a_database_of_this_process(shop: Database) -> None:
    judged = {"ANN": {"secret": "secret of ANN", "policies": [policy("GetItem")]}}
    with shop.serve() as server, minidynamo.connect(server.url, credentials=("a", "b")) as remote:
        with pytest.raises(StoreError, match="serve it with secrets alone"):
            remote.serve(credentials=judged)
        with remote.serve(credentials={"ROOT": "secret of ROOT"}) as front:
            assert client(front.url, "ROOT").list_tables()["TableNames"] == ["Shop"]
