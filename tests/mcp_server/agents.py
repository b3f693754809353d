"""An agent that calls the tools through the SDK's own client, in this process or over a process's standard streams."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

mcp: Any = pytest.importorskip("mcp", reason="the extra mcp is not installed")

from anyio.from_thread import BlockingPortal, start_blocking_portal  # noqa: E402

from minidynamo import Database  # noqa: E402
from minidynamo.mcp.server import new_server  # noqa: E402
from minidynamo.mcp.session import Session  # noqa: E402

TABLE = {
    "TableName": "Shop",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "status")],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_status",
            "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
ORDERS = 30


def fill(database: Database) -> None:
    """A shop of thirty orders of three customers."""
    database.execute("CreateTable", TABLE)
    for number in range(ORDERS):
        database.execute("PutItem", {"TableName": "Shop", "Item": order(number)})


def order(number: int, **more: dict[str, Any]) -> dict[str, Any]:
    """An order as an item."""
    status = ("open", "paid")[number % 2]
    return {**key(number), "status": {"S": status}, "total": {"N": str(number)}, **more}


def key(number: int) -> dict[str, Any]:
    """The key of an order."""
    return {"pk": {"S": f"CUSTOMER#{number % 3}"}, "sk": {"S": f"ORDER#{number:04}"}}


def put(number: int, **more: dict[str, Any]) -> dict[str, Any]:
    """A write for `try`: an order is put."""
    return {"operation": "PutItem", "request": {"TableName": "Shop", "Item": order(number, **more)}}


def pay(number: int, status: str = "paid") -> dict[str, Any]:
    """A write for `try`: an order changes its status."""
    return {
        "operation": "UpdateItem",
        "request": {
            "TableName": "Shop",
            "Key": key(number),
            "UpdateExpression": "SET #s = :s",
            "ExpressionAttributeNames": {"#s": "status"},
            "ExpressionAttributeValues": {":s": {"S": status}},
        },
    }


def customer(number: int, **more: Any) -> dict[str, Any]:
    """A Query for the orders of a customer."""
    return {
        "operation": "Query",
        "request": {
            "TableName": "Shop",
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": {"S": f"CUSTOMER#{number}"}},
            **more,
        },
    }


class Agent:
    """Calls tools.

    Attributes:
        client: the SDK's, connected.
    """

    def __init__(self, portal: BlockingPortal, client: Any) -> None:
        self._portal, self.client = portal, client

    def result(self, tool: str, arguments: object) -> Any:
        """What a call gives, as the SDK has it."""
        return self._portal.call(self.client.call_tool, tool, arguments)

    def ask(self, tool: str, **arguments: Any) -> Any:
        """The answer of a call, which must succeed."""
        result = self.result(tool, arguments)
        assert not result.is_error, result.content[0].text
        return json.loads(result.content[0].text)

    def refused(self, tool: str, **arguments: Any) -> str:
        """The text of a call that must fail: one line, in which nothing commands a terminal."""
        result = self.result(tool, arguments)
        assert result.is_error, result.content[0].text
        text: str = result.content[0].text
        assert text.isprintable()
        return text

    def tools(self) -> dict[str, Any]:
        """The tools by name."""
        return {tool.name: tool for tool in self._portal.call(self.client.list_tools).tools}


@contextmanager
def connected(server: object) -> Iterator[Agent]:
    """An agent of a server, or of what starts one."""
    with start_blocking_portal() as portal:
        client = mcp.Client(server)
        with portal.wrap_async_context_manager(client) as opened:
            yield Agent(portal, opened)


@contextmanager
def agent_of(database: Database, allows_writes: bool = True, place: str = "shop.db") -> Iterator[Agent]:
    """An agent that works on a database in this process."""
    with Session(database, place, allows_writes) as session, connected(new_server(session, "1")) as agent:
        yield agent


@contextmanager
def agent_of_command(*arguments: str | Path, folder: Path) -> Iterator[Agent]:
    """An agent of `minidynamo mcp` in a process of its own."""
    words = ["-m", "minidynamo", "mcp", *map(str, arguments)]
    with connected(mcp.StdioServerParameters(command=sys.executable, args=words, cwd=folder)) as agent:
        yield agent


Asks = Callable[..., Any]
