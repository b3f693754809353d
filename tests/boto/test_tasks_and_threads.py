"""Mocks of threads and tasks do not meet; aiobotocore is answered."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import aiobotocore.session
import boto3
import pytest

import minidynamo
from tests.boto.fresh_clients import TABLE, table_names

pytestmark = pytest.mark.usefixtures("nothing_configured", "botocore_is_restored")


def test_threads_with_mocks_of_their_own_do_not_meet() -> None:
    seen: dict[int, list[str]] = {}
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        with minidynamo.mock():
            client = boto3.client("dynamodb")
            barrier.wait()
            client.create_table(**{**TABLE, "TableName": f"tbl{number}"})
            barrier.wait()
            seen[number] = client.list_tables()["TableNames"]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {number: [f"tbl{number}"] for number in range(8)}


def test_threads_without_one_are_answered_too() -> None:
    with minidynamo.mock() as database:
        database.execute("CreateTable", TABLE)
        seen: list[list[str]] = []
        thread = threading.Thread(target=lambda: seen.append(table_names()))
        thread.start()
        thread.join()
    assert seen == [["tbl"]]


def test_concurrent_tasks_have_their_own() -> None:
    @minidynamo.mock()
    async def work(name: str) -> list[str]:
        boto3.client("dynamodb").create_table(**{**TABLE, "TableName": name})
        await asyncio.sleep(0.01)
        return table_names()

    async def gather() -> list[list[str]]:
        return await asyncio.gather(work("one"), work("two"))

    assert asyncio.run(gather()) == [["one"], ["two"]]


def test_aiobotocore_may_be_imported_later() -> None:
    """It is neither imported by a mock nor missed by one."""
    code = (
        "import sys, asyncio, minidynamo\n"
        "with minidynamo.mock() as database:\n"
        "    print('aiobotocore' in sys.modules)\n"
        "    import aiobotocore.session\n"
        "    async def main():\n"
        "        async with aiobotocore.session.get_session().create_client('dynamodb') as client:\n"
        "            print((await client.list_tables())['TableNames'])\n"
        "    asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["False", "[]"], "")


def test_aiobotocore_is_answered() -> None:
    async def work() -> None:
        async with aiobotocore.session.get_session().create_client("dynamodb") as client:
            await client.create_table(**TABLE)
            await client.get_waiter("table_exists").wait(TableName="tbl")
            await client.put_item(TableName="tbl", Item={"pk": {"S": "a"}})
            pages = [page async for page in client.get_paginator("scan").paginate(TableName="tbl")]
            assert [page["Items"] for page in pages] == [[{"pk": {"S": "a"}}]]
            with pytest.raises(client.exceptions.ResourceNotFoundException):
                await client.describe_table(TableName="nope")
            client.meta.events.register("request-created", lambda **ignored: None)
            assert (await client.get_item(TableName="tbl", Key={"pk": {"S": "a"}}))["Item"] == {"pk": {"S": "a"}}

    with minidynamo.mock():
        asyncio.run(work())
