"""A bucket of S3, as moto has it, and a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from minidynamo.exports.files import Bucket, Files, Folder


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Files below a prefix of an empty bucket."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="nightly-exports")
        yield Bucket("s3://nightly-exports/shop")


@pytest.fixture(params=["folder", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    """Both kinds, empty."""
    if request.param == "bucket":
        found: Files = request.getfixturevalue("bucket")
        return found
    return Folder(tmp_path)
