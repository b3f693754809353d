"""A suite written for moto, run as it is and with only the decorator changed."""

from __future__ import annotations

import unittest
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import boto3
import botocore.client
import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from moto import mock_aws

import minidynamo

MOCKS = {"moto": mock_aws, "minidynamo": minidynamo.mock}


class Accounts:
    """What the suite tests: made at import time, as handlers of functions do."""

    def __init__(self, dynamodb: Any = None) -> None:
        self.table = (dynamodb or boto3.resource("dynamodb")).Table("Accounts")

    def open(self, name: str) -> None:
        self.table.put_item(Item={"name": name, "balance": 0}, ConditionExpression="attribute_not_exists(#n)",
                            ExpressionAttributeNames={"#n": "name"})  # fmt: skip

    def deposit(self, name: str, amount: int) -> Decimal:
        response = self.table.update_item(
            Key={"name": name},
            UpdateExpression="ADD balance :a",
            ExpressionAttributeValues={":a": amount},
            ReturnValues="UPDATED_NEW",
        )
        balance: Decimal = response["Attributes"]["balance"]
        return balance


def create_accounts() -> None:
    boto3.client("dynamodb").create_table(
        TableName="Accounts",
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )


_KEYS: Any = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}  # moto needs some.
# The default session may have been made before moto was imported, and then knows nothing of it.
MADE_AT_IMPORT = Accounts(boto3.Session().resource("dynamodb", region_name="us-east-1", **_KEYS))


def suite(mock: Any) -> type[unittest.TestCase]:
    """The suite under a decorator."""

    @mock
    class AccountTests(unittest.TestCase):
        def setUp(self) -> None:
            create_accounts()
            self.accounts = Accounts()

        def test_deposits_add_up(self) -> None:
            self.accounts.open("ann")
            self.accounts.deposit("ann", 5)
            self.assertEqual(self.accounts.deposit("ann", 7), 12)

        def test_an_account_is_opened_once(self) -> None:
            self.accounts.open("ann")
            with self.assertRaises(ClientError) as caught:
                self.accounts.open("ann")
            self.assertEqual(caught.exception.response["Error"]["Code"], "ConditionalCheckFailedException")

        def test_what_was_made_at_import_is_answered(self) -> None:
            MADE_AT_IMPORT.open("bob")
            found = self.accounts.table.query(KeyConditionExpression=Key("name").eq("bob"))
            self.assertEqual(found["Items"], [{"name": "bob", "balance": 0}])

        def test_a_failing_service(self) -> None:
            original = botocore.client.BaseClient._make_api_call

            def failing(client: Any, operation_name: str, kwarg: Any) -> Any:
                if operation_name == "UpdateItem":
                    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "no"}}, operation_name)
                return original(client, operation_name, kwarg)

            with patch("botocore.client.BaseClient._make_api_call", new=failing):
                self.accounts.open("eve")
                with self.assertRaises(ClientError):
                    self.accounts.deposit("eve", 1)

    return AccountTests


@pytest.mark.parametrize("name", MOCKS)
@pytest.mark.parametrize("has_parentheses", [True, False])
def test_the_suite_passes(name: str, has_parentheses: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under moto, and with the decorator changed."""
    mock = MOCKS[name]
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # One made before moto is imported knows nothing of it.
    case = suite(mock() if has_parentheses else mock)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert (result.testsRun, result.errors, result.failures) == (4, [], [])
