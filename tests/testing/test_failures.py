"""`FAILURES` is what calls raise under faults, through whichever client, with botocore and without."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

import minidynamo
from minidynamo.formats.short_tables import create_table_request
from minidynamo.simulation import KINDS, REJECTIONS, Kind, SimulatedDatabase
from minidynamo.testing import FAILURES

PUT: dict[str, Any] = {"TableName": "tbl", "Item": {"pk": {"S": "a"}}}
OPTIONS: dict[str, Any] = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
KINDS_OF_PUT = [KINDS[name] for name in sorted(REJECTIONS) if "PutItem" in KINDS[name].operations]


@pytest.fixture
def database() -> Iterator[SimulatedDatabase]:
    database = minidynamo.simulate(profile="calm")
    database.execute("CreateTable", create_table_request("tbl", {"key": ["pk S"]}))
    yield database
    database.close()


@pytest.mark.parametrize("kind", KINDS_OF_PUT, ids=lambda kind: kind.name)
def test_the_embedded_client_raises_it(database: SimulatedDatabase, kind: Kind) -> None:
    database.faults.on("PutItem", fault=kind)
    with pytest.raises(FAILURES):
        database.client().put_item(**PUT)


@pytest.mark.parametrize("kind", KINDS_OF_PUT, ids=lambda kind: kind.name)
def test_boto3_raises_it(database: SimulatedDatabase, kind: Kind) -> None:
    database.faults.on("PutItem", fault=kind, times=None)
    with minidynamo.mock(database), pytest.raises(FAILURES):
        boto3.client("dynamodb", **OPTIONS).put_item(**PUT)


@pytest.mark.parametrize("kind", KINDS_OF_PUT, ids=lambda kind: kind.name)
def test_aiobotocore_raises_it(database: SimulatedDatabase, kind: Kind) -> None:
    session = pytest.importorskip("aiobotocore.session")
    database.faults.on("PutItem", fault=kind, times=None)

    async def run() -> None:
        async with session.get_session().create_client("dynamodb", **OPTIONS) as client:
            await client.put_item(**PUT)

    with minidynamo.mock(database), pytest.raises(FAILURES):
        asyncio.run(run())


def test_without_botocore_it_is_what_stands_in() -> None:
    code = f"""
import sys
sys.modules["botocore"] = None
import minidynamo
from minidynamo.formats.short_tables import create_table_request
from minidynamo.testing import FAILURES
for kind in {[kind.name for kind in KINDS_OF_PUT]}:
    database = minidynamo.simulate(profile="calm")
    database.execute("CreateTable", create_table_request("tbl", {{"key": ["pk S"]}}))
    database.faults.on("PutItem", fault=kind)
    try:
        database.client().put_item(**{PUT})
    except FAILURES as error:
        print(kind, type(error).__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == [kind.name for kind in KINDS_OF_PUT]


def test_nothing_else_is_in_it() -> None:
    """What is wrong with a test or with minidynamo itself gets through."""
    others = (AssertionError, TypeError, ValueError, KeyError, minidynamo.StoreError)
    assert not any(issubclass(other, FAILURES) for other in others)
