"""A database that fails when it is told to, clients of both paths, and what comes of a call."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from minidynamo import Database, DynamoError
from minidynamo.formats.short_tables import create_table_request

TABLE = create_table_request("tbl", {"key": ["pk S"], "gsi": {"by_a": {"key": ["a S"]}}})


class FailingDatabase(Database):
    """Answers the first calls with the errors planned for them, the way a simulation does."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.planned: list[DynamoError] = []
        self.call_count = 0

    def execute(self, operation: str, request: Any) -> Any:
        self.call_count += 1
        if self.planned:
            raise self.planned.pop(0)
        return super().execute(operation, request)


def new_client(service: str = "dynamodb", **config: Any) -> Any:
    return boto3.client(service, region_name="us-east-1", config=Config(**config))


def full_path_client(service: str = "dynamodb", **config: Any) -> Any:
    """A client that goes all through botocore, since somebody hooks into it."""
    client = new_client(service, **config)
    client.meta.events.register("before-sign", lambda **ignored: None)
    return client
