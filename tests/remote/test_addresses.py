"""Addresses: URLs as they are, and Amazon's DynamoDB by region."""

from __future__ import annotations

import boto3
import pytest

import minidynamo
from minidynamo import StoreError
from minidynamo.remote.addresses import resolved

KEYS = ("AKIAEXAMPLE", "secret")


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "ap-southeast-4"])
def test_a_region_is_where_botocore_goes(region: str) -> None:
    """The URL is that of boto3's client for the region."""
    client = boto3.client("dynamodb", region_name=region, aws_access_key_id="a", aws_secret_access_key="b")
    assert resolved(f"dynamodb:{region}") == (client.meta.endpoint_url, region)
    with minidynamo.connect(f"dynamodb:{region}", credentials=KEYS) as database:
        assert (database.url, database.scope.region) == (client.meta.endpoint_url, region)


@pytest.mark.parametrize("text", ["dynamodb:", "dynamodb:ireland", "dynamodb://eu-west-1", "dynamodb:eu west-1"])
def test_what_is_no_region_is_refused(text: str) -> None:
    """In one line that shows what is right."""
    with pytest.raises(StoreError, match="is followed by a region, such as dynamodb:eu-west-1, not by"):
        minidynamo.connect(text, credentials=KEYS)


def test_two_regions_are_one_too_many() -> None:
    """The address says it."""
    with pytest.raises(StoreError, match="the address is one of eu-west-1, and region says us-east-1"):
        minidynamo.connect("dynamodb:eu-west-1", region="us-east-1", credentials=KEYS)
