"""An agent beside a shop in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import minidynamo
from minidynamo import Database

if TYPE_CHECKING:
    from tests.mcp_server.agents import Agent


@pytest.fixture
def shop() -> Iterator[Database]:
    """Thirty orders of three customers, in memory."""
    from tests.mcp_server.agents import fill

    with minidynamo.connect() as database:
        fill(database)
        yield database


@pytest.fixture
def agent(shop: Database) -> Iterator[Agent]:
    """An agent that may write there."""
    from tests.mcp_server.agents import agent_of

    with agent_of(shop) as opened:
        yield opened
