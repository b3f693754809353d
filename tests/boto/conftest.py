"""A machine where nothing is configured, botocore as it was when the test ends, and a database that can fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.client
import botocore.session
import pytest

import minidynamo
from minidynamo import ManualClock
from tests.boto.both_roads import TABLE, FailingDatabase


@pytest.fixture
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """No region, no credentials, no configuration files."""
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def botocore_is_restored() -> Iterator[None]:
    """After each test botocore is as it was."""
    before = (botocore.client.BaseClient._make_api_call, botocore.session.Session.create_client)
    yield
    assert (botocore.client.BaseClient._make_api_call, botocore.session.Session.create_client) == before


@pytest.fixture
def database() -> Iterator[FailingDatabase]:
    database = FailingDatabase(clock=ManualClock())
    database.execute("CreateTable", TABLE)
    database.call_count = 0
    with minidynamo.mock(database):
        yield database
    database.check()
